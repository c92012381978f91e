//! The second check: whether a batch of decisions disagrees with the champion
//! more than honest batches do.

use std::iter::repeat_n;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::metrics::Outcome;
use crate::stats::check_false_alarms;
use crate::stats::most_allowed;
use crate::taxonomy::{TrendId, TrendSet};

/// Params of the check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BatchCheckParams {
    /// Share of honest batches that are refused (significance level).
    pub false_alarms: f64,
    /// Number of simulated batches.
    pub draws: u32,
    /// Seed of the simulation.
    pub seed: u64,
}

impl Default for BatchCheckParams {
    fn default() -> Self {
        Self { false_alarms: 0.01, draws: 4000, seed: 1 }
    }
}

impl BatchCheckParams {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::BadParam`] that names the first invalid one.
    pub fn check(&self) -> Result<()> {
        check_false_alarms(self.false_alarms)?;
        if self.draws > 0 {
            return Ok(());
        }
        Err(Error::bad_param("draws", self.draws, "simulate at least one batch"))
    }
}

/// The result of the check. Disagreement is the number of trends per case on which the
/// decision differs from the suggestion of a model that has not seen the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchCheck {
    /// Number of decisions.
    pub decisions: usize,
    /// Mean disagreement of the batch.
    pub disagreement: f64,
    /// Mean disagreement of simulated honest batches.
    pub expected: f64,
    /// Maximum disagreement that is not refused.
    pub limit: f64,
    /// Share of the simulated batches with at least this disagreement (p-value).
    pub p_value: f64,
    /// Whether the batch is refused.
    pub refused: bool,
}

/// The comparison of a suggestion with a label set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Disagreement {
    /// Number of trends on which they differ.
    found: f64,
    /// Expected number of differing trends, by the probabilities.
    expected: f64,
}

/// Minimum number of gold cases that a case is compared with.
const ALIKE: usize = 20;

impl Disagreement {
    pub(super) fn of(outcome: &Outcome, truth: &TrendSet) -> Self {
        let mut sum = Self { found: 0.0, expected: 0.0 };
        for (k, p) in outcome.probabilities.iter().enumerate() {
            let id = TrendId(k as u16);
            let suggested = outcome.suggested.contains(id);
            sum.found += f64::from(u8::from(suggested != truth.contains(id)));
            sum.expected += if suggested { 1.0 - p } else { *p };
        }
        sum
    }

    pub(super) fn mean(of_repeats: &[Self]) -> Self {
        let mean =
            |of: fn(&Self) -> f64| of_repeats.iter().map(of).sum::<f64>() / of_repeats.len() as f64;
        Self { found: mean(|d| d.found), expected: mean(|d| d.expected) }
    }
}

impl BatchCheck {
    /// Compares a batch with simulated honest ones of its size: for each of its cases, a
    /// gold case is drawn from those with about the same expected disagreement. Reviewers
    /// get the doubtful cases first, so gold cases drawn at random would make honest
    /// reviewers look bad. The gold cases are resampled for each batch, because they are
    /// a sample too, and no larger than some batches. `None` without decisions or without
    /// gold.
    ///
    /// # Errors
    /// As [`BatchCheckParams::check`].
    pub(super) fn of(
        batch: &[Disagreement],
        gold: &[Disagreement],
        params: &BatchCheckParams,
    ) -> Result<Option<Self>> {
        params.check()?;
        if batch.is_empty() || gold.is_empty() {
            return Ok(None);
        }
        let mut rising = gold.to_vec();
        rising.sort_by(|a, b| a.expected.total_cmp(&b.expected));
        let size = batch.len() as f64;
        let mut random = ChaCha8Rng::seed_from_u64(params.seed);
        let mut simulated: Vec<f64> = (0..params.draws)
            .map(|_| {
                let gold = resampled(&rising, &mut random);
                batch.iter().map(|case| alike(case, &gold, &mut random).found).sum::<f64>() / size
            })
            .collect();
        simulated.sort_unstable_by(f64::total_cmp);
        let disagreement = batch.iter().map(|d| d.found).sum::<f64>() / size;
        let below = simulated.partition_point(|&s| s < disagreement);
        let draws = simulated.len();
        let limit = most_allowed(&simulated, params.false_alarms);
        Ok(Some(Self {
            decisions: batch.len(),
            disagreement,
            expected: simulated.iter().sum::<f64>() / draws as f64,
            limit,
            p_value: (1 + draws - below) as f64 / (1 + draws) as f64,
            refused: disagreement > limit,
        }))
    }
}

/// Draws as many cases with replacement, in the same order.
fn resampled(rising: &[Disagreement], random: &mut ChaCha8Rng) -> Vec<Disagreement> {
    let mut counts = vec![0; rising.len()];
    (0..rising.len()).for_each(|_| counts[random.random_range(0..rising.len())] += 1);
    rising.iter().zip(counts).flat_map(|(&case, count)| repeat_n(case, count)).collect()
}

/// Returns one of the cases with about the same expected disagreement.
fn alike(case: &Disagreement, rising: &[Disagreement], random: &mut ChaCha8Rng) -> Disagreement {
    let width = ALIKE.max(rising.len() / 10).min(rising.len());
    // The middle of the cases with the same expected disagreement.
    let below = rising.partition_point(|d| d.expected < case.expected);
    let up_to = rising.partition_point(|d| d.expected <= case.expected);
    let start = below.midpoint(up_to).saturating_sub(width / 2).min(rising.len() - width);
    rising[start + random.random_range(0..width)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(count: usize, found: fn(usize) -> f64) -> Vec<Disagreement> {
        let case = |i| Disagreement { found: found(i), expected: (i % 10) as f64 / 10.0 };
        (0..count).map(case).collect()
    }

    fn check(batch: &[Disagreement]) -> BatchCheck {
        // Cases without expected disagreement agree; those with the most differ in one
        // trend.
        let gold = cases(500, |i| f64::from(u8::from(i % 10 >= 5)));
        BatchCheck::of(batch, &gold, &BatchCheckParams::default()).unwrap().unwrap()
    }

    #[test]
    fn a_batch_that_disagrees_as_gold_does_passes_even_if_all_of_it_is_doubtful() {
        assert!(!check(&cases(100, |i| f64::from(u8::from(i % 10 >= 5)))).refused);
        let doubtful = vec![Disagreement { found: 1.0, expected: 0.9 }; 50];
        let found = check(&doubtful);
        assert!(!found.refused && found.expected > 0.9, "{found:?}");
    }

    #[test]
    fn a_batch_that_differs_where_none_does_is_refused() {
        let mut batch = cases(100, |i| f64::from(u8::from(i % 10 >= 5)));
        batch.iter_mut().filter(|d| d.expected < 0.3).take(15).for_each(|d| d.found = 2.0);
        let found = check(&batch);
        assert!(found.refused && found.p_value < 0.01, "{found:?}");
    }

    #[test]
    fn honest_batches_are_refused_as_seldom_as_promised_even_if_they_are_as_large_as_the_gold() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut honest = |count: usize| -> Vec<Disagreement> {
            let case = |_| {
                let expected: f64 = random.random();
                let found = f64::from(u8::from(random.random::<f64>() < expected));
                Disagreement { found, expected }
            };
            (0..count).map(case).collect()
        };
        let params = BatchCheckParams { draws: 300, ..BatchCheckParams::default() };
        for size in [30, 200] {
            let refused = (0..400)
                .filter(|_| {
                    let (gold, batch) = (honest(200), honest(size));
                    BatchCheck::of(&batch, &gold, &params).unwrap().unwrap().refused
                })
                .count();
            // Of 400 at 1 %: more than 12 would come up once in a thousand times.
            assert!(refused <= 12, "{refused} of 400 batches of {size} refused");
        }
    }

    #[test]
    fn no_decisions_need_no_check() {
        let gold = cases(50, |_| 0.0);
        assert_eq!(BatchCheck::of(&[], &gold, &BatchCheckParams::default()).unwrap(), None);
        let params = BatchCheckParams { false_alarms: 0.0, ..BatchCheckParams::default() };
        assert!(BatchCheck::of(&gold, &gold, &params).is_err());
        let error = BatchCheckParams { draws: 0, ..BatchCheckParams::default() }.check();
        assert!(error.unwrap_err().to_string().contains("draws = 0"));
    }
}
