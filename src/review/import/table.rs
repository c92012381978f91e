//! Labels in the formats in which cases are read: a column with keys.

use super::{LabelledCase, Labels};
use crate::case::{Corpus, ReadOptions, Rows};
use crate::error::{Error, Result};
use crate::review::facts::set_keys;
use crate::taxonomy::Taxonomy;

impl Labels {
    /// Reads labelled rows; also returns one error per row that cannot be used.
    ///
    /// # Errors
    /// As [`Corpus::from_rows`].
    pub fn from_rows(
        rows: Rows,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let mut options = options.clone();
        let has = |name: &String| rows.columns().iter().any(|column| column == name);
        if !rows.columns().is_empty() && !options.columns.text.iter().any(has) {
            // Ids and labels are enough for cases that are there.
            options.columns.text = vec![options.columns.id.clone()];
        }
        let without_text = options.columns.text == [options.columns.id.clone()];
        let (corpus, errors) = Corpus::from_rows(rows, &options, Some(taxonomy.clone()))?;
        let labelled = corpus.cases.into_iter().map(|case| {
            let texts = options.columns.text.iter().cloned().zip(case.texts);
            LabelledCase {
                place: case.place.unwrap_or_default(),
                id: case.id,
                record: case.record.into_object(),
                texts: if without_text { Vec::new() } else { texts.collect() },
                foreign_id: false,
                answers: case.gold.iter().map(|set| (None, set_keys(taxonomy, set))).collect(),
            }
        });
        Ok((Self { cases: labelled.collect() }, errors))
    }
}
