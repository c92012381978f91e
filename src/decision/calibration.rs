//! Calibration: turns scores into probabilities.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::stats::{sigmoid, softplus};

/// A map from scores to probabilities, learned on out-of-fold scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Calibration {
    /// `1 / (1 + exp(-(slope * score + offset)))`.
    Platt {
        /// Factor of the score; positive unless the scores are misleading.
        slope: f64,
        /// Added to the scaled score.
        offset: f64,
    },
    /// Linear interpolation between steps, constant beyond the ends.
    Isotonic {
        /// Scores, in ascending order.
        scores: Vec<f64>,
        /// Their probabilities, non-decreasing.
        probabilities: Vec<f64>,
    },
}

/// How the form of a calibration is chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationParams {
    /// Isotonic calibration is considered only with more positives than this; with fewer,
    /// it fits noise.
    pub isotonic_above: usize,
    /// Folds of the comparison.
    pub folds: usize,
}

impl Default for CalibrationParams {
    fn default() -> Self {
        Self { isotonic_above: 1000, folds: 5 }
    }
}

impl CalibrationParams {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::BadParam`] if there are fewer than 2 folds.
    pub fn check(&self) -> Result<()> {
        if self.folds < 2 {
            return Err(Error::bad_param(
                "folds",
                self.folds,
                "compare calibrations on at least 2 folds",
            ));
        }
        Ok(())
    }
}

impl Calibration {
    /// Returns the map that treats scores as log-odds.
    pub const IDENTITY: Self = Self::Platt { slope: 1.0, offset: 0.0 };

    /// Fits Platt's sigmoid, or isotonic steps if there are enough positives and the
    /// steps lower the out-of-fold log loss by more than its standard error. `gold` has
    /// one value per case. `scores` has one per case, or several (repeat after repeat),
    /// which then stay in one fold.
    pub fn choose(scores: &[f64], gold: &[bool], params: &CalibrationParams) -> Self {
        let repeats = scores.len() / gold.len().max(1);
        let repeated = gold.repeat(repeats);
        let positives = gold.iter().filter(|&&g| g).count();
        if positives > params.isotonic_above && isotonic_wins(scores, gold, params.folds) {
            Self::isotonic(scores, &repeated)
        } else {
            Self::platt(scores, &repeated)
        }
    }

    /// Fits a sigmoid to scores and gold (Platt 1999, with the regularised targets and
    /// the Newton method of Lin, Lin, Weng 2007, "A note on Platt's probabilistic outputs
    /// for support vector machines").
    pub fn platt(scores: &[f64], gold: &[bool]) -> Self {
        Self::platt_shifted(scores, &vec![0.0; scores.len()], gold)
    }

    /// Does the same with a given shift of the log-odds of each case.
    pub(super) fn platt_shifted(scores: &[f64], shifts: &[f64], gold: &[bool]) -> Self {
        let positives = gold.iter().filter(|&&g| g).count() as f64;
        let negatives = gold.len() as f64 - positives;
        let target = |g: bool| {
            if g { (positives + 1.0) / (positives + 2.0) } else { 1.0 / (negatives + 2.0) }
        };
        let targets: Vec<f64> = gold.iter().map(|&g| target(g)).collect();
        let loss = |slope: f64, offset: f64| -> f64 {
            let terms = scores.iter().zip(shifts).zip(&targets).map(|((&s, &shift), &t)| {
                let z = slope * s + offset + shift;
                // Computes -t ln p - (1-t) ln (1-p) without overflow.
                softplus(z) - t * z
            });
            terms.sum()
        };
        let (mut slope, mut offset) = (0.0, libm::log((positives + 1.0) / (negatives + 1.0)));
        let mut best = loss(slope, offset);
        for _ in 0..100 {
            let (mut g, mut h) = ([0.0; 2], [1e-12, 0.0, 1e-12]);
            for ((&s, &shift), &t) in scores.iter().zip(shifts).zip(&targets) {
                let p = sigmoid(slope * s + offset + shift);
                let (d1, d2) = (p - t, p * (1.0 - p));
                g[0] += s * d1;
                g[1] += d1;
                h[0] += s * s * d2;
                h[1] += s * d2;
                h[2] += d2;
            }
            if g[0].abs() < 1e-9 && g[1].abs() < 1e-9 {
                break;
            }
            let det = h[0] * h[2] - h[1] * h[1];
            let step = [-(h[2] * g[0] - h[1] * g[1]) / det, -(h[0] * g[1] - h[1] * g[0]) / det];
            let downhill = g[0] * step[0] + g[1] * step[1];
            let mut size = 1.0;
            let improved = loop {
                let (a, b) = (slope + size * step[0], offset + size * step[1]);
                let next = loss(a, b);
                if next < best + 1e-4 * size * downhill {
                    (slope, offset, best) = (a, b, next);
                    break true;
                }
                size /= 2.0;
                if size < 1e-10 {
                    break false;
                }
            };
            if !improved {
                break;
            }
        }
        Self::Platt { slope, offset }
    }

    /// Fits monotone steps to scores and gold by pooling adjacent violators (Zadrozny,
    /// Elkan 2002). Half a case keeps the ends away from 0 and 1.
    pub fn isotonic(scores: &[f64], gold: &[bool]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        // Blocks of (lowest score, highest score, positives, cases).
        let mut blocks: Vec<(f64, f64, f64, f64)> = Vec::new();
        for i in order {
            let mut block = (scores[i], scores[i], f64::from(u8::from(gold[i])), 1.0);
            while let Some(&last) = blocks.last() {
                let tied = last.1 == block.0;
                if !tied && last.2 / last.3 < block.2 / block.3 {
                    break;
                }
                block = (last.0, block.1, last.2 + block.2, last.3 + block.3);
                blocks.pop();
            }
            blocks.push(block);
        }
        let (mut knots, mut probabilities) = (Vec::new(), Vec::new());
        for (low, high, positives, cases) in blocks {
            let p = (positives / cases).clamp(0.5 / (cases + 1.0), 1.0 - 0.5 / (cases + 1.0));
            let p = probabilities.last().map_or(p, |&last: &f64| p.max(last));
            for score in if low < high { vec![low, high] } else { vec![low] } {
                knots.push(score);
                probabilities.push(p);
            }
        }
        Self::Isotonic { scores: knots, probabilities }
    }

    /// Returns the probability of a score.
    pub fn probability(&self, score: f64) -> f64 {
        match self {
            Self::Platt { slope, offset } => sigmoid(slope * score + offset),
            Self::Isotonic { scores, probabilities } => {
                let right = scores.partition_point(|&s| s <= score);
                match (right.checked_sub(1), probabilities.get(right)) {
                    (None, Some(&first)) => first,
                    (None, None) => sigmoid(score),
                    (Some(left), None) => probabilities[left],
                    (Some(left), Some(&high)) => {
                        let share = (score - scores[left]) / (scores[right] - scores[left]);
                        probabilities[left] + share * (high - probabilities[left])
                    }
                }
            }
        }
    }

    /// Returns slope and offset of a sigmoid.
    pub(crate) fn as_platt(&self) -> Option<(f64, f64)> {
        match self {
            Self::Platt { slope, offset } => Some((*slope, *offset)),
            Self::Isotonic { .. } => None,
        }
    }

    /// Returns whether all numbers are finite and consistent.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::Platt { slope, offset } => slope.is_finite() && offset.is_finite(),
            Self::Isotonic { scores, probabilities } => {
                scores.len() == probabilities.len()
                    && !scores.is_empty()
                    && scores.iter().all(|s| s.is_finite())
                    && scores.windows(2).all(|w| w[0] < w[1])
                    && probabilities.iter().all(|p| (0.0..=1.0).contains(p))
                    && probabilities.windows(2).all(|w| w[0] <= w[1])
            }
        }
    }
}

/// Returns whether isotonic calibration is better out of fold than Platt's by more than
/// the standard error of the mean difference over cases.
fn isotonic_wins(scores: &[f64], gold: &[bool], folds: usize) -> bool {
    let cases = gold.len();
    let mut gains = vec![0.0; cases];
    for fold in 0..folds {
        let in_fold = |i: usize| i % cases % folds == fold;
        let (mut s, mut g) = (Vec::new(), Vec::new());
        for i in (0..scores.len()).filter(|&i| !in_fold(i)) {
            s.push(scores[i]);
            g.push(gold[i % cases]);
        }
        let (platt, isotonic) = (Calibration::platt(&s, &g), Calibration::isotonic(&s, &g));
        for i in (0..scores.len()).filter(|&i| in_fold(i)) {
            let loss = |calibration: &Calibration| {
                let p = calibration.probability(scores[i]).clamp(1e-12, 1.0 - 1e-12);
                -libm::log(if gold[i % cases] { p } else { 1.0 - p })
            };
            gains[i % cases] += loss(&platt) - loss(&isotonic);
        }
    }
    let n = cases as f64;
    let mean = gains.iter().sum::<f64>() / n;
    let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / (n - 1.0);
    mean > (variance / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores with gold labels from a sigmoid of slope 2 and offset -1, in exact
    /// proportions.
    fn sigmoid_sample() -> (Vec<f64>, Vec<bool>) {
        let mut sample = (Vec::new(), Vec::new());
        for step in -20..=20 {
            let score = f64::from(step) / 10.0;
            let positives = (1000.0 * sigmoid(2.0 * score - 1.0)).round() as usize;
            for i in 0..1000 {
                sample.0.push(score);
                sample.1.push(i < positives);
            }
        }
        sample
    }

    #[test]
    fn platt_finds_the_sigmoid_behind_the_scores() {
        let (scores, gold) = sigmoid_sample();
        let Calibration::Platt { slope, offset } = Calibration::platt(&scores, &gold) else {
            panic!("not a sigmoid")
        };
        assert!((slope - 2.0).abs() < 0.01 && (offset + 1.0).abs() < 0.01, "{slope} {offset}");
    }

    #[test]
    fn platt_stays_finite_when_scores_separate_the_classes_or_say_nothing() {
        for (scores, gold) in [
            (vec![-3.0, -2.0, 2.0, 3.0], vec![false, false, true, true]),
            (vec![1.0; 4], vec![true, false, true, false]),
            (vec![1.0, 2.0], vec![false, false]),
            (vec![], vec![]),
        ] {
            let calibration = Calibration::platt(&scores, &gold);
            assert!(calibration.is_sound(), "{calibration:?}");
            assert!((0.0..=1.0).contains(&calibration.probability(5.0)));
        }
    }

    /// Every second case is positive between two scores, few outside: a hill.
    fn steps_sample() -> (Vec<f64>, Vec<bool>) {
        (0..6000_u32)
            .map(|i| {
                let score = f64::from(i * 7919 % 6000) / 1000.0 - 3.0;
                let chance = if score > 1.5 { 95 } else { 20 };
                (score, i * 104_729 % 100 < chance)
            })
            .unzip()
    }

    fn is_isotonic(calibration: &Calibration) -> bool {
        matches!(calibration, Calibration::Isotonic { .. })
    }

    #[test]
    fn a_relation_that_is_no_sigmoid_is_followed_in_steps_given_enough_positives() {
        let (scores, gold) = steps_sample();
        let params = CalibrationParams::default();
        let chosen = Calibration::choose(&scores, &gold, &params);
        assert!(is_isotonic(&chosen), "{chosen:?}");
        assert!((chosen.probability(1.0) - 0.2).abs() < 0.06, "{}", chosen.probability(1.0));
        let positives = gold.iter().filter(|&&g| g).count();
        let few = CalibrationParams { isotonic_above: positives, ..params };
        assert!(!is_isotonic(&Calibration::choose(&scores, &gold, &few)));
    }

    #[test]
    fn a_sigmoid_is_kept_where_it_is_true_however_many_the_positives() {
        let (scores, gold) = sigmoid_sample();
        let params = CalibrationParams::default();
        let chosen = Calibration::choose(&scores, &gold, &params);
        assert_eq!(chosen, Calibration::platt(&scores, &gold));
    }

    #[test]
    fn repeats_of_a_case_do_not_count_as_more_positives() {
        let (scores, gold) = steps_sample();
        let (scores, gold) = (&scores[..2000], &gold[..2000]);
        let chosen = Calibration::choose(&scores.repeat(3), gold, &CalibrationParams::default());
        assert!(!is_isotonic(&chosen), "{chosen:?}");
        assert_eq!(
            Calibration::choose(&[], &[], &CalibrationParams::default()),
            Calibration::platt(&[], &[])
        );
    }

    #[test]
    fn isotonic_pools_violators_and_never_falls() {
        // By hand: 0 | 1 0 pooled to 1/2 | 1, with half a case at the ends.
        let calibration = Calibration::isotonic(&[1.0, 2.0, 3.0, 4.0], &[false, true, false, true]);
        let expected = Calibration::Isotonic {
            scores: vec![1.0, 2.0, 3.0, 4.0],
            probabilities: vec![0.25, 0.5, 0.5, 0.75],
        };
        assert_eq!(calibration, expected);
        assert_eq!(calibration.probability(1.5), 0.375);
        assert_eq!(calibration.probability(-9.0), 0.25);
        assert_eq!(calibration.probability(9.0), 0.75);
        let (scores, gold) = sigmoid_sample();
        assert!(Calibration::isotonic(&scores, &gold).is_sound());
    }
}
