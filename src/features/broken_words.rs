//! Words that a hyphen breaks at the end of a line, read with the vocabulary.
//!
//! The vocabulary is learned with every such word joined. Then all texts, those it was
//! learned from and new ones, are read with it in the same way.

use std::collections::BTreeMap;

use super::counted::{BrokenDocuments, CountedCorpus, Recounted, scale, summed};
use super::fitted::FittedBlock;
use super::{FeatureParams, Features, Field, windows};
use crate::text::{Analyzer, Normalised, hyphenated_form, lower_case};

/// A syllable that happens to be a word is mostly shorter than this.
const LONGER_THAN_SYLLABLES: usize = 4;

impl CountedCorpus {
    /// Returns the words that the documents `rows`, from which `words` were learned, write with
    /// a hyphen at least as often as without one, sorted.
    pub(super) fn hyphenated(&self, rows: &[usize], words: &FittedBlock) -> Vec<String> {
        let mut documents = vec![0; self.hyphens.forms.len()];
        for &form in rows.iter().flat_map(|&row| &self.hyphens.of_document[row]) {
            documents[form as usize] += 1;
        }
        let joined = |term: &Option<u32>| term.map_or(0, |t| words.document_frequency(t as usize));
        let forms = self.hyphens.forms.iter().zip(documents);
        let kept = forms.filter(|((_, term), documents)| *documents >= joined(term).max(1));
        kept.map(|((form, _), _)| form.clone()).collect()
    }
}

impl Features {
    /// Returns a field with a text that is normalised with a vocabulary.
    pub(crate) fn field<'t>(&self, text: &'t str, weight: f64, analyzer: &Analyzer) -> Field<'t> {
        let has = |term: &str| self.words.terms.binary_search_by(|t| t.as_str().cmp(term)).is_ok();
        Field { text: read_with(text, &self.hyphenated, has, analyzer), weight }
    }
}

/// Returns a text that is normalised with a vocabulary: its words with a hyphen, and whether
/// it has a term.
fn read_with<'t>(
    text: &'t str,
    hyphenated: &[String],
    has: impl Fn(&str) -> bool,
    analyzer: &Analyzer,
) -> Normalised<'t> {
    // The parts of a broken word are two words: the vocabulary knows the word with a hyphen,
    // or both parts are known words, longer than syllables, and the joined word is not known.
    let are_two_words = |first: &str, second: &str| {
        let form = hyphenated_form((first, second));
        if hyphenated.binary_search(&form).is_ok() {
            return true;
        }
        let is_known = |word: &str| analyzer.term(word).is_none_or(|term| has(&term));
        let is_word = |part: &str| {
            part.chars().nth(LONGER_THAN_SYLLABLES - 1).is_some() && is_known(&lower_case(part))
        };
        is_word(first) && is_word(second) && !is_known(&form.replace('-', ""))
    };
    Normalised::with_vocabulary(text, are_two_words)
}

impl CountedCorpus {
    /// Reads the documents that have broken words with a vocabulary, given by its word n-grams
    /// and its words with a hyphen; returns their windows.
    pub(super) fn recount(
        &self,
        params: &FeatureParams,
        vocabulary: &FittedBlock,
        hyphenated: &[String],
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
                let text = read_with(text, hyphenated, has, lexicon.analyzer());
                (lexicon.known_numbers(&text), *weight)
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
                Recounted { terms: summed(terms), words }
            };
            (document, windows.into_iter().map(recount).collect())
        });
        recounted.collect()
    }
}
