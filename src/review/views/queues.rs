//! The progress of the review, and the lengths of the queues.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use crate::review::db::batch::narrowed;
use crate::review::db::decision::CaseStatus;
use crate::review::db::progress::Progress;
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::store::Store;

/// Progress and the length of each queue, for a reviewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queues {
    /// Progress of the review.
    pub progress: Progress,
    /// The queues.
    pub queues: Vec<QueueLength>,
}

/// The length of a queue, for a reviewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueLength {
    /// The queue.
    pub name: Queue,
    /// Number of cases that wait in it, including those held by others.
    pub open: u64,
    /// Number of these that others currently hold.
    pub held: u64,
    /// Number of cases that the reviewer skipped, which are not counted as open.
    pub skipped: u64,
}

/// The state of a case for the queues.
#[derive(Debug, Clone, Copy, PartialEq)]
struct State {
    status: CaseStatus,
    revealed: bool,
}

/// A case that others hold.
struct HeldCase {
    state: State,
    /// Whether the reviewer has handled it.
    dealt_with: bool,
    skipped_conflict: bool,
    /// Whether no further reviewer can take it.
    full: bool,
    /// Whether it was never asked about some trends.
    unasked: bool,
}

/// Counts that the triggers of the database maintain: all cases in a state, and those
/// that a reviewer has handled.
struct Counts {
    all: Vec<(State, i64)>,
    /// By the kind of the last decision, and whether the conflict was skipped.
    own: Vec<(State, bool, bool, i64)>,
    /// Decided cases that were never asked about some trends: those that the reviewer has
    /// not skipped, and those that they have.
    unasked: [u64; 2],
}

impl Store {
    /// Returns the progress of the review or of a batch, and the lengths of the queues for
    /// a reviewer.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid, [`Refusal::Unknown`] if there is no such
    /// batch.
    pub fn queues(&self, reviewer: &str, batch: Option<&str>) -> Result<Queues, Refusal> {
        self.read_or(|connection| {
            let me = Reviewer::find(connection, reviewer)?;
            let batch = narrowed(connection, batch)?;
            self.queues_in(connection, &me, batch, Instant::now())
        })
    }

    pub(crate) fn queues_in(
        &self,
        connection: &Connection,
        me: &Reviewer,
        batch: Option<i64>,
        now: Instant,
    ) -> Result<Queues, Refusal> {
        let progress = Progress::load(connection, me, batch)?;
        let counts = Counts::load(connection, me, batch)?;
        let mut held = Vec::new();
        for case in self.claims.of_others(me, now) {
            let others = self.claims.others(case, me, now).len();
            held.extend(held_case(connection, case, me, batch, others)?);
        }
        let length = |name: Queue| QueueLength {
            name,
            open: counts.open(name),
            held: held.iter().filter(|case| case.full && case.waits_in(name)).count() as u64,
            skipped: counts.skipped(name),
        };
        Ok(Queues { progress, queues: Queue::ALL.map(length).to_vec() })
    }
}

impl State {
    /// Returns whether cases in this state are in a queue.
    fn is_in(self, queue: Queue) -> bool {
        match queue {
            Queue::Conflict => self.status == CaseStatus::Conflict,
            Queue::BlindCheck => self.status == CaseStatus::Open && !self.revealed,
            Queue::NewTrends => self.status == CaseStatus::Decided,
            Queue::Uncertain | Queue::All => self.status == CaseStatus::Open,
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { status: CaseStatus::read(row, "status")?, revealed: row.get("revealed")? })
    }
}

impl HeldCase {
    /// As [`Queue::condition`].
    fn waits_in(&self, queue: Queue) -> bool {
        let passed = match queue {
            Queue::Conflict => self.skipped_conflict,
            Queue::NewTrends => self.skipped_conflict || !self.unasked,
            _ => self.dealt_with,
        };
        self.state.is_in(queue) && !passed
    }
}

impl Counts {
    fn load(connection: &Connection, me: &Reviewer, batch: Option<i64>) -> rusqlite::Result<Self> {
        let query = "SELECT status, revealed, cases FROM case_counts \
                     WHERE ?1 IS NULL OR batch = ?1";
        let mut statement = connection.prepare_cached(query)?;
        let all = statement.query_map([batch], |row| Ok((State::read(row)?, row.get("cases")?)))?;
        let query = "SELECT status, revealed, kind = 'skip' AS skipped, skipped_conflict, cases \
                     FROM person_counts WHERE person = ?1 AND (?2 IS NULL OR batch = ?2)";
        let mut statement = connection.prepare_cached(query)?;
        let own = statement.query_map((&me.name, batch), |row| {
            let (skipped, conflict) = (row.get("skipped")?, row.get("skipped_conflict")?);
            Ok((State::read(row)?, skipped, conflict, row.get("cases")?))
        })?;
        Ok(Self {
            all: all.collect::<rusqlite::Result<_>>()?,
            own: own.collect::<rusqlite::Result<_>>()?,
            unasked: unasked(connection, me, batch)?,
        })
    }

    /// Returns the cases of a queue that wait for the reviewer: all cases minus those that they
    /// have handled.
    fn open(&self, queue: Queue) -> u64 {
        if queue == Queue::NewTrends {
            return self.unasked[0];
        }
        let all = self.all.iter().filter(|(state, _)| state.is_in(queue)).map(|(_, cases)| cases);
        let passed = self.own.iter().filter(|(state, _, skipped_conflict, _)| {
            state.is_in(queue) && (queue != Queue::Conflict || *skipped_conflict)
        });
        let open = all.sum::<i64>() - passed.map(|(.., cases)| cases).sum::<i64>();
        u64::try_from(open).unwrap_or(0)
    }

    /// Returns the cases of a queue that the reviewer skipped.
    fn skipped(&self, queue: Queue) -> u64 {
        if queue == Queue::NewTrends {
            return self.unasked[1];
        }
        let skipped = self.own.iter().filter(|(state, skipped, skipped_conflict, _)| {
            let counts = if queue == Queue::Conflict { *skipped_conflict } else { *skipped };
            state.is_in(queue) && counts
        });
        u64::try_from(skipped.map(|(.., cases)| cases).sum::<i64>()).unwrap_or(0)
    }
}

/// Counts the cases of the queue of new trends that a reviewer has not skipped, and those
/// that they have. There are none of either but after a change of the taxonomy.
fn unasked(
    connection: &Connection,
    me: &Reviewer,
    batch: Option<i64>,
) -> rusqlite::Result<[u64; 2]> {
    let query = "SELECT count(*) AS cases, coalesce(sum(EXISTS (SELECT 1 FROM standing m \
                 WHERE m.person = ?1 AND m.case_number = c.number AND m.skipped_conflict)), 0) \
                 AS skipped FROM cases c INDEXED BY cases_with_unasked \
                 WHERE c.unasked IS NOT NULL AND c.status = 'decided' \
                 AND (?2 IS NULL OR c.batch = ?2)";
    let [cases, skipped]: [i64; 2] = connection
        .prepare_cached(query)?
        .query_row((&me.name, batch), |row| Ok([row.get("cases")?, row.get("skipped")?]))?;
    Ok([cases - skipped, skipped].map(i64::unsigned_abs))
}

/// Returns a case that `others` reviewers hold; `None` if it no longer exists or is not in
/// the batch.
fn held_case(
    connection: &Connection,
    case: i64,
    me: &Reviewer,
    batch: Option<i64>,
    others: usize,
) -> rusqlite::Result<Option<HeldCase>> {
    let query = "SELECT c.status, c.revealed, max(c.wanted - c.answers, 1) AS room, \
                 m.case_number IS NOT NULL AS dealt_with, \
                 coalesce(m.skipped_conflict, 0) AS skipped_conflict, \
                 c.unasked IS NOT NULL AS unasked \
                 FROM cases c LEFT JOIN standing m ON m.person = ?1 AND m.case_number = c.number \
                 WHERE c.number = ?2 AND (?3 IS NULL OR c.batch = ?3)";
    let read = |row: &Row<'_>| {
        Ok(HeldCase {
            state: State::read(row)?,
            dealt_with: row.get("dealt_with")?,
            skipped_conflict: row.get("skipped_conflict")?,
            full: others >= usize::from(row.get::<_, u8>("room")?),
            unasked: row.get("unasked")?,
        })
    };
    connection.prepare_cached(query)?.query_row((&me.name, case, batch), read).optional()
}
