//! Features and weights in a layout for scoring: each n-gram of the vocabulary is a node
//! that leads to longer ones.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::features::{Features, scaled_tf};
use crate::text::{Analyzer, character_ngrams};

/// Number of trends that are added in parallel. Weights are padded with zeros to a
/// multiple of it.
pub(super) const LANES: usize = 4;

/// The node of words that are in no n-gram of the vocabulary.
pub(super) const NO_NODE: u32 = 0;

/// No column.
pub(super) const NONE: u32 = u32::MAX;

/// The key of words that are too long.
pub(super) const LONG: u128 = 0;

/// Packs the bytes of a word and their number into one value, which is faster to look up
/// than a string.
#[inline]
pub(super) fn key(text: &[u8], start: usize, length: usize) -> u128 {
    if length > 15 {
        return LONG;
    }
    let bytes = match text[start..].first_chunk::<16>() {
        Some(chunk) => u128::from_le_bytes(*chunk) & ((1 << (8 * length)) - 1),
        None => packed(&text[start..start + length]),
    };
    bytes | (length as u128) << 120
}

/// Packs at most 15 bytes, without a loop for 4 or more: the first and the last bytes, which
/// may overlap.
#[inline]
fn packed(bytes: &[u8]) -> u128 {
    let both = |first: u64, last: u64, size: usize| {
        u128::from(first) | u128::from(last) << (8 * (bytes.len() - size))
    };
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return both(u64::from_le_bytes(*first), u64::from_le_bytes(*last), 8);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let [first, last] = [first, last].map(|chunk| u64::from(u32::from_le_bytes(*chunk)));
        return both(first, last, 4);
    }
    bytes.iter().rev().fold(0, |packed, byte| packed << 8 | u128::from(*byte))
}

/// Number of integer term frequencies with a precomputed scale.
const COMMON_TF: usize = 32;

/// Features and weights in a layout for scoring.
pub(crate) struct Scorer {
    pub(super) intercepts: Vec<f64>,
    analyzer: Analyzer,
    pub(super) most_words: usize,
    subword_ngrams: Option<(usize, usize)>,
    /// Maps stems to the nodes of single words.
    stems: HashMap<String, u32, FixedState>,
    /// Maps the node of an n-gram and the node of the next word to the longer n-gram.
    pub(super) children: HashMap<u64, u32, FixedState>,
    pub(super) nodes: Vec<Node>,
    idf: Vec<f32>,
    /// Term-major: the weights of all trends side by side.
    weights: Vec<[f32; LANES]>,
    /// Groups of [`LANES`] trends.
    lanes: usize,
    /// Columns of the subwords, by the key of the short ones and by the others themselves.
    subwords: HashMap<u128, u32, FixedState>,
    long_subwords: HashMap<String, u32, FixedState>,
    /// Scale of integer term frequencies, in the word block and for a word.
    word_scales: [f64; COMMON_TF],
    subword_scales: [f64; COMMON_TF],
    sublinear_tf: bool,
    /// Number of words in a window, see [`crate::features::FeatureParams::window`].
    pub(super) window: Option<usize>,
}

/// An n-gram of the vocabulary, or the start of one.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// [`NONE`] if it is only the start of longer ones.
    pub(super) column: u32,
    idf: f32,
    /// Whether longer n-grams start with it.
    pub(super) is_start: bool,
    /// Whether it is a later word of some n-gram.
    pub(super) is_later: bool,
}

impl Default for Node {
    fn default() -> Self {
        Self { column: NONE, idf: 0.0, is_start: false, is_later: false }
    }
}

impl Scorer {
    /// Lays out `features` and `weights` (term-major, `features.len()` times
    /// `intercepts.len()`).
    pub(crate) fn new(features: &Features, weights: &[f32], intercepts: &[f64]) -> Self {
        let params = features.params();
        let sublinear_tf = params.words.sublinear_tf;
        let lanes = intercepts.len().div_ceil(LANES);
        let scales = |sublinear| std::array::from_fn(|tf| scaled_tf(tf as f64, sublinear));
        let mut scorer = Self {
            intercepts: intercepts.to_vec(),
            analyzer: Analyzer::new(&params.text),
            most_words: params.words.ngrams.1,
            subword_ngrams: params.subwords.as_ref().map(|s| s.ngrams),
            stems: HashMap::default(),
            children: HashMap::default(),
            nodes: vec![Node::default()],
            idf: features.words.idf.iter().chain(&features.subwords.idf).copied().collect(),
            weights: weights.chunks(intercepts.len()).flat_map(padded).collect(),
            lanes,
            subwords: HashMap::default(),
            long_subwords: HashMap::default(),
            word_scales: scales(sublinear_tf),
            subword_scales: scales(true),
            sublinear_tf,
            window: params.window,
        };
        for (column, term) in features.words.terms.iter().enumerate() {
            scorer.add_ngram(term, column as u32);
        }
        let offset = features.words.terms.len();
        for (column, term) in (offset as u32..).zip(&features.subwords.terms) {
            match key(term.as_bytes(), 0, term.len()) {
                LONG => _ = scorer.long_subwords.insert(term.clone(), column),
                key => _ = scorer.subwords.insert(key, column),
            }
        }
        scorer
    }

    fn add_ngram(&mut self, term: &str, column: u32) {
        let mut node = NO_NODE;
        for stem in term.split(' ') {
            let next = self.nodes.len() as u32;
            let stem = *self.stems.entry_ref(stem).or_insert(next);
            self.add_node(stem);
            node = if node == NO_NODE {
                stem
            } else {
                self.nodes[node as usize].is_start = true;
                self.nodes[stem as usize].is_later = true;
                let next = self.nodes.len() as u32;
                let child = *self.children.entry(pair(node, stem)).or_insert(next);
                self.add_node(child);
                child
            };
        }
        let node = &mut self.nodes[node as usize];
        (node.column, node.idf) = (column, self.idf[column as usize]);
    }

    fn add_node(&mut self, node: u32) {
        if node as usize == self.nodes.len() {
            self.nodes.push(Node::default());
        }
    }

    /// Returns the tf-idf of a term before normalisation, and its weights.
    pub(super) fn value(&self, node: u32, tf: f64) -> (f64, &[[f32; LANES]]) {
        let node = &self.nodes[node as usize];
        let scale = scale(tf, &self.word_scales, self.sublinear_tf);
        (scale * f64::from(node.idf), self.weights_of(node.column))
    }

    /// Returns the weights of a term.
    pub(super) fn weights(&self, node: u32) -> &[[f32; LANES]] {
        self.weights_of(self.nodes[node as usize].column)
    }

    /// Returns the scale of the frequency of a word for its subwords.
    pub(super) fn subword_scale(&self, tf: f64) -> f64 {
        scale(tf, &self.subword_scales, true)
    }

    /// Returns the part of a list of lanes that belongs to one word.
    pub(super) fn of_word<'l>(&self, lanes: &'l [[f64; LANES]], word: u32) -> &'l [[f64; LANES]] {
        let start = word as usize * self.lanes;
        &lanes[start..start + self.lanes]
    }

    fn weights_of(&self, column: u32) -> &[[f32; LANES]] {
        let start = column as usize * self.lanes;
        &self.weights[start..start + self.lanes]
    }

    /// Adds up the contributions of the subwords of a word to each trend. Returns the
    /// squared length of the word's vector.
    pub(super) fn subword_weights(&self, word: &str, sums: &mut [[f64; LANES]]) -> f64 {
        let Some(sizes) = self.subword_ngrams else { return 0.0 };
        let mut columns = Vec::new();
        character_ngrams(word, sizes, |ngram| {
            columns.extend(match key(ngram.as_bytes(), 0, ngram.len()) {
                LONG => self.long_subwords.get(ngram),
                key => self.subwords.get(&key),
            });
        });
        columns.sort_unstable();
        let mut squares = 0.0;
        for same in columns.chunk_by(|a, b| a == b) {
            let value = same.len() as f64 * f64::from(self.idf[same[0] as usize]);
            squares += value * value;
            for (sums, weights) in sums.iter_mut().zip(self.weights_of(same[0])) {
                sums.iter_mut().zip(weights).for_each(|(sum, &w)| *sum += value * f64::from(w));
            }
        }
        squares
    }

    pub(super) fn has_subwords(&self) -> bool {
        self.subword_ngrams.is_some()
    }

    pub(super) fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Returns the node of a term of one word.
    pub(super) fn node(&self, stem: &str) -> u32 {
        self.stems.get(stem).copied().unwrap_or(NO_NODE)
    }

    /// Returns the number of nodes.
    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Groups of [`LANES`] trends.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }
}

pub(super) fn pair(node: u32, next: u32) -> u64 {
    u64::from(node) << 32 | u64::from(next)
}

fn padded(weights: &[f32]) -> impl Iterator<Item = [f32; LANES]> + '_ {
    weights.chunks(LANES).map(|chunk| std::array::from_fn(|i| chunk.get(i).copied().unwrap_or(0.0)))
}

/// Returns [`scaled_tf`], from the table if possible.
fn scale(tf: f64, common: &[f64; COMMON_TF], sublinear: bool) -> f64 {
    let whole = tf as usize;
    match common.get(whole) {
        Some(&scale) if whole as f64 == tf => scale,
        _ => scaled_tf(tf, sublinear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_word_does_not_depend_on_what_follows() {
        let text = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut keys = std::collections::BTreeSet::new();
        for length in 1..=15 {
            let alone = key(&text[3..3 + length], 0, length);
            assert_eq!(alone, key(text, 3, length), "{length}");
            let bytes = &alone.to_le_bytes()[..length];
            assert_eq!(bytes, &text[3..3 + length], "all bytes, in order");
            keys.insert(alone);
        }
        assert_eq!((keys.len(), key(text, 3, 16)), (15, LONG));
    }
}
