//! Doubt: the probability that a decision about a trend is wrong. The doubt of a pair of
//! case and trend is the probability that the trend is suggested wrongly or missed. The
//! doubt of a case is the sum over its trends: the number of wrong tags to expect if
//! nobody reads the case.

use crate::taxonomy::{TrendId, TrendSet};

/// A decision about a trend is unsure if it is wrong with at least this probability.
pub const UNSURE: f64 = 0.20;

/// Returns the probability that the decision about one trend is wrong: that a suggested
/// trend does not apply, or that an unsuggested one does.
pub fn doubt(probability: f64, suggested: bool) -> f64 {
    if suggested { 1.0 - probability } else { probability }
}

/// Returns the expected number of wrong trends of a case if nobody reads it: the sum of
/// [`doubt`] over the trends.
pub fn expected_errors(probabilities: &[f64], suggested: &TrendSet) -> f64 {
    doubts(probabilities, suggested).map(|(_, doubt)| doubt).sum()
}

/// Returns the unsure trends of a case: those with a [`doubt`] of at least [`UNSURE`],
/// and a trend that is suggested only because no trend passed its threshold
/// (`none_passed`).
pub fn unsure(probabilities: &[f64], suggested: &TrendSet, none_passed: bool) -> TrendSet {
    let is_unsure =
        |&(id, doubt): &(TrendId, f64)| doubt >= UNSURE || none_passed && suggested.contains(id);
    doubts(probabilities, suggested).filter(is_unsure).map(|(id, _)| id).collect()
}

fn doubts(probabilities: &[f64], suggested: &TrendSet) -> impl Iterator<Item = (TrendId, f64)> {
    probabilities.iter().enumerate().map(|(k, &p)| {
        let id = TrendId(k as u16);
        (id, doubt(p, suggested.contains(id)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[u16]) -> TrendSet {
        ids.iter().map(|&id| TrendId(id)).collect()
    }

    #[test]
    fn errors_to_expect_are_the_chances_of_a_wrong_suggestion_and_of_a_missed_trend() {
        // By hand: 0.1 that the suggested one is wrong, 0.3 + 0.05 that one is missed.
        let found = expected_errors(&[0.9, 0.3, 0.05], &set(&[0]));
        assert!((found - 0.45).abs() < 1e-12, "{found}");
        assert_eq!(expected_errors(&[1.0, 0.0], &set(&[0])), 0.0);
    }

    #[test]
    fn a_decision_is_unsure_from_a_fifth_of_doubt_on() {
        assert_eq!(unsure(&[0.81, 0.79, 0.2, 0.19], &set(&[0, 1]), false), set(&[1, 2]));
        assert_eq!(unsure(&[0.75, 0.25], &set(&[0]), false), set(&[0, 1]));
    }

    #[test]
    fn what_is_suggested_only_because_no_trend_passed_is_always_unsure() {
        assert_eq!(unsure(&[0.9, 0.1], &set(&[0]), true), set(&[0]));
        assert_eq!(unsure(&[0.9, 0.1], &set(&[0]), false), set(&[]));
    }
}
