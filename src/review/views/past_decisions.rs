//! The last decisions of a reviewer.

use serde::Serialize;

use crate::review::db::decision::{Answer, DECISION_COLUMNS, StoredDecision};
use crate::review::db::queue::UNDONE;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::store::Store;
use crate::review::db::stored_case::StoredCase;

/// An entry in the list of recent decisions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastDecision {
    /// The decision.
    #[serde(flatten)]
    pub answer: Answer,
    /// Id of the case.
    pub case: String,
    /// The beginning of its text.
    pub title: String,
    /// The decision that it undoes.
    pub undoes: Option<i64>,
    /// Whether it was undone.
    pub undone: bool,
    /// Number of decisions of the same action, including this one.
    pub together: u64,
}

impl Store {
    /// Returns the last decisions of a reviewer, newest first, including undone ones. For an
    /// action that saved several, returns the first one. If given, only decisions with a
    /// number below `before`.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid.
    pub fn last_decisions(
        &self,
        reviewer: &str,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Vec<PastDecision>, Refusal> {
        self.read_or(|connection| {
            let me = Reviewer::find(connection, reviewer)?;
            let query = format!(
                "SELECT {DECISION_COLUMNS}, {UNDONE} AS undone, \
                 (SELECT count(*) FROM decisions b WHERE b.request = d.request) AS together \
                 FROM decisions d WHERE d.person = ? AND d.number < ? \
                 AND d.part = (SELECT min(b.part) FROM decisions b WHERE b.request = d.request) ORDER BY d.number DESC LIMIT ?"
            );
            let mut statement = connection.prepare_cached(&query)?;
            let mut rows = statement.query((&me.name, before.unwrap_or(i64::MAX), limit))?;
            let mut decisions = Vec::new();
            while let Some(row) = rows.next()? {
                let entry = StoredDecision::read(row)?;
                let stored = StoredCase::by_number(connection, entry.case_number)?;
                decisions.push(PastDecision {
                    answer: entry.answer,
                    title: stored.title,
                    case: stored.id,
                    undoes: entry.undoes,
                    undone: row.get("undone")?,
                    together: row.get::<_, i64>("together")?.unsigned_abs(),
                });
            }
            Ok(decisions)
        })
    }
}
