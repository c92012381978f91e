//! Finds rows that repeat an earlier row or a training case.

use crate::features::near_duplicates::{DuplicateIndex, KnownTexts, Signature};
use crate::tagger::{Duplicate, DuplicateSource};

/// The training cases and the rows so far.
pub(super) struct Repeats {
    index: DuplicateIndex,
    ids: Vec<String>,
    training_cases: usize,
}

impl Repeats {
    pub(super) fn new(known: &KnownTexts) -> Self {
        let mut index = DuplicateIndex::default();
        known.signatures.iter().for_each(|signature| index.add(signature.clone()));
        Self { index, ids: known.ids.clone(), training_cases: known.ids.len() }
    }

    /// Returns what a row repeats, if anything, and adds the row for later comparisons.
    pub(super) fn mark<'t>(
        &mut self,
        id: &str,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Option<Duplicate> {
        let signature = Signature::new(texts)?;
        let found = self.index.find(&signature);
        self.index.add(signature);
        self.ids.push(id.to_owned());
        let (number, similarity) = found?;
        let source = if number < self.training_cases {
            DuplicateSource::Training
        } else {
            DuplicateSource::Batch
        };
        Some(Duplicate { of: self.ids[number].clone(), source, similarity })
    }
}
