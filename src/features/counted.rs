//! Documents whose terms are counted once, for features to be fitted on any of
//! them.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::{FeatureParams, Field, SubwordParams, scaled_tf, windows};
use crate::features::SparseRows;
use crate::text::{Analyzer, character_ngrams, lower_case, tokens};

pub(super) type Counts = Vec<(u32, f64)>;

/// A corpus whose terms have been counted once, so that features can be fitted
/// on any choice of its documents without reading the text again.
///
/// Fitting looks at nothing but the chosen documents: counting all at once
/// saves time and shares no knowledge.
pub struct CountedCorpus {
    /// Word n-grams, sorted, and how often each document has each.
    pub(super) words: Vec<String>,
    pub(super) documents: Vec<Counts>,
    /// Of each document: its place among the counts, and those of its windows
    /// where it has several; the counts of the windows follow those of the whole.
    pub(super) windows: Vec<(usize, Range<usize>)>,
    /// Character n-grams, sorted; the n-grams of each distinct word; how much
    /// each word of a document counts; the n-grams of each document.
    pub(super) subwords: Vec<String>,
    pub(super) subwords_of_word: Vec<Counts>,
    pub(super) words_of_document: Vec<Counts>,
    pub(super) subwords_of_document: Vec<Counts>,
}

impl CountedCorpus {
    /// Counts the terms of all documents.
    pub fn new<'t, D>(documents: impl IntoIterator<Item = D>, params: &FeatureParams) -> Self
    where
        D: IntoIterator<Item = Field<'t>>,
    {
        let analyzer = Analyzer::new(&params.text);
        let mut terms = Dictionary::default();
        let mut surfaces = Dictionary::default();
        // Of each distinct word: its term, computed once.
        let mut term_of_surface: Vec<Option<String>> = Vec::new();
        let mut counter = Counter { ngrams: params.words.ngrams, joined: String::new() };
        let (mut counts, mut surface_counts, mut windows) = (Vec::new(), Vec::new(), Vec::new());
        for document in documents {
            let mut fields: Vec<(Vec<u32>, f64)> = Vec::new();
            for field in document {
                let mut words = Vec::new();
                for token in tokens(field.text) {
                    let word = lower_case(token.surface);
                    let surface = surfaces.number(&word);
                    if surface as usize == term_of_surface.len() {
                        term_of_surface.push(analyzer.term(&word).map(|t| t.into_owned()));
                    }
                    words.push(surface);
                }
                fields.push((words, field.weight));
            }
            let whole = fields.iter().map(|(words, weight)| (words.as_slice(), *weight));
            let (of_terms, of_surfaces) = counter.count(whole, &term_of_surface, &mut terms);
            let number = windows::windows(fields.iter().map(|f| f.0.len()), params.window);
            let first = counts.len();
            counts.push(of_terms);
            surface_counts.push(of_surfaces);
            let window = |i: usize| {
                fields.iter().map(move |(words, weight)| {
                    (&words[windows::part(words.len(), params.window, i, number)], *weight)
                })
            };
            let more = if number > 1 { number } else { 0 };
            for i in 0..more {
                let (of_terms, of_surfaces) =
                    counter.count(window(i), &term_of_surface, &mut terms);
                counts.push(of_terms);
                surface_counts.push(of_surfaces);
            }
            windows.push((first, first + 1..first + 1 + more));
        }
        let (words, renumbered) = terms.sorted();
        renumber(&mut counts, &renumbered);
        let mut corpus = Self {
            words,
            documents: counts,
            windows,
            subwords: Vec::new(),
            subwords_of_word: Vec::new(),
            words_of_document: Vec::new(),
            subwords_of_document: Vec::new(),
        };
        if let Some(subwords) = &params.subwords {
            corpus.count_subwords(subwords, &surfaces, surface_counts);
        }
        corpus
    }

    fn count_subwords(
        &mut self,
        params: &SubwordParams,
        surfaces: &Dictionary,
        mut counts: Vec<Counts>,
    ) {
        let mut ngrams = Dictionary::default();
        let mut of_word: Vec<Counts> = surfaces
            .entries
            .iter()
            .map(|word| {
                let mut of_word = Vec::new();
                character_ngrams(word, params.ngrams, |n| of_word.push((ngrams.number(n), 1.0)));
                summed(of_word)
            })
            .collect();
        let (sorted, renumbered) = ngrams.sorted();
        renumber(&mut of_word, &renumbered);
        counts.iter_mut().flatten().for_each(|(_, tf)| *tf = scaled_tf(*tf, true));
        self.subwords_of_document = counts
            .iter()
            .map(|words| {
                let each = words.iter().flat_map(|&(word, times)| {
                    of_word[word as usize].iter().map(move |&(n, count)| (n, count * times))
                });
                summed(each.collect())
            })
            .collect();
        self.subwords = sorted;
        self.subwords_of_word = of_word;
        self.words_of_document = counts;
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// All word n-grams, sorted: the columns of [`CountedCorpus::word_counts`].
    pub fn vocabulary(&self) -> &[String] {
        &self.words
    }

    /// The word terms of a document with their counts, for baselines.
    pub fn word_counts(&self) -> SparseRows {
        let mut rows = SparseRows::new(self.words.len());
        for (whole, _) in &self.windows {
            rows.push_row(self.documents[*whole].iter().copied());
        }
        rows
    }

    /// The distinct word n-grams of a document.
    pub fn word_terms(&self, document: usize) -> Vec<String> {
        self.documents[self.windows[document].0]
            .iter()
            .map(|&(term, _)| self.words[term as usize].clone())
            .collect()
    }
}

/// Counts the terms and the words of stretches of text.
struct Counter {
    ngrams: (usize, usize),
    joined: String,
}

impl Counter {
    /// The n-grams and the words with a term, of the words of some fields.
    fn count<'w>(
        &mut self,
        fields: impl Iterator<Item = (&'w [u32], f64)>,
        term_of_surface: &[Option<String>],
        terms: &mut Dictionary,
    ) -> (Counts, Counts) {
        let (mut of_terms, mut of_surfaces) = (Vec::new(), Vec::new());
        for (words, weight) in fields {
            let has_term = |surface: &u32| term_of_surface[*surface as usize].is_some();
            let sequence: Vec<u32> = words.iter().copied().filter(has_term).collect();
            of_surfaces.extend(sequence.iter().map(|&surface| (surface, weight)));
            for size in self.ngrams.0..=self.ngrams.1 {
                for ngram in sequence.windows(size) {
                    self.joined.clear();
                    for (i, &surface) in ngram.iter().enumerate() {
                        if i > 0 {
                            self.joined.push(' ');
                        }
                        self.joined.extend(term_of_surface[surface as usize].as_deref());
                    }
                    of_terms.push((terms.number(&self.joined), weight));
                }
            }
        }
        (summed(of_terms), summed(of_surfaces))
    }
}

/// Numbers strings in the order in which they come.
#[derive(Default)]
struct Dictionary {
    numbers: HashMap<String, u32, FixedState>,
    entries: Vec<String>,
}

impl Dictionary {
    fn number(&mut self, entry: &str) -> u32 {
        if let Some(&number) = self.numbers.get(entry) {
            return number;
        }
        let number = self.entries.len() as u32;
        self.entries.push(entry.to_owned());
        self.numbers.insert(entry.to_owned(), number);
        number
    }

    /// The entries in alphabetical order, and the new number of each old one.
    fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.entries.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| self.entries[a as usize].cmp(&self.entries[b as usize]));
        let mut renumbered = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            renumbered[old as usize] = new as u32;
        }
        let mut entries = self.entries;
        entries.sort_unstable();
        (entries, renumbered)
    }
}

fn renumber(rows: &mut [Counts], numbers: &[u32]) {
    for row in rows {
        row.iter_mut().for_each(|(term, _)| *term = numbers[*term as usize]);
        row.sort_unstable_by_key(|&(term, _)| term);
    }
}

/// Adds up the counts of equal terms; terms rise.
fn summed(mut counts: Counts) -> Counts {
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
