//! The hot path: one text to one score per trend, without building a vector. A word is
//! analysed the first time it is seen; after that, its surface form gives its term and
//! the contribution of its subwords to every trend. The result does not depend on what
//! was remembered.

use std::collections::BTreeMap;
use std::ops::Range;

use super::memory::{Occurrence, ScoredToken, Scratch};
use super::units::Span;
use super::weights::{LANES, NONE, Scorer, pair};
use crate::features::{Field, windows};

impl Scorer {
    /// Scores one document: the mean over its windows. The data for evidence stay in
    /// `scratch`.
    pub(crate) fn score(&self, fields: &[Field<'_>], scratch: &mut Scratch) -> Vec<f64> {
        scratch.start(self);
        for (field, Field { text, .. }) in fields.iter().enumerate() {
            for token in text.tokens() {
                let word = scratch.number(text.as_str(), &token, self);
                scratch.stop_words += usize::from(scratch.words[word as usize].stop_word);
                let span = Span { field, start: token.span.start, end: token.span.end };
                scratch.tokens.push(ScoredToken { span, word });
            }
            scratch.fields.push(scratch.tokens.len());
        }
        scratch.windows = windows::windows(scratch.field_ranges().map(|r| r.len()), self.window);
        let mut scores = self.intercepts.clone();
        if scratch.windows == 1 {
            self.score_window(fields, 0, &mut scores, scratch);
            return scores;
        }
        let mut sums = vec![0.0; scores.len()];
        for window in 0..scratch.windows {
            self.score_window(fields, window, &mut sums, scratch);
        }
        let count = scratch.windows as f64;
        scores.iter_mut().zip(sums).for_each(|(score, sum)| *score += sum / count);
        scores
    }

    /// Returns the terms of a document with their values, in ascending order; see
    /// [`Tagger::term_vector`](super::Tagger::term_vector).
    pub(crate) fn term_vector(
        &self,
        fields: &[Field<'_>],
        scratch: &mut Scratch,
    ) -> Vec<(u32, f64)> {
        let mut unused = self.score(fields, scratch);
        let mut vector: BTreeMap<u32, f64> = BTreeMap::new();
        for window in 0..scratch.windows {
            self.score_window(fields, window, &mut unused, scratch);
            let norm = scratch.word_norm.max(f64::MIN_POSITIVE);
            for &node in scratch.used.items() {
                let (value, _) = self.value(node, scratch.tf[node as usize]);
                *vector.entry(self.nodes[node as usize].column).or_default() += value / norm;
            }
        }
        let length = vector.values().map(|value| value * value).sum::<f64>().sqrt();
        vector.into_iter().map(|(column, value)| (column, value / length)).collect()
    }

    /// Adds the contributions of one window; its terms stay in `scratch`.
    pub(super) fn score_window(
        &self,
        fields: &[Field<'_>],
        window: usize,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) {
        scratch.start_window();
        for (field, Field { weight, .. }) in fields.iter().enumerate() {
            let tokens = self.tokens_of(field, window, scratch);
            self.count_words(tokens, *weight, scratch);
            self.count_ngrams(*weight, scratch);
        }
        self.add_subwords(scores, scratch);
        self.add_words(scores, scratch);
    }

    /// Returns the tokens of a field that belong to a window.
    pub(super) fn tokens_of(&self, field: usize, window: usize, scratch: &Scratch) -> Range<usize> {
        let whole = scratch.field_range(field);
        let part = windows::part(whole.len(), self.window, window, scratch.windows);
        whole.start + part.start..whole.start + part.end
    }

    fn add_subwords(&self, scores: &mut [f64], scratch: &mut Scratch) {
        scratch.subword_norm = 0.0;
        scratch.sums.fill([0.0; LANES]);
        if !self.has_subwords() {
            return;
        }
        let mut squares = 0.0;
        for &unit in scratch.used_words.items() {
            let word = &scratch.words[unit as usize];
            let scale = self.subword_scale(word.tf);
            squares += scale * scale * word.squared_length;
            let weights = self.of_word(&scratch.subword_weights, unit);
            for (sums, weights) in scratch.sums.iter_mut().zip(weights) {
                sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += scale * w);
            }
        }
        scratch.subword_norm = squares.sqrt();
        add_normed(scores, &scratch.sums, scratch.subword_norm);
    }

    /// Counts the words in a part of one field.
    fn count_words(&self, tokens: Range<usize>, weight: f64, scratch: &mut Scratch) {
        let more = tokens.len();
        scratch.sequence.clear();
        scratch.sequence.reserve(more);
        scratch.used_words.reserve(more);
        for (i, token) in (tokens.start..).zip(&scratch.tokens[tokens]) {
            let word = &scratch.words[token.word as usize];
            let (unit, counts) = (word.unit, !word.left_out);
            scratch.sequence.add((word.node, i as u32), counts);
            let tf = &mut scratch.words[unit as usize].tf;
            scratch.used_words.add(unit, counts && *tf == 0.0);
            *tf += if counts { weight } else { 0.0 };
        }
    }

    /// Finds the n-grams of the vocabulary in the sequence of one field.
    fn count_ngrams(&self, weight: f64, scratch: &mut Scratch) {
        let most = scratch.sequence.items().len() * self.most_words;
        scratch.used.reserve(most);
        scratch.occurrences.reserve(most);
        let Scratch { sequence, tf, used, occurrences, .. } = scratch;
        let sequence = sequence.items();
        let mut count = |number: u32, first, last| {
            let node = &self.nodes[number as usize];
            let known = node.column != NONE;
            let tf = &mut tf[number as usize];
            used.add(number, known && *tf == 0.0);
            *tf += if known { weight } else { 0.0 };
            occurrences.add(Occurrence { node: number, first, last }, known);
            node.is_start
        };
        for (i, &(first_node, first)) in sequence.iter().enumerate() {
            let mut number = first_node;
            let mut may_go_on = count(number, first, first);
            for &(next, last) in sequence.iter().skip(i + 1).take(self.most_words - 1) {
                // Most pairs end here, without a look-up.
                may_go_on &= self.nodes[next as usize].is_later;
                if !may_go_on {
                    break;
                }
                let Some(&longer) = self.children.get(&pair(number, next)) else { break };
                number = longer;
                may_go_on = count(number, first, last);
            }
        }
    }

    fn add_words(&self, scores: &mut [f64], scratch: &mut Scratch) {
        scratch.sums.fill([0.0; LANES]);
        let mut squares = 0.0;
        for &node in scratch.used.items() {
            let (value, weights) = self.value(node, scratch.tf[node as usize]);
            squares += value * value;
            for (sums, weights) in scratch.sums.iter_mut().zip(weights) {
                sums.iter_mut().zip(weights).for_each(|(sum, &w)| *sum += value * f64::from(w));
            }
        }
        scratch.word_norm = squares.sqrt();
        add_normed(scores, &scratch.sums, scratch.word_norm);
    }
}

/// Adds sums divided by their norm, unless the norm is zero.
fn add_normed(scores: &mut [f64], sums: &[[f64; LANES]], norm: f64) {
    if norm > 0.0 {
        let sums = sums.as_flattened();
        scores.iter_mut().zip(sums).for_each(|(score, sum)| *score += sum / norm);
    }
}
