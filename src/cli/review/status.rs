//! `trendtag review status`: prints the figures of a review.

use std::fmt::Write;

use anyhow::Result;
use clap::Args;
use trendtag::evaluate::table::aligned;
use trendtag::review::{BlindCheck, Changes, Statistics, TrendAgreement};
use trendtag::stats::Estimate;

use super::{BatchArgs, DatabaseArgs, refused};
use crate::cli::End;
use crate::cli::outputs::print_found;

/// Show the progress, the agreement of reviewers and the quality of the suggestions
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag review status --db reviews.db\n  trendtag review status --db reviews.db --json"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgs,
    #[command(flatten)]
    of: BatchArgs,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// No reviewer was given.
const NOBODY: &str = "-";

pub(super) fn run(args: &Arguments) -> Result<End> {
    let stats = args.db.open()?.statistics(NOBODY, args.of.batch.as_deref()).map_err(refused)?;
    print_found(&stats, args.json, || in_words(&stats))?;
    Ok(End::Done)
}

fn in_words(stats: &Statistics) -> Result<String> {
    let (mut out, progress) = (String::new(), &stats.progress);
    writeln!(
        out,
        "{} cases: {} decided, {} in conflict, {} open",
        progress.cases, progress.decided, progress.conflicts, progress.open
    )?;
    for of in &stats.per_reviewer {
        writeln!(out, "  {}: {} answered, {} skipped", of.reviewer, of.answers, of.skips)?;
    }
    let mut rows = vec![["trend", "suggested", "decided"].map(str::to_owned)];
    for of in &stats.per_trend {
        rows.push([of.key.clone(), of.suggested.to_string(), of.decided.to_string()]);
    }
    write!(out, "\n{}", aligned(&rows))?;
    changes(&mut out, &stats.changes)?;
    blind_check(&mut out, &stats.blind_check)?;
    let agreement = &stats.agreement;
    writeln!(out, "\nAgreement of reviewers who did not see each other (n = {})", agreement.cases)?;
    if agreement.cases > 0 {
        let mut rows = vec![["trend", "the same", "alpha", "AC1"].map(str::to_owned)];
        rows.extend(agreement.per_trend.iter().chain([&agreement.overall]).map(agreement_row));
        out.push_str(&aligned(&rows));
    }
    Ok(out)
}

fn changes(out: &mut String, changes: &Changes) -> Result<()> {
    let Changes { cases, changed, .. } = *changes;
    writeln!(out, "\nWhat reviewers changed (n = {cases} cases whose suggestion was in view)")?;
    if cases == 0 {
        return Ok(());
    }
    let percent = 100.0 * changed as f64 / cases as f64;
    writeln!(out, "{changed} cases changed ({percent:.0} %)")?;
    writeln!(out, "{:<28} {:>9} {:>8} {:>8}", "trend", "kept", "removed", "added")?;
    for of in &changes.per_trend {
        writeln!(out, "{:<28} {:>9} {:>8} {:>8}", of.key, of.kept, of.removed, of.added)?;
    }
    let total = (changes.kept, changes.removed, changes.added);
    writeln!(out, "{:<28} {:>9} {:>8} {:>8}", "all", total.0, total.1, total.2)?;
    Ok(())
}

fn blind_check(out: &mut String, measured: &BlindCheck) -> Result<()> {
    writeln!(
        out,
        "\nSuggestions of the model {} on the blind check (n = {} of {} cases)",
        measured.model, measured.answers, measured.cases
    )?;
    if measured.answers < measured.needed {
        writeln!(out, "  figures are shown from {} first answers on", measured.needed)?;
        return Ok(());
    }
    let row = |name: &str, precision: &Option<Estimate>, recall: &Option<Estimate>| {
        [name.to_owned(), figure(precision), figure(recall)]
    };
    let mut rows = vec![["trend", "precision", "recall"].map(str::to_owned)];
    rows.extend(measured.per_trend.iter().map(|of| row(&of.key, &of.precision, &of.recall)));
    rows.push(row("all", &measured.precision, &measured.recall));
    out.push_str(&aligned(&rows));
    Ok(())
}

fn agreement_row(of: &TrendAgreement) -> [String; 4] {
    let percent = of.share.map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let key = of.key.as_deref().unwrap_or("mean").to_owned();
    [key, percent, number(of.alpha), number(of.ac1)]
}

fn figure(figure: &Option<Estimate>) -> String {
    match figure {
        Some(Estimate { value, lower, upper }) => format!("{value:.2} [{lower:.2}, {upper:.2}]"),
        None => "–".to_owned(),
    }
}
