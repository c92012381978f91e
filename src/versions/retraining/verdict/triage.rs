//! What the gate makes of triage.

use crate::decision::{TriageParams, TriageSummary};
use crate::stats::wilson;

/// Adds reasons and warnings from the triage of the same cases: a significantly broken
/// guarantee, and fewer pairs decided without a reviewer.
pub(super) fn of_triage(
    [before, after]: &[TriageSummary; 2],
    promise: &TriageParams,
    repeats: usize,
    margin: f64,
) -> (Vec<String>, Vec<String>) {
    let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
    let interval = |share: Option<f64>, count: usize| {
        let cases = count as f64 / repeats as f64;
        share.filter(|_| cases > 0.0).map(|share| wilson(share, cases))
    };
    let right = interval(after.accept_precision(), after.accepted);
    if let Some(right) = right.filter(|right| right.upper < promise.accept_precision) {
        reasons.push(format!(
            "of the trends accepted without a reviewer, {:.0} % are right; the guarantee is {:.0} %",
            100.0 * right.value,
            100.0 * promise.accept_precision
        ));
    }
    let missed = interval(after.miss_rate(), after.gold);
    if let Some(missed) = missed.filter(|missed| missed.lower > promise.miss_rate) {
        reasons.push(format!(
            "{:.0} % of the true trends are rejected without a reviewer; the guarantee is at most {:.0} %",
            100.0 * missed.value,
            100.0 * promise.miss_rate
        ));
    }
    let accepts = [before, after].map(|triage| triage.accept_coverage().unwrap_or(0.0));
    if accepts[0] > 0.0 && after.accepted == 0 {
        reasons.push(format!(
            "no trend is accepted without a reviewer any more; the champion accepts {:.0} % of them",
            100.0 * accepts[0]
        ));
    } else if accepts[1] < accepts[0] - margin {
        warnings.push(format!(
            "the trends accepted without a reviewer are {:.0} % of the true ones; the champion accepts {:.0} %",
            100.0 * accepts[1],
            100.0 * accepts[0]
        ));
    }
    let decided = [before, after].map(|triage| triage.decided_share().unwrap_or(0.0));
    if decided[1] < decided[0] - margin {
        warnings.push(format!(
            "{:.0} % of the pairs need no reviewer; with the champion it is {:.0} %",
            100.0 * decided[1],
            100.0 * decided[0]
        ));
    }
    (reasons, warnings)
}
