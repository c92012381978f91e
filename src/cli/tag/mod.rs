//! `trendtag tag`: tags every row of files.

mod summary;
mod table;

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use trendtag::Error;
use trendtag::tables::batch::{
    BatchParams, Content, EVIDENCE, Event, LOOK_AHEAD, Probabilities, Ranking, ReadAmount,
    tag_batch, tag_each, tag_resumable,
};
use trendtag::tables::output::{Output, Resumable, can_resume, is_device};
use trendtag::tables::{
    Compression, Fields, Format, ReadOptions, Row, Rows, WriteOptions, find_column,
};
use trendtag::tagger::Suggestion;

use super::drift::{self, LearnedFromArgs};
use super::inputs::{InputArgs, ModelArgs, Names, expand, is_pipe, names, one_of};
use super::interrupt::{interrupted, interrupted_while_waiting};
use super::outputs::{self, Failures, WantedFile, is_broken_pipe, is_interrupted, print, say};
use super::{End, Global};
use summary::Tagged;
use table::Table;

/// Tag every row of files with trends
#[derive(Args)]
#[command(
    next_help_heading = "Output",
    after_help = "Example:\n  trendtag tag submissions.csv -o tagged.csv\n\nSee all flags and examples with: trendtag tag --help",
    after_long_help = "Examples:\n  trendtag tag submissions.csv -o tagged.csv\n  trendtag tag submissions.xlsx -o tagged.parquet\n  trendtag tag 'batches/*.jsonl' -o tagged.jsonl.zst\n  trendtag tag submissions.csv -o to-read.csv --read 30%\n  trendtag tag submissions.csv -o tagged.csv.gz --resume\n  cat cases.jsonl | trendtag tag - > tagged.jsonl\n  trendtag tag --format arrow - < cases.arrows > tagged.arrows\n\nFormats: CSV, TSV, JSON Lines, Parquet, Arrow (file and stream) and XLSX are read and written.\nXLS and ODS are read only. Text formats can be compressed (.gz, .zst). Parquet and Arrow columns\nkeep their types. The sheet of a workbook must fit into memory; all other formats are streamed.\n\nInterrupted runs: an unfinished output is called OUT.trendtag-part and has a journal beside it.\nThe same command with --resume continues there, and the result has the same bytes as an unbroken\nrun. Without --resume, only --force replaces the unfinished output. XLSX, Arrow and pipes cannot\nbe resumed.\n\nFilter: with - and --format arrow, arrows or jsonl, the command is a filter between two programs.\nEach record batch or line is answered before the next one is read, on one thread unless --jobs is\ngiven. Lines before the first line with a text column are answered together with it. An output\nformat with a header reads 1,000 lines ahead. Empty input gives empty output. Any error gives an\nexit code other than 0."
)]
pub(crate) struct Arguments {
    /// Files with submissions, or patterns such as '*.csv'; - means standard input
    #[arg(required = true, value_name = "FILES")]
    inputs: Vec<PathBuf>,
    /// File to write to
    ///
    /// The extension decides the format. The default is standard output; on a terminal, it is
    /// a table.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Output format
    ///
    /// One of csv, tsv, jsonl, parquet, arrow, arrows or xlsx. The default is decided by the
    /// name of the output file, else it is that of the input, or CSV for a workbook.
    #[arg(long, hide_short_help = true, value_name = "FORMAT")]
    output_format: Option<Format>,
    /// Replace the output file if it exists
    #[arg(long)]
    force: bool,
    /// Resume an interrupted run, or start a new one if there is none
    #[arg(long, requires = "output")]
    resume: bool,
    /// Write the rows that failed to this file (CSV)
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Maximum number of evidence terms for each suggested trend
    #[arg(long, value_name = "N", default_value_t = EVIDENCE)]
    explain: usize,
    /// Trends to write the probability of: all, exact, suggested or none
    ///
    /// "exact" writes all of them with all decimals.
    #[arg(long, hide_short_help = true, value_name = "WHICH", default_value = "all", hide_possible_values = true, value_parser = one_of::<Probabilities>(["all", "exact", "suggested", "none"]))]
    probabilities: Probabilities,
    /// Add a column verdict_<key> for each trend, with accept, reject or ask
    #[arg(long, hide_short_help = true)]
    verdicts: bool,
    /// Mark this many rows for review, such as 40 or 30%
    ///
    /// These are the rows with the most expected errors. Rows with another reason for review
    /// are marked as well. The default is the limit of the model.
    #[arg(long, help_heading = "Review", value_name = "N|N%", value_parser = amount)]
    read: Option<ReadAmount>,
    /// Order of the table on the terminal
    ///
    /// "doubt" puts the rows with the most expected errors first. The default is the order of
    /// the input.
    #[arg(long, hide_short_help = true, help_heading = "Review", value_name = "doubt", value_parser = ["doubt"], hide_possible_values = true)]
    sort: Option<String>,
    /// Write the counts and the reading plan to this file (JSON)
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Write only the rows that need review
    #[arg(long, help_heading = "Review")]
    only_review: bool,
    /// Columns of the input to keep, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_parser = names)]
    columns: Option<Names>,
    /// Add columns that name the earlier row or training case that a row repeats
    ///
    /// This needs about 0.5 kB of memory per row.
    #[arg(long, hide_short_help = true)]
    mark_duplicates: bool,
    /// Report how far the batch is from the training cases
    ///
    /// This gives the same figures as `trendtag drift`.
    #[arg(long, hide_short_help = true, help_heading = "Review")]
    check_drift: bool,
    #[command(flatten)]
    corpus: LearnedFromArgs,
    /// Make the cells of the input safe to open in a spreadsheet, too
    #[arg(long, hide_short_help = true)]
    spreadsheet_safe: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    input: InputArgs,
}

const BAR: &str = "{bar:30} {percent}% {bytes_per_sec}, {msg}, {eta} left";

/// Template of the progress bar while rows are ranked.
const RANKING: &str = "{bar:30} {percent}% ranked, {eta} left";

/// Template of the progress bar if the length of the inputs is unknown.
const COUNT: &str = "{spinner} {bytes}, {bytes_per_sec}, {msg}";

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let to_terminal =
        args.output.is_none() && args.output_format.is_none() && std::io::stdout().is_terminal();
    anyhow::ensure!(
        args.sort.is_none() || to_terminal,
        "--sort orders the table on a terminal; a file or a pipe keeps the order of the input, and \
         the column expected_errors can be sorted there"
    );
    let stream = is_filter(args);
    let (model, why) = args.model.open_silently(global)?;
    if !stream {
        global.note(&format!("Using model {} ({why}).", model.version));
    }
    if stream && std::io::stdin().lock().fill_buf().context("standard input")?.is_empty() {
        return Ok(End::Done);
    }
    let jobs = if stream && global.jobs.is_none() { 1 } else { global.start_threads()? };
    let from_stdin = args.inputs.iter().any(|path| is_pipe(path));
    anyhow::ensure!(
        !(args.check_drift && from_stdin),
        "--check-drift reads the batch twice and cannot read standard input; give files"
    );
    anyhow::ensure!(
        !(args.read.is_some() && from_stdin),
        "--read ranks all rows before it marks any, and standard input can be read only once; give \
         files, or leave --read out to use the limit of the model"
    );
    let options = args.input.options(&model.tagger.params().fields, global)?;
    let files = expand(&args.inputs)?;
    check_places(args, &files)?;
    if args.read.is_some() {
        check_rereadable(&files)?;
    }
    let first = files.first().map(|path| Rows::open(path, &options)).transpose()?;
    let mut first = first.context("no files to tag")?;
    let mut missing = BTreeSet::new();
    tell(&first, args, &options, global, &mut missing)?;
    let output = args.output.as_deref().filter(|path| !is_pipe(path));
    let mut write = write_options(args, output, &first);
    if write.format != Format::Jsonl || (args.columns.is_some() && !stream) {
        first.look_ahead(LOOK_AHEAD);
    }
    write.more_columns = check_others(args, &files, &first, &options, global, &mut missing)?;
    if args.resume {
        anyhow::ensure!(
            output.is_some_and(|path| !is_device(path)),
            "--resume needs an output file; name it with -o"
        );
        write.check_resumable()?;
    }
    let columns = options.columns.clone();
    let content = Content {
        explain: args.explain,
        probabilities: args.probabilities,
        verdicts: args.verdicts,
        only_review: args.only_review,
        mark_duplicates: args.mark_duplicates,
    };
    let mut params = BatchParams { columns, write, content, ranking: None, stream, jobs };

    let summary_file = WantedFile::start(args.summary.as_deref(), args.force || args.resume)?;
    let mut failures = Failures::new(args.errors.as_deref(), args.force || args.resume)?;
    // A missing file of training cases is reported before the work, not after it.
    let learned_from =
        || drift::learned_from(&model, args.model.name(global), &args.corpus, &mut failures);
    let corpus = args.check_drift.then(learned_from).transpose()?;
    let lengths = files.iter().map(|path| std::fs::metadata(path).map_or(0, |found| found.len()));
    let lengths: Vec<u64> = lengths.collect();
    let is_known = lengths.iter().all(|length| *length > 0);
    let others = files.iter().skip(1).map(|path| Rows::open(path, &options));
    let stop = match output {
        Some(path) if from_stdin => {
            let path = path.to_owned();
            let is_resumable = params.write.is_resumable() && !is_device(&path);
            let words = move || match is_resumable {
                true => kept(&path, true),
                false => "interrupted; nothing was written".to_owned(),
            };
            Some(interrupted_while_waiting(words)?)
        }
        Some(_) => Some(interrupted()?),
        None => None,
    };
    let stoppable = |rows: trendtag::Result<Rows>| match &stop {
        Some(stop) => rows.map(|rows| rows.stop_when(Arc::clone(stop))),
        None => rows,
    };
    if let Some(amount) = args.read {
        let inputs = files.iter().map(|path| Rows::open(path, &options)).map(stoppable);
        let bar = global.progress(lengths.iter().sum(), RANKING);
        // Rows that fail are reported when they are tagged.
        let mut watch = |event: Event<'_>| {
            if let Event::Progress { bytes, .. } = event {
                bar.set_position(bytes);
            }
        };
        params.ranking = Some(Ranking::of(&model, inputs, &params, amount, &mut watch)?);
        bar.finish_and_clear();
    }
    let inputs = std::iter::once(Ok(first)).chain(others).map(stoppable);
    let template = if is_known { BAR } else { COUNT };
    let bar = global.progress(lengths.iter().sum(), template);
    let mut watch = |event: Event<'_>| match event {
        Event::Failed(error) => bar.suspend(|| failures.add(error)),
        Event::RepeatedId { .. } | Event::AlikeId { .. } if global.quiet => {}
        Event::RepeatedId { id, row } => {
            bar.suspend(|| say(&format!("warning: {}: duplicate id \"{id}\"", row.place())));
        }
        Event::AlikeId { id, bare, row } => {
            let place = row.place();
            bar.suspend(|| {
                say(&format!(
                    "warning: {place}: the id \"{id}\" differs from an earlier \"{bare}\" only by \
                     blanks or \".0\""
                ));
            });
        }
        Event::Progress { rows, bytes } => {
            bar.set_position(bytes);
            let rate = rows as f64 / bar.elapsed().as_secs_f64().max(1e-3);
            bar.set_message(format!("{rows} rows, {rate:.0} rows/s"));
        }
    };
    let summary =
        if let Some(path) = output.filter(|path| params.write.is_resumable() && !is_device(path)) {
            let open = if args.resume { Resumable::resume } else { Resumable::create };
            let mut output = open(path, args.force)?;
            let done = tag_resumable(&model, inputs, &params, &mut output, &mut watch);
            let summary = match done {
                Ok(summary) => failures.place().and_then(|()| {
                    output.commit()?;
                    Ok(summary)
                }),
                Err(error) => {
                    drop(output);
                    Err(unwritten(path, error))
                }
            };
            if let Err(error) = &summary {
                let words = kept(path, is_interrupted(error));
                if !words.is_empty() {
                    bar.suspend(|| say(&words));
                }
            }
            summary?
        } else if let Some(path) = output {
            let mut output = Output::create(path, args.force)?;
            let done = tag_batch(&model, inputs, &params, &mut output, &mut watch);
            let summary = done.map_err(|error| unwritten(path, error))?;
            failures.place()?;
            output.commit().map_err(|error| unwritten(path, error))?;
            summary
        } else if to_terminal {
            // The table shows what it has room for.
            let content = Content { probabilities: Probabilities::All, ..content };
            let params = BatchParams { content, ..params };
            let mut table = Table::new(&options.columns, model.tagger.taxonomy());
            let mut add = |row: &Row, suggestion: &Suggestion| table.add(row, suggestion);
            let summary = tag_each(&model, inputs, &params, &mut add, &mut watch)?;
            bar.finish_and_clear();
            print(&table.into_text(args.sort.is_some()))?;
            summary
        } else {
            let mut out = std::io::stdout().lock();
            let summary = tag_batch(&model, inputs, &params, &mut out, &mut watch)?;
            out.flush().context("standard output")?;
            summary
        };
    bar.finish_and_clear();
    let tagged = Tagged {
        model: &model,
        files: &files,
        summary: &summary,
        missing: &missing,
        read: args.read,
    };
    summary_file.write(|| Ok(tagged.as_json()))?;
    global.note(&tagged.in_words());
    if let Some(corpus) = corpus {
        // Rows that failed have already been reported.
        match drift::of_files(&files, &model, &corpus, &options, &mut |_| {}) {
            Ok(found) => say(&drift::in_words(&found)),
            // All rows are tagged. Too few rows for a comparison is not an error.
            Err(error) if matches!(error.downcast_ref(), Some(Error::BadCorpus { .. })) => {
                say(&format!("note: drift is not measured: {}", outputs::in_words(&error)));
            }
            Err(error) => return Err(error),
        }
    }
    failures.end()
}

/// Returns whether rows of a named format stream from standard input to standard output.
/// Other programs start many such processes.
fn is_filter(args: &Arguments) -> bool {
    matches!(args.inputs.as_slice(), [input] if is_pipe(input))
        && args.output.as_deref().is_none_or(is_pipe)
        && args.input.format.is_some_and(Format::is_streamed)
}

/// Checks that the files after the first can be tagged, before anything is written.
/// Returns the columns that the first file does not have.
fn check_others(
    args: &Arguments,
    files: &[PathBuf],
    first: &Rows,
    options: &ReadOptions,
    global: &Global,
    missing: &mut BTreeSet<String>,
) -> Result<Vec<String>> {
    let mut more: Vec<String> = Vec::new();
    for path in files.iter().skip(1).filter(|path| path.is_file() || path.is_dir()) {
        let mut rows = Rows::open(path, options)?;
        rows.look_ahead(LOOK_AHEAD);
        tell(&rows, args, options, global, missing)?;
        let known: Vec<String> = first.columns().iter().chain(&more).cloned().collect();
        let new = rows.columns_beyond(&known);
        if !new.is_empty() {
            let (count, names) = (new.len(), new.join(", "));
            let columns = if count == 1 { "column" } else { "columns" };
            global.note(&format!(
                "note: {}: {count} more {columns} than in the files before it: {names}",
                rows.file()
            ));
        }
        more.extend(new);
    }
    Ok(more)
}

/// Reports how a file is read, and which text columns it lacks.
fn tell(
    rows: &Rows,
    args: &Arguments,
    options: &ReadOptions,
    global: &Global,
    all_missing: &mut BTreeSet<String>,
) -> Result<()> {
    global.notes(rows.notes());
    let fields = Fields::of(rows, &options.columns)?;
    let missing = fields.missing();
    if rows.has_header() && !missing.is_empty() {
        let (file, names) = (rows.file(), missing.join(", "));
        global.note(&format!("note: {file}: read without the text columns {names}"));
        all_missing.extend(missing.into_iter().map(str::to_owned));
    }
    let kept = args.columns.iter().flatten();
    let is_missing = |name: &&String| find_column(rows.columns(), name).is_none();
    let not_kept: Vec<&str> = kept.filter(is_missing).map(String::as_str).collect();
    // A column that no file has is refused before the work.
    if rows.has_header() && !not_kept.is_empty() {
        let (file, names) = (rows.file(), not_kept.join(", "));
        global.note(&format!("note: {file}: has no column {names}; these cells are empty"));
    }
    Ok(())
}

/// Checks that the inputs can be read twice, as ranking requires. A named pipe cannot.
fn check_rereadable(files: &[PathBuf]) -> Result<()> {
    let pipe = files.iter().find(|path| !path.is_file() && !path.is_dir());
    anyhow::ensure!(
        pipe.is_none(),
        "{}: --read ranks all rows before it marks any, and this can be read only once; give files, \
         or leave --read out to use the limit of the model",
        pipe.map_or_else(String::new, |path| path.display().to_string())
    );
    Ok(())
}

/// Says what is left of a run that failed or was interrupted; empty if nothing is.
fn kept(path: &Path, is_interrupted: bool) -> String {
    let words = match can_resume(path) {
        true => "the rows done so far are kept; continue with --resume",
        false if is_interrupted => "too few rows were done to be kept for --resume; start it again",
        false => return String::new(),
    };
    format!("{}: {words}", path.display())
}

/// Returns the error for a named output. Unlike standard output, it must be complete.
fn unwritten(path: &Path, error: Error) -> anyhow::Error {
    let error = anyhow::Error::from(match error {
        Error::Output { source } => Error::io(path, source),
        other => other,
    });
    if is_broken_pipe(&error) {
        return anyhow::anyhow!(
            "{}: the reader of this output ended before all rows were written; start it again",
            path.display()
        );
    }
    error
}

/// Refuses, before any work, to replace an input or to write to a dangling link.
fn check_places(args: &Arguments, inputs: &[PathBuf]) -> Result<()> {
    let inputs: Vec<_> = inputs.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let outputs = [&args.output, &args.errors, &args.summary];
    for path in outputs.into_iter().filter_map(|path| path.as_deref()) {
        let is_input = path.canonicalize().is_ok_and(|path| inputs.contains(&path));
        anyhow::ensure!(
            !is_input || is_device(path),
            "{}: is an input of this run and would be replaced; name another file",
            path.display()
        );
        anyhow::ensure!(
            path.exists() || !path.is_symlink(),
            "{}: is a link to a file that does not exist; remove it, or name another file",
            path.display()
        );
    }
    Ok(())
}

fn write_options(args: &Arguments, path: Option<&Path>, first: &Rows) -> WriteOptions {
    let format = args.output_format.or_else(|| path.and_then(Format::from_path));
    let format = match (format, first.format()) {
        // The file format of Arrow has a footer, which cannot be written to a pipe.
        (Some(Format::Arrow), _) | (None, Format::Arrow) if path.is_none() => Format::Arrows,
        (Some(format), _) => format,
        (None, format) if format.is_workbook() => Format::Csv,
        (None, format) => format,
    };
    let compression = path.map(Compression::from_path).unwrap_or_default();
    let (columns, spreadsheet_safe) = (args.columns.clone(), args.spreadsheet_safe);
    let options = WriteOptions::for_rows(format, first);
    WriteOptions { columns, compression, spreadsheet_safe, ..options }
}

/// Parses the number of rows to read: a count or a percentage.
fn amount(text: &str) -> Result<ReadAmount, String> {
    let wrong = "give a number of rows, or a percentage from 0 to 100 such as 30%";
    match text.trim().strip_suffix('%') {
        None => text.trim().parse().map(ReadAmount::Rows).map_err(|_| wrong.to_owned()),
        Some(percent) => {
            let percent: f64 = percent.trim().parse().map_err(|_| wrong.to_owned())?;
            let is_share = (0.0..=100.0).contains(&percent);
            is_share.then_some(ReadAmount::Percent(percent)).ok_or_else(|| wrong.to_owned())
        }
    }
}
