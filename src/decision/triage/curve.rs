//! The share of pairs that could be decided without a reviewer, at several error rates.

use super::limits::Pairs;
use super::{Triage, TriageCase, TriageParams};
use crate::error::Result;

/// Error rates of the points of a curve, as multiples of the tolerated ones.
const MULTIPLES: [f64; 17] =
    [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0];

impl Triage {
    /// Returns the widest limits with errors *on the given cases* within rising multiples
    /// of the tolerated ones, starting at zero, up to where the two limits meet and
    /// nothing is left to ask about. The curve is retrospective: it shows what was
    /// possible and guarantees nothing.
    ///
    /// # Errors
    /// As [`Triage::fit`].
    pub fn curve(cases: &[TriageCase<'_>], params: &TriageParams) -> Result<Vec<Self>> {
        let pairs = Pairs::new(cases, params)?;
        let point = |multiple: f64| {
            let accept = lowest_accept(&pairs, multiple * (1.0 - params.accept_precision));
            let reject = highest_reject(&pairs, multiple * params.miss_rate);
            let meet = accept.zip(reject).is_some_and(|(accept, reject)| reject >= accept);
            if meet {
                return None;
            }
            Some(pairs.triage(accept, reject, cases, params))
        };
        Ok(MULTIPLES.into_iter().map_while(point).collect())
    }
}

/// Returns the lowest probability such that at most a given share of the pairs from it on
/// is wrong.
fn lowest_accept(pairs: &Pairs, wrong_share: f64) -> Option<f64> {
    let mut wrong = 0;
    let mut lowest = None;
    for (i, pair) in pairs.acceptable.iter().enumerate() {
        wrong += usize::from(!pair.gold);
        let next = pairs.acceptable.get(i + 1);
        let is_last_of_equals = next.is_none_or(|next| next.probability < pair.probability);
        if is_last_of_equals && wrong as f64 <= wrong_share * (i + 1) as f64 {
            lowest = Some(pair.probability);
        }
    }
    lowest
}

/// Returns the highest probability below that of the first true trend that must not be
/// missed.
fn highest_reject(pairs: &Pairs, missed_share: f64) -> Option<f64> {
    let gold = pairs.missable.len();
    let may_miss = (missed_share * gold as f64).floor() as usize;
    let first_kept = pairs.missable.get(may_miss)?.probability;
    (first_kept > 0.0).then(|| first_kept.next_down())
}
