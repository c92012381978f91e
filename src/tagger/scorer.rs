//! The hot path: one text to one score per trend, without building a vector.
//!
//! A word is analysed the first time it is seen; after that, its surface form
//! leads to its term and to what its subwords add to every trend. The result
//! does not depend on what was remembered.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::evidence::{Evidence, Span, gather};
use crate::features::{Features, Field, scaled_tf};
use crate::text::{Analyzer, character_ngrams, lower_case, tokens};

/// Features and weights, laid out for scoring.
pub(crate) struct Scorer {
    trends: usize,
    intercepts: Vec<f64>,
    analyzer: Analyzer,
    sublinear_tf: bool,
    word_ngrams: (usize, usize),
    subword_ngrams: Option<(usize, usize)>,
    /// Stems to the nodes of one word.
    stems: HashMap<String, u32, FixedState>,
    /// From the node of an n-gram and the node of the next word to the longer n-gram.
    children: HashMap<(u32, u32), u32, FixedState>,
    /// Per node: its column, [`NONE`] if the n-gram is only the start of longer ones.
    node_columns: Vec<u32>,
    node_has_children: Vec<bool>,
    idf: Vec<f32>,
    /// Term-major: the weights of all trends side by side.
    weights: Vec<f32>,
    subwords: HashMap<String, u32, FixedState>,
}

pub(super) const NONE: u32 = u32::MAX;

/// Words remembered at most; then the memory starts anew.
const REMEMBERED: usize = 1 << 16;

/// What scoring remembers from one text to the next, and its working space.
///
/// One per thread; a new one gives the same results.
#[derive(Default)]
pub struct Scratch {
    numbers: HashMap<Box<str>, u32, FixedState>,
    words: Vec<Word>,
    /// Per remembered word: what its subwords add to each trend, before the norm.
    subword_weights: Vec<f64>,

    pub(super) tokens: Vec<ScoredToken>,
    pub(super) occurrences: Vec<Occurrence>,
    sequence: Vec<(u32, u32)>,
    /// Term frequencies by column (zero between texts) and the nodes in use.
    tf: Vec<f64>,
    used: Vec<u32>,
    /// Frequencies of the remembered words, likewise, and the words in use.
    word_tf: Vec<f64>,
    used_words: Vec<u32>,
    sums: Vec<f64>,
    pub(super) word_norm: f64,
    pub(super) subword_norm: f64,
    /// Share of the tokens that are stop words of the language.
    pub(super) stop_words: usize,
}

struct Word {
    /// Node of the word's term; [`NONE`] if it is in no n-gram of the vocabulary.
    node: u32,
    /// Words that differ in case only share a unit.
    unit: u32,
    left_out: bool,
    stop_word: bool,
    squared_length: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ScoredToken {
    pub(super) span: Span,
    pub(super) word: u32,
    pub(super) weight: f64,
}

/// A word n-gram of the vocabulary in the text: its node, first and last token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrence {
    pub(super) node: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Scorer {
    /// Lays out `features` and `weights` (term-major, `features.len()` times
    /// `intercepts.len()`).
    pub(crate) fn new(features: &Features, weights: &[f32], intercepts: &[f64]) -> Self {
        let params = features.params();
        let mut scorer = Self {
            trends: intercepts.len(),
            intercepts: intercepts.to_vec(),
            analyzer: Analyzer::new(&params.text),
            sublinear_tf: params.words.sublinear_tf,
            word_ngrams: params.words.ngrams,
            subword_ngrams: params.subwords.as_ref().map(|s| s.ngrams),
            stems: HashMap::default(),
            children: HashMap::default(),
            node_columns: Vec::new(),
            node_has_children: Vec::new(),
            idf: features.words.idf.iter().chain(&features.subwords.idf).copied().collect(),
            weights: weights.to_vec(),
            subwords: HashMap::default(),
        };
        for (column, term) in features.words.terms.iter().enumerate() {
            scorer.add_ngram(term, column as u32);
        }
        let offset = features.words.terms.len();
        let numbered = features.subwords.terms.iter().enumerate();
        scorer.subwords = numbered.map(|(i, t)| (t.clone(), (offset + i) as u32)).collect();
        scorer
    }

    fn add_ngram(&mut self, term: &str, column: u32) {
        let mut node = NONE;
        for stem in term.split(' ') {
            let next = self.node_columns.len() as u32;
            let stem = *self.stems.entry_ref(stem).or_insert(next);
            self.add_node(stem);
            node = if node == NONE {
                stem
            } else {
                self.node_has_children[node as usize] = true;
                let next = self.node_columns.len() as u32;
                let child = *self.children.entry((node, stem)).or_insert(next);
                self.add_node(child);
                child
            };
        }
        if node != NONE {
            self.node_columns[node as usize] = column;
        }
    }

    fn add_node(&mut self, node: u32) {
        if node as usize == self.node_columns.len() {
            self.node_columns.push(NONE);
            self.node_has_children.push(false);
        }
    }

    /// Scores one document; what evidence needs stays in `scratch`.
    pub(crate) fn score(&self, fields: &[Field<'_>], scratch: &mut Scratch) -> Vec<f64> {
        scratch.start(self);
        for (field, Field { text, weight }) in fields.iter().enumerate() {
            scratch.sequence.clear();
            for token in tokens(text) {
                let number = scratch.number(token.surface, self);
                let word = &scratch.words[number as usize];
                scratch.stop_words += usize::from(word.stop_word);
                if !word.left_out {
                    let tf = &mut scratch.word_tf[word.unit as usize];
                    if *tf == 0.0 {
                        scratch.used_words.push(word.unit);
                    }
                    *tf += weight;
                    scratch.sequence.push((word.node, scratch.tokens.len() as u32));
                }
                let span = Span { field, start: token.span.start, end: token.span.end };
                scratch.tokens.push(ScoredToken { span, word: number, weight: *weight });
            }
            self.count_ngrams(*weight, scratch);
        }
        let mut scores = self.intercepts.clone();
        self.add_subwords(&mut scores, scratch);
        self.add_words(&mut scores, scratch);
        scores
    }

    fn add_subwords(&self, scores: &mut [f64], scratch: &mut Scratch) {
        scratch.subword_norm = 0.0;
        if self.subword_ngrams.is_none() {
            return;
        }
        let mut squares = 0.0;
        for &word in &scratch.used_words {
            let scale = scaled_tf(scratch.word_tf[word as usize], true);
            squares += scale * scale * scratch.words[word as usize].squared_length;
            let start = word as usize * self.trends;
            let weights = &scratch.subword_weights[start..start + self.trends];
            scratch.sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += scale * w);
        }
        scratch.subword_norm = squares.sqrt();
        add_normed(scores, &scratch.sums, scratch.subword_norm);
    }

    /// Finds the n-grams of the vocabulary in the sequence of one field.
    fn count_ngrams(&self, weight: f64, scratch: &mut Scratch) {
        let sequence = std::mem::take(&mut scratch.sequence);
        for (i, &(first_node, first)) in sequence.iter().enumerate() {
            let mut node = first_node;
            let mut last = first;
            for length in 1..=self.word_ngrams.1 {
                if node == NONE {
                    break;
                }
                let column = self.node_columns[node as usize];
                if column != NONE {
                    let tf = &mut scratch.tf[column as usize];
                    if *tf == 0.0 {
                        scratch.used.push(node);
                    }
                    *tf += weight;
                    scratch.occurrences.push(Occurrence { node, first, last });
                }
                let Some(&(next, token)) = sequence.get(i + length) else { break };
                node = match self.node_has_children[node as usize] {
                    true => self.children.get(&(node, next)).copied().unwrap_or(NONE),
                    false => NONE,
                };
                last = token;
            }
        }
        scratch.sequence = sequence;
    }

    fn add_words(&self, scores: &mut [f64], scratch: &mut Scratch) {
        scratch.sums.fill(0.0);
        let mut squares = 0.0;
        for &node in &scratch.used {
            let column = self.node_columns[node as usize] as usize;
            let value =
                scaled_tf(scratch.tf[column], self.sublinear_tf) * f64::from(self.idf[column]);
            squares += value * value;
            let weights = self.weights_of(column as u32);
            scratch.sums.iter_mut().zip(weights).for_each(|(sum, &w)| *sum += value * f64::from(w));
        }
        scratch.word_norm = squares.sqrt();
        add_normed(scores, &scratch.sums, scratch.word_norm);
    }

    fn weights_of(&self, column: u32) -> &[f32] {
        let start = column as usize * self.trends;
        &self.weights[start..start + self.trends]
    }

    /// What speaks for and against a trend in the document scored last; the
    /// contributions and the intercept add up to the score.
    ///
    /// Ordered by falling contribution, of equals by place; `fields` must be
    /// those of the document scored last.
    pub(crate) fn evidence(
        &self,
        fields: &[Field<'_>],
        scratch: &Scratch,
        trend: usize,
    ) -> Vec<Evidence> {
        let mut parts = Vec::with_capacity(scratch.tokens.len() + scratch.occurrences.len());
        for occurrence in &scratch.occurrences {
            let column = self.node_columns[occurrence.node as usize];
            let tf = scratch.tf[column as usize];
            let weight = scratch.tokens[occurrence.first as usize].weight;
            let value = scaled_tf(tf, self.sublinear_tf) * f64::from(self.idf[column as usize]);
            let whole = value * f64::from(self.weights_of(column)[trend]) / scratch.word_norm;
            parts.push((
                u64::from(occurrence.node),
                whole * weight / tf,
                occurrence.first,
                occurrence.last,
            ));
        }
        if scratch.subword_norm > 0.0 {
            for (i, token) in scratch.tokens.iter().enumerate() {
                let word = &scratch.words[token.word as usize];
                if word.left_out {
                    continue;
                }
                let unit = match word.node {
                    NONE => u64::from(word.unit) | 1 << 32,
                    node => u64::from(node),
                };
                let tf = scratch.word_tf[word.unit as usize];
                let whole = scaled_tf(tf, true)
                    * scratch.subword_weights[word.unit as usize * self.trends + trend]
                    / scratch.subword_norm;
                parts.push((unit, whole * token.weight / tf, i as u32, i as u32));
            }
        }
        gather(parts, fields, &scratch.tokens)
    }
}

impl Scratch {
    /// Makes ready for the next document.
    fn start(&mut self, scorer: &Scorer) {
        self.tf.resize(scorer.idf.len(), 0.0);
        for node in self.used.drain(..) {
            self.tf[scorer.node_columns[node as usize] as usize] = 0.0;
        }
        for word in self.used_words.drain(..) {
            self.word_tf[word as usize] = 0.0;
        }
        if self.words.len() > REMEMBERED {
            self.numbers.clear();
            self.words.clear();
            self.word_tf.clear();
            self.subword_weights.clear();
        }
        self.tokens.clear();
        self.occurrences.clear();
        self.sums.clear();
        self.sums.resize(scorer.trends, 0.0);
        self.stop_words = 0;
    }

    /// The number of a word, analysing it if it is new.
    fn number(&mut self, surface: &str, scorer: &Scorer) -> u32 {
        match self.numbers.get(surface) {
            Some(&number) => number,
            None => self.remember(surface, scorer),
        }
    }

    #[cold]
    fn remember(&mut self, surface: &str, scorer: &Scorer) -> u32 {
        let lower = lower_case(surface);
        let unit = (lower != surface).then(|| self.number(&lower, scorer));
        let number = self.words.len() as u32;
        self.numbers.insert(surface.into(), number);
        let term = scorer.analyzer.term(&lower);
        let node = term.as_deref().and_then(|term| scorer.stems.get(term)).copied();
        let start = self.subword_weights.len();
        self.subword_weights.resize(start + scorer.trends, 0.0);
        self.word_tf.push(0.0);
        let squared_length = match scorer.subword_ngrams {
            Some(sizes) if term.is_some() && unit.is_none() => {
                scorer.subword_weights(&lower, sizes, &mut self.subword_weights[start..])
            }
            _ => 0.0,
        };
        self.words.push(Word {
            node: node.unwrap_or(NONE),
            unit: unit.unwrap_or(number),
            left_out: term.is_none(),
            stop_word: scorer.analyzer.is_stop_word(&lower),
            squared_length,
        });
        number
    }
}

/// Adds sums that have been divided by their norm; nothing where it is zero.
fn add_normed(scores: &mut [f64], sums: &[f64], norm: f64) {
    if norm > 0.0 {
        scores.iter_mut().zip(sums).for_each(|(score, sum)| *score += sum / norm);
    }
}

impl Scorer {
    /// Adds up what the subwords of a word give each trend; returns the squared
    /// length of the word's vector.
    fn subword_weights(&self, word: &str, sizes: (usize, usize), sums: &mut [f64]) -> f64 {
        let mut columns = Vec::new();
        character_ngrams(word, sizes, |ngram| columns.extend(self.subwords.get(ngram).copied()));
        columns.sort_unstable();
        let mut squares = 0.0;
        for same in columns.chunk_by(|a, b| a == b) {
            let value = same.len() as f64 * f64::from(self.idf[same[0] as usize]);
            squares += value * value;
            let weights = self.weights_of(same[0]);
            sums.iter_mut().zip(weights).for_each(|(sum, &w)| *sum += value * f64::from(w));
        }
        squares
    }
}
