//! Words that a hyphen breaks at the end of a line, read with the vocabulary.
//!
//! The vocabulary is learned with every such word joined. Then all texts, those it was
//! learned from and new ones, are read with it in the same way.

use std::collections::BTreeMap;

use super::counted::{CountedCorpus, Counts, Dictionary, each_ngram, of_subwords, scale, summed};
use super::{Features, Field};
use crate::text::{Analyzer, Normalised, lower_case};

impl Features {
    /// Returns a field with a text that is normalised with the vocabulary at hand.
    pub(crate) fn field<'t>(&self, text: &'t str, weight: f64, analyzer: &Analyzer) -> Field<'t> {
        let text = Normalised::with_vocabulary(text, |first, second| {
            self.are_two_words(first, second, analyzer)
        });
        Field { text, weight }
    }

    /// Whether the parts of a broken word are two words: the vocabulary has them one after
    /// the other, or it has both and not the joined word.
    fn are_two_words(&self, first: &str, second: &str, analyzer: &Analyzer) -> bool {
        let [first, second] = [first, second].map(lower_case);
        let has = |term: &str| self.words.terms.binary_search_by(|t| t.as_str().cmp(term)).is_ok();
        let is_known = |word: &str| analyzer.term(word).map_or(true, |term| has(&term));
        let pair = analyzer.term(&first).zip(analyzer.term(&second));
        pair.is_some_and(|(first, second)| has(&format!("{first} {second}")))
            || is_known(&first) && is_known(&second) && !is_known(&format!("{first}{second}"))
    }
}

/// The documents of a corpus that have broken words.
#[derive(Default)]
pub(super) struct OpenDocuments {
    /// By number: the fields of each, and how often their words count.
    documents: BTreeMap<usize, Vec<(String, f64)>>,
    /// All words of the corpus.
    pub(super) surfaces: Dictionary,
    pub(super) term_of_surface: Vec<Option<String>>,
}

/// What a document has once it is read with a vocabulary, as in [`CountedCorpus`].
pub(super) struct Recounted {
    pub(super) terms: Counts,
    pub(super) words: Counts,
    pub(super) subwords: Counts,
}

impl OpenDocuments {
    pub(super) fn add(&mut self, document: usize, fields: Vec<(String, f64)>) {
        self.documents.insert(document, fields);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Reads the documents with the vocabulary of `features`.
    pub(super) fn recount(
        &self,
        corpus: &CountedCorpus,
        features: &Features,
    ) -> BTreeMap<usize, Recounted> {
        if self.is_empty() {
            return BTreeMap::new();
        }
        let analyzer = Analyzer::new(&features.params.text);
        let recounted = self.documents.iter().map(|(&document, fields)| {
            let (mut terms, mut words) = (Vec::new(), Vec::new());
            for (text, weight) in fields {
                let field = features.field(text, *weight, &analyzer);
                let sequence: Vec<u32> = field
                    .text
                    .tokens()
                    .filter_map(|token| self.surfaces.get(&lower_case(token.surface)))
                    .filter(|&surface| self.term_of_surface[surface as usize].is_some())
                    .collect();
                words.extend(sequence.iter().map(|&surface| (surface, *weight)));
                let sizes = features.params.words.ngrams;
                each_ngram(&sequence, sizes, &self.term_of_surface, |ngram| {
                    let known = corpus.words.binary_search_by(|term| term.as_str().cmp(ngram));
                    terms.extend(known.ok().map(|term| (term as u32, *weight)));
                });
            }
            let mut words = summed(words);
            scale(&mut words);
            let subwords = of_subwords(&words, &corpus.subwords_of_word);
            (document, Recounted { terms: summed(terms), words, subwords })
        });
        recounted.collect()
    }
}
