//! Stores the cases that a version learned from in a separate file, to train it again and
//! to measure the drift of later batches.

use std::path::Path;

use super::bad;
use crate::error::{Error, Result};
use crate::tables::Columns;
use crate::tables::Format;
use crate::tables::MissingText;
use crate::tables::ReadOptions;
use crate::tables::open_examples;
use crate::tagger::Corpus;
use crate::tagger::Model;
use crate::tagger::fingerprint;
use crate::versions::retraining::LabelOrigin;
use crate::versions::retraining::ORIGIN_COLUMN;

/// Writes labelled cases as CSV: id, the model's text columns, trends, origin, and the
/// other columns of the corpus.
pub(super) fn render(corpus: &Corpus, origins: &[LabelOrigin], model: &Model) -> Result<Vec<u8>> {
    let failed = |e: csv::Error| Error::internal("cases cannot be written", e);
    let columns = columns(model);
    let fixed: Vec<&str> = std::iter::once(columns.id.as_str())
        .chain(columns.text.iter().map(String::as_str))
        .chain([columns.trends.as_str(), ORIGIN_COLUMN])
        .collect();
    let is_fixed = |name: &str| fixed.iter().any(|f| f.eq_ignore_ascii_case(name.trim()));
    let others: Vec<&String> = corpus.columns.iter().filter(|name| !is_fixed(name)).collect();

    let mut csv = csv::Writer::from_writer(Vec::new());
    let header = fixed.iter().copied().chain(others.iter().map(|name| name.as_str()));
    csv.write_record(header).map_err(failed)?;
    for (case, origin) in corpus.cases.iter().zip(origins) {
        let Some(gold) = &case.gold else { continue };
        let mut cells = vec![case.id.clone()];
        cells.extend(
            (0..columns.text.len()).map(|i| case.texts.get(i).cloned().unwrap_or_default()),
        );
        cells.push(corpus.taxonomy.format_cell(gold));
        cells.push(origin.word().to_owned());
        let other = |name: &&String| case.record.get(name).unwrap_or_default().into_owned();
        cells.extend(others.iter().map(other));
        csv.write_record(&cells).map_err(failed)?;
    }
    csv.into_inner().map_err(|e| Error::internal("cases cannot be written", e.into_error()))
}

/// Writes examples as CSV: trends and text.
pub(super) fn render_examples(corpus: &Corpus) -> Result<Vec<u8>> {
    let failed = |e: csv::Error| Error::internal("examples cannot be written", e);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["trends", "text"]).map_err(failed)?;
    for example in &corpus.examples {
        let trends = corpus.taxonomy.format_cell(&example.trends);
        csv.write_record([trends.as_str(), &example.text]).map_err(failed)?;
    }
    csv.into_inner().map_err(|e| Error::internal("examples cannot be written", e.into_error()))
}

/// Reads the output of [`render`] and checks it against the fingerprint in the model.
/// Also reads the output of [`render_examples`], if there is a file of it.
pub(super) fn read(path: &Path, examples: Option<&Path>, model: &Model) -> Result<Corpus> {
    let options = ReadOptions {
        format: Some(Format::Csv),
        delimiter: Some(b','),
        columns: columns(model),
        header_row: Some(1),
        skip_rows: Some(0),
        ..ReadOptions::default()
    };
    let taxonomy = model.tagger.taxonomy().clone();
    let (mut corpus, mut errors) = Corpus::open(path, &options, Some(taxonomy))?;
    if let Some(path) = examples {
        let (examples, more) = open_examples(path, &corpus.taxonomy)?;
        corpus.examples = examples;
        errors.extend(more);
    }
    if !errors.is_empty() {
        return Err(errors.swap_remove(0));
    }
    if is_learned_from(&corpus, model) {
        return Ok(corpus);
    }
    let reason = "these are not the training cases of the version";
    Err(bad(path, reason, "get the file again, or train the version again"))
}

fn is_learned_from(corpus: &Corpus, model: &Model) -> bool {
    let training = model.tagger.training();
    if fingerprint(corpus) == training.fingerprint {
        return true;
    }
    // The last text columns are empty if the corpus lacked them.
    let mut shorter = corpus.clone();
    (1..model.tagger.params().fields.len()).any(|_| {
        let mut last = shorter.cases.iter_mut().map(|case| case.texts.pop());
        last.all(|text| text.is_some_and(|text| text.is_empty()))
            && fingerprint(&shorter) == training.fingerprint
    })
}

fn columns(model: &Model) -> Columns {
    let text = model.tagger.params().text_columns();
    // The fingerprint shows whether cases are missing.
    Columns { text, missing_text: MissingText::Allow, ..Columns::default() }
}
