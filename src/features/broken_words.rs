//! Words that a hyphen breaks at the end of a line, read with the vocabulary.
//!
//! The vocabulary is learned with every such word joined. Then all texts, those it was
//! learned from and new ones, are read with it in the same way.

use std::collections::BTreeMap;

use super::counted::{BrokenDocuments, CountedCorpus, Counts, scale, summed};
use super::fitted::FittedBlock;
use super::{FeatureParams, Features, Field, windows};
use crate::text::{Analyzer, Normalised, lower_case};

impl Features {
    /// Returns a field with a text that is normalised with the vocabulary at hand.
    pub(crate) fn field<'t>(&self, text: &'t str, weight: f64, analyzer: &Analyzer) -> Field<'t> {
        let has = |term: &str| self.words.terms.binary_search_by(|t| t.as_str().cmp(term)).is_ok();
        Field { text: read_with(text, has, analyzer), weight }
    }
}

/// Returns a text that is normalised with a vocabulary, given by whether it has a term.
fn read_with<'t>(text: &'t str, has: impl Fn(&str) -> bool, analyzer: &Analyzer) -> Normalised<'t> {
    Normalised::with_vocabulary(text, |first, second| are_two_words(first, second, &has, analyzer))
}

/// Returns whether the parts of a broken word are two words: the vocabulary contains them in
/// sequence, or it has both and not the joined word.
fn are_two_words(
    first: &str,
    second: &str,
    has: impl Fn(&str) -> bool,
    analyzer: &Analyzer,
) -> bool {
    let [first, second] = [first, second].map(lower_case);
    let is_known = |word: &str| analyzer.term(word).is_none_or(|term| has(&term));
    let pair = analyzer.term(&first).zip(analyzer.term(&second));
    pair.is_some_and(|(first, second)| has(&format!("{first} {second}")))
        || is_known(&first) && is_known(&second) && !is_known(&format!("{first}{second}"))
}

/// Counts of a window after reading it with a vocabulary, as in [`CountedCorpus`].
pub(super) struct Recounted {
    pub(super) terms: Counts,
    pub(super) words: Counts,
    pub(super) subwords: Counts,
}

impl CountedCorpus {
    /// Reads the documents that have broken words with a vocabulary, given by its word
    /// n-grams; returns their windows.
    pub(super) fn recount(
        &self,
        params: &FeatureParams,
        vocabulary: &FittedBlock,
    ) -> BTreeMap<usize, Vec<Recounted>> {
        let BrokenDocuments { documents, lexicon: Some(lexicon) } = &self.broken else {
            return BTreeMap::new();
        };
        let number = |term: &str| {
            let known = self.words.binary_search_by(|t| t.as_str().cmp(term));
            known.ok().map(|number| number as u32)
        };
        let has = |term: &str| number(term).is_some_and(|term| vocabulary.get(term).is_some());
        let recounted = documents.iter().map(|(&document, fields)| {
            let numbers = |(text, weight): &(String, f64)| {
                (lexicon.known_numbers(&read_with(text, has, lexicon.analyzer())), *weight)
            };
            let fields: Vec<(Vec<u32>, f64)> = fields.iter().map(numbers).collect();
            let windows = windows::of_document(&fields, params.window);
            let recount = |window: Vec<(&[u32], f64)>| {
                let (mut terms, mut words) = (Vec::new(), Vec::new());
                for (numbers, weight) in window {
                    let sequence = lexicon.with_terms(numbers);
                    words.extend(sequence.iter().map(|&word| (word, weight)));
                    lexicon.each_ngram(&sequence, params.words.ngrams, |ngram| {
                        terms.extend(number(ngram).map(|term| (term, weight)));
                    });
                }
                let mut words = summed(words);
                scale(&mut words);
                let subwords = self.subwords_of(&words);
                Recounted { terms: summed(terms), words, subwords }
            };
            (document, windows.into_iter().map(recount).collect())
        });
        recounted.collect()
    }
}
