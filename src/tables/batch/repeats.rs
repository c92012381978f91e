//! Which rows repeat an earlier row or a training case.

use crate::features::near_duplicates::DuplicateIndex;
use crate::features::near_duplicates::KnownTexts;
use crate::features::near_duplicates::Signature;

/// What a row repeats.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Repeat {
    /// The id of the row or case.
    pub(super) of: String,
    /// Whether that is a training case and not a row.
    pub(super) in_training: bool,
    /// Estimated share of the word triples that the two have in common: at
    /// least [`NEAR`](crate::features::near_duplicates::NEAR), 1 if the words are the same.
    pub(super) similarity: f64,
}

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

    /// What a row repeats, if anything; from now on later rows can repeat it.
    pub(super) fn mark<'t>(
        &mut self,
        id: &str,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Option<Repeat> {
        let signature = Signature::new(texts)?;
        let found = self.index.find(&signature);
        self.index.add(signature);
        self.ids.push(id.to_owned());
        let (number, similarity) = found?;
        let in_training = number < self.training_cases;
        Some(Repeat { of: self.ids[number].clone(), in_training, similarity })
    }
}
