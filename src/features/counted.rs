//! Documents whose terms are counted once, for features to be fitted on any of
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::hyphenated::{Collected, HyphenatedForms};
use super::lexicon::{Dictionary, Lexicon, Ngrams};
use super::{FeatureParams, Field, SubwordParams, alike, scaled_tf, windows};
use crate::features::SparseRows;
use crate::text::character_ngrams;

pub(super) use super::Counts;

/// The position of the counts of a document: those of the whole, then those of its
/// windows, if it has several.
pub(super) struct Place {
    pub(super) whole: usize,
    pub(super) windows: Range<usize>,
}

/// A corpus whose terms have been counted once, so that features can be fitted on any
/// subset of its documents without reading the text again. Fitting uses only the chosen
/// documents: counting all at once saves time and leaks no information.
pub struct CountedCorpus {
    /// Word n-grams, sorted, and how often each document has each.
    pub(super) words: Vec<String>,
    /// How many words each word n-gram has.
    pub(super) sizes: Vec<u8>,
    pub(super) documents: Vec<Counts>,
    /// The positions of the counts of each document.
    pub(super) places: Vec<Place>,
    /// Character n-grams, sorted, the class of each (n-grams that are alike), and how many each
    /// class has.
    pub(super) subwords: Vec<String>,
    pub(super) class_of_subword: Vec<u32>,
    pub(super) sizes_of_classes: Vec<u32>,
    /// The classes of n-grams in each distinct word; how much each word of a document counts;
    /// the classes in each document, taken as a whole.
    pub(super) classes_of_word: Vec<Counts>,
    pub(super) words_of_document: Vec<Counts>,
    pub(super) classes_of_document: Vec<Counts>,
    /// Documents that are counted again once there is a vocabulary.
    pub(super) broken: BrokenDocuments,
    pub(super) hyphens: HyphenatedForms,
}

/// The fields of a document, and how often their words count.
type Fields = Vec<(String, f64)>;

/// The documents of a corpus that have broken words.
#[derive(Default)]
pub(super) struct BrokenDocuments {
    pub(super) documents: BTreeMap<usize, Fields>,
    /// Of all documents; `None` if none has a broken word.
    pub(super) lexicon: Option<Lexicon>,
}

/// Counts of a window after reading it with a vocabulary, as in [`CountedCorpus`].
pub(super) struct Recounted {
    pub(super) terms: Counts,
    pub(super) words: Counts,
}

impl BrokenDocuments {
    fn new(documents: BTreeMap<usize, Fields>, lexicon: Lexicon) -> Self {
        let lexicon = Some(lexicon).filter(|_| !documents.is_empty());
        Self { documents, lexicon }
    }
}

impl CountedCorpus {
    /// Counts the terms of all documents.
    pub fn new<'t, D>(documents: impl IntoIterator<Item = D>, params: &FeatureParams) -> Self
    where
        D: IntoIterator<Item = Field<'t>>,
    {
        let mut ngrams = Ngrams::new(params.words.ngrams);
        let mut lexicon = Lexicon::new(&params.text);
        let mut broken = BTreeMap::new();
        let mut hyphens = Collected::default();
        let mut counts = Vec::new();
        let mut surface_counts = Vec::new();
        let mut places = Vec::new();
        for (number, document) in documents.into_iter().enumerate() {
            let mut fields = Vec::new();
            let mut sources = Vec::new();
            let mut is_broken = false;
            let mut forms = BTreeSet::new();
            for Field { text, weight } in document {
                forms.extend(text.hyphenated_forms());
                fields.push((lexicon.numbers(&text), weight));
                is_broken |= text.has_open_words();
                sources.push((text.source(), weight));
            }
            hyphens.add(forms, lexicon.analyzer());
            if is_broken {
                lexicon.add_parts(&sources);
                let owned = sources.iter().map(|&(text, weight)| (text.to_owned(), weight));
                broken.insert(number, owned.collect());
            }
            let whole = counts.len();
            let mut parts = windows::of_document(&fields, None);
            let windows = windows::of_document(&fields, params.window);
            if windows.len() > 1 {
                parts.extend(windows);
            }
            for part in &parts {
                let (mut of_terms, mut of_surfaces) = (Vec::new(), Vec::new());
                for &(numbers, weight) in part {
                    let sequence = lexicon.with_terms(numbers);
                    of_surfaces.extend(sequence.iter().map(|&surface| (surface, weight)));
                    ngrams.count(&lexicon.terms(&sequence), |ngram| of_terms.push((ngram, weight)));
                }
                counts.push(summed(of_terms));
                surface_counts.push(summed(of_surfaces));
            }
            places.push(Place { whole, windows: whole + 1..whole + parts.len() });
        }
        let (words, renumbered) = ngrams.sorted(&lexicon);
        renumber(&mut counts, &renumbered);
        let size = |term: &String| 1 + term.bytes().filter(|&byte| byte == b' ').count() as u8;
        let mut corpus = Self {
            sizes: words.iter().map(size).collect(),
            hyphens: hyphens.end(&words),
            words,
            places,
            documents: counts,
            subwords: Vec::new(),
            class_of_subword: Vec::new(),
            sizes_of_classes: Vec::new(),
            classes_of_word: Vec::new(),
            words_of_document: Vec::new(),
            classes_of_document: Vec::new(),
            broken: BrokenDocuments::default(),
        };
        if let Some(subwords) = &params.subwords {
            corpus.count_subwords(subwords, lexicon.words(), surface_counts);
        }
        corpus.broken = BrokenDocuments::new(broken, lexicon);
        corpus
    }

    fn count_subwords(
        &mut self,
        params: &SubwordParams,
        surfaces: &[String],
        mut counts: Vec<Counts>,
    ) {
        let mut ngrams = Dictionary::default();
        let mut of_word: Vec<Counts> = surfaces
            .iter()
            .map(|word| {
                let mut of_word = Vec::new();
                character_ngrams(word, params.ngrams, |n| of_word.push((ngrams.number(n), 1.0)));
                summed(of_word)
            })
            .collect();
        let (sorted, renumbered) = ngrams.sorted();
        renumber(&mut of_word, &renumbered);
        counts.iter_mut().for_each(scale);
        (self.class_of_subword, self.sizes_of_classes) = alike::classes(&of_word, sorted.len());
        alike::merge(&mut of_word, &self.class_of_subword);
        self.subwords = sorted;
        self.classes_of_word = of_word;
        self.classes_of_document =
            self.places.iter().map(|place| self.classes_of(&counts[place.whole])).collect();
        self.words_of_document = counts;
    }

    /// Adds up the classes of n-grams of the words of a document.
    fn classes_of(&self, words: &Counts) -> Counts {
        let each = words.iter().flat_map(|&(word, times)| {
            let of_word = &self.classes_of_word[word as usize];
            of_word.iter().map(move |&(class, count)| (class, count * times))
        });
        summed(each.collect())
    }

    /// Returns the number of documents.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns all word n-grams, sorted: the columns of [`CountedCorpus::word_counts`].
    pub fn vocabulary(&self) -> &[String] {
        &self.words
    }

    /// Returns the word terms of a document with their counts, for baselines.
    pub fn word_counts(&self) -> SparseRows {
        let mut rows = SparseRows::new(self.words.len());
        for place in &self.places {
            rows.push_row(self.documents[place.whole].iter().copied());
        }
        rows
    }

    /// Returns the distinct word n-grams of a document.
    pub fn word_terms(&self, document: usize) -> Vec<String> {
        self.documents[self.places[document].whole]
            .iter()
            .map(|&(term, _)| self.words[term as usize].clone())
            .collect()
    }
}

fn renumber(rows: &mut [Counts], numbers: &[u32]) {
    for row in rows {
        row.iter_mut().for_each(|(term, _)| *term = numbers[*term as usize]);
        row.sort_unstable_by_key(|&(term, _)| term);
    }
}

/// Converts the frequency of each word to its weight for its n-grams.
pub(super) fn scale(words: &mut Counts) {
    words.iter_mut().for_each(|(_, tf)| *tf = scaled_tf(*tf, true));
}

/// Adds up the counts of equal terms; terms rise.
pub(super) fn summed(mut counts: Counts) -> Counts {
    counts.sort_by_key(|&(term, _)| term);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    counts
}
