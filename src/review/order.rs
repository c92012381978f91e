//! In which order uncertain cases are asked about.

use crate::decision::{Triage, logit};

/// How close a case is to being decided otherwise: the smallest distance, in
/// log-odds, of any trend's probability to its threshold or to a triage limit.
pub(super) fn margin(probabilities: &[f64], thresholds: &[f64], triage: &Triage) -> f64 {
    let limits = [triage.accept, triage.reject];
    let of_trend = |(&p, &threshold): (&f64, &f64)| {
        let limits = limits.into_iter().flatten().chain([threshold]);
        limits.map(|limit| (logit(p) - logit(limit)).abs()).fold(f64::INFINITY, f64::min)
    };
    // A model has at least one trend.
    probabilities.iter().zip(thresholds).map(of_trend).fold(f64::MAX, f64::min)
}

/// 1 for the only number of trends there is, 1 more for each halving of the
/// share of cases that have it.
pub(super) fn oddness(cases: i64, total: i64) -> f64 {
    1.0 + (total.max(1) as f64 / cases.max(1) as f64).log2()
}
