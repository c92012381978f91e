//! `trendtag review export`: writes the decisions as labelled cases.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::PossibleValue;
use trendtag::review::{ExportParams, ExportedCases};
use trendtag::tables::output::Output;
use trendtag::tables::{Compression, Format, WriteOptions};

use super::{BatchArgs, DatabaseArgs, finished, refused};
use crate::cli::inputs::{is_pipe, one_of};
use crate::cli::outputs::WantedFile;
use crate::cli::{End, Global};

/// Write the decisions as labelled cases
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag review export --db reviews.db -o labelled.csv\n\nSee all flags and examples with: trendtag review export --help",
    after_long_help = "Examples:\n  trendtag review export --db reviews.db -o labelled.csv\n  trendtag review export --db reviews.db -o labelled.xlsx --with-reviewers --one-column-per-trend\n  trendtag review export --db reviews.db --cases training -o more.jsonl\n  trendtag review export --db reviews.db --batch \"Call 2025\" --finished -o call-2025.xlsx\n\nThe columns of the cases come first. They are followed by the decided trends, the suggestion with\nits probabilities and verdicts, and the reviewer, time and note of the decision. `review import`\nreads all of these columns."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgs,
    /// File to write to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Output format
    ///
    /// The default is decided by the name of the output file, else it is CSV.
    #[arg(long, value_name = "FORMAT", value_parser = one_of::<Format>(["csv", "tsv", "jsonl", "parquet", "arrow", "arrows", "xlsx"]))]
    format: Option<Format>,
    #[command(flatten)]
    of: BatchArgs,
    /// Cases to write: all answered ones; those that a model may learn from (training); the
    /// blind check; those with a suggestion that a reviewer changed; or all cases, including
    /// open ones (with-open)
    #[arg(long, value_name = "CASES", default_value = "all", value_parser = one_of::<ExportedCases>([PossibleValue::new("all"), PossibleValue::new("training"), PossibleValue::new("blind-check").alias("audit"), PossibleValue::new("changed"), PossibleValue::new("with-open")]))]
    cases: ExportedCases,
    /// Write the finished batch: every case with its final trends and who decided them; then
    /// report how many tags are probably wrong, and the macro F1 to expect
    #[arg(long, conflicts_with_all = ["cases", "with_reviewers"])]
    finished: bool,
    /// With --finished, also write the figures as JSON to this file
    #[arg(long, value_name = "FILE", requires = "finished")]
    summary: Option<PathBuf>,
    /// Write the names of reviewers instead of numbers
    #[arg(long)]
    with_reviewers: bool,
    /// Add a column for each trend, with 1 or 0
    #[arg(long)]
    one_column_per_trend: bool,
    /// Make a CSV file safe to open in a spreadsheet
    ///
    /// An apostrophe is put before each cell that would run as a formula. trendtag removes it
    /// when it reads the file.
    #[arg(long)]
    spreadsheet_safe: bool,
    /// Replace the output file if it exists
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let output = args.output.as_deref().filter(|path| !is_pipe(path));
    let mut write = WriteOptions::new(format(args.format, output)?);
    write.compression = output.map(Compression::from_path).unwrap_or_default();
    write.spreadsheet_safe = args.spreadsheet_safe;
    let params = ExportParams {
        write,
        batch: args.of.batch.clone(),
        cases: if args.finished { ExportedCases::Finished } else { args.cases },
        with_reviewers: args.with_reviewers,
        one_column_per_trend: args.one_column_per_trend,
        without_waiting: false,
    };
    let summary = WantedFile::start(args.summary.as_deref(), args.force)?;
    let store = args.db.open()?;
    let count = if let Some(path) = output {
        let mut output = Output::create(path, args.force)?;
        let count = store.export(&params, &mut output).map_err(refused)?;
        output.commit()?;
        count
    } else {
        let mut out = std::io::stdout().lock();
        let count = store.export(&params, &mut out).map_err(refused)?;
        out.flush().context("standard output")?;
        count
    };
    if args.finished {
        let finished = store.finished(params.batch.as_deref()).map_err(refused)?;
        summary.write(|| Ok(serde_json::to_string_pretty(&finished)? + "\n"))?;
        global.note(&finished::in_words(&finished));
        return Ok(End::Done);
    }
    let what = if args.cases == ExportedCases::WithOpen { "cases" } else { "answered cases" };
    global.note(&format!("{count} {what} written"));
    Ok(End::Done)
}

/// Returns the format of the flag, or that of the file name. An unknown extension is
/// refused, so that no file has a misleading name.
fn format(named: Option<Format>, output: Option<&Path>) -> Result<Format> {
    let Some(path) = output else {
        return Ok(named.unwrap_or(Format::Csv));
    };
    match (named, Format::from_path(path)) {
        (Some(format), _) => Ok(format),
        (None, Some(format)) if format.is_written() => Ok(format),
        (None, _) => bail!(
            "{}: the extension of the name is not a format that can be written; use .csv, .tsv, .jsonl, \
             .parquet, .arrow or .xlsx, or name the format with --format",
            path.display()
        ),
    }
}
