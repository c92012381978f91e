//! The hot path: one text to one score per trend, without building a vector. A word is
//! analysed the first time it is seen; after that, its surface form gives its term and
//! the contribution of its subwords to every trend. The result does not depend on what
//! was remembered.

use std::collections::BTreeMap;
use std::ops::Range;

use super::memory::{Occurrence, ScoredToken, Scratch, Window};
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
        let windows = windows::windows(scratch.field_ranges().map(|r| r.len()), self.window);
        let mut scores = self.intercepts.clone();
        if windows == 1 {
            self.score_window(fields, (0, 1), &mut scores, scratch);
            return scores;
        }
        let mut sums = vec![0.0; scores.len()];
        for window in 0..windows {
            self.score_window(fields, (window, windows), &mut sums, scratch);
        }
        scores.iter_mut().zip(sums).for_each(|(score, sum)| *score += sum / windows as f64);
        scores
    }

    /// Returns the terms of a document with their values, in ascending order; see
    /// [`Tagger::term_vector`](super::Tagger::term_vector).
    pub(crate) fn term_vector(
        &self,
        fields: &[Field<'_>],
        scratch: &mut Scratch,
    ) -> Vec<(u32, f64)> {
        self.score(fields, scratch);
        let mut vector: BTreeMap<u32, f64> = BTreeMap::new();
        for window in &scratch.windows {
            let norm = window.word_norm.max(f64::MIN_POSITIVE);
            for (node, value) in scratch.terms(window) {
                *vector.entry(self.nodes[node as usize].column).or_default() += value / norm;
            }
        }
        let length = vector.values().map(|value| value * value).sum::<f64>().sqrt();
        vector.into_iter().map(|(column, value)| (column, value / length)).collect()
    }

    /// Adds the contributions of window `number` of `count`.
    fn score_window(
        &self,
        fields: &[Field<'_>],
        (number, count): (usize, usize),
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) {
        let (node, word) = (scratch.used.items().len(), scratch.used_words.items().len());
        for (field, Field { weight, .. }) in fields.iter().enumerate() {
            let whole = scratch.field_range(field);
            let part = windows::part(whole.len(), self.window, number, count);
            let tokens = whole.start + part.start..whole.start + part.end;
            self.count_words(tokens, *weight, scratch);
            self.count_ngrams(*weight, scratch);
        }
        let nodes = node..scratch.used.items().len();
        let words = word..scratch.used_words.items().len();
        let subword_norm = self.add_subwords(words.clone(), scores, scratch);
        let word_norm = self.add_words(nodes.clone(), scores, scratch);
        scratch.windows.push(Window { nodes, words, word_norm, subword_norm });
    }

    /// Adds the contributions of the subwords of some of the words in use, and returns their norm.
    fn add_subwords(&self, used: Range<usize>, scores: &mut [f64], scratch: &mut Scratch) -> f64 {
        let Scratch { used_words, words, scales, subword_weights, sums, .. } = scratch;
        let used = &used_words.items()[used];
        if !self.has_subwords() {
            used.iter().for_each(|&unit| words[unit as usize].tf = 0.0);
            return 0.0;
        }
        sums.fill([0.0; LANES]);
        let mut squares = 0.0;
        scales.reserve(used.len());
        for &unit in used {
            let word = &mut words[unit as usize];
            let scale = self.subword_scale(std::mem::take(&mut word.tf));
            scales.push(scale);
            squares += scale * scale * word.squared_length;
            let weights = self.of_word(subword_weights, unit);
            for (sums, weights) in sums.iter_mut().zip(weights) {
                sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += scale * w);
            }
        }
        add_normed(scores, sums, squares.sqrt())
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

    /// Adds the contributions of some of the nodes in use, and returns their norm.
    fn add_words(&self, used: Range<usize>, scores: &mut [f64], scratch: &mut Scratch) -> f64 {
        let Scratch { used: nodes, tf, values, sums, .. } = scratch;
        sums.fill([0.0; LANES]);
        let mut squares = 0.0;
        values.reserve(used.len());
        for &node in &nodes.items()[used] {
            let tf = std::mem::take(&mut tf[node as usize]);
            let (value, weights) = self.value(node, tf);
            values.push(value);
            squares += value * value;
            for (sums, weights) in sums.iter_mut().zip(weights) {
                sums.iter_mut().zip(weights).for_each(|(sum, &w)| *sum += value * f64::from(w));
            }
        }
        add_normed(scores, sums, squares.sqrt())
    }
}

/// Adds sums divided by their norm, unless the norm is zero. Returns the norm.
fn add_normed(scores: &mut [f64], sums: &[[f64; LANES]], norm: f64) -> f64 {
    if norm > 0.0 {
        let sums = sums.as_flattened();
        scores.iter_mut().zip(sums).for_each(|(score, sum)| *score += sum / norm);
    }
    norm
}
