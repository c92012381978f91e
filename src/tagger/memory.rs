//! What scoring remembers from one text to the next, and its working space.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::evidence::{Span, Units};
use super::scorer::{LANES, NONE, Scorer};
use crate::text::{Token, lower_case};

/// Words remembered at most; then the memory starts anew.
const REMEMBERED: usize = 1 << 16;

/// What scoring remembers from one text to the next, and its working space.
///
/// One per thread and tagger; a new one gives the same results.
#[derive(Default)]
pub struct Scratch {
    /// Numbers of the words of up to 15 bytes, by their bytes, and of the others.
    short: HashMap<u128, u32, FixedState>,
    long: HashMap<Box<str>, u32, FixedState>,
    pub(super) words: Vec<Word>,
    /// Per remembered word: what its subwords add to each trend, before the norm.
    pub(super) subword_weights: Vec<[f64; LANES]>,

    pub(super) tokens: Vec<ScoredToken>,
    pub(super) occurrences: Vec<Occurrence>,
    /// The nodes of the words of one field, and their tokens.
    pub(super) sequence: Vec<(u32, u32)>,
    /// Term frequencies by node (zero between texts) and the nodes in use.
    pub(super) tf: Vec<f64>,
    pub(super) used: Vec<u32>,
    /// The words in use, each once however it is written.
    pub(super) used_words: Vec<u32>,
    pub(super) sums: Vec<[f64; LANES]>,
    pub(super) word_norm: f64,
    pub(super) subword_norm: f64,
    /// How many of the tokens are stop words of the language.
    pub(super) stop_words: usize,
    pub(super) units: Units,
}

/// A remembered word.
pub(super) struct Word {
    /// Node of the word's term; [`NONE`] if it is in no n-gram of the vocabulary.
    pub(super) node: u32,
    /// Words that differ in case only share a unit.
    pub(super) unit: u32,
    pub(super) left_out: bool,
    pub(super) stop_word: bool,
    /// Squared length of the vector of its subwords.
    pub(super) squared_length: f64,
    /// Of a unit: its frequency in the present text, zero between texts.
    pub(super) tf: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ScoredToken {
    pub(super) span: Span,
    pub(super) word: u32,
}

/// A word n-gram of the vocabulary in the text: its node, first and last token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrence {
    pub(super) node: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Scratch {
    /// Makes ready for the next document.
    pub(super) fn start(&mut self, scorer: &Scorer) {
        self.tf.resize(scorer.nodes(), 0.0);
        for node in self.used.drain(..) {
            self.tf[node as usize] = 0.0;
        }
        for word in self.used_words.drain(..) {
            self.words[word as usize].tf = 0.0;
        }
        if self.words.len() > REMEMBERED {
            self.short.clear();
            self.long.clear();
            self.words.clear();
            self.subword_weights.clear();
        }
        self.tokens.clear();
        self.occurrences.clear();
        self.sums.clear();
        self.sums.resize(scorer.lanes(), [0.0; LANES]);
        self.stop_words = 0;
        self.units.clear();
    }

    /// The number of a word that stands in `text`, analysing it if it is new.
    #[inline]
    pub(super) fn number(&mut self, text: &str, token: &Token<'_>, scorer: &Scorer) -> u32 {
        let known = match key(text.as_bytes(), token.span.start, token.surface.len()) {
            Some(key) => self.short.get(&key),
            None => self.long.get(token.surface),
        };
        match known {
            Some(&number) => number,
            None => self.remember(token.surface, scorer),
        }
    }

    #[cold]
    fn remember(&mut self, surface: &str, scorer: &Scorer) -> u32 {
        let lower = lower_case(surface);
        let unit = (lower != surface).then(|| {
            let token = Token { span: 0..lower.len(), surface: &lower };
            self.number(&lower, &token, scorer)
        });
        let number = self.words.len() as u32;
        match key(surface.as_bytes(), 0, surface.len()) {
            Some(key) => _ = self.short.insert(key, number),
            None => _ = self.long.insert(surface.into(), number),
        }
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
            node: term.as_deref().map_or(NONE, |term| scorer.node(term)),
            unit: unit.unwrap_or(number),
            left_out: term.is_none(),
            stop_word: scorer.analyzer().is_stop_word(&lower),
            squared_length,
            tf: 0.0,
        });
        number
    }
}

/// The bytes of a short word and their number, in one value that is quicker to
/// look up than a string.
#[inline]
fn key(text: &[u8], start: usize, length: usize) -> Option<u128> {
    if length > 15 {
        return None;
    }
    let bytes = match text[start..].first_chunk::<16>() {
        Some(chunk) => u128::from_le_bytes(*chunk) & ((1 << (8 * length)) - 1),
        None => {
            let mut chunk = [0; 16];
            chunk[..length].copy_from_slice(&text[start..start + length]);
            u128::from_le_bytes(chunk)
        }
    };
    Some(bytes | (length as u128) << 120)
}
