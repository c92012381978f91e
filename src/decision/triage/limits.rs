//! Walks along the grid of limits, from the safest one outward, until a test fails.

use super::certify::{Tally, Test};
use super::{Triage, TriageCase, TriageParams, TriageSummary, most_probable};
use crate::error::{Error, Result};
use crate::metrics::averaged;
use crate::stats::sigmoid;
use crate::taxonomy::{TrendId, TrendSet};

/// Number of limits on the grid, evenly spaced in log-odds.
pub(super) const LIMITS: usize = 641;

/// Returns limit `i`, in ascending order. The lowest is 1 in 22,000 and the middle one
/// 0.5.
pub(super) fn grid(i: usize) -> f64 {
    let z = (i as f64 - 320.0) / 32.0;
    sigmoid(z)
}

/// A pair of case and trend on the grid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) probability: f64,
    case: usize,
    pub(super) gold: bool,
}

/// The data on which the limits are set.
pub(super) struct Pairs {
    /// Number of true trends of each case.
    pub(super) gold: Vec<usize>,
    /// Pairs that can be accepted, most probable first.
    pub(super) acceptable: Vec<Pair>,
    /// Pairs that can be missed, least probable first.
    pub(super) missable: Vec<Pair>,
    /// See [`Triage::unpromised`]; no pair is of one of them.
    unpromised: TrendSet,
}

impl Pairs {
    pub(super) fn new(cases: &[TriageCase<'_>], params: &TriageParams) -> Result<Self> {
        params.check()?;
        let trends = cases.first().map_or(0, |case| case.probabilities.len());
        let promised = averaged(cases.iter().map(|case| case.gold), trends).into_iter();
        let unpromised: TrendSet = (0..trends as u16)
            .zip(promised)
            .filter_map(|(k, is_promised)| (!is_promised).then_some(TrendId(k)))
            .collect();
        let (mut gold, mut acceptable, mut missable) = (Vec::new(), Vec::new(), Vec::new());
        for (i, case) in cases.iter().enumerate() {
            let bad = |reason| Error::BadCorpus {
                reason,
                remedy: "give each case one probability between 0 and 1 per trend".into(),
            };
            if case.probabilities.len() != trends {
                let count = case.probabilities.len();
                return Err(bad(format!("case {i} has {count} probabilities, others {trends}")));
            }
            if let Some(p) = case.probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
                return Err(bad(format!("case {i} has the probability {p}")));
            }
            let pair = |k: usize| Pair {
                probability: case.probabilities[k],
                case: i,
                gold: case.gold.contains(TrendId(k as u16)),
            };
            let most_probable = most_probable(case.probabilities, &unpromised, params.most_accepts);
            acceptable.extend(most_probable.into_iter().map(pair));
            let positives = missable.len();
            let promised = (0..trends).filter(|&k| !unpromised.contains(TrendId(k as u16)));
            missable.extend(promised.map(pair).filter(|pair| pair.gold));
            gold.push(missable.len() - positives);
        }
        acceptable.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        missable.sort_by(|a, b| a.probability.total_cmp(&b.probability));
        Ok(Self { gold, acceptable, missable, unpromised })
    }

    /// Returns the triage with these limits, and what it does to the cases.
    pub(super) fn triage(
        &self,
        accept: Option<f64>,
        reject: Option<f64>,
        cases: &[TriageCase<'_>],
        params: &TriageParams,
    ) -> Triage {
        let unpromised = self.unpromised.clone();
        let mut triage = Triage { accept, reject, unpromised, ..Triage::undecided(params.clone()) };
        triage.expected = TriageSummary::of(&triage, cases);
        triage
    }

    /// Returns the lowest and the highest limit on the grid above which pairs can be
    /// accepted. Testing starts where a third of all cases, and at least the minimum
    /// number that can pass the test, have a pair to accept.
    pub(super) fn accept_limits(&self, test: &Test, times: f64) -> Option<(usize, usize)> {
        let fewest = test.fewest_cases() / times;
        let first = (self.gold.len() as f64 / 3.0).max(fewest);
        let mut tally = Tally::new(self.gold.iter().map(|_| 0));
        let mut pairs = self.acceptable.iter().peekable();
        let mut limits: Option<(usize, usize)> = None;
        for i in (0..LIMITS).rev() {
            while let Some(pair) = pairs.next_if(|pair| pair.probability >= grid(i)) {
                tally.add(pair.case, true, !pair.gold);
            }
            if tally.cases() < first {
                continue;
            }
            if !tally.convinces(test, times) {
                break;
            }
            limits = Some((i, limits.map_or(i, |(_, highest)| highest)));
        }
        limits
    }

    /// Returns the highest limit on the grid below which pairs can be rejected.
    pub(super) fn reject_limit(&self, test: &Test, times: f64) -> Option<usize> {
        let mut tally = Tally::new(self.gold.iter().copied());
        let mut pairs = self.missable.iter().peekable();
        let passes = |&i: &usize| {
            while let Some(pair) = pairs.next_if(|pair| pair.probability <= grid(i)) {
                tally.add(pair.case, false, true);
            }
            tally.convinces(test, times)
        };
        (0..LIMITS).take_while(passes).last()
    }
}
