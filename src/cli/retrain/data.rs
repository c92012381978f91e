//! The labelled cases and the decisions of a retraining, and those that go back to a review.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use trendtag::review::{AddParams, Store};
use trendtag::tables::{ReadOptions, Rows, open_examples};
use trendtag::tagger::{Corpus, Model, Record};
use trendtag::versions::retraining::{Decided, Decisions};
use trendtag::{Error, Taxonomy};

use super::Arguments;
use crate::cli::outputs::{Failures, say};
use crate::cli::{Global, remedies, review};

/// Reads the decisions from a review database or from a file of labelled rows.
pub(super) fn decisions(
    path: &Path,
    options: &ReadOptions,
    taxonomy: &Taxonomy,
) -> Result<(Decisions, Vec<Error>)> {
    if !Store::is_database(path)? {
        return Ok(Decisions::from_rows(Rows::open(path, options)?, options, taxonomy)?);
    }
    let answered = review::open(path)?.answered()?;
    let file = path.display().to_string();
    ensure!(
        !answered.is_empty(),
        "{file}: no case in it is answered yet; let someone review its cases first"
    );
    Ok(Decisions::from_rows(Rows::from_records(&file, answered), options, taxonomy)?)
}

/// Adds these cases to the queue of a review, without their labels, which are shown
/// beside the texts instead.
pub(super) fn to_review(
    path: &Path,
    ids: &[String],
    decisions: &Decisions,
    taxonomy: &Taxonomy,
    champion: &Model,
    options: &ReadOptions,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let wanted = ids.iter().filter_map(|id| decisions.settled.iter().find(|d| d.case.id == *id));
    let record = |decided: &Decided| {
        let mut cells = serde_json::Map::new();
        cells.insert(options.columns.id.clone(), decided.case.id.clone().into());
        let is_of_case = |name: &str| name != "trends" && !name.starts_with("review_");
        for (name, cell) in decided.case.record.values().filter(|(name, _)| is_of_case(name)) {
            cells.entry(name).or_insert_with(|| cell.into());
        }
        if let Some(given) = &decided.case.gold {
            cells.insert("given_trends".to_owned(), taxonomy.format_cell(given).into());
        }
        Record::from(cells)
    };
    let rows = Rows::from_records("the decisions", wanted.map(record).collect::<Vec<_>>());
    let columns = options.columns.clone();
    let params = AddParams { columns, blind_check: 0.0, overlap: 0.0, ..AddParams::default() };
    let added = Store::create(path)?
        .add(champion, rows, &params, &mut |error| say(&remedies::in_words(&error)))?;
    say(&format!("{} decisions added to {}", added.added, path.display()));
    Ok(())
}

/// Reads the labelled cases. Their trends may have changed since the champion was
/// trained.
pub(super) fn gold(
    args: &Arguments,
    cases: &Path,
    options: &ReadOptions,
    champion: &Model,
    failures: &mut Failures,
    global: &Global,
) -> Result<Corpus> {
    let known = champion.tagger.taxonomy();
    let taxonomy = args.labels.taxonomy(cases, global)?.unwrap_or_else(|| known.clone());
    // The same trends in another order are no change.
    let taxonomy = taxonomy.clone().in_order_of(known).unwrap_or(taxonomy);
    let mut corpus = args
        .labels
        .corpus(cases, options.clone(), Some(taxonomy), failures, global)
        .with_context(|| cases.display().to_string())?;
    args.labels.add_examples(cases, &mut corpus, failures, global)?;
    Ok(corpus)
}

/// Returns the training data of the champion. Examples that are named replace those
/// stored with it.
pub(super) fn with_examples(
    mut known: Corpus,
    args: &Arguments,
    failures: &mut Failures,
) -> Result<Corpus> {
    known.examples = args.labels.kept_examples(&known);
    if let Some(path) = args.labels.examples() {
        known.examples = failures.keep(open_examples(path, &known.taxonomy)?);
    }
    Ok(known)
}
