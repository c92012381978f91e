//! Words that a hyphen breaks at the end of a line, read with the vocabulary.
//!
//! The vocabulary is learned with every such word joined. Then all texts, those it was
//! learned from and new ones, are read with it in the same way.

use std::collections::{BTreeMap, BTreeSet};

use super::counted::{BrokenDocuments, CountedCorpus, Counts, scale, summed};
use super::{Features, Field, windows};
use crate::text::{Analyzer, Normalised, hyphenated_form, lower_case};

/// A syllable that happens to be a word is mostly shorter than this.
const LONGER_THAN_SYLLABLES: usize = 4;

/// The words that documents write with a hyphen.
#[derive(Default)]
pub(super) struct HyphenatedForms {
    /// In lower case, each with the term of the joined word.
    forms: BTreeMap<String, Option<String>>,
    of_document: Vec<BTreeSet<String>>,
}

impl HyphenatedForms {
    /// Adds the next document.
    pub(super) fn add(&mut self, forms: BTreeSet<String>, analyzer: &Analyzer) {
        for form in &forms {
            let joined = || analyzer.term(&form.replace('-', "")).map(|term| term.into_owned());
            self.forms.entry(form.clone()).or_insert_with(joined);
        }
        self.of_document.push(forms);
    }
}

impl CountedCorpus {
    /// Returns the words that the documents `rows` write with a hyphen at least as often as
    /// without one, sorted.
    pub(super) fn hyphenated(&self, rows: &[usize]) -> Vec<String> {
        let mut documents: BTreeMap<&String, usize> = BTreeMap::new();
        for form in rows.iter().flat_map(|&row| &self.hyphens.of_document[row]) {
            *documents.entry(form).or_default() += 1;
        }
        let joined = |form: &String| {
            let term = self.hyphens.forms.get(form)?.as_ref()?;
            let number = self.words.binary_search(term).ok()? as u32;
            let has = |&&row: &&usize| {
                let counts = &self.documents[self.places[row].whole];
                counts.binary_search_by_key(&number, |&(term, _)| term).is_ok()
            };
            Some(rows.iter().filter(has).count())
        };
        let kept = documents.into_iter().filter(|(form, n)| *n >= joined(form).unwrap_or(0));
        kept.map(|(form, _)| form.clone()).collect()
    }
}

impl Features {
    /// Returns a field with a text that is normalised with the vocabulary at hand.
    pub(crate) fn field<'t>(&self, text: &'t str, weight: f64, analyzer: &Analyzer) -> Field<'t> {
        let are_two = |first: &str, second: &str| self.are_two_words(first, second, analyzer);
        Field { text: Normalised::with_vocabulary(text, are_two), weight }
    }

    /// Returns whether the parts of a broken word are two words: the vocabulary knows the word
    /// with a hyphen, or both parts are known words, longer than syllables, and the joined
    /// word is not known.
    fn are_two_words(&self, first: &str, second: &str, analyzer: &Analyzer) -> bool {
        let form = hyphenated_form((first, second));
        if self.hyphenated.binary_search(&form).is_ok() {
            return true;
        }
        let has = |term: &str| self.words.terms.binary_search_by(|t| t.as_str().cmp(term)).is_ok();
        let is_known = |word: &str| analyzer.term(word).is_none_or(|term| has(&term));
        let is_word = |part: &str| {
            part.chars().nth(LONGER_THAN_SYLLABLES - 1).is_some() && is_known(&lower_case(part))
        };
        is_word(first) && is_word(second) && !is_known(&form.replace('-', ""))
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
