//! Thresholds that maximise the expected F1, with shrinkage for trends with few
//! positives.

use serde::{Deserialize, Serialize};

use crate::stats::{logit, sigmoid};

/// The threshold of a trend that is never suggested. All others are lower.
pub const NEVER: f64 = 1.0;

/// Parameters for learning thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThresholdParams {
    /// The threshold of a trend with this many expected positives is half-way (in
    /// log-odds) between its own best and the pooled one.
    pub half_way: f64,
}

impl Default for ThresholdParams {
    fn default() -> Self {
        Self { half_way: 10.0 }
    }
}

/// Computes one threshold per trend from calibrated out-of-fold probabilities.
/// `probabilities[k]` are those of trend `k` for all cases. The threshold of a trend
/// maximises the F1 expected from the probabilities and equals half of that F1 (Lipton,
/// Elkan, Naryanaswamy 2014, "Optimal Thresholding of Classifiers to Maximize F1
/// Measure"). It varies less between samples than the best cut through observed labels.
/// The pooled threshold does the same over all pairs. No threshold is so low that every
/// case passes, or so high that none does, unless all probabilities are equal. A trend
/// without probabilities gets the pooled threshold.
pub fn fit_thresholds(probabilities: &[Vec<f64>], params: &ThresholdParams) -> Vec<f64> {
    let pooled = expected_best_cut(probabilities.concat());
    probabilities
        .iter()
        .map(|p| {
            let positives: f64 = p.iter().sum();
            let share =
                if positives > 0.0 { positives / (positives + params.half_way) } else { 0.0 };
            let own = expected_best_cut(p.clone());
            let z = share * logit(own) + (1.0 - share) * logit(pooled);
            within_range(sigmoid(z), p)
        })
        .collect()
}

/// Returns half of the highest expected F1 over all cuts. With the `j` highest passing,
/// the F1 is `2 * their sum / (j + sum)`.
fn expected_best_cut(mut probabilities: Vec<f64>) -> f64 {
    probabilities.sort_by(|a, b| b.total_cmp(a));
    let positives: f64 = probabilities.iter().sum();
    let mut hits = 0.0;
    let best = probabilities.iter().enumerate().fold(0.0, |best: f64, (j, p)| {
        hits += p;
        best.max(2.0 * hits / ((j + 1) as f64 + positives))
    });
    best / 2.0
}

/// Keeps a threshold above the lowest probability and not above the highest.
fn within_range(threshold: f64, probabilities: &[f64]) -> f64 {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    match sorted.as_slice() {
        [lowest, .., highest] => {
            let second = sorted[1];
            threshold.clamp((lowest + second) / 2.0, *highest)
        }
        _ => threshold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: ThresholdParams = ThresholdParams { half_way: 0.0 };

    #[test]
    fn the_threshold_is_half_the_best_f1_to_be_expected() {
        // By hand: sum 2.6; F1 of the first 1, 2, 3, 4: .5, .6957, .7857, .7576.
        let thresholds = fit_thresholds(&[vec![0.9, 0.3, 0.7, 0.6, 0.1]], &OWN);
        assert!((thresholds[0] - 2.2 / 5.6).abs() < 1e-12, "{thresholds:?}");
    }

    #[test]
    fn few_positives_draw_the_threshold_towards_the_pooled_one() {
        let probabilities = [vec![0.9, 0.8, 0.2, 0.1], vec![0.4, 0.3, 0.2, 0.1]];
        let own = fit_thresholds(&probabilities, &OWN);
        let drawn = fit_thresholds(&probabilities, &ThresholdParams { half_way: 1e9 });
        let between = fit_thresholds(&probabilities, &ThresholdParams { half_way: 1.0 });
        assert!(own[1] < own[0]);
        assert!((drawn[0] - drawn[1]).abs() < 1e-6, "{drawn:?}");
        assert!(own[1] < between[1] && between[1] < drawn[1]);
        assert!(drawn[0] < between[0] && between[0] < own[0]);
    }

    #[test]
    fn never_everything_and_never_nothing() {
        for p in [vec![0.01, 0.02, 0.03], vec![0.97, 0.98, 0.99], vec![0.5, 0.6, 0.7]] {
            let threshold = fit_thresholds(std::slice::from_ref(&p), &OWN)[0];
            let passed = p.iter().filter(|&&p| p >= threshold).count();
            assert!((1..3).contains(&passed), "{passed} of {p:?} pass {threshold}");
        }
        let silent = fit_thresholds(&[vec![0.0; 3], vec![]], &OWN);
        assert!(silent.iter().all(|t| t.is_finite()), "{silent:?}");
    }
}
