//! Quality of the probabilities themselves: log loss, squared error, and the
//! equal-mass bins behind the calibration error.

use std::ops::Range;

/// Returns the negative natural logarithm of the probability of the truth. Probabilities
/// are first clipped by the distance from 1 to the next number (2.2e-16), as in
/// scikit-learn, so that a certain error costs 36, not infinity.
pub(crate) fn log_loss(probability: f64, gold: bool) -> f64 {
    let p = probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    -libm::log(if gold { p } else { 1.0 - p })
}

/// Squared distance of the probability from the truth (Brier 1950).
pub(crate) fn squared_error(probability: f64, gold: bool) -> f64 {
    let distance = probability - f64::from(u8::from(gold));
    distance * distance
}

/// Cuts rising probabilities into at most `bins` ranges of as equal a number as
/// ties allow: range `k` ends at `round(n k / bins)`, moved up past equal
/// probabilities, so that the order of the cases does not matter.
pub(crate) fn equal_mass(rising: &[f64], bins: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::with_capacity(bins);
    let mut start = 0;
    for k in 1..=bins {
        let mut end = (2 * rising.len() * k + bins) / (2 * bins);
        while end > 0 && end < rising.len() && rising[end] == rising[end - 1] {
            end += 1;
        }
        if end > start {
            ranges.push(start..end);
            start = end;
        }
    }
    ranges
}

/// Expected calibration error: the mean distance between mean probability and
/// share of gold in equal-mass bins, weighted by their size; undefined without
/// pairs.
///
/// Naeini, Cooper and Hauskrecht (2015), on the probability of "is gold" (not
/// of the predicted side) and with the equal-mass bins of Nixon et al. (2019).
pub(crate) fn calibration_error(mut pairs: Vec<(f64, bool)>, bins: usize) -> Option<f64> {
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (rising, gold): (Vec<f64>, Vec<bool>) = pairs.into_iter().unzip();
    calibration_error_of_bins(&rising, &gold, &equal_mass(&rising, bins))
}

/// As [`calibration_error`], for sorted pairs already cut into bins.
pub(crate) fn calibration_error_of_bins(
    rising: &[f64],
    gold: &[bool],
    bins: &[Range<usize>],
) -> Option<f64> {
    // |mean p - share| x size is the distance between two sums.
    let gap = |bin: &Range<usize>| {
        let expected: f64 = rising[bin.clone()].iter().sum();
        let found = gold[bin.clone()].iter().filter(|&&y| y).count();
        (expected - found as f64).abs()
    };
    let total: f64 = bins.iter().map(gap).sum();
    (!rising.is_empty()).then(|| total / rising.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_share_the_cases_equally_and_keep_ties_together() {
        let distinct: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(equal_mass(&distinct, 4), [0..3, 3..5, 5..8, 8..10]);
        assert_eq!(equal_mass(&[0.1, 0.2, 0.2, 0.2, 0.3], 2), [0..4, 4..5]);
        assert_eq!(equal_mass(&[0.5; 7], 3).len(), 1);
        assert_eq!(equal_mass(&[0.1, 0.2], 10), [0..1, 1..2]);
        assert!(equal_mass(&[], 10).is_empty());
    }

    #[test]
    fn the_calibration_error_is_the_mean_gap_of_the_bins() {
        // Bins {0.1, 0.3} with no gold and {0.6, 0.8} with one gold: gaps 0.2 and 0.2.
        let pairs = vec![(0.8, false), (0.1, false), (0.6, true), (0.3, false)];
        let error = calibration_error(pairs, 2).unwrap();
        assert!((error - 0.2).abs() < 1e-15, "{error}");
        assert_eq!(calibration_error(Vec::new(), 2), None);
    }

    #[test]
    fn a_certain_error_costs_much_but_not_infinity() {
        let cost = log_loss(0.0, true);
        assert!((36.0..37.0).contains(&cost), "{cost}");
    }
}
