//! `trendtag review batches`: the batches of a review, and what became of them.

use std::fmt::Write;

use anyhow::Result;
use clap::Args;
use trendtag::evaluate::table::aligned;
use trendtag::review::Batches;

use super::{DatabaseArgs, refused};
use crate::cli::End;
use crate::cli::outputs::print_found;

/// List the batches of a review, and what became of them
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag review add call-2025.csv --batch \"Call 2025\" --db reviews.db\n  trendtag review batches --db reviews.db"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgs,
    /// Print the batches and the journal as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Arguments) -> Result<End> {
    let batches = args.db.open()?.batches().map_err(refused)?;
    print_found(&batches, args.json, || in_words(&batches))?;
    Ok(End::Done)
}

fn in_words(batches: &Batches) -> Result<String> {
    let mut rows =
        vec![["batch", "added", "cases", "decided", "in conflict", "open"].map(str::to_owned)];
    for of in &batches.batches {
        let counts = [of.cases, of.decided, of.conflicts, of.open].map(|count| count.to_string());
        let [cases, decided, conflicts, open] = counts;
        rows.push([of.name.clone(), day(&of.added), cases, decided, conflicts, open]);
    }
    let mut out = aligned(&rows);
    for of in &batches.withdrawn {
        writeln!(
            out,
            "\nWithdrawn on {}: {} ({} cases); `trendtag review withdraw --undo` brings it back \
             until the next backup",
            day(&of.withdrawn),
            of.name,
            of.cases
        )?;
    }
    writeln!(out, "\nJournal")?;
    for entry in &batches.journal {
        let by = entry.reviewer.as_ref().map_or(String::new(), |name| format!(" by {name}"));
        let (cases, answers) = (entry.cases, entry.answers);
        writeln!(
            out,
            "  {}  {}: {}{by} ({cases} cases, {answers} answers)",
            entry.time, entry.batch, entry.event
        )?;
    }
    Ok(out)
}

/// Returns the day of a time in RFC 3339.
fn day(time: &str) -> String {
    time.split('T').next().unwrap_or(time).to_owned()
}
