//! Words that a hyphen breaks at the end of a line, read with the vocabulary.
//!
//! The vocabulary is learned with every such word joined. Then all texts, those it was
//! learned from and new ones, are read with it in the same way.

use std::collections::BTreeMap;

use super::counted::{BrokenDocuments, CountedCorpus, Counts, scale, summed};
use super::{Features, Field, windows};
use crate::text::{Analyzer, Normalised, lower_case};

impl Features {
    /// Returns a field with a text that is normalised with a vocabulary.
    pub(crate) fn field<'t>(&self, text: &'t str, weight: f64, analyzer: &Analyzer) -> Field<'t> {
        let are_two = |first: &str, second: &str| self.are_two_words(first, second, analyzer);
        Field { text: Normalised::with_vocabulary(text, are_two), weight }
    }

    /// Returns whether the parts of a broken word are two words: the vocabulary contains them in
    /// sequence, or it has both and not the joined word.
    fn are_two_words(&self, first: &str, second: &str, analyzer: &Analyzer) -> bool {
        let [first, second] = [first, second].map(lower_case);
        let has = |term: &str| self.words.terms.binary_search_by(|t| t.as_str().cmp(term)).is_ok();
        let is_known = |word: &str| analyzer.term(word).is_none_or(|term| has(&term));
        let pair = analyzer.term(&first).zip(analyzer.term(&second));
        pair.is_some_and(|(first, second)| has(&format!("{first} {second}")))
            || is_known(&first) && is_known(&second) && !is_known(&format!("{first}{second}"))
    }
}

/// Counts of a window after reading it with a vocabulary, as in [`CountedCorpus`].
pub(super) struct Recounted {
    pub(super) terms: Counts,
    pub(super) words: Counts,
    pub(super) subwords: Counts,
}

impl CountedCorpus {
    /// Reads the documents that have broken words with the vocabulary of `features`;
    /// returns their windows.
    pub(super) fn recount(&self, features: &Features) -> BTreeMap<usize, Vec<Recounted>> {
        let BrokenDocuments { documents, lexicon: Some(lexicon) } = &self.broken else {
            return BTreeMap::new();
        };
        let recounted = documents.iter().map(|(&document, fields)| {
            let numbers = |(text, weight): &(String, f64)| {
                let text = features.field(text, *weight, lexicon.analyzer()).text;
                (lexicon.known_numbers(&text), *weight)
            };
            let fields: Vec<(Vec<u32>, f64)> = fields.iter().map(numbers).collect();
            let windows = windows::of_document(&fields, features.params.window);
            let recount = |window: Vec<(&[u32], f64)>| {
                let (mut terms, mut words) = (Vec::new(), Vec::new());
                for (numbers, weight) in window {
                    let sequence = lexicon.with_terms(numbers);
                    words.extend(sequence.iter().map(|&word| (word, weight)));
                    lexicon.each_ngram(&sequence, features.params.words.ngrams, |ngram| {
                        let known = self.words.binary_search_by(|term| term.as_str().cmp(ngram));
                        terms.extend(known.ok().map(|term| (term as u32, weight)));
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
