//! The distinct words of a corpus, each with its term, found once.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::text::{Analyzer, Normalised, TextParams, lower_case};

/// The distinct words of a corpus by number, each with its term.
pub(super) struct Lexicon {
    analyzer: Analyzer,
    words: Dictionary,
    /// `None` for a stop word that is left out.
    terms: Vec<Option<String>>,
}

impl Lexicon {
    pub(super) fn new(params: &TextParams) -> Self {
        Self { analyzer: Analyzer::new(params), words: Dictionary::default(), terms: Vec::new() }
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
            if number as usize == self.terms.len() {
                self.terms.push(self.analyzer.term(&word).map(|term| term.into_owned()));
            }
            numbers.push(number);
        }
        numbers
    }

    /// Returns the words that have a term.
    pub(super) fn with_terms(&self, words: &[u32]) -> Vec<u32> {
        let has_term = |word: &u32| self.terms.get(*word as usize).is_some_and(Option::is_some);
        words.iter().copied().filter(has_term).collect()
    }

    /// Gives a number to the parts of the broken words of some fields.
    pub(super) fn add_parts(&mut self, fields: &[(&str, f64)]) {
        for (text, _) in fields {
            self.numbers(&Normalised::with_vocabulary(text, |_, _| true));
        }
    }

    /// As [`Lexicon::numbers`]; words without a number get one that has no term.
    pub(super) fn known_numbers(&self, text: &Normalised<'_>) -> Vec<u32> {
        let number = |word: &str| self.words.numbers.get(word).copied();
        let unknown = u32::MAX;
        text.tokens().map(|token| number(&lower_case(token.surface)).unwrap_or(unknown)).collect()
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
                    joined.extend(self.terms[word as usize].as_deref());
                }
                each(&joined);
            }
        }
    }
}

/// Numbers strings in the order of their first occurrence.
#[derive(Default)]
pub(super) struct Dictionary {
    numbers: HashMap<String, u32, FixedState>,
    entries: Vec<String>,
}

impl Dictionary {
    pub(super) fn number(&mut self, entry: &str) -> u32 {
        if let Some(&number) = self.numbers.get(entry) {
            return number;
        }
        let number = self.entries.len() as u32;
        self.entries.push(entry.to_owned());
        self.numbers.insert(entry.to_owned(), number);
        number
    }

    /// Returns the entries in alphabetical order, and the new number of each old one.
    pub(super) fn sorted(self) -> (Vec<String>, Vec<u32>) {
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
