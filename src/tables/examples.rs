//! Reads a file of examples: short texts that show what each trend looks like.

use std::path::Path;

use super::ReadOptions;
use crate::error::{Error, Result};
use crate::tagger::{Corpus, Example};
use crate::taxonomy::Taxonomy;

/// Reads the columns `trends` and `text` of a file. Returns the examples, and one
/// error per row that was left out.
///
/// A row without a trend teaches nothing and is left out without an error.
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
