//! Looks at a group of decisions: what was found, what the probabilities expect, and how far
//! honest decisions are from that.
//!
//! Counts (of each trend, of all, of cases with several, of changed suggestions) are compared
//! as log-odds. Texts of another kind shift these, so that a whole batch may be some way off.
//! Two more looks are likelihood ratios against a mixture: that a share of the trends was
//! dropped, or that trends were added at random. They weigh a decision by how clearly the
//! text speaks against it, so that they see few wrong decisions among many honest ones.

use super::Judged;
use crate::stats::{logit, sigmoid};

/// Share of the trends that the two mixtures drop or add.
const MIXED: f64 = 0.2;

/// No text is clearer than this: people err as well.
const CLEAREST: f64 = 0.98;

/// Standard deviation to which the tilt of a trend is held back.
const TILTED: f64 = 3.0;

/// The most steps of its search.
const STEPS: usize = 20;

/// The looks that follow those at single trends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// All trends alike.
    All,
    /// Cases with two trends or more.
    Several,
    /// Trends that were decided against the more probable side.
    Changed,
    /// Trends that the texts show and that were not given.
    Withheld,
    /// Trends that the texts do not show and that were given.
    Added,
}

/// Number of looks that follow those at single trends.
pub(super) const REST: usize = 5;

/// One look at a case, or the sum over cases.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Look {
    pub(super) found: f64,
    pub(super) expected: f64,
    /// As the probabilities have it.
    pub(super) variance: f64,
    /// The most that can be found; 0 for a mixture.
    pub(super) most: f64,
}

impl Look {
    fn add(&mut self, weight: f64, is_given: f64, p: f64) {
        self.found += weight * is_given;
        self.expected += weight * p;
        self.variance += weight * weight * p * (1.0 - p);
    }

    /// Returns the sums of the looks at several cases.
    pub(super) fn sums<'l>(looks: impl Iterator<Item = &'l Vec<Self>>, trends: usize) -> Vec<Self> {
        let mut sums = vec![Self::default(); trends + REST];
        for looks in looks {
            for (sum, look) in sums.iter_mut().zip(looks) {
                sum.found += look.found;
                sum.expected += look.expected;
                sum.variance += look.variance;
                sum.most += look.most;
            }
        }
        sums
    }
}

/// A case as the looks need it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    log_odds: Vec<f64>,
    /// 1 for each trend that was given, else 0.
    given: Vec<f64>,
}

impl Reading {
    pub(super) fn of(case: &Judged) -> Self {
        let log_odds = case.probabilities.iter().map(|p| logit(p.clamp(1e-6, 1.0 - 1e-6)));
        let given = (0..case.probabilities.len()).map(|k| f64::from(u8::from(case.has(k))));
        Self { log_odds: log_odds.collect(), given: given.collect() }
    }

    /// Returns the looks at the case: at each trend, then those of [`Rest`]. The log-odds of
    /// each trend are changed by its tilt.
    pub(super) fn looks(&self, tilt: &[f64]) -> Vec<Look> {
        let trends = self.log_odds.len();
        let mut looks = vec![Look { most: 1.0, ..Look::default() }; trends];
        let mut rest = [Look::default(); REST];
        let (mut none, mut odds, mut count) = (1.0, 0.0, 0.0);
        for (k, look) in looks.iter_mut().enumerate() {
            let p = sigmoid(self.log_odds[k] + tilt[k]).clamp(1e-6, 1.0 - 1e-6);
            let given = self.given[k];
            look.add(1.0, given, p);
            rest[Rest::All as usize].add(1.0, given, p);
            let is_suggested = self.log_odds[k] > 0.0;
            let is_changed = f64::from(u8::from((given > 0.5) != is_suggested));
            let to_change = if is_suggested { 1.0 - p } else { p };
            rest[Rest::Changed as usize].add(1.0, is_changed, to_change);
            (none, odds, count) = (none * (1.0 - p), odds + p / (1.0 - p), count + given);
            let p = p.clamp(1.0 - CLEAREST, CLEAREST);
            let withheld = libm::log((1.0 - p) * (1.0 - MIXED) / (1.0 - (1.0 - MIXED) * p));
            rest[Rest::Withheld as usize].add(withheld, given, p);
            let added = libm::log((p + MIXED * (1.0 - p)) / (p * (1.0 - MIXED)));
            rest[Rest::Added as usize].add(added, given, p);
        }
        let several = (1.0 - none - none * odds).clamp(1e-6, 1.0 - 1e-6);
        let has_several = f64::from(u8::from(count > 1.5));
        rest[Rest::Several as usize].add(1.0, has_several, several);
        rest[Rest::Several as usize].most = 1.0;
        rest[Rest::All as usize].most = trends as f64;
        rest[Rest::Changed as usize].most = trends as f64;
        looks.extend(rest);
        looks
    }

    /// Returns the change of the log-odds of each trend with which as many cases are expected
    /// to have it as do.
    pub(super) fn tilt(cases: &[&Self], trends: usize) -> Vec<f64> {
        let of_trend = |k: usize| {
            let mut tilt = 0.0;
            for _ in 0..STEPS {
                let (mut slope, mut curve) = (-tilt / TILTED.powi(2), 1.0 / TILTED.powi(2));
                for case in cases {
                    let p = sigmoid(case.log_odds[k] + tilt);
                    slope += case.given[k] - p;
                    curve += p * (1.0 - p);
                }
                let step = (slope / curve).clamp(-1.0, 1.0);
                tilt += step;
                if step.abs() < 1e-9 {
                    break;
                }
            }
            tilt
        };
        (0..trends).map(of_trend).collect()
    }
}
