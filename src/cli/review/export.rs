//! `trendtag review export`: what was decided, as labelled cases.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use clap::builder::PossibleValue;
use trendtag::review::{ExportParams, ExportedCases};
use trendtag::tables::Format;
use trendtag::tables::output::Output;

use super::DatabaseArgs;
use crate::cli::inputs::{is_pipe, one_of};
use crate::cli::{End, Global};

/// Write what was decided as labelled cases
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag review export --db reviews.db -o labelled.csv\n  trendtag review export --db reviews.db --cases training -o more.jsonl"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgs,
    /// Where to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Format [default: by the name of the output, else CSV]
    #[arg(long, value_name = "FORMAT", value_parser = one_of::<Format>(["csv", "jsonl"]))]
    format: Option<Format>,
    /// Which cases: those of the blind check are marked in review_blind_check and
    /// never used for training
    #[arg(long, value_name = "CASES", default_value = "all", value_parser = one_of::<ExportedCases>([PossibleValue::new("all"), PossibleValue::new("training"), PossibleValue::new("blind-check").alias("audit")]))]
    cases: ExportedCases,
    /// Include who decided
    #[arg(long)]
    with_reviewers: bool,
    /// Replace the output file if it exists
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let store = args.db.open()?;
    let output = args.output.as_deref().filter(|path| !is_pipe(path));
    let named = output.and_then(Format::from_path);
    let params = ExportParams {
        jsonl: args.format.or(named) == Some(Format::Jsonl),
        cases: args.cases,
        with_reviewers: args.with_reviewers,
    };
    let count = if let Some(path) = output {
        let mut output = Output::create(path, args.force)?;
        let count = store.export(&params, &mut output)?;
        output.commit()?;
        count
    } else {
        let mut out = std::io::stdout().lock();
        let count = store.export(&params, &mut out)?;
        out.flush().context("standard output")?;
        count
    };
    global.note(&format!("{count} answered cases written"));
    Ok(End::Done)
}
