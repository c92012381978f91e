//! Counts the results of a triage on cases with gold labels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Triage, TriageCase, Verdict};
use crate::stats::{Estimate, wilson};
use crate::taxonomy::{TrendId, TrendSet};

/// Counts of cases and of case-trend pairs after a triage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriageSummary {
    /// Cases.
    pub cases: usize,
    /// Cases without a pair that is left to a reviewer.
    pub decided_cases: usize,
    /// Decided cases with exactly the gold trends; missing in models before 0.2.
    #[serde(default)]
    pub right_cases: Option<usize>,
    /// Pairs accepted without a reviewer.
    pub accepted: usize,
    /// Pairs rejected without a reviewer.
    pub rejected: usize,
    /// Pairs left to a reviewer.
    pub asked: usize,
    /// Accepted pairs that are not in the gold.
    pub false_accepts: usize,
    /// Rejected pairs that are in the gold.
    pub missed: usize,
    /// Pairs in the gold.
    pub gold: usize,
}

impl TriageSummary {
    /// Counts the results of the triage on cases.
    pub fn of(triage: &Triage, cases: &[TriageCase<'_>]) -> Self {
        let mut summary = Self::default();
        for case in cases {
            let verdicts = triage.verdicts(case.probabilities);
            summary.add(&verdicts, case.gold, &triage.unpromised);
        }
        summary
    }

    /// Counts one more case, with one verdict per trend; pairs with a trend of `without`
    /// are not counted.
    pub fn add(&mut self, verdicts: &[Verdict], gold: &TrendSet, without: &TrendSet) {
        self.cases += 1;
        let is_decided = !verdicts.contains(&Verdict::Ask);
        let is_gold = |k: usize| gold.contains(TrendId(k as u16));
        let mut decisions = verdicts.iter().enumerate();
        let is_right = decisions.all(|(k, verdict)| (*verdict == Verdict::Accept) == is_gold(k));
        self.decided_cases += usize::from(is_decided);
        *self.right_cases.get_or_insert(0) += usize::from(is_decided && is_right);
        let counted = |k: usize| !without.contains(TrendId(k as u16));
        for (k, verdict) in verdicts.iter().enumerate().filter(|(k, _)| counted(*k)) {
            let is_gold = is_gold(k);
            self.gold += usize::from(is_gold);
            match verdict {
                Verdict::Accept => {
                    self.accepted += 1;
                    self.false_accepts += usize::from(!is_gold);
                }
                Verdict::Reject => {
                    self.rejected += 1;
                    self.missed += usize::from(is_gold);
                }
                Verdict::Ask => self.asked += 1,
            }
        }
    }

    /// Returns the share of the pairs decided without a reviewer; `None` without pairs.
    pub fn decided_share(&self) -> Option<f64> {
        let decided = self.accepted + self.rejected;
        share(decided, decided + self.asked)
    }

    /// Returns the share of the cases decided completely without a reviewer; `None`
    /// without cases.
    pub fn decided_cases_share(&self) -> Option<f64> {
        share(self.decided_cases, self.cases)
    }

    /// Returns the share of the completely decided cases with exactly the right trends.
    /// Each case was counted once in each of `repeats` repeats. `None` without such
    /// cases.
    pub fn entirely_right(&self, repeats: usize) -> Option<Estimate> {
        let share = share(self.right_cases?, self.decided_cases)?;
        // Repeats are not new cases.
        Some(wilson(share, self.decided_cases as f64 / repeats.max(1) as f64))
    }

    /// Formats the number of completely decided cases that are exactly right: "12 of 15
    /// (80 % [55 %, 93 %])".
    pub fn right_in_words(&self, repeats: usize) -> String {
        let estimate = self.right_cases.zip(self.entirely_right(repeats));
        let Some((right, Estimate { value, lower, upper })) = estimate else {
            return "none".to_owned();
        };
        let [value, lower, upper] = [value, lower, upper].map(|share| 100.0 * share);
        let decided = self.decided_cases;
        format!("{right} of {decided} ({value:.0} % [{lower:.0} %, {upper:.0} %])")
    }

    /// Returns the share of the accepted pairs that are right; `None` if none is
    /// accepted.
    pub fn accept_precision(&self) -> Option<f64> {
        share(self.accepted - self.false_accepts, self.accepted)
    }

    /// Returns the share of the gold trends that is rejected; `None` without gold.
    pub fn miss_rate(&self) -> Option<f64> {
        share(self.missed, self.gold)
    }

    /// Returns the share of the gold trends that is accepted; `None` without gold.
    pub fn accept_coverage(&self) -> Option<f64> {
        share(self.accepted - self.false_accepts, self.gold)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
