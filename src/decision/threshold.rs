//! Thresholds that maximise F1, shrunk where a trend has few positives.

use serde::{Deserialize, Serialize};

use super::logit;

/// How thresholds are learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThresholdParams {
    /// The threshold of a trend with this many positives lies half-way (in
    /// log-odds) between its own best and the pooled one.
    pub half_way: f64,
}

impl Default for ThresholdParams {
    fn default() -> Self {
        Self { half_way: 50.0 }
    }
}

/// One threshold per trend from out-of-fold probabilities.
///
/// `probabilities[k]` and `gold[k]` are those of trend `k` over all cases. Each
/// trend's own threshold maximises its F1; the pooled one maximises F1 over all
/// case-trend pairs. A trend without positives gets the pooled threshold. No
/// threshold lies so low that every case passes, or so high that none does,
/// unless all probabilities are equal.
pub fn fit_thresholds(
    probabilities: &[Vec<f64>],
    gold: &[Vec<bool>],
    params: &ThresholdParams,
) -> Vec<f64> {
    let pooled = best_cut(&probabilities.concat(), &gold.concat()).unwrap_or(0.5);
    probabilities
        .iter()
        .zip(gold)
        .map(|(p, g)| {
            let positives = g.iter().filter(|&&g| g).count() as f64;
            let own = best_cut(p, g).unwrap_or(pooled);
            let share =
                if positives > 0.0 { positives / (positives + params.half_way) } else { 0.0 };
            let z = share * logit(own) + (1.0 - share) * logit(pooled);
            within_range(1.0 / (1.0 + (-z).exp()), p)
        })
        .collect()
}

/// The cut that maximises F1, half-way between two neighbouring
/// probabilities; of equals the highest. `None` if nothing is positive or all
/// probabilities are equal.
fn best_cut(probabilities: &[f64], gold: &[bool]) -> Option<f64> {
    let positives = gold.iter().filter(|&&g| g).count();
    let mut order: Vec<usize> = (0..gold.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let mut best: Option<(f64, f64)> = None;
    let mut hits = 0usize;
    for (rank, pair) in order.windows(2).enumerate() {
        hits += usize::from(gold[pair[0]]);
        let (above, below) = (probabilities[pair[0]], probabilities[pair[1]]);
        let f1 = 2.0 * hits as f64 / (positives + rank + 1) as f64;
        if above > below && f1 > best.map_or(0.0, |(f1, _)| f1) {
            best = Some((f1, (above + below) / 2.0));
        }
    }
    best.map(|(_, cut)| cut)
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
    fn the_threshold_maximises_f1() {
        // By hand: cutting after the third gives F1 = 2*2/(2+3) = 0.8, the highest.
        let thresholds = fit_thresholds(
            &[vec![0.9, 0.7, 0.6, 0.3, 0.1]],
            &[vec![true, false, true, false, false]],
            &OWN,
        );
        assert!((thresholds[0] - 0.45).abs() < 1e-12, "{thresholds:?}");
    }

    #[test]
    fn few_positives_draw_the_threshold_towards_the_pooled_one() {
        let probabilities = [vec![0.9, 0.8, 0.2, 0.1], vec![0.4, 0.3, 0.2, 0.1]];
        let gold = [vec![true, true, false, false], vec![true, false, false, false]];
        let own = fit_thresholds(&probabilities, &gold, &OWN);
        let drawn = fit_thresholds(&probabilities, &gold, &ThresholdParams { half_way: 1e9 });
        let between = fit_thresholds(&probabilities, &gold, &ThresholdParams { half_way: 1.0 });
        assert!(own[1] < own[0]);
        // Pooled, both stand at the same place: 0.35, the best cut of all pairs.
        assert!(drawn.iter().all(|t| (t - 0.35).abs() < 1e-6), "{drawn:?}");
        assert!(drawn[0] < between[0] && between[0] < own[0]);
    }

    #[test]
    fn never_everything_and_never_nothing() {
        let probabilities = [vec![0.01, 0.02, 0.03], vec![0.97, 0.98, 0.99], vec![0.5, 0.6, 0.7]];
        let gold = [vec![false; 3], vec![true; 3], vec![false, true, false]];
        for (threshold, p) in fit_thresholds(&probabilities, &gold, &OWN).iter().zip(&probabilities)
        {
            let passed = p.iter().filter(|&p| p >= threshold).count();
            assert!((1..3).contains(&passed), "{passed} of {p:?} pass {threshold}");
        }
    }
}
