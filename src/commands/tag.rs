//! `trendtag tag`: tags every row of files.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};
use trendtag::artifact::Model;
use trendtag::batch::{BatchParams, Event, Summary, tag_batch};
use trendtag::case::{Format, Rows, WriteOptions};
use trendtag::output::Output;

use super::{Failures, print, progress, say, threads};
use crate::End;
use crate::cli::{Global, TagArgs};

const BAR: &str = "{bar:30} {percent}% {bytes_per_sec}, {msg}, {eta} left";

/// Rows of JSON Lines that are looked at for the columns of a table.
const LOOK_AHEAD: usize = 1000;

pub(crate) fn run(args: &TagArgs, global: &Global) -> Result<End> {
    let model = args.model.open()?;
    let jobs = threads(global)?;
    let from_stdin = args.inputs.iter().any(|path| path == Path::new("-"));
    anyhow::ensure!(
        !(args.check_drift && from_stdin),
        "--check-drift reads the batch twice and cannot read standard input; give files"
    );
    let options = args.input.options(&model.tagger.params().fields)?;
    let inputs = args.inputs.iter().map(|path| Rows::open(path, &options));
    let mut inputs = inputs.collect::<trendtag::Result<Vec<_>>>()?;
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = args.output_format.or_else(|| output.and_then(Format::from_path));
    let format = format.or(inputs.first().map(Rows::format)).unwrap_or(Format::Csv);
    // A change of format gets the new format's own separator.
    let delimiter = inputs.first().filter(|rows| rows.format() == format).and_then(Rows::delimiter);
    let write = WriteOptions { format, delimiter, spreadsheet_safe: args.spreadsheet_safe };
    if format != Format::Jsonl {
        // Rows that name their own columns get those of the first many.
        inputs.iter_mut().for_each(|rows| rows.look_ahead(LOOK_AHEAD));
    }
    let params =
        BatchParams { columns: options.columns.clone(), write, explain: args.explain, jobs };

    let mut failures = Failures::new(args.errors.as_deref(), args.force)?;
    let length =
        args.inputs.iter().filter_map(|p| std::fs::metadata(p).ok()).map(|m| m.len()).sum();
    let bar = progress(global, length, BAR);
    let mut watch = |event: Event<'_>| match event {
        Event::Failed(error) => bar.suspend(|| failures.add(error)),
        Event::RepeatedId { .. } if global.quiet => {}
        Event::RepeatedId { id, row } => {
            bar.suspend(|| say(&format!("warning: {}: the id \"{id}\" stands twice", row.place())));
        }
        Event::Progress { rows, bytes } => {
            bar.set_position(bytes);
            bar.set_message(format!("{rows} rows"));
        }
    };
    let to_terminal =
        args.output.is_none() && args.output_format.is_none() && std::io::stdout().is_terminal();
    let summary = if let Some(path) = output {
        let mut output = Output::create(path, args.force)?;
        let summary = tag_batch(&model, inputs, &params, &mut output, &mut watch)?;
        output.commit()?;
        summary
    } else if to_terminal {
        let mut tagged = Vec::new();
        let write = WriteOptions::new(Format::Jsonl);
        let params = BatchParams { write, ..params };
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
    if args.check_drift {
        let found =
            super::drift::of_files(&args.inputs, &model, &args.model, &args.corpus, &options)?;
        say(&super::drift::in_words(&found));
    }
    failures.end()
}

fn in_words(summary: &Summary, model: &Model) -> String {
    let trends = model.tagger.taxonomy().iter().zip(&summary.per_trend);
    let shares = trends.map(|((_, trend), &count)| {
        let share = 100.0 * count as f64 / summary.tagged.max(1) as f64;
        format!("{} {share:.0} %", trend.key)
    });
    format!(
        "{} rows read, {} tagged, {} failed, {} to review ({} of them only for a trend that is not clear); {}",
        summary.rows,
        summary.tagged,
        summary.failed,
        summary.review,
        summary.review_of_trend_only,
        shares.collect::<Vec<_>>().join(", ")
    )
}
