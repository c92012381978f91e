//! The progress of a review.

use rusqlite::Connection;
use serde::Serialize;

use super::decision::CaseStatus;
use super::reviewer::Reviewer;

/// Progress of the review: `decided + conflicts + open = cases`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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
    pub(crate) fn load(connection: &Connection, reviewer: &Reviewer) -> rusqlite::Result<Self> {
        let mut progress = Self::default();
        let query = "SELECT status, sum(cases) AS cases FROM case_counts GROUP BY status";
        let mut statement = connection.prepare_cached(query)?;
        let mut rows = statement.query([])?;
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
                     WHERE person = ? AND kind = 'answer'";
        let mine =
            connection.prepare_cached(query)?.query_row([&reviewer.name], |row| row.get("mine"));
        progress.mine = mine.map(i64::unsigned_abs)?;
        Ok(progress)
    }
}
