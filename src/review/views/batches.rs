//! The batches of a review, and the journal of what became of them.

use rusqlite::Connection;
use schemars::JsonSchema;
use serde::Serialize;

use crate::review::db::refusal::Refusal;
use crate::review::db::store::Store;

/// The batches, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Batches {
    /// The batches of the review, in the order added.
    pub batches: Vec<Batch>,
    /// Those that were withdrawn and can be brought back, the last one first.
    pub withdrawn: Vec<WithdrawnBatch>,
    /// What became of batches, the latest first.
    pub journal: Vec<JournalEntry>,
}

/// A batch: cases that were added under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Batch {
    /// Its name.
    pub name: String,
    /// When its first cases were added, in UTC.
    pub added: String,
    /// Its cases.
    pub cases: u64,
    /// Those that are decided.
    pub decided: u64,
    /// Cases on which reviewers disagree.
    pub conflicts: u64,
    /// The others.
    pub open: u64,
}

/// A batch that was withdrawn, which the database keeps until the next backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WithdrawnBatch {
    /// Its name.
    pub name: String,
    /// When it was withdrawn, in UTC.
    pub withdrawn: String,
    /// Its cases.
    pub cases: u64,
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JournalEntry {
    /// When it was written, in UTC.
    pub time: String,
    /// `added`, `withdrawn`, `restored`, or `dropped` after a backup.
    pub event: String,
    /// The name of the batch.
    pub batch: String,
    /// How many cases it concerns.
    pub cases: u64,
    /// How many answers to them.
    pub answers: u64,
    /// Who did it, if that is known.
    pub reviewer: Option<String>,
}

/// Lines of the journal that are shown.
const LINES: i64 = 200;

impl Store {
    /// Returns the batches of the review, and the last lines of the journal.
    ///
    /// # Errors
    /// [`Refusal::Database`].
    pub fn batches(&self) -> Result<Batches, Refusal> {
        self.read_or(|connection| {
            Ok(Batches {
                batches: present(connection)?,
                withdrawn: withdrawn(connection)?,
                journal: journal(connection)?,
            })
        })
    }
}

fn present(connection: &Connection) -> rusqlite::Result<Vec<Batch>> {
    let query = "SELECT b.name, b.added, sum(n.cases) AS cases, \
                 sum(n.cases * (n.status = 'decided')) AS decided, \
                 sum(n.cases * (n.status = 'conflict')) AS conflicts \
                 FROM batches b JOIN case_counts n ON n.batch = b.number \
                 WHERE b.withdrawn IS NULL GROUP BY b.number HAVING sum(n.cases) > 0 \
                 ORDER BY b.number";
    let mut statement = connection.prepare_cached(query)?;
    let batches = statement.query_map([], |row| {
        let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let (cases, decided, conflicts) = (count("cases")?, count("decided")?, count("conflicts")?);
        let open = cases.saturating_sub(decided + conflicts);
        let (name, added) = (row.get("name")?, row.get("added")?);
        Ok(Batch { name, added, cases, decided, conflicts, open })
    })?;
    batches.collect()
}

fn withdrawn(connection: &Connection) -> rusqlite::Result<Vec<WithdrawnBatch>> {
    let query = "SELECT b.name, b.withdrawn, count(*) AS cases FROM batches b \
                 JOIN withdrawn_cases c ON c.batch = b.number \
                 GROUP BY b.number ORDER BY b.withdrawn DESC";
    let mut statement = connection.prepare_cached(query)?;
    let batches = statement.query_map([], |row| {
        let cases = row.get::<_, i64>("cases")?.unsigned_abs();
        Ok(WithdrawnBatch { name: row.get("name")?, withdrawn: row.get("withdrawn")?, cases })
    })?;
    batches.collect()
}

fn journal(connection: &Connection) -> rusqlite::Result<Vec<JournalEntry>> {
    let query = "SELECT time, event, batch, cases, answers, person FROM journal \
                 ORDER BY number DESC LIMIT ?";
    let mut statement = connection.prepare_cached(query)?;
    let entries = statement.query_map([LINES], |row| {
        let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok(JournalEntry {
            time: row.get("time")?,
            event: row.get("event")?,
            batch: row.get("batch")?,
            cases: count("cases")?,
            answers: count("answers")?,
            reviewer: row.get("person")?,
        })
    })?;
    entries.collect()
}
