//! The progress of a review.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;

use super::decision::CaseStatus;
use super::reviewer::Reviewer;

/// Progress of the review: `decided + conflicts + open = cases`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Progress {
    /// All cases.
    pub cases: u64,
    /// Cases with all required answers and no conflict.
    pub decided: u64,
    /// Cases on which reviewers disagree.
    pub conflicts: u64,
    /// The others.
    pub open: u64,
    /// Cases that this reviewer answered.
    pub mine: u64,
}

impl Progress {
    /// Of a batch, by its number, or of all cases.
    pub(crate) fn load(
        connection: &Connection,
        reviewer: &Reviewer,
        batch: Option<i64>,
    ) -> rusqlite::Result<Self> {
        let mut progress = Self::default();
        let query = "SELECT status, sum(cases) AS cases FROM case_counts \
                     WHERE ?1 IS NULL OR batch = ?1 GROUP BY status";
        let mut statement = connection.prepare_cached(query)?;
        let mut rows = statement.query([batch])?;
        while let Some(row) = rows.next()? {
            let count = row.get::<_, i64>("cases")?.unsigned_abs();
            progress.cases += count;
            match CaseStatus::read(row, "status")? {
                CaseStatus::Open => progress.open += count,
                CaseStatus::Decided => progress.decided += count,
                CaseStatus::Conflict => progress.conflicts += count,
            }
        }
        let query = "SELECT coalesce(sum(cases), 0) AS mine FROM person_counts \
                     WHERE person = ?1 AND kind = 'answer' AND (?2 IS NULL OR batch = ?2)";
        let mine = connection
            .prepare_cached(query)?
            .query_row((&reviewer.name, batch), |row| row.get("mine"));
        progress.mine = mine.map(i64::unsigned_abs)?;
        Ok(progress)
    }
}
