//! Triage: which pairs of case and trend can be decided without a reviewer, and with what
//! guarantee.

mod certify;
mod curve;
mod limits;
mod summary;
#[cfg(test)]
mod tests;

pub use summary::TriageSummary;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::taxonomy::{TrendId, TrendSet};
use certify::Test;
use limits::{Pairs, grid};

/// Share of the risk for accepting; rejecting gets the rest. Most trends of most cases
/// are absent, so rejecting passes the test easily, and accepting needs most of the risk.
const ACCEPT_RISK: f64 = 0.8;

/// The guarantee of a triage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriageParams {
    /// Minimum share of accepted trends that are right.
    pub accept_precision: f64,
    /// Maximum share of the true trends that are rejected.
    pub miss_rate: f64,
    /// Probability that both hold, over the choice of the cases on which the limits were
    /// set.
    pub confidence: f64,
    /// Maximum number of trends of a case that are accepted, the most probable ones; more
    /// are left to a reviewer. This bounds the errors of a case, so fewer labelled cases
    /// are enough for the guarantee.
    pub most_accepts: usize,
}

impl Default for TriageParams {
    fn default() -> Self {
        Self { accept_precision: 0.9, miss_rate: 0.05, confidence: 0.9, most_accepts: 2 }
    }
}

impl TriageParams {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::BadParam`] that names the first invalid one.
    pub fn check(&self) -> Result<()> {
        let bad = |name, value: String, remedy: &'static str| {
            Err(Error::BadParam { name, value, remedy: remedy.into() })
        };
        for (name, value) in [
            ("accept_precision", self.accept_precision),
            ("miss_rate", self.miss_rate),
            ("confidence", self.confidence),
        ] {
            if !(value > 0.0 && value < 1.0) {
                return bad(name, value.to_string(), "use a share between 0 and 1");
            }
        }
        if self.most_accepts == 0 {
            return bad("most_accepts", "0".into(), "allow at least 1 accepted trend a case");
        }
        Ok(())
    }
}

/// The verdict on a pair of case and trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The trend is accepted without a reviewer.
    Accept,
    /// The trend is rejected without a reviewer.
    Reject,
    /// A reviewer decides.
    Ask,
}

impl Verdict {
    /// Returns the code of the verdict in every format.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Ask => "ask",
        }
    }
}

/// A case to set limits on: the prediction of a model that has not seen it, and its true
/// trends.
#[derive(Debug, Clone, Copy)]
pub struct TriageCase<'c> {
    /// One probability in `0..=1` per trend.
    pub probabilities: &'c [f64],
    /// The true trends.
    pub gold: &'c TrendSet,
}

/// Limits on probabilities, pooled over trends, with a guarantee. With the confidence of
/// the params, over the draw of the cases on which the limits were set, *both* the
/// precision of accepts (expected right accepts / expected accepts) and the miss rate
/// (expected rejected true trends / expected true trends) of new cases are within the
/// params. The guarantee holds for new cases from the same source (exchangeable cases),
/// whatever the quality of the probabilities and the dependence between the trends of a
/// case. It is approximate if the probabilities are out-of-fold ones of models that
/// represent the refitted one, and if calibrations were fitted on the same cases. It does
/// not cover cases of another kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Triage {
    /// The smallest probability that is accepted. If no limit passes the test, it is
    /// `None` and nothing is accepted.
    pub accept: Option<f64>,
    /// The largest probability that is rejected, below [`Triage::accept`]; if no limit
    /// passes the test, it is `None` and nothing is rejected.
    pub reject: Option<f64>,
    /// The guarantee.
    pub params: TriageParams,
    /// The results of the limits on the cases on which they were set.
    pub expected: TriageSummary,
    /// Trends with too few gold cases for a promise: they are never accepted, and not
    /// counted.
    #[serde(default, skip_serializing_if = "TrendSet::is_empty")]
    pub unpromised: TrendSet,
}

impl Triage {
    /// Sets the limits by Learn then Test (Angelopoulos, Bates, Candès, Jordan, Lei 2021, arXiv
    /// 2110.01052) with the case as the unit. Accepting gets four fifths of the risk and rejecting
    /// the rest. Limits are tested in order along a fixed grid, from the safest one outward, by a
    /// binomial test with the effective number of pairs, until one fails. The last one that passed
    /// is kept. Rejecting starts with no rejected pair. Accepting starts at the first limit that a
    /// fixed number of cases reach, since fewer cannot pass. This uses the probabilities but not
    /// the gold labels. Given the number of cases that reach a limit, they are still independent
    /// draws, so this costs no confidence as long as precision does not rise when the limit falls.
    ///
    /// # Errors
    /// [`Error::BadParam`] as [`TriageParams::check`]; [`Error::BadCorpus`] if cases differ in
    /// their number of probabilities, or one is outside `0..=1`.
    pub fn fit(cases: &[TriageCase<'_>], params: &TriageParams) -> Result<Self> {
        Ok(Self::fit_repeated(&Pairs::new(cases, params)?, cases, params, 1.0))
    }

    /// Returns a triage that leaves everything to a reviewer.
    pub fn undecided(params: TriageParams) -> Self {
        let (expected, unpromised) = Default::default();
        Self { accept: None, reject: None, params, expected, unpromised }
    }

    /// Estimates the number of labelled cases needed to decide a share of the pairs
    /// without a reviewer while accepts find a share of the true trends, if more cases
    /// were like the given ones. Returns `None` if even a hundred times as many would not
    /// be enough. This is an approximation: the given cases are counted several times, as
    /// if they had no sampling error.
    ///
    /// # Errors
    /// As [`Triage::fit`].
    pub fn cases_needed(
        cases: &[TriageCase<'_>],
        params: &TriageParams,
        decided_share: f64,
        accept_coverage: f64,
    ) -> Result<Option<usize>> {
        let pairs = Pairs::new(cases, params)?;
        let factors =
            std::iter::successors(Some(0.1), |f| Some(f * 1.1)).take_while(|f| *f < 110.0);
        let enough = |&times: &f64| {
            let found = Self::fit_repeated(&pairs, cases, params, times).expected;
            found.decided_share().is_some_and(|share| share >= decided_share)
                && found.accept_coverage().is_some_and(|share| share >= accept_coverage)
        };
        let times = factors.into_iter().find(enough);
        Ok(times.map(|times| (times * cases.len() as f64).ceil() as usize))
    }

    /// Returns the verdict on each trend of a case.
    pub fn verdicts(&self, probabilities: &[f64]) -> Vec<Verdict> {
        let mut verdicts: Vec<Verdict> = probabilities
            .iter()
            .map(|&p| match self.reject {
                Some(limit) if p <= limit => Verdict::Reject,
                _ => Verdict::Ask,
            })
            .collect();
        if let Some(limit) = self.accept {
            for k in most_probable(probabilities, &self.unpromised, self.params.most_accepts) {
                if probabilities[k] >= limit {
                    verdicts[k] = Verdict::Accept;
                }
            }
        }
        verdicts
    }

    /// Returns whether any trend of a case is left to a reviewer.
    pub fn needs_review(&self, probabilities: &[f64]) -> bool {
        self.verdicts(probabilities).contains(&Verdict::Ask)
    }

    /// Returns whether anything can be decided without a reviewer.
    pub fn decides(&self) -> bool {
        self.accept.is_some() || self.reject.is_some()
    }

    /// Returns whether the limits are valid.
    pub(crate) fn is_sound(&self) -> bool {
        let limits = [self.reject, self.accept];
        limits.into_iter().flatten().all(|limit| (0.0..=1.0).contains(&limit))
            && self.reject.zip(self.accept).is_none_or(|(reject, accept)| reject < accept)
            && self.params.check().is_ok()
    }

    fn fit_repeated(
        pairs: &Pairs,
        cases: &[TriageCase<'_>],
        params: &TriageParams,
        times: f64,
    ) -> Self {
        let risk = 1.0 - params.confidence;
        let accept = Test { tolerated: 1.0 - params.accept_precision, risk: ACCEPT_RISK * risk };
        let reject = Test { tolerated: params.miss_rate, risk: (1.0 - ACCEPT_RISK) * risk };
        let accept = pairs.accept_limits(&accept, times);
        let reject = pairs.reject_limit(&reject, times);
        let (accept, reject) = match (accept, reject) {
            // If the limits cross, both move half-way. Fewer pairs are then rejected,
            // which misses less, and the higher limit has passed its own test.
            (Some((lowest, highest)), Some(reject)) if reject >= lowest => {
                let accept = (lowest + reject).div_ceil(2).min(highest);
                (Some(accept), accept.checked_sub(1))
            }
            (accept, reject) => (accept.map(|(lowest, _)| lowest), reject),
        };
        let (accept, reject) = (accept.map(grid), reject.map(grid));
        pairs.triage(accept, reject, cases, params)
    }
}

impl fmt::Display for Triage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.decides() {
            return write!(
                f,
                "No trend can be accepted or rejected without review: the labelled cases are too few, or too \
                 noisy, for the guarantee."
            );
        }
        let percent =
            |share: Option<f64>| share.map_or("–".into(), |s| format!("{:.0} %", 100.0 * s));
        match self.accept {
            Some(limit) => write!(f, "Accepted without review from probability {limit:.2}")?,
            None => write!(f, "Nothing can be accepted without review")?,
        }
        match self.reject {
            Some(limit) => write!(f, ", rejected up to {limit:.2}")?,
            None => write!(f, ", nothing can be rejected")?,
        }
        let (params, expected) = (&self.params, &self.expected);
        write!(
            f,
            ": {} of the case-trend pairs and {} of the cases need no reviewer, and {} of the true \
             trends are accepted. With confidence {}, at least {} of the accepted trends are right \
             and at most {} of the true trends are rejected, for cases like those learned from.",
            percent(expected.decided_share()),
            percent(expected.decided_cases_share()),
            percent(expected.accept_coverage()),
            params.confidence,
            percent(Some(params.accept_precision)),
            percent(Some(params.miss_rate)),
        )?;
        match expected.entirely_right(1) {
            None => Ok(()),
            Some(right) => write!(
                f,
                " Of the {} cases that need no reviewer, {} had exactly the right trends (95 % interval \
                 {} to {}).",
                expected.decided_cases,
                percent(Some(right.value)),
                percent(Some(right.lower)),
                percent(Some(right.upper)),
            ),
        }
    }
}

/// Returns the positions of the `count` highest probabilities, without those of the trends
/// `without`; the first one wins a tie.
fn most_probable(probabilities: &[f64], without: &TrendSet, count: usize) -> Vec<usize> {
    let is_with = |&k: &usize| !without.contains(TrendId(k as u16));
    let mut order: Vec<usize> = (0..probabilities.len()).filter(is_with).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    order.truncate(count);
    order
}
