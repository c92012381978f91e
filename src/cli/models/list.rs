//! `trendtag models list`: prints all versions in one table.

use std::fmt::Write;

use anyhow::Result;
use clap::Args;
use trendtag::evaluate::table::{aligned, number, signed};
use trendtag::metrics::Figure;
use trendtag::tagger::Model;
use trendtag::versions::registry::{Record, Registry};

use super::decisions;
use crate::cli::outputs::{print_found, say};
use crate::cli::versions::RegistryArgs;
use crate::cli::{End, Global, remedies};

/// List the versions; a star marks the champion
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag models list --model mine\n  trendtag models list --model mine --json"
)]
pub(super) struct Arguments {
    /// Print the records as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Lists all versions that can be read. A damaged version is reported and does not hide
/// the others.
pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let registry = args.registry.or_built_in(global)?;
    if !registry.folder().is_dir() {
        let record = Record::of_model(&Model::built_in()?);
        return print_found(&[&record], args.json, || Ok(built_in(&record))).map(|()| End::Done);
    }
    let mut end = End::Done;
    let mut broken = |error| {
        say(&format!("broken: {}", remedies::in_words(&error)));
        end = End::SomeRowsFailed;
    };
    let mut records = Vec::new();
    let mut unreadable = Vec::new();
    for version in registry.versions()? {
        match registry.record(&version) {
            Ok(record) => records.push(record),
            Err(error) => {
                broken(error);
                unreadable.push(version);
            }
        }
    }
    let champion = registry.champion().unwrap_or_else(|error| {
        broken(error);
        None
    });
    print_found(&records, args.json, || {
        table(&registry, &records, &unreadable, champion.as_deref())
    })?;
    Ok(end)
}

fn table(
    registry: &Registry,
    records: &[Record],
    unreadable: &[String],
    champion: Option<&str>,
) -> Result<String> {
    let star = |version: &str| if champion == Some(version) { '*' } else { ' ' };
    let journal = registry.journal()?;
    let head = ["  version", "cases", "decisions", "macro F1 against", "last", "by"];
    let mut rows = vec![head.map(str::to_owned)];
    for record in records {
        let last = journal.iter().rev().find(|entry| entry.version == record.version);
        rows.push([
            format!("{} {}", star(&record.version), record.version),
            record.data.cases.to_string(),
            decisions(record).to_string(),
            difference(record),
            last.map_or_else(String::new, |entry| entry.time.clone()),
            last.map_or_else(String::new, |entry| entry.who.clone()),
        ]);
    }
    let mut out = aligned(&rows);
    for version in unreadable {
        writeln!(out, "{} {version}  broken", star(version))?;
    }
    Ok(out)
}

/// Returns the paired difference in macro F1 from the version that it was compared with.
fn difference(record: &Record) -> String {
    let verdict = record.verdict.as_ref();
    let found = verdict.and_then(|verdict| {
        let found = verdict.differences.iter().find(|d| d.figure == Figure::MacroF1)?;
        Some((verdict, found))
    });
    match found {
        None => "not compared".to_owned(),
        Some((verdict, d)) => {
            let limits = [d.lower, d.upper].map(signed).join(", ");
            let champion: String = verdict.champion.chars().take(6).collect();
            format!("{champion}: {} [{limits}]", signed(d.difference))
        }
    }
}

/// Where there are no versions yet, the built-in model is in use.
fn built_in(record: &Record) -> String {
    format!(
        "* {}  built in, {} cases, macro F1 {}\n\nThere are no versions yet; \
         `trendtag train --into NAME` makes the first one.\n",
        record.version,
        record.data.cases,
        number(record.macro_f1())
    )
}
