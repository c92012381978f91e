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
        self.weigh(fields, scratch, trend);
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
        self.weigh(fields, scratch, trend);
        let all = (0..scratch.units.places.len() as u32).collect();
        list(fields, scratch, all, usize::MAX)
    }

    /// Adds up the contribution of each unit to a trend: the mean over the windows.
    fn weigh(&self, fields: &[Field<'_>], scratch: &mut Scratch, trend: usize) {
        let is_new = scratch.units.places.is_empty();
        scratch.units.contributions.clear();
        for window in 0..scratch.windows {
            if scratch.windows > 1 {
                let mut unused = vec![0.0; self.trends()];
                self.score_window(fields, window, &mut unused, scratch);
            }
            if is_new {
                self.find_units(fields, window, scratch);
            }
            self.weigh_window(scratch, trend);
        }
        let count = scratch.windows as f64;
        scratch.units.contributions.iter_mut().for_each(|sum| *sum /= count);
    }

    /// Adds the contribution of each unit of the window scored last.
    fn weigh_window(&self, scratch: &mut Scratch, trend: usize) {
        let (lane, place) = (trend / LANES, trend % LANES);
        let units = &mut scratch.units;
        units.contributions.resize(units.places.len(), 0.0);
        for &node in scratch.used.items() {
            let (value, weights) = self.value(node, scratch.tf[node as usize]);
            units.contributions[units.of_node[node as usize] as usize] +=
                value * f64::from(weights[lane][place]) / scratch.word_norm;
        }
        if scratch.subword_norm > 0.0 {
            for &word in scratch.used_words.items() {
                let scale = self.subword_scale(scratch.words[word as usize].tf);
                let weight = self.of_word(&scratch.subword_weights, word)[lane][place];
                units.contributions[units.of_word[word as usize] as usize] +=
                    scale * weight / scratch.subword_norm;
            }
        }
    }

    /// Numbers the units of the window scored last that have no number yet.
    fn find_units(&self, fields: &[Field<'_>], window: usize, scratch: &mut Scratch) {
        let ranges: Vec<_> =
            (0..fields.len()).map(|field| self.tokens_of(field, window, scratch)).collect();
        let units = &mut scratch.units;
        units.of_node.resize(self.nodes(), NONE);
        units.of_word.resize(scratch.words.len(), NONE);
        for &node in scratch.used.items() {
            units.add_node(node);
        }
        if scratch.subword_norm > 0.0 {
            for &word in scratch.used_words.items() {
                units.add_word(word, scratch.words[word as usize].node);
            }
            for i in ranges.into_iter().flatten() {
                let word = &scratch.words[scratch.tokens[i].word as usize];
                if !word.left_out {
                    units.stands(units.of_word[word.unit as usize], (i as u32, i as u32));
                }
            }
        }
        for o in scratch.occurrences.items() {
            units.stands(units.of_node[o.node as usize], (o.first, o.last));
        }
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
