//! How far the review is, and how long the queues are.

use std::time::SystemTime;

use rusqlite::Connection;
use serde::Serialize;

use crate::review::db::condition::Condition;
use crate::review::db::progress::Progress;
use crate::review::db::queue::{Queue, skipped_conflict};
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::check_reviewer;
use crate::review::db::store::Store;

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

impl Store {
    /// How far the review is, and how long the queues are for a reviewer.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid.
    pub fn queues(&self, reviewer: &str) -> Result<Queues, Refusal> {
        check_reviewer(reviewer)?;
        self.read_or(|connection| self.queues_in(connection, reviewer, SystemTime::now()))
    }

    pub(crate) fn queues_in(
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
                let mut wanted = Condition::new(reviewer, Some(name));
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
/// quicker: all that are open less those they have dealt with.
fn open(connection: &Connection, reviewer: &str, queue: Queue) -> rusqlite::Result<u64> {
    let revealed = match queue {
        Queue::Conflict => return Condition::new(reviewer, Some(queue)).count(connection),
        Queue::BlindCheck => 0,
        Queue::Uncertain | Queue::All => 1,
    };
    let query = "SELECT (SELECT count(*) FROM cases WHERE status = 'open' AND revealed = ?1) - \
                 (SELECT count(*) FROM standing m JOIN cases c ON c.number = m.case_number \
                  WHERE m.reviewer = ?2 AND c.status = 'open' AND c.revealed = ?1) AS open";
    let open: i64 =
        connection.prepare_cached(query)?.query_row((revealed, reviewer), |row| row.get("open"))?;
    Ok(open.unsigned_abs())
}

fn skipped(connection: &Connection, reviewer: &str, queue: Queue) -> rusqlite::Result<u64> {
    let condition = match queue {
        Queue::Conflict => format!("c.status = 'conflict' AND {}", skipped_conflict()),
        Queue::BlindCheck => "c.status = 'open' AND c.revealed = 0".to_owned(),
        Queue::Uncertain | Queue::All => "c.status = 'open' AND c.revealed = 1".to_owned(),
    };
    let query = format!(
        "SELECT count(*) AS skipped FROM standing m JOIN cases c ON c.number = m.case_number \
         WHERE m.reviewer = :me AND (m.kind = 'skip' OR c.status = 'conflict') AND {condition}"
    );
    let me = [(":me", reviewer)];
    let skipped: i64 =
        connection.prepare_cached(&query)?.query_row(&me, |row| row.get("skipped"))?;
    Ok(skipped.unsigned_abs())
}
