//! Reads a file of examples: short texts that show each trend.

use std::path::Path;

use super::ReadOptions;
use crate::error::{Error, Result};
use crate::tagger::{Corpus, Example};
use crate::taxonomy::Taxonomy;

/// The examples that come with the built-in model.
const BUILT_IN: &str = include_str!("../../data/examples.csv");

/// Returns the examples of the built-in model that use only trends of the taxonomy.
pub fn built_in_examples(taxonomy: &Taxonomy) -> Vec<Example> {
    let mut rows = csv::Reader::from_reader(BUILT_IN.as_bytes());
    let examples = rows.records().filter_map(|row| {
        let row = row.ok()?;
        let trends = taxonomy.parse_cell(row.get(0)?).ok()??;
        (!trends.is_empty())
            .then(|| Example { trends, text: row.get(1).unwrap_or_default().into() })
    });
    examples.collect()
}

/// Reads the columns `trends` and `text` of a file. Returns the examples, and one error
/// per row that was left out. A row without a trend is not used and is left out without
/// an error.
///
/// # Errors
/// As [`Corpus::open`].
pub fn open_examples(
    path: impl AsRef<Path>,
    taxonomy: &Taxonomy,
) -> Result<(Vec<Example>, Vec<Error>)> {
    let mut options = ReadOptions::default();
    options.columns.text = vec!["text".into()];
    let (corpus, errors) = Corpus::open(path, &options, Some(taxonomy.clone()))?;
    let examples = corpus.cases.into_iter().filter_map(|case| {
        let trends = case.gold.filter(|trends| !trends.is_empty())?;
        Some(Example { trends, text: case.texts.concat() })
    });
    Ok((examples.collect(), errors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagger::Model;

    #[test]
    fn the_built_in_examples_show_every_trend_of_the_built_in_model_and_none_of_another() {
        let model = Model::built_in().unwrap();
        let examples = built_in_examples(model.tagger.taxonomy());
        for (id, trend) in model.tagger.taxonomy().iter() {
            let shown = examples.iter().filter(|example| example.trends.contains(id)).count();
            assert!(shown >= 5, "{}: {shown}", trend.key);
        }
        assert!(built_in_examples(&Taxonomy::from_keys(["a", "b"]).unwrap()).is_empty());
    }
}
