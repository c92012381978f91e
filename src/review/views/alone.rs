//! Cases that the model can decide alone: their number, the guarantee, and how often the
//! model was right in checked cases.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use crate::review::db::batch::narrowed;
use crate::review::db::condition::{Condition, Filter, LONGEST_SEARCH};
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::store::Store;
use crate::review::db::stored_case::StoredCase;
use crate::review::db::suggestion::{SUGGESTED, params_of};
use crate::review::strict::object;
use crate::stats::{Estimate, wilson};

/// Maximum number of cases that are accepted in one action.
pub(crate) const MOST_AT_ONCE: usize = 2000;

/// Minimum and maximum number of cases in a spot check, if there are enough.
const SPOT_CHECK: (usize, usize) = (5, 50);

/// A request for the cases that the model can decide alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AloneRequest {
    /// Who asks.
    pub reviewer: String,
    /// Only cases that match.
    #[serde(default, deserialize_with = "object")]
    pub filter: Filter,
}

/// The cases that the model can decide alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alone {
    /// Open cases for which it can decide every trend.
    pub cases: u64,
    /// Number of cases that one action accepts.
    pub accepted: u64,
    /// Number of random cases that it holds back for a reviewer.
    pub spot_check: u64,
    /// The guarantee for the decisions; `None` if the model gives none.
    pub promise: Option<Promise>,
    /// Cases that it could have decided alone and that a reviewer answered without seeing
    /// the suggestion.
    pub looked_at: u64,
    /// Number of these with exactly the suggested trends.
    pub right: u64,
    /// `right / looked_at`, with a 95 % interval.
    pub share: Option<Estimate>,
}

/// The guarantee for decisions of the model alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Promise {
    /// Minimum share of accepted trends that are right.
    pub accept_precision: f64,
    /// Maximum share of the true trends that are rejected.
    pub miss_rate: f64,
    /// The confidence with which both hold.
    pub confidence: f64,
}

impl Store {
    /// Returns the cases that the model can decide alone, as a preview.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid, [`Refusal::TooSlow`].
    pub fn alone(&self, request: &AloneRequest) -> Result<Alone, Refusal> {
        self.read_within(LONGEST_SEARCH, |connection| {
            let me = Reviewer::find(connection, &request.reviewer)?;
            let held = self.claims.of_others(&me, Instant::now());
            narrowed(connection, request.filter.batch.as_deref())?;
            let cases = alone(connection, &me, &request.filter, &held)?;
            let now = cases.len().min(MOST_AT_ONCE);
            let spot_check = spot_check(now);
            let (looked_at, right) = looked_at(connection)?;
            let share = (looked_at > 0).then(|| {
                let tries = looked_at as f64;
                wilson(right as f64 / tries, tries)
            });
            Ok(Alone {
                cases: cases.len() as u64,
                accepted: (now - spot_check) as u64,
                spot_check: spot_check as u64,
                promise: promise(connection)?,
                looked_at,
                right,
                share,
            })
        })
    }
}

/// Returns the number of cases to hold back: a tenth, within limits, and never more than
/// half.
pub(crate) fn spot_check(cases: usize) -> usize {
    let (fewest, most) = SPOT_CHECK;
    (cases / 10).clamp(fewest, most).min(cases / 2)
}

/// Returns the open cases for which the current model can decide every trend, in the
/// order added, without cases for two reviewers, held cases and flagged cases.
pub(crate) fn alone(
    connection: &Connection,
    me: &Reviewer,
    filter: &Filter,
    held: &[i64],
) -> rusqlite::Result<Vec<StoredCase>> {
    let mut wanted = Condition::new(me, Some(Queue::All));
    wanted.filter(&Filter { alone: Some(true), ..filter.clone() });
    wanted.condition("c.wanted = 1 AND c.flag IS NULL");
    let mut cases = wanted.stored(connection, "ORDER BY c.number")?;
    cases.retain(|case| !held.contains(&case.number));
    Ok(cases)
}

fn promise(connection: &Connection) -> rusqlite::Result<Option<Promise>> {
    let query = "SELECT model FROM cases ORDER BY number DESC LIMIT 1";
    let model = connection.query_row(query, [], |row| row.get::<_, String>("model")).optional()?;
    let Some(model) = model else { return Ok(None) };
    let params = params_of(connection, &model)?;
    Ok(params.filter(|params| params.triage.decides()).map(|params| Promise {
        accept_precision: params.triage.params.accept_precision,
        miss_rate: params.triage.params.miss_rate,
        confidence: params.triage.params.confidence,
    }))
}

/// Counts the cases that the model could have decided alone and that were first answered
/// without seeing the suggestion, and those of them answered as suggested.
fn looked_at(connection: &Connection) -> rusqlite::Result<(u64, u64)> {
    let query = format!(
        "SELECT count(*) AS cases, coalesce(sum(d.trends = {SUGGESTED}), 0) AS right \
         FROM cases c JOIN suggestions s ON s.case_number = c.number AND s.model = c.model \
         JOIN decisions d ON d.number = (SELECT min(f.number) FROM decisions f \
         WHERE f.case_number = c.number AND f.trends IS NOT NULL) \
         WHERE (c.blind_check OR c.spot_check IS NOT NULL) AND c.revealed AND s.alone \
         AND d.shown IS NULL AND d.queue <> 'import' AND NOT d.bulk"
    );
    connection.prepare_cached(&query)?.query_row([], |row| {
        let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok((count("cases")?, count("right")?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_held_back_at_least_five_and_never_more_than_half() {
        let found = [0, 1, 4, 10, 100, 2000].map(spot_check);
        assert_eq!(found, [0, 0, 2, 5, 10, 50]);
    }
}
