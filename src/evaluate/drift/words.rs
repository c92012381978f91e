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

/// Minimum number of cases with a new term for naming it.
const FEWEST_CASES: usize = 2;

/// Standard deviations from which on a term is telling; of some thousand terms few are by
/// chance.
const TELLING: f64 = 4.0;

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

    /// Returns how often the documents `rows` together have each word.
    pub(super) fn sum(&self, rows: &[usize]) -> Vec<f64> {
        self.counts.sum(rows)
    }

    /// Returns the documents `rows` as vectors of their own features.
    pub(super) fn vectors(&self, rows: &[usize]) -> SparseRows {
        self.counted.fit(rows, &self.params).matrix(rows)
    }

    /// Terms that far more of the documents from `known` on have than of those before, with
    /// both shares, by the test of two proportions.
    pub(super) fn telling_terms(&self, known: usize, count: usize) -> Vec<(String, f64, f64)> {
        let mut cases: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        for document in 0..self.counted.len() {
            for term in self.counted.word_terms(document) {
                cases.entry(term).or_default()[usize::from(document < known)] += 1;
            }
        }
        let all = self.counted.len() as f64;
        let (n, m) = (all - known as f64, known as f64);
        let rated = cases.into_iter().filter_map(|(term, [batch, corpus])| {
            let (p, q) = (batch as f64 / n, corpus as f64 / m);
            let both = (batch + corpus) as f64 / all;
            let z = (p - q) / (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt();
            (z >= TELLING).then_some((z, (term, p, q)))
        });
        let mut rated: Vec<_> = rated.collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.0.cmp(&b.1.0)));
        rated.truncate(count);
        rated.into_iter().map(|(_, term)| term).collect()
    }

    /// Terms that occur in documents from `known` on and in none before: with the number
    /// of documents, the most frequent first, ties in alphabetical order.
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
