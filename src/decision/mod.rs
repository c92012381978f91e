//! Turns scores into suggestions: calibration, thresholds, the fallback if no trend
//! passes, the doubt about decisions, the cases to read, and triage (decisions that need
//! no reviewer).

mod calibration;
mod doubt;
mod forecast;
mod reading;
mod set_prior;
mod threshold;
mod triage;

pub use calibration::{Calibration, CalibrationParams};
pub use doubt::{UNSURE, doubt, expected_errors, unsure};
pub(crate) use forecast::ExpectedCounts;
pub use forecast::Forecast;
pub(crate) use reading::check_target;
pub use reading::{FEWEST_CASES, ReadingFacts, ReadingLimit};
pub(crate) use set_prior::shifted;
pub use set_prior::{SetPrior, calibrate};
pub use threshold::{NEVER, ThresholdParams, fit_thresholds};
pub use triage::{Triage, TriageCase, TriageParams, TriageSummary, Verdict};

use crate::stats::logit;
use crate::taxonomy::{TrendId, TrendSet};

/// Returns the trends with a probability of at least their threshold; none reaches
/// [`NEVER`]. If there is none and `at_least_one` is set, returns the trend nearest to its
/// threshold in log-odds (the first one on a tie). The second value is then true.
pub fn suggest(probabilities: &[f64], thresholds: &[f64], at_least_one: bool) -> (TrendSet, bool) {
    let ids = || {
        let ids = (0..probabilities.len()).map(|i| TrendId(i as u16));
        ids.filter(|id| thresholds[id.index()] < NEVER)
    };
    let passed: TrendSet =
        ids().filter(|id| probabilities[id.index()] >= thresholds[id.index()]).collect();
    if !passed.is_empty() || !at_least_one {
        return (passed, false);
    }
    let above = |id: TrendId| logit(probabilities[id.index()]) - logit(thresholds[id.index()]);
    let nearest = ids().reduce(|best, id| if above(id) > above(best) { id } else { best });
    (nearest.into_iter().collect(), nearest.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_suggested_from_its_threshold_on() {
        let (set, forced) = suggest(&[0.4, 0.39, 0.9], &[0.4, 0.4, 0.95], true);
        assert_eq!(set.iter().collect::<Vec<_>>(), [TrendId(0)]);
        assert!(!forced);
    }

    #[test]
    fn a_threshold_of_never_is_reached_by_no_probability_and_is_never_the_nearest() {
        assert_eq!(suggest(&[0.3, 1.0], &[0.4, NEVER], true).0, [TrendId(0)].into_iter().collect());
        assert_eq!(suggest(&[1.0], &[NEVER], true), (TrendSet::default(), false));
    }

    #[test]
    fn if_none_passes_the_nearest_one_is_suggested_only_when_wanted() {
        assert_eq!(
            suggest(&[0.1, 0.3], &[0.4, 0.6], true),
            ([TrendId(1)].into_iter().collect(), true)
        );
        assert_eq!(suggest(&[0.1, 0.3], &[0.4, 0.6], false), (TrendSet::default(), false));
    }
}
