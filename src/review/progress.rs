//! How far the review is, and how long the queues are.

use std::time::SystemTime;

use rusqlite::Connection;
use serde::Serialize;

use super::fold::Status;
use super::list::Wanted;
use super::queue::{Queue, skipped_conflict};
use super::store::Store;
use super::{Refusal, decide};

/// How far the review is: `decided + conflicts + open = cases`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// All cases.
    pub cases: u64,
    /// Those with all answers that are wanted and no conflict.
    pub decided: u64,
    /// Those on which reviewers differ.
    pub conflicts: u64,
    /// The others.
    pub open: u64,
    /// Those that this reviewer answered.
    pub mine: u64,
}

/// Progress and the length of each queue, for a reviewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queues {
    /// How far the review is.
    pub progress: Progress,
    /// The queues.
    pub queues: Vec<QueueLength>,
}

/// The length of a queue, for a reviewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueLength {
    /// Which queue.
    pub name: Queue,
    /// Cases that wait in it, those held by others included.
    pub open: u64,
    /// Those of them that others hold now.
    pub held: u64,
    /// Cases that the reviewer skipped; they are not among the open.
    pub skipped: u64,
}

impl Progress {
    pub(super) fn load(connection: &Connection, reviewer: &str) -> rusqlite::Result<Self> {
        let mut progress = Self::default();
        let query = "SELECT status, count(*) FROM cases GROUP BY status";
        let mut statement = connection.prepare_cached(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let count = row.get::<_, i64>(1)?.unsigned_abs();
            progress.cases += count;
            match Status::named(row.get_ref(0)?.as_str()?) {
                Status::Open => progress.open += count,
                Status::Decided => progress.decided += count,
                Status::Conflict => progress.conflicts += count,
            }
        }
        let query = "SELECT count(*) FROM standing WHERE reviewer = ? AND kind = 'answer'";
        let mine = connection.prepare_cached(query)?.query_row([reviewer], |row| row.get(0));
        progress.mine = mine.map(i64::unsigned_abs)?;
        Ok(progress)
    }
}

impl Store {
    /// How far the review is, and how long the queues are for a reviewer.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a name that cannot be.
    pub fn queues(&self, reviewer: &str) -> Result<Queues, Refusal> {
        decide::check_reviewer(reviewer)?;
        self.read_or(|connection| self.queues_in(connection, reviewer, SystemTime::now()))
    }

    pub(super) fn queues_in(
        &self,
        connection: &Connection,
        reviewer: &str,
        now: SystemTime,
    ) -> Result<Queues, Refusal> {
        let progress = Progress::load(connection, reviewer)?;
        let held = self.claims.of_others(reviewer, now);
        let mut queues = Vec::with_capacity(Queue::ALL.len());
        for name in Queue::ALL {
            let mut full = 0;
            for &case in &held {
                let mut wanted = Wanted::new(reviewer, Some(name));
                wanted.condition("c.number = :number");
                wanted.value(":number", case);
                let others = self.claims.others(case, reviewer, now).len();
                let is_full = wanted.first(connection, "", |_, room| others >= room)?;
                full += u64::from(is_full.is_some());
            }
            let open = open(connection, reviewer, name)?;
            let skipped = skipped(connection, reviewer, name)?;
            queues.push(QueueLength { name, open, held: full, skipped });
        }
        Ok(Queues { progress, queues })
    }
}

/// The cases of a queue that wait for a reviewer. As [`Queue::condition`], but
/// quicker: all that are open less those he has dealt with.
fn open(connection: &Connection, reviewer: &str, queue: Queue) -> rusqlite::Result<u64> {
    let revealed = match queue {
        Queue::Conflict => return Wanted::new(reviewer, Some(queue)).count(connection),
        Queue::Audit => 0,
        Queue::Uncertain | Queue::All => 1,
    };
    let query = "SELECT (SELECT count(*) FROM cases WHERE status = 'open' AND revealed = ?1) - \
                 (SELECT count(*) FROM standing m JOIN cases c ON c.number = m.case_number \
                  WHERE m.reviewer = ?2 AND c.status = 'open' AND c.revealed = ?1)";
    let open: i64 =
        connection.prepare_cached(query)?.query_row((revealed, reviewer), |row| row.get(0))?;
    Ok(open.unsigned_abs())
}

fn skipped(connection: &Connection, reviewer: &str, queue: Queue) -> rusqlite::Result<u64> {
    let condition = match queue {
        Queue::Conflict => format!("c.status = 'conflict' AND {}", skipped_conflict()),
        Queue::Audit => "c.status = 'open' AND c.revealed = 0".to_owned(),
        Queue::Uncertain | Queue::All => "c.status = 'open' AND c.revealed = 1".to_owned(),
    };
    let query = format!(
        "SELECT count(*) FROM standing m JOIN cases c ON c.number = m.case_number \
         WHERE m.reviewer = :me AND (m.kind = 'skip' OR c.status = 'conflict') AND {condition}"
    );
    let me = [(":me", reviewer)];
    let skipped: i64 = connection.prepare_cached(&query)?.query_row(&me, |row| row.get(0))?;
    Ok(skipped.unsigned_abs())
}
