//! Memory and working space that scoring reuses between texts.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};

use super::units::{Span, Units};
use super::weights::{LANES, LONG, NO_NODE, Scorer, key};
use crate::text::{Token, lower_case};

/// Maximum number of remembered words; the memory is then cleared.
const REMEMBERED: usize = 1 << 16;

/// Number of tokens for which capacity is kept; capacity of longer texts is freed.
const LONGEST: usize = 1 << 20;

/// Memory and working space that scoring reuses between texts. Use one per thread and
/// tagger. A new one gives the same results.
#[derive(Default)]
pub struct Scratch {
    /// Numbers of the words of up to 15 bytes, by their key, and of longer words.
    short: HashTable<u32>,
    long: HashMap<Box<str>, u32, FixedState>,
    pub(super) words: Vec<Word>,
    /// For each remembered word, the contribution of its subwords to each trend, before
    /// normalisation.
    pub(super) subword_weights: Vec<[f64; LANES]>,

    pub(super) tokens: Vec<ScoredToken>,
    pub(super) occurrences: List<Occurrence>,
    /// The nodes of the words of one field, and their tokens.
    pub(super) sequence: List<(u32, u32)>,
    /// Term frequencies by node, zero between windows.
    pub(super) tf: Vec<f64>,
    /// The nodes in use, window by window, and the values of their terms.
    pub(super) used: List<u32>,
    pub(super) values: Vec<f64>,
    /// The words in use, window by window, each once in whatever case it is written, and the
    /// scales of their subwords.
    pub(super) used_words: List<u32>,
    pub(super) scales: Vec<f64>,
    pub(super) windows: Vec<Window>,
    pub(super) sums: Vec<[f64; LANES]>,
    /// Number of tokens that are stop words of the language.
    pub(super) stop_words: usize,
    /// End of the tokens of each field.
    pub(super) fields: Vec<usize>,
    pub(super) units: Units,
}

/// Memories that threads take in turn, so that what one chunk of texts taught serves the next.
#[derive(Default)]
pub struct Scratches(Mutex<Vec<Scratch>>);

impl Scratches {
    /// Works with one that no other thread has at the moment.
    pub fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = lock().pop().unwrap_or_default();
        let done = work(&mut scratch);
        lock().push(scratch);
        done
    }
}

/// A remembered word.
pub(super) struct Word {
    /// See [`key`]; zero for long words.
    key: u128,
    /// Node of the word's term; [`NO_NODE`] if it is in no n-gram of the vocabulary.
    pub(super) node: u32,
    /// Words that differ only in case share a unit.
    pub(super) unit: u32,
    pub(super) left_out: bool,
    pub(super) stop_word: bool,
    /// Squared length of the vector of its subwords.
    pub(super) squared_length: f64,
    /// Frequency of the unit in the current window, zero between windows.
    pub(super) tf: f64,
}

/// A window of the document scored last: its terms, before they are divided by the norms.
#[derive(Default)]
pub(super) struct Window {
    /// Its part of [`Scratch::used`] and [`Scratch::values`].
    pub(super) nodes: Range<usize>,
    /// Its part of [`Scratch::used_words`] and [`Scratch::scales`].
    pub(super) words: Range<usize>,
    pub(super) word_norm: f64,
    pub(super) subword_norm: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ScoredToken {
    /// The place of the token in the normalised text.
    pub(super) span: Span,
    pub(super) word: u32,
}

/// A word n-gram of the vocabulary in the text: its node, first and last token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Occurrence {
    pub(super) node: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// A list with conditional pushes that compile to code without a branch, which the
/// processor might mispredict.
#[derive(Default)]
pub(super) struct List<T> {
    items: Vec<T>,
    length: usize,
}

impl<T: Copy + Default> List<T> {
    pub(super) fn items(&self) -> &[T] {
        &self.items[..self.length]
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// Reserves capacity for `count` more items.
    pub(super) fn reserve(&mut self, more: usize) {
        if self.items.len() < self.length + more {
            self.items.resize(2 * (self.length + more), T::default());
        }
    }

    /// Pushes an item if `wanted` is true. The caller must have reserved capacity.
    #[inline]
    pub(super) fn add(&mut self, item: T, wanted: bool) {
        self.items[self.length] = item;
        self.length += usize::from(wanted);
    }
}

impl Scratch {
    /// Prepares for the next document.
    pub(super) fn start(&mut self, scorer: &Scorer) {
        if self.tokens.capacity() > LONGEST {
            *self = Self::default();
        }
        self.tf.resize(scorer.nodes(), 0.0);
        self.used.clear();
        self.values.clear();
        self.used_words.clear();
        self.scales.clear();
        self.windows.clear();
        self.occurrences.clear();
        if self.words.len() > REMEMBERED {
            self.short.clear();
            self.long.clear();
            self.words.clear();
            self.subword_weights.clear();
        }
        self.tokens.clear();
        self.fields.clear();
        self.sums.clear();
        self.sums.resize(scorer.lanes(), [0.0; LANES]);
        self.stop_words = 0;
        self.units.clear();
    }

    /// Returns the tokens of a field of the document scored last.
    pub(super) fn field_range(&self, field: usize) -> Range<usize> {
        let start = if field == 0 { 0 } else { self.fields[field - 1] };
        start..self.fields[field]
    }

    /// Returns the tokens of each field.
    pub(super) fn field_ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        (0..self.fields.len()).map(|field| self.field_range(field))
    }

    /// Returns the nodes of a window of the document scored last, with the values of their terms.
    pub(super) fn terms(&self, window: &Window) -> impl Iterator<Item = (u32, f64)> + '_ {
        let nodes = self.used.items()[window.nodes.clone()].iter().copied();
        nodes.zip(self.values[window.nodes.clone()].iter().copied())
    }

    /// Returns the words of a window of the document scored last, with the scales of their
    /// subwords; none if no subword is in the vocabulary.
    pub(super) fn words_with_subwords(
        &self,
        window: &Window,
    ) -> impl Iterator<Item = (u32, f64)> + '_ {
        let range = if window.subword_norm > 0.0 { window.words.clone() } else { 0..0 };
        let words = self.used_words.items()[range.clone()].iter().copied();
        words.zip(self.scales[range].iter().copied())
    }

    /// Returns the number of a word in `text`. New words are analysed.
    #[inline]
    pub(super) fn number(&mut self, text: &str, token: &Token<'_>, scorer: &Scorer) -> u32 {
        let key = key(text.as_bytes(), token.span.start, token.surface.len());
        let known = if key == LONG {
            self.long.get(token.surface)
        } else {
            self.short.find(hash(key), |&number| self.words[number as usize].key == key)
        };
        match known {
            Some(&number) => number,
            None => self.remember(key, token.surface, scorer),
        }
    }

    #[cold]
    fn remember(&mut self, key: u128, surface: &str, scorer: &Scorer) -> u32 {
        let lower = lower_case(surface);
        let unit = (lower != surface).then(|| {
            let token = Token { span: 0..lower.len(), surface: &lower };
            self.number(&lower, &token, scorer)
        });
        let number = self.words.len() as u32;
        let term = scorer.analyzer().term(&lower);
        let start = self.subword_weights.len();
        let mut squared_length = 0.0;
        if scorer.has_subwords() {
            self.subword_weights.resize(start + scorer.lanes(), [0.0; LANES]);
            if term.is_some() && unit.is_none() {
                squared_length = scorer.subword_weights(&lower, &mut self.subword_weights[start..]);
            }
        }
        self.words.push(Word {
            key,
            node: term.as_deref().map_or(NO_NODE, |term| scorer.node(term)),
            unit: unit.unwrap_or(number),
            left_out: term.is_none(),
            stop_word: scorer.analyzer().is_stop_word(&lower),
            squared_length,
            tf: 0.0,
        });
        if key == LONG {
            self.long.insert(surface.into(), number);
        } else {
            let words = &self.words;
            self.short.insert_unique(hash(key), number, |&n| hash(words[n as usize].key));
        }
        number
    }
}

#[inline]
fn hash(key: u128) -> u64 {
    FixedState::default().hash_one(key)
}
