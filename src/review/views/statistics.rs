//! The figures of a review.

use std::time::Instant;

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;

use super::agreement::ReviewerAgreement;
use super::blind_check::BlindCheck;
use super::changes::Changes;
use super::pace::Pace;
use super::queues::Queues;
use crate::review::db::batch::{IN_BATCH, narrowed};
use crate::review::db::decision::split_keys;
use crate::review::db::progress::Progress;
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::store::Store;

/// The figures of a review.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Statistics {
    /// Progress of the review.
    pub progress: Progress,
    /// Work of each reviewer, by name.
    pub per_reviewer: Vec<ReviewerCounts>,
    /// Counts per trend, in the order of the taxonomy.
    pub per_trend: Vec<TrendCounts>,
    /// Quality of the suggestions, measured on the blind check.
    pub blind_check: BlindCheck,
    /// Agreement of reviewers.
    pub agreement: ReviewerAgreement,
    /// Changes that reviewers made to the suggestions.
    pub changes: Changes,
    /// Pace of the requesting reviewer, and the time for the remaining cases.
    pub pace: Pace,
}

/// The work of a reviewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReviewerCounts {
    /// The name.
    pub reviewer: String,
    /// Number of cases with their current answer.
    pub answers: u64,
    /// Number of cases that they skipped.
    pub skips: u64,
}

/// Counts of a trend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrendCounts {
    /// Key of the trend.
    pub key: String,
    /// Cases with a visible suggestion of it.
    pub suggested: u64,
    /// Decided cases that have it.
    pub decided: u64,
}

impl Store {
    /// Returns the names of all reviewers with a decision, in their first spelling.
    ///
    /// # Errors
    /// [`Refusal::Database`].
    pub fn reviewers(&self) -> Result<Vec<String>, Refusal> {
        self.read_or(|connection| {
            let query = "SELECT DISTINCT person FROM person_counts WHERE cases > 0 ORDER BY person";
            let mut statement = connection.prepare_cached(query)?;
            let names = statement.query_map([], |row| row.get("person"))?;
            Ok(names.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the figures of the review or of a batch for a reviewer.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid, [`Refusal::Unknown`] if there is no such
    /// batch.
    pub fn statistics(&self, reviewer: &str, batch: Option<&str>) -> Result<Statistics, Refusal> {
        let keys = self.trend_keys()?;
        self.read_or(|connection| {
            let me = Reviewer::find(connection, reviewer)?;
            let batch = narrowed(connection, batch)?;
            let Queues { progress, queues } =
                self.queues_in(connection, &me, batch, Instant::now())?;
            let all = queues.iter().find(|queue| queue.name == Queue::All);
            Ok(Statistics {
                progress,
                per_reviewer: per_reviewer(connection, batch)?,
                per_trend: per_trend(connection, &keys, batch)?,
                blind_check: BlindCheck::load(connection, &keys, batch)?,
                agreement: ReviewerAgreement::load(connection, &keys, batch)?,
                changes: Changes::load(connection, &keys, batch)?,
                pace: Pace::load(connection, &me, all.map_or(0, |queue| queue.open))?,
            })
        })
    }
}

fn per_reviewer(
    connection: &Connection,
    batch: Option<i64>,
) -> rusqlite::Result<Vec<ReviewerCounts>> {
    let query = "SELECT person, sum(cases * (kind = 'answer')) AS answers, \
                 sum(cases * (kind = 'skip')) AS skips FROM person_counts \
                 WHERE ?1 IS NULL OR batch = ?1 GROUP BY person HAVING sum(cases) > 0 ORDER BY person";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([batch], |row| {
        let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let (answers, skips) = (count("answers")?, count("skips")?);
        Ok(ReviewerCounts { reviewer: row.get("person")?, answers, skips })
    })?;
    rows.collect()
}

fn per_trend(
    connection: &Connection,
    keys: &[String],
    batch: Option<i64>,
) -> rusqlite::Result<Vec<TrendCounts>> {
    let suggested = format!(
        "SELECT s.trends, count(*) AS cases FROM cases c JOIN suggestions s \
         ON s.case_number = c.number AND s.model = c.model WHERE c.revealed AND {IN_BATCH} \
         GROUP BY s.trends"
    );
    let decided = format!(
        "SELECT c.final AS trends, count(*) AS cases FROM cases c \
         WHERE c.status = 'decided' AND c.final IS NOT NULL AND {IN_BATCH} GROUP BY c.final"
    );
    let suggested = sets(connection, &suggested, batch)?;
    let decided = sets(connection, &decided, batch)?;
    let with = |sets: &[(Vec<String>, u64)], key: &String| {
        sets.iter().filter(|(keys, _)| keys.contains(key)).map(|(_, cases)| cases).sum()
    };
    let of_trend = |key: &String| TrendCounts {
        key: key.clone(),
        suggested: with(&suggested, key),
        decided: with(&decided, key),
    };
    Ok(keys.iter().map(of_trend).collect())
}

/// Sets of trends, with the number of cases that have each.
fn sets(
    connection: &Connection,
    query: &str,
    batch: Option<i64>,
) -> rusqlite::Result<Vec<(Vec<String>, u64)>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(&[(":batch", &batch)], |row| {
        let keys = split_keys(row.get_ref("trends")?.as_str()?);
        Ok((keys, row.get::<_, i64>("cases")?.unsigned_abs()))
    })?;
    rows.collect()
}
