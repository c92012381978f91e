//! The distinct words of a corpus, each with its term, found once.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use rayon::slice::ParallelSliceMut;

use crate::text::{Analyzer, Normalised, TextParams, lower_case};

/// The distinct words of a corpus by number, each with its term.
pub(super) struct Lexicon {
    analyzer: Analyzer,
    words: Dictionary,
    terms: Dictionary,
    /// The term of each word; `None` for a stop word that is left out.
    term_of_word: Vec<Option<u32>>,
}

impl Lexicon {
    pub(super) fn new(params: &TextParams) -> Self {
        Self {
            analyzer: Analyzer::new(params),
            words: Dictionary::default(),
            terms: Dictionary::default(),
            term_of_word: Vec::new(),
        }
    }

    /// Returns all words in lower case, in the order of their numbers.
    pub(super) fn words(&self) -> &[String] {
        &self.words.entries
    }

    pub(super) fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Returns the numbers of all words of a text; new words get one.
    pub(super) fn numbers(&mut self, text: &Normalised<'_>) -> Vec<u32> {
        let mut numbers = Vec::new();
        for token in text.tokens() {
            let word = lower_case(token.surface);
            let number = self.words.number(&word);
            if number as usize == self.term_of_word.len() {
                let term = self.analyzer.term(&word);
                self.term_of_word.push(term.map(|term| self.terms.number(&term)));
            }
            numbers.push(number);
        }
        numbers
    }

    /// Returns the words that have a term.
    pub(super) fn with_terms(&self, words: &[u32]) -> Vec<u32> {
        words.iter().copied().filter(|&word| self.term(word).is_some()).collect()
    }

    /// Returns the terms of words by their numbers.
    pub(super) fn terms(&self, words: &[u32]) -> Vec<u32> {
        words.iter().filter_map(|&word| self.term(word)).collect()
    }

    fn term(&self, word: u32) -> Option<u32> {
        self.term_of_word.get(word as usize).copied().flatten()
    }

    /// Gives a number to the parts of the broken words of some fields.
    pub(super) fn add_parts(&mut self, fields: &[(&str, f64)]) {
        for (text, _) in fields {
            self.numbers(&Normalised::with_vocabulary(text, |_, _| true));
        }
    }

    /// As [`Lexicon::numbers`]; words without a number get one that has no term.
    pub(super) fn known_numbers(&self, text: &Normalised<'_>) -> Vec<u32> {
        let number = |word: &str| self.words.get(word).unwrap_or(u32::MAX);
        text.tokens().map(|token| number(&lower_case(token.surface))).collect()
    }

    /// Gives `each` the terms of the n-grams of a sequence, joined by a space.
    pub(super) fn each_ngram(
        &self,
        sequence: &[u32],
        sizes: (usize, usize),
        mut each: impl FnMut(&str),
    ) {
        let mut joined = String::new();
        for size in sizes.0..=sizes.1 {
            for ngram in sequence.windows(size) {
                joined.clear();
                for (i, &word) in ngram.iter().enumerate() {
                    if i > 0 {
                        joined.push(' ');
                    }
                    joined.extend(
                        self.term(word).map(|term| self.terms.entries[term as usize].as_str()),
                    );
                }
                each(&joined);
            }
        }
    }
}

/// Numbers strings in the order of their first occurrence.
#[derive(Default)]
pub(super) struct Dictionary {
    numbers: HashTable<u32>,
    entries: Vec<String>,
}

impl Dictionary {
    fn get(&self, entry: &str) -> Option<u32> {
        self.numbers.find(hash(entry), |&number| self.entries[number as usize] == entry).copied()
    }

    pub(super) fn number(&mut self, entry: &str) -> u32 {
        if let Some(number) = self.get(entry) {
            return number;
        }
        let number = self.entries.len() as u32;
        self.entries.push(entry.to_owned());
        let entries = &self.entries;
        self.numbers.insert_unique(hash(entry), number, |&n| hash(&entries[n as usize]));
        number
    }

    /// Returns the entries in alphabetical order, and the new number of each old one.
    pub(super) fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let all = (0..self.entries.len() as u32).collect();
        sorted(self.entries, all)
    }
}

/// Numbers word n-grams in the order of their first occurrence. An n-gram is a shorter one
/// followed by a term, so that none is spelled out before all are known.
pub(super) struct Ngrams {
    sizes: (usize, usize),
    numbers: HashMap<(u32, u32), u32, FixedState>,
    entries: Vec<Ngram>,
}

struct Ngram {
    /// The n-gram without its last term; [`NO_NGRAM`] for a single one.
    shorter: u32,
    term: u32,
    size: usize,
}

const NO_NGRAM: u32 = u32::MAX;

impl Ngrams {
    /// N-grams of `sizes` words, at least and at most.
    pub(super) fn new(sizes: (usize, usize)) -> Self {
        Self { sizes, numbers: HashMap::default(), entries: Vec::new() }
    }

    /// Gives `each` the numbers of all n-grams of a sequence of terms.
    pub(super) fn count(&mut self, terms: &[u32], mut each: impl FnMut(u32)) {
        for start in 0..terms.len() {
            let mut ngram = NO_NGRAM;
            for (&term, size) in terms[start..].iter().zip(1..=self.sizes.1) {
                let next = self.entries.len() as u32;
                let number = *self.numbers.entry((ngram, term)).or_insert(next);
                if number == next {
                    self.entries.push(Ngram { shorter: ngram, term, size });
                }
                if size >= self.sizes.0 {
                    each(number);
                }
                ngram = number;
            }
        }
    }

    /// Returns the n-grams in alphabetical order, their terms joined by a space, and the new
    /// number of each old one.
    pub(super) fn sorted(self, lexicon: &Lexicon) -> (Vec<String>, Vec<u32>) {
        let mut spelled: Vec<String> = Vec::with_capacity(self.entries.len());
        for ngram in &self.entries {
            let term = &lexicon.terms.entries[ngram.term as usize];
            spelled.push(match spelled.get(ngram.shorter as usize) {
                Some(shorter) => [shorter, " ", term].concat(),
                None => term.clone(),
            });
        }
        let wanted = (0..).zip(&self.entries).filter(|(_, ngram)| ngram.size >= self.sizes.0);
        sorted(spelled, wanted.map(|(number, _)| number).collect())
    }
}

/// Returns those of the strings in alphabetical order, and the new number of each.
fn sorted(mut strings: Vec<String>, mut numbers: Vec<u32>) -> (Vec<String>, Vec<u32>) {
    numbers.par_sort_unstable_by(|&a, &b| strings[a as usize].cmp(&strings[b as usize]));
    let mut renumbered = vec![0; strings.len()];
    let in_order = (0..).zip(&numbers).map(|(new, &old)| {
        renumbered[old as usize] = new;
        std::mem::take(&mut strings[old as usize])
    });
    (in_order.collect(), renumbered)
}

fn hash(entry: &str) -> u64 {
    FixedState::default().hash_one(entry)
}
