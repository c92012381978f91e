//! Evidence: the terms behind a score, with their contributions and places.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::memory::{ScoredToken, Scratch};
use super::units::{NONE, Span, Units};
use super::weights::{LANES, Scorer};
use crate::features::Field;
use crate::text::lower_case;

/// A term of the text with its contribution to the score. The contributions of the
/// character n-grams of a word are added to those of the word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The term as it first occurs in the text, in lower case.
    pub term: String,
    /// Part of the score, in log-odds before calibration.
    pub contribution: f64,
    /// The places of the term, in order.
    pub spans: Vec<Span>,
}

impl Scorer {
    /// Returns the strongest evidence for a trend in the document scored last, strongest
    /// first and at most `most` units. `fields` must be those of that document.
    pub(crate) fn evidence(
        &self,
        fields: &[Field<'_>],
        scratch: &mut Scratch,
        trend: usize,
        most: usize,
    ) -> Vec<Evidence> {
        self.weigh(scratch, trend);
        let contributions = &scratch.units.contributions;
        let speaks = |&unit: &u32| contributions[unit as usize] > 0.0;
        let speaking = (0..contributions.len() as u32).filter(speaks).collect();
        list(fields, scratch, speaking, most)
    }

    /// Returns all evidence for and against a trend in the document scored last. The
    /// contributions and the intercept add up to the score. Sorted by descending
    /// contribution, then by place; `fields` must be those of that document.
    pub(crate) fn all_evidence(
        &self,
        fields: &[Field<'_>],
        scratch: &mut Scratch,
        trend: usize,
    ) -> Vec<Evidence> {
        self.weigh(scratch, trend);
        let all = (0..scratch.units.places.len() as u32).collect();
        list(fields, scratch, all, usize::MAX)
    }

    /// Adds up the contribution of each unit to a trend: the mean over the windows.
    fn weigh(&self, scratch: &mut Scratch, trend: usize) {
        if scratch.units.places.is_empty() {
            self.find_units(scratch);
        }
        let (lane, place) = (trend / LANES, trend % LANES);
        let mut contributions = std::mem::take(&mut scratch.units.contributions);
        contributions.clear();
        contributions.resize(scratch.units.places.len(), 0.0);
        let units = &scratch.units;
        for window in &scratch.windows {
            for (node, value) in scratch.terms(window) {
                let weight = f64::from(self.weights(node)[lane][place]);
                contributions[units.of_node[node as usize] as usize] +=
                    value * weight / window.word_norm;
            }
            for (word, scale) in scratch.words_with_subwords(window) {
                let weight = self.of_word(&scratch.subword_weights, word)[lane][place];
                contributions[units.of_word[word as usize] as usize] +=
                    scale * weight / window.subword_norm;
            }
        }
        let count = scratch.windows.len() as f64;
        contributions.iter_mut().for_each(|sum| *sum /= count);
        scratch.units.contributions = contributions;
    }

    /// Numbers the units of the document scored last, and finds where they stand.
    fn find_units(&self, scratch: &mut Scratch) {
        let mut units = std::mem::take(&mut scratch.units);
        units.of_node.resize(self.nodes(), NONE);
        units.of_word.resize(scratch.words.len(), NONE);
        for window in &scratch.windows {
            for (node, _) in scratch.terms(window) {
                units.add_node(node);
            }
            for (word, _) in scratch.words_with_subwords(window) {
                units.add_word(word, scratch.words[word as usize].node);
            }
        }
        for (i, token) in (0..).zip(&scratch.tokens) {
            let word = &scratch.words[token.word as usize];
            let unit = units.of_word[word.unit as usize];
            if !word.left_out && unit != NONE {
                units.stands(unit, (i, i));
            }
        }
        for o in scratch.occurrences.items() {
            units.stands(units.of_node[o.node as usize], (o.first, o.last));
        }
        scratch.units = units;
    }
}

/// Returns the strongest of the `listed` units with all their places.
fn list(
    fields: &[Field<'_>],
    scratch: &mut Scratch,
    mut listed: Vec<u32>,
    most: usize,
) -> Vec<Evidence> {
    let Units { places, contributions, ranks, stands, .. } = &mut scratch.units;
    let contribution = |unit: u32| contributions[unit as usize];
    let place = |unit: u32| places[unit as usize];
    let order = |a: &u32, b: &u32| {
        contribution(*b).total_cmp(&contribution(*a)).then_with(|| place(*a).cmp(&place(*b)))
    };
    if most < listed.len() {
        listed.select_nth_unstable_by(most, order);
        listed.truncate(most);
    }
    listed.sort_unstable_by(order);

    ranks.clear();
    ranks.resize(places.len(), NONE);
    listed.iter().zip(0..).for_each(|(&unit, rank)| ranks[unit as usize] = rank);
    let mut found: Vec<Vec<(u32, u32)>> = vec![Vec::new(); listed.len()];
    for &(unit, place) in stands.iter() {
        let rank = ranks[unit as usize];
        found.get_mut(rank as usize).into_iter().for_each(|places| places.push(place));
    }
    let tokens = &scratch.tokens;
    let evidence = listed.iter().zip(found).map(|(&unit, mut found)| {
        found.sort_unstable();
        found.dedup();
        Evidence {
            term: term(fields, tokens, place(unit)),
            contribution: contribution(unit),
            spans: found.iter().map(|&place| span(fields, tokens, place)).collect(),
        }
    });
    evidence.collect()
}

fn term(fields: &[Field<'_>], tokens: &[ScoredToken], (first, last): (u32, u32)) -> String {
    let words = tokens[first as usize..=last as usize].iter().map(|token| {
        let Span { field, start, end } = token.span;
        lower_case(&fields[field].text.as_str()[start..end])
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns the place of a term in the original text of its field.
fn span(fields: &[Field<'_>], tokens: &[ScoredToken], (first, last): (u32, u32)) -> Span {
    let Span { field, start, .. } = tokens[first as usize].span;
    let original = fields[field].text.original(start..tokens[last as usize].span.end);
    Span { field, start: original.start, end: original.end }
}
