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
use crate::cli::text_table::short_name;

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
    let store = args.db.open()?;
    let stats = store.statistics(NOBODY, args.of.batch.as_deref()).map_err(refused)?;
    let taxonomy = store.taxonomy()?;
    let name = |key: &str| match &taxonomy {
        Some(taxonomy) => short_name(taxonomy, key),
        None => key.to_owned(),
    };
    print_found(&stats, args.json, || in_words(&stats, &name))?;
    Ok(End::Done)
}

fn in_words(stats: &Statistics, name: &dyn Fn(&str) -> String) -> Result<String> {
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
        rows.push([name(&of.key), of.suggested.to_string(), of.decided.to_string()]);
    }
    write!(out, "\n{}", aligned(&rows))?;
    changes(&mut out, &stats.changes, name)?;
    blind_check(&mut out, &stats.blind_check, name)?;
    let agreement = &stats.agreement;
    writeln!(out, "\nAgreement of reviewers who did not see each other (n = {})", agreement.cases)?;
    if agreement.cases > 0 {
        let mut rows = vec![["trend", "the same", "alpha", "AC1"].map(str::to_owned)];
        let trends = agreement.per_trend.iter().chain([&agreement.overall]);
        rows.extend(trends.map(|of| agreement_row(of, name)));
        out.push_str(&aligned(&rows));
    }
    Ok(out)
}

fn changes(out: &mut String, changes: &Changes, name: &dyn Fn(&str) -> String) -> Result<()> {
    let Changes { cases, changed, .. } = *changes;
    writeln!(out, "\nWhat reviewers changed (n = {cases} cases whose suggestion was in view)")?;
    if cases == 0 {
        return Ok(());
    }
    let percent = 100.0 * changed as f64 / cases as f64;
    writeln!(out, "{changed} cases changed ({percent:.0} %)")?;
    let mut rows = vec![["trend", "kept", "removed", "added"].map(str::to_owned)];
    let row = |name: String, counts: [u64; 3]| {
        let [kept, removed, added] = counts.map(|count| count.to_string());
        [name, kept, removed, added]
    };
    let trends = changes.per_trend.iter();
    rows.extend(trends.map(|of| row(name(&of.key), [of.kept, of.removed, of.added])));
    rows.push(row("all".to_owned(), [changes.kept, changes.removed, changes.added]));
    out.push_str(&aligned(&rows));
    Ok(())
}

fn blind_check(
    out: &mut String,
    measured: &BlindCheck,
    name: &dyn Fn(&str) -> String,
) -> Result<()> {
    writeln!(
        out,
        "\nSuggestions of the model {} on the blind check (n = {} of {} cases)",
        measured.model, measured.answers, measured.cases
    )?;
    if measured.answers < measured.needed {
        writeln!(out, "  figures are shown from {} first answers on", measured.needed)?;
        return Ok(());
    }
    let row = |name: String, precision: &Option<Estimate>, recall: &Option<Estimate>| {
        [name, figure(precision), figure(recall)]
    };
    let mut rows = vec![["trend", "precision", "recall"].map(str::to_owned)];
    rows.extend(measured.per_trend.iter().map(|of| row(name(&of.key), &of.precision, &of.recall)));
    rows.push(row("all".to_owned(), &measured.precision, &measured.recall));
    out.push_str(&aligned(&rows));
    Ok(())
}

fn agreement_row(of: &TrendAgreement, name: &dyn Fn(&str) -> String) -> [String; 4] {
    let percent = of.share.map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let name = of.key.as_deref().map_or("mean".to_owned(), name);
    [name, percent, number(of.alpha), number(of.ac1)]
}

fn figure(figure: &Option<Estimate>) -> String {
    match figure {
        Some(Estimate { value, lower, upper }) => format!("{value:.2} [{lower:.2}, {upper:.2}]"),
        None => "–".to_owned(),
    }
}
