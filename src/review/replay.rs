//! One run of a simulated review: what it asks about, and what it learns from
//! the answers.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::order::{margin, oddness};
use super::simulate::Ask;
use crate::error::Result;
use crate::evaluation::Outcome;
use crate::evaluation::metrics::{Metrics, MetricsParams};
use crate::tagger::{Scratch, Tagged, Tagger, TaggerParams, TrainingSet};

/// The cases of a simulation and how it trains.
pub(super) struct Replay<'s> {
    pub(super) set: &'s TrainingSet<'s>,
    pub(super) pool: Vec<usize>,
    pub(super) test: Vec<usize>,
    pub(super) recipe: TaggerParams,
    pub(super) sizes: Vec<usize>,
}

impl Replay<'_> {
    /// Macro F1 at each size in one run.
    pub(super) fn curve(&self, seed: u64, ask: Ask) -> Result<Vec<f64>> {
        let mut open = self.pool.clone();
        open.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let mut labelled: Vec<usize> = Vec::new();
        let mut curve = Vec::with_capacity(self.sizes.len());
        for &size in &self.sizes {
            let asked = open.drain(..size - labelled.len());
            labelled.extend(asked);
            labelled.sort_unstable();
            let tagger = self.set.train(&labelled, &self.recipe, None, &mut |_| {})?.tagger;
            curve.push(self.macro_f1(&tagger)?);
            // The order drawn by lot stays behind that of equals.
            match ask {
                Ask::Random => {}
                Ask::Uncertainty => self.sort(&mut open, &tagger, |all| {
                    all.iter().map(|tagged| -entropy(&tagged.probabilities)).collect()
                }),
                Ask::Queue => self.sort(&mut open, &tagger, |all| queue(all, &tagger)),
            }
        }
        Ok(curve)
    }

    fn tag(&self, tagger: &Tagger, rows: &[usize]) -> Vec<Tagged> {
        let mut scratch = Scratch::default();
        rows.iter().map(|&row| tagger.tag(&self.set.case(row).texts, 0, &mut scratch)).collect()
    }

    /// Sorts cases so that those of the smallest value come first.
    fn sort(&self, open: &mut Vec<usize>, tagger: &Tagger, values: impl Fn(&[Tagged]) -> Vec<f64>) {
        let values = values(&self.tag(tagger, open));
        let mut sorted: Vec<(usize, f64)> = open.iter().copied().zip(values).collect();
        sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
        *open = sorted.into_iter().map(|(row, _)| row).collect();
    }

    fn macro_f1(&self, tagger: &Tagger) -> Result<f64> {
        let tagged = self.tag(tagger, &self.test);
        let outcome = |(&row, tagged): (&usize, Tagged)| Outcome {
            id: self.set.case(row).id.clone(),
            gold: self.set.gold()[row].clone(),
            suggested: tagged.suggested,
            probabilities: tagged.probabilities,
        };
        let outcomes: Vec<Outcome> = self.test.iter().zip(tagged).map(outcome).collect();
        let metrics = Metrics::of(&outcomes, self.set.taxonomy(), &MetricsParams::default())?;
        Ok(metrics.overall.macro_average.f1.unwrap_or(0.0))
    }
}

/// The place of each case in the review's queue, as a value that is small for
/// those that come first.
fn queue(all: &[Tagged], tagger: &Tagger) -> Vec<f64> {
    let decision = tagger.decision();
    let mut cases_of: BTreeMap<usize, i64> = BTreeMap::new();
    all.iter().for_each(|tagged| *cases_of.entry(tagged.suggested.len()).or_default() += 1);
    let value = |tagged: &Tagged| {
        let cases = cases_of.get(&tagged.suggested.len()).copied().unwrap_or(1);
        margin(&tagged.probabilities, &decision.thresholds, &decision.triage)
            / oddness(cases, all.len() as i64)
    };
    all.iter().map(value).collect()
}

/// Mean entropy of yes or no over the trends, in bits.
fn entropy(probabilities: &[f64]) -> f64 {
    let term = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    let sum: f64 = probabilities.iter().map(|&p| term(p) + term(1.0 - p)).sum();
    sum / probabilities.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_greatest_where_yes_and_no_are_equal() {
        assert_eq!(entropy(&[0.5, 0.5]), 1.0);
        assert_eq!(entropy(&[0.0, 1.0]), 0.0);
        assert!((entropy(&[0.25]) - 0.811_278_124_459_132_8).abs() < 1e-15);
    }
}
