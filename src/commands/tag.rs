//! `trendtag tag`: tags every row of files.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use trendtag::Error;
use trendtag::artifact::Model;
use trendtag::batch::{
    BatchParams, Content, Event, Probabilities, Summary, tag_batch, tag_resumable,
};
use trendtag::case::{Compression, Fields, Format, ReadOptions, Rows, WriteOptions};
use trendtag::output::{Output, Resumable, is_device};

use super::{Failures, drift, expand, print, progress, say, threads};
use crate::End;
use crate::cli::{Global, TagArgs};

/// Rows of JSON Lines that are looked at for the columns of the output, where
/// that has a header.
const LOOK_AHEAD: usize = 1000;

const BAR: &str = "{bar:30} {percent}% {bytes_per_sec}, {msg}, {eta} left";

/// Where the length of the inputs is not known.
const COUNT: &str = "{spinner} {bytes}, {bytes_per_sec}, {msg}";

pub(crate) fn run(args: &TagArgs, global: &Global) -> Result<End> {
    let model = args.model.open()?;
    let stream = is_filter(args);
    if stream && std::io::stdin().lock().fill_buf().context("standard input")?.is_empty() {
        return Ok(End::Done);
    }
    let jobs = if stream && global.jobs.is_none() { 1 } else { threads(global)? };
    let from_stdin = args.inputs.iter().any(|path| path == Path::new("-"));
    anyhow::ensure!(
        !(args.check_drift && from_stdin),
        "--check-drift reads the batch twice and cannot read standard input; give files"
    );
    let options = args.input.options(&model.tagger.params().fields)?;
    let files = expand(&args.inputs)?;
    check_others(&files, &options)?;
    let first = files.first().map(|path| Rows::open(path, &options)).transpose()?;
    let mut first = first.context("no files to tag")?;
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let write = write_options(args, output, &first);
    if args.resume {
        anyhow::ensure!(
            output.is_some_and(|path| !is_device(path)),
            "--resume needs a file to write, by -o"
        );
        write.check_resumable()?;
    }
    if write.format != Format::Jsonl {
        first.look_ahead(LOOK_AHEAD);
    }
    let columns = options.columns.clone();
    let content = Content {
        explain: args.explain,
        probabilities: args.probabilities,
        only_review: args.only_review,
        mark_duplicates: args.mark_duplicates,
    };
    let params = BatchParams { columns, write, content, stream, jobs };

    let mut failures = Failures::new(args.errors.as_deref(), args.force)?;
    // What the batch is to be compared with is missed before the work, not after it.
    let learned_from = || drift::learned_from(&model, &args.model, &args.corpus, &mut failures);
    let corpus = args.check_drift.then(learned_from).transpose()?;
    let lengths = files.iter().map(|path| std::fs::metadata(path).map_or(0, |found| found.len()));
    let lengths: Vec<u64> = lengths.collect();
    let is_known = lengths.iter().all(|length| *length > 0);
    let others = files.iter().skip(1).map(|path| Rows::open(path, &options));
    let inputs = std::iter::once(Ok(first)).chain(others);
    let template = if is_known { BAR } else { COUNT };
    let bar = progress(global, lengths.iter().sum(), template);
    let mut watch = |event: Event<'_>| match event {
        Event::Failed(error) => bar.suspend(|| failures.add(error)),
        Event::RepeatedId { .. } if global.quiet => {}
        Event::RepeatedId { id, row } => {
            bar.suspend(|| say(&format!("warning: {}: the id \"{id}\" stands twice", row.place())));
        }
        Event::Progress { rows, bytes } => {
            bar.set_position(bytes);
            let rate = rows as f64 / bar.elapsed().as_secs_f64().max(1e-3);
            bar.set_message(format!("{rows} rows, {rate:.0} rows/s"));
        }
    };
    let to_terminal =
        args.output.is_none() && args.output_format.is_none() && std::io::stdout().is_terminal();
    let summary =
        if let Some(path) = output.filter(|path| params.write.is_resumable() && !is_device(path)) {
            let open = if args.resume { Resumable::resume } else { Resumable::create };
            let mut output = open(path, args.force)?;
            let done = tag_resumable(&model, inputs, &params, &mut output, &mut watch);
            let is_kept = output.is_kept();
            let summary = done.and_then(|summary| output.commit().map(|()| summary));
            if summary.is_err() && is_kept {
                let path = path.display();
                bar.suspend(|| {
                    say(&format!("{path}: the rows done so far are kept; go on by --resume"))
                });
            }
            summary?
        } else if let Some(path) = output {
            let mut output = Output::create(path, args.force)?;
            let summary = tag_batch(&model, inputs, &params, &mut output, &mut watch)?;
            output.commit()?;
            summary
        } else if to_terminal {
            let mut tagged = Vec::new();
            // The table shows what it has room for.
            let write = WriteOptions::new(Format::Jsonl);
            let content = Content { probabilities: Probabilities::All, ..content };
            let params = BatchParams { write, content, ..params };
            let summary = tag_batch(&model, inputs, &params, &mut tagged, &mut watch)?;
            bar.finish_and_clear();
            print(&crate::commands::table::render(&model, &tagged)?)?;
            summary
        } else {
            let mut out = std::io::stdout().lock();
            let summary = tag_batch(&model, inputs, &params, &mut out, &mut watch)?;
            out.flush().context("standard output")?;
            summary
        };
    bar.finish_and_clear();
    if !global.quiet {
        say(&in_words(&summary, &model));
    }
    if let Some(corpus) = corpus {
        // The rows that failed have been told already.
        match drift::of_files(&files, &model, &corpus, &options, &mut |_| {}) {
            Ok(found) => say(&drift::in_words(&found)),
            // All rows are tagged; that there are too few to compare is no fault of theirs.
            Err(error) if matches!(error.downcast_ref(), Some(Error::BadCorpus { .. })) => {
                say(&format!("note: drift is not measured: {error}"));
            }
            Err(error) => return Err(error),
        }
    }
    failures.end()
}

/// Whether rows of a named format stream from standard input to standard output:
/// one of many such processes, each fed by another program.
fn is_filter(args: &TagArgs) -> bool {
    let is_pipe = |path: &PathBuf| path.as_os_str() == "-";
    matches!(args.inputs.as_slice(), [input] if is_pipe(input))
        && args.output.as_ref().is_none_or(is_pipe)
        && args.input.format.is_some_and(Format::is_streamed)
}

/// Inputs after the first are opened when it is their turn; whether they can be
/// tagged is told before anything is written.
fn check_others(files: &[PathBuf], options: &ReadOptions) -> Result<()> {
    for path in files.iter().skip(1).filter(|path| path.is_file()) {
        Fields::of(&Rows::open(path, options)?, &options.columns)?;
    }
    Ok(())
}

fn write_options(args: &TagArgs, path: Option<&Path>, first: &Rows) -> WriteOptions {
    let format = args.output_format.or_else(|| path.and_then(Format::from_path));
    let format = match (format, first.format()) {
        // A pipe cannot have the footer of a file.
        (Some(Format::Arrow), _) | (None, Format::Arrow) if path.is_none() => Format::Arrows,
        (Some(format), _) => format,
        (None, format) if format.is_workbook() => Format::Csv,
        (None, format) => format,
    };
    // A change of format gets the new format's own separator.
    let delimiter = if first.format() == format { first.delimiter() } else { None };
    let compression = path.map(Compression::from_path).unwrap_or_default();
    let (columns, spreadsheet_safe) = (args.columns.clone(), args.spreadsheet_safe);
    WriteOptions { format, delimiter, columns, compression, spreadsheet_safe }
}

fn in_words(summary: &Summary, model: &Model) -> String {
    let trends = model.tagger.taxonomy().iter().zip(&summary.per_trend);
    let shares = trends.map(|((_, trend), &count)| {
        let share = 100.0 * count as f64 / summary.tagged.max(1) as f64;
        format!("{} {share:.0} %", trend.key)
    });
    let repeated = summary.duplicates.map(|count| format!("{count} repeat another; "));
    format!(
        "{} rows read, {} tagged, {} failed, {} to review ({} of them only for a trend that is not clear); {}{}",
        summary.rows,
        summary.tagged,
        summary.failed,
        summary.review,
        summary.review_of_trend_only,
        repeated.unwrap_or_default(),
        shares.collect::<Vec<_>>().join(", ")
    )
}
