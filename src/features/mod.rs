//! Terms to sparse vectors: vocabulary, document frequencies and idf, frozen
//! at fit.

mod alike;
mod broken_words;
mod counted;
mod factored;
mod fitted;
mod hyphenated;
mod lexicon;
mod matrix;
pub mod near_duplicates;
mod params;
mod sparse;
#[cfg(test)]
mod tests;
pub(crate) mod windows;

pub use counted::CountedCorpus;
pub use factored::FactoredRows;
pub use fitted::FittedCorpus;
pub use params::{FeatureParams, SubwordParams, TermFilter, WordParams};
pub use sparse::SparseRows;

use crate::text::Normalised;

/// One text field of a document and how often each of its words counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Field<'t> {
    /// The text.
    pub text: Normalised<'t>,
    /// Its words count this many times.
    pub weight: f64,
}

impl<'t> Field<'t> {
    /// Creates a field with a text that is normalised on its own.
    pub fn new(text: &'t str, weight: f64) -> Self {
        Self { text: Normalised::new(text), weight }
    }
}

/// The frozen vocabulary: terms in order, with their idf.
///
/// Word n-grams come first, then subwords; the number of a term is its column.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    pub(crate) params: FeatureParams,
    pub(crate) words: Block,
    pub(crate) subwords: Block,
    /// Words that are written with a hyphen, sorted: broken there at the end of a line, they
    /// are not joined.
    pub(crate) hyphenated: Vec<String>,
}

/// Terms of one block, sorted, with their idf.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Block {
    pub(crate) terms: Vec<String>,
    pub(crate) idf: Vec<f32>,
}

impl Features {
    /// Returns the number of columns.
    pub fn len(&self) -> usize {
        self.words.terms.len() + self.subwords.terms.len()
    }

    /// Returns whether the vocabulary is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the params the features were fitted with.
    pub fn params(&self) -> &FeatureParams {
        &self.params
    }

    /// Returns all terms in the order of the columns, word n-grams first.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.words.terms.iter().chain(&self.subwords.terms).map(String::as_str)
    }

    /// Returns the number of word n-grams, which are the first columns.
    pub fn word_terms(&self) -> usize {
        self.words.terms.len()
    }
}

/// Terms of a text by their columns, with their counts.
type Counts = Vec<(u32, f64)>;

/// Returns the weight of a term frequency: itself, or `1 + ln tf`.
pub(crate) fn scaled_tf(tf: f64, sublinear: bool) -> f64 {
    if sublinear { 1.0 + libm::log(tf) } else { tf }
}
