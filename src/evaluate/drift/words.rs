//! The words of corpus and batch, counted once for all draws.

use std::collections::BTreeMap;

use crate::features::SparseRows;
use crate::features::{CountedCorpus, FeatureParams, Field, WordParams};
use crate::text::TextParams;

/// The words of all documents.
pub(super) struct Words {
    counted: CountedCorpus,
    /// How often each document has each word.
    counts: SparseRows,
    params: FeatureParams,
}

/// A new term has to stand in so many cases to be named.
const FEWEST_CASES: usize = 2;

impl Words {
    pub(super) fn new<'t>(
        documents: impl Iterator<Item = &'t Vec<String>>,
        text: &TextParams,
    ) -> Self {
        let params = FeatureParams {
            window: None,
            text: text.clone(),
            words: WordParams { ngrams: (1, 1), ..WordParams::default() },
            subwords: None,
        };
        let fields = |texts: &'t Vec<String>| {
            texts.iter().map(|text| Field::new(text, 1.0)).collect::<Vec<_>>()
        };
        let counted = CountedCorpus::new(documents.map(fields), &params);
        let counts = counted.word_counts();
        Self { counted, counts, params }
    }

    /// How often the documents `rows` together have each word.
    pub(super) fn sum(&self, rows: &[usize]) -> Vec<f64> {
        self.counts.sum(rows)
    }

    /// The documents `rows` as vectors, by what they tell of themselves alone.
    pub(super) fn vectors(&self, rows: &[usize]) -> SparseRows {
        self.counted.fit(rows, &self.params).matrix(rows)
    }

    /// Terms that stand in documents from `known` on and in none before: with
    /// the number of documents, the most frequent first, of equals in the order
    /// of the alphabet.
    pub(super) fn new_terms(&self, known: usize, count: usize) -> Vec<(String, usize)> {
        let mut of_term: BTreeMap<String, usize> = BTreeMap::new();
        for document in known..self.counted.len() {
            for term in self.counted.word_terms(document) {
                *of_term.entry(term).or_default() += 1;
            }
        }
        for document in 0..known {
            for term in self.counted.word_terms(document) {
                of_term.remove(&term);
            }
        }
        let mut terms: Vec<(String, usize)> =
            of_term.into_iter().filter(|(_, cases)| *cases >= FEWEST_CASES).collect();
        terms.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        terms.truncate(count);
        terms
    }
}
