//! A prior on the set of trends of a case, by its size. Calibrated probabilities treat
//! the trends of a case as independent. Real cases differ: most have one or two trends,
//! and in many corpora every case has at least one. The prior weighs each set of trends
//! by its size,
//!
//! ```text
//! P(set) ∝ Π p^y (1 - p)^(1 - y) · w(size),
//! ```
//! and gives each trend its marginal probability under that distribution. The number of
//! trends among independent ones follows a Poisson-binomial distribution, so a recursion
//! over the trends replaces the sum over all sets.

use serde::{Deserialize, Serialize};

use super::{Calibration, CalibrationParams};
use crate::stats::{logit, sigmoid};
use crate::taxonomy::{TrendId, TrendSet};

/// Sizes with fewer cases than this share one weight with the next smaller size: so few
/// cases are not enough to estimate a weight.
const LEAST_CASES: usize = 5;

/// Number of pseudo-cases with independent trends that are added to the observed cases,
/// so that no size is ruled out only because it was not observed.
const PSEUDO_CASES: f64 = 1.0;

/// Maximum number of fitting rounds, and the relative change at which fitting stops.
const ROUNDS: usize = 100;
const SETTLED: f64 = 1e-8;

/// Maximum absolute shift, which keeps probabilities between 0 and 1.
const LARGEST_SHIFT: f64 = 30.0;

/// Number of rounds in which calibrations and prior are fitted in turn.
const TURNS: usize = 10;

/// Fits one calibration per trend and the prior on label sets together, to out-of-fold
/// scores: one list per trend, with one score per case or several, repeat after repeat.
/// Without `with_prior`, the prior is neutral. Each is fitted in turn while the other is
/// fixed. At convergence, the sigmoids and the weights maximise the likelihood of the
/// label sets together, so that the probabilities stay calibrated under the prior.
pub fn calibrate(
    scores: &[Vec<f64>],
    gold: &[TrendSet],
    params: &CalibrationParams,
    with_prior: bool,
) -> (Vec<Calibration>, SetPrior) {
    let targets: Vec<Vec<bool>> = (0..scores.len())
        .map(|k| gold.iter().map(|set| set.contains(TrendId(k as u16))).collect())
        .collect();
    let mut calibrations: Vec<Calibration> = scores
        .iter()
        .zip(&targets)
        .map(|(scores, gold)| Calibration::choose(scores, gold, params))
        .collect();
    let mut prior = SetPrior::flat();
    let rows = scores.first().map_or(0, Vec::len);
    if !with_prior || rows == 0 || gold.is_empty() {
        return (calibrations, prior);
    }
    let repeats = rows / gold.len();
    let golds: Vec<TrendSet> = gold.iter().cycle().take(rows).cloned().collect();
    for _ in 0..TURNS {
        let of_row = |i: usize| -> Vec<f64> {
            calibrations.iter().zip(scores).map(|(c, scores)| c.probability(scores[i])).collect()
        };
        let probabilities: Vec<Vec<f64>> = (0..rows).map(of_row).collect();
        prior = SetPrior::fit(&probabilities, &golds);
        let shifts: Vec<Vec<f64>> = probabilities.iter().map(|p| prior.shifts(p)).collect();
        for (k, calibration) in calibrations.iter_mut().enumerate() {
            if matches!(calibration, Calibration::Platt { .. }) {
                let shifts: Vec<f64> = shifts.iter().map(|of_row| of_row[k]).collect();
                let repeated = targets[k].repeat(repeats);
                *calibration = Calibration::platt_shifted(&scores[k], &shifts, &repeated);
            }
        }
    }
    (calibrations, prior)
}

/// Weights of the sizes of label sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetPrior {
    /// The weights of sets of 0, 1, 2, ... trends. The last one also applies to all
    /// larger sets. The largest weight is 1.
    weights: Vec<f64>,
}

impl Default for SetPrior {
    fn default() -> Self {
        Self::flat()
    }
}

impl SetPrior {
    /// Returns the neutral prior, with the same weight for every size.
    pub fn flat() -> Self {
        Self { weights: vec![1.0] }
    }

    /// Fits the weights to calibrated out-of-fold probabilities, one list per case, and
    /// the true trends of the same cases. With these weights, the expected number of
    /// cases of each size equals the observed one. If every case has a trend, the empty
    /// set is ruled out. The weights maximise the likelihood of the sets; they are found
    /// by iterative proportional fitting.
    pub fn fit(probabilities: &[Vec<f64>], gold: &[TrendSet]) -> Self {
        let Some(trends) = probabilities.first().map(Vec::len).filter(|&trends| trends > 1) else {
            return Self::flat();
        };
        let mut observed = vec![0.0; trends + 1];
        gold.iter().for_each(|set| observed[set.len().min(trends)] += 1.0);
        let largest = (0..=trends).rev().find(|&s| observed[s] >= LEAST_CASES as f64);
        let Some(largest) = largest.filter(|&largest| largest > 0) else { return Self::flat() };
        let larger: f64 = observed.drain(largest + 1..).sum();
        observed[largest] += larger;
        let never_empty = observed[0] == 0.0;
        let sizes: Vec<Vec<f64>> =
            probabilities.iter().map(|p| Sizes::of(p.iter().copied(), largest)).collect();
        let mut prior = Self { weights: vec![1.0; largest + 1] };
        if never_empty {
            prior.weights[0] = 0.0;
        }
        let independent = prior.expected(&sizes);
        let total: f64 = observed.iter().sum();
        for _ in 0..ROUNDS {
            let expected = prior.expected(&sizes);
            let mut change: f64 = 0.0;
            for (s, weight) in prior.weights.iter_mut().enumerate().filter(|(_, w)| **w > 0.0) {
                let wanted = observed[s] + PSEUDO_CASES * independent[s] / total;
                let factor = wanted / ((1.0 + PSEUDO_CASES / total) * expected[s]);
                // A size that no probabilities allow gives no information.
                if factor.is_finite() && factor > 0.0 {
                    *weight *= factor;
                    change = change.max((factor - 1.0).abs());
                }
            }
            let highest = prior.weights.iter().copied().fold(0.0, f64::max);
            prior.weights.iter_mut().for_each(|weight| *weight /= highest);
            if change < SETTLED {
                break;
            }
        }
        prior
    }

    /// Returns the shift that the prior adds to the log-odds of each trend of a case,
    /// given the calibrated probabilities of all its trends.
    pub fn shifts(&self, probabilities: &[f64]) -> Vec<f64> {
        let largest = self.weights.len() - 1;
        if largest == 0 {
            return vec![0.0; probabilities.len()];
        }
        let others = Sizes::of_others(probabilities, largest);
        let shift = |others: Vec<f64>| {
            let with =
                others.iter().enumerate().map(|(s, p)| p * self.weights[(s + 1).min(largest)]);
            let without = others.iter().zip(&self.weights).map(|(p, weight)| p * weight);
            let (with, without): (f64, f64) = (with.sum(), without.sum());
            (libm::log(with) - libm::log(without)).clamp(-LARGEST_SHIFT, LARGEST_SHIFT)
        };
        others.into_iter().map(shift).collect()
    }

    /// Returns the probabilities of the trends of a case under the prior.
    pub fn apply(&self, probabilities: &[f64]) -> Vec<f64> {
        let shifts = self.shifts(probabilities);
        probabilities.iter().zip(shifts).map(|(&p, shift)| shifted(p, shift)).collect()
    }

    /// Returns whether all weights are valid.
    pub(crate) fn is_sound(&self) -> bool {
        let may_be_zero = |size: usize| size == 0 && self.weights.len() > 1;
        let sound = |(size, w): (usize, &f64)| {
            w.is_finite() && (*w > 0.0 || *w == 0.0 && may_be_zero(size))
        };
        !self.weights.is_empty() && self.weights.iter().enumerate().all(sound)
    }

    /// Returns the expected number of cases of each size.
    fn expected(&self, sizes: &[Vec<f64>]) -> Vec<f64> {
        let mut expected = vec![0.0; self.weights.len()];
        for of_case in sizes {
            let weighed = of_case.iter().zip(&self.weights).map(|(p, weight)| p * weight);
            let total: f64 = weighed.clone().sum();
            if total > 0.0 {
                expected.iter_mut().zip(weighed).for_each(|(sum, p)| *sum += p / total);
            }
        }
        expected
    }
}

/// Returns a probability after a shift of its log-odds.
pub(crate) fn shifted(probability: f64, shift: f64) -> f64 {
    if shift == 0.0 { probability } else { sigmoid(logit(probability) + shift) }
}

/// The distribution of the number of independent trends that apply. All numbers from
/// `largest` on are one class.
struct Sizes;

impl Sizes {
    /// Starts without a trend: the number is 0.
    fn none(largest: usize) -> Vec<f64> {
        let mut sizes = vec![0.0; largest + 1];
        sizes[0] = 1.0;
        sizes
    }

    /// Adds one trend with this probability.
    fn add(sizes: &mut [f64], probability: f64) {
        let largest = sizes.len() - 1;
        sizes[largest] += probability * sizes[largest - 1];
        for s in (1..largest).rev() {
            sizes[s] = (1.0 - probability) * sizes[s] + probability * sizes[s - 1];
        }
        sizes[0] *= 1.0 - probability;
    }

    /// Returns the distribution for trends with these probabilities.
    fn of(probabilities: impl Iterator<Item = f64>, largest: usize) -> Vec<f64> {
        let mut sizes = Self::none(largest);
        probabilities.for_each(|p| Self::add(&mut sizes, p));
        sizes
    }

    /// Returns, for each trend, the distribution over all other trends, combined from
    /// those before and after it.
    fn of_others(probabilities: &[f64], largest: usize) -> Vec<Vec<f64>> {
        let mut after = vec![Self::none(largest)];
        for &p in probabilities.iter().skip(1).rev() {
            let mut sizes = after[after.len() - 1].clone();
            Self::add(&mut sizes, p);
            after.push(sizes);
        }
        let mut before = Self::none(largest);
        let mut others = Vec::with_capacity(probabilities.len());
        for (&p, after) in probabilities.iter().zip(after.iter().rev()) {
            let mut sizes = vec![0.0; largest + 1];
            for (i, a) in before.iter().enumerate() {
                for (j, b) in after.iter().enumerate() {
                    sizes[(i + j).min(largest)] += a * b;
                }
            }
            others.push(sizes);
            Self::add(&mut before, p);
        }
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[u16]) -> TrendSet {
        ids.iter().map(|&id| TrendId(id)).collect()
    }

    /// Computes the marginals by enumerating all sets.
    fn by_enumeration(p: &[f64], weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let sets = 0..1_u32 << p.len();
        let mass = |set: u32| {
            let factors =
                p.iter().enumerate().map(|(k, p)| if set >> k & 1 == 1 { *p } else { 1.0 - p });
            factors.product::<f64>() * weight(set.count_ones() as usize)
        };
        let total: f64 = sets.clone().map(mass).sum();
        let with = |k: usize| sets.clone().filter(|s| s >> k & 1 == 1).map(mass).sum::<f64>();
        (0..p.len()).map(|k| with(k) / total).collect()
    }

    #[test]
    fn marginals_are_those_of_all_sets_weighed_by_their_size() {
        let prior = SetPrior { weights: vec![0.0, 1.0, 0.4, 0.1] };
        let p = [0.9, 0.2, 0.45, 0.05, 0.6, 0.3];
        let expected = by_enumeration(&p, |size| prior.weights[size.min(3)]);
        for (found, expected) in prior.apply(&p).into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn a_flat_prior_changes_nothing_and_certain_probabilities_stay_finite() {
        assert_eq!(SetPrior::flat().apply(&[0.3, 0.7]), [0.3, 0.7]);
        let never_empty = SetPrior { weights: vec![0.0, 1.0] };
        for p in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]] {
            assert!(never_empty.apply(&p).iter().all(|p| (0.0..=1.0).contains(p)), "{p:?}");
        }
    }

    #[test]
    fn with_the_fitted_prior_as_many_cases_of_each_size_are_expected_as_observed() {
        // Every fourth case has two trends and all others have one, whatever the
        // probabilities.
        let gold: Vec<TrendSet> =
            (0..400).map(|i| if i % 4 == 0 { set(&[0, 1]) } else { set(&[i % 3]) }).collect();
        let spread = |i: usize| (0..4).map(|k| 0.1 + 0.2 * ((i + k) % 4) as f64).collect();
        let probabilities: Vec<Vec<f64>> = (0..400).map(spread).collect();
        let prior = SetPrior::fit(&probabilities, &gold);
        let sizes: Vec<Vec<f64>> = probabilities
            .iter()
            .map(|p| Sizes::of(p.iter().copied(), prior.weights.len() - 1))
            .collect();
        let expected = prior.expected(&sizes);
        assert_eq!(prior.weights[0], 0.0, "no case is without a trend");
        // One pseudo-case of independent trends pulls the counts a little.
        assert!(
            (expected[1] - 300.0).abs() < 1.0 && (expected[2] - 100.0).abs() < 1.0,
            "{expected:?}"
        );
        assert!(prior.is_sound());
    }

    #[test]
    fn calibrations_are_fitted_so_that_probabilities_are_right_on_average_under_the_prior() {
        let gold: Vec<TrendSet> =
            (0..300).map(|i| if i % 5 == 0 { set(&[0, 1]) } else { set(&[i % 3]) }).collect();
        let score = |i: usize, k: u16| {
            let noise = ((i * 7919 + usize::from(k) * 104_729) % 1000) as f64 / 250.0 - 2.0;
            noise + if gold[i].contains(TrendId(k)) { 1.0 } else { -1.0 }
        };
        let scores: Vec<Vec<f64>> =
            (0..3).map(|k| (0..300).map(|i| score(i, k)).collect()).collect();
        let (calibrations, prior) = calibrate(&scores, &gold, &CalibrationParams::default(), true);
        let mut expected = [0.0; 3];
        for i in 0..300 {
            let alone: Vec<f64> =
                calibrations.iter().zip(&scores).map(|(c, s)| c.probability(s[i])).collect();
            expected.iter_mut().zip(prior.apply(&alone)).for_each(|(sum, p)| *sum += p);
        }
        for (k, expected) in (0..3).zip(expected) {
            let support = gold.iter().filter(|set| set.contains(TrendId(k))).count() as f64;
            assert!((expected - support).abs() < 1.0, "{k}: {expected} {support}");
        }
    }

    #[test]
    fn too_few_cases_or_a_single_trend_have_no_prior() {
        assert_eq!(SetPrior::fit(&[vec![0.5, 0.5]], &[set(&[0])]), SetPrior::flat());
        assert_eq!(SetPrior::fit(&vec![vec![0.5]; 50], &vec![set(&[0]); 50]), SetPrior::flat());
        assert_eq!(SetPrior::fit(&[], &[]), SetPrior::flat());
    }
}
