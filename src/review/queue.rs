//! The queues: which cases wait for a reviewer, and which comes next.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::case::{COLUMNS, CaseView, Stored};
use super::decide::number_of;
use super::list::{Filter, Wanted};
use super::store::{Store, time_text};
use super::undo::UNDONE;
use super::{Queues, Refusal, decide};
use crate::artifact::Model;

/// A queue of cases that wait for answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Queue {
    /// Those the model is least sure of first.
    Uncertain,
    /// Cases on which reviewers differ.
    Conflict,
    /// A random sample, answered without seeing the suggestion.
    Audit,
    /// In the order of adding.
    All,
}

/// What a reviewer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextRequest {
    /// Who asks.
    pub reviewer: String,
    /// From which queue.
    pub queue: Queue,
    /// Only cases that match.
    #[serde(default)]
    pub filter: Filter,
    /// Id of a case: only cases behind it in the order of the queue.
    pub after: Option<String>,
    /// Id of a case: only cases before it, the nearest first.
    pub before: Option<String>,
    /// Id of a case that the reviewer lets go.
    pub release: Option<String>,
}

/// The next case, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Next {
    /// Whether there is one.
    pub state: NextState,
    /// The case.
    pub case: Option<CaseView>,
    /// Where others hold the rest: when the first of them is free at the latest.
    pub held_until: Option<String>,
    /// Progress and lengths of the queues.
    pub queues: Queues,
}

/// Whether there is a next case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NextState {
    /// There is, and it is held for the reviewer.
    Case,
    /// Nothing waits in the queue.
    Empty,
    /// Something waits, but nothing that matches.
    NoMatch,
    /// Others hold what waits.
    Held,
    /// Nothing waits behind (or before) the case named.
    End,
}

impl Store {
    /// The next case of a queue, held for the reviewer; one that he holds
    /// already comes first, so that a reload shows it again.
    ///
    /// # Errors
    /// [`Refusal::NoCase`] if a case that the request names is not there.
    pub fn next(&self, request: &NextRequest, model: Option<&Model>) -> Result<Next, Refusal> {
        self.next_at(request, model, SystemTime::now())
    }

    pub(super) fn next_at(
        &self,
        request: &NextRequest,
        model: Option<&Model>,
        now: SystemTime,
    ) -> Result<Next, Refusal> {
        let me = request.reviewer.as_str();
        decide::check_reviewer(me)?;
        if let Some(id) = &request.release {
            self.release(id, me)?;
        }
        loop {
            let found = self.read_or(|connection| self.find(connection, request, now))?;
            let Some(number) = found else {
                return self.read_or(|connection| self.no_case(connection, request, now));
            };
            // It may have been decided between looking and holding.
            let next = self.read_or(|connection| {
                let mut wanted = Wanted::new(me, Some(request.queue));
                wanted.condition("c.number = :number");
                wanted.value(":number", number);
                let Some(stored) = wanted.stored(connection, "")?.into_iter().next() else {
                    return Ok(None);
                };
                let case = self.view(connection, &stored, me, model, now)?;
                let queues = self.queues_in(connection, me, now)?;
                let state = NextState::Case;
                Ok(Some(Next { state, case: Some(case), held_until: None, queues }))
            })?;
            if let Some(next) = next {
                return Ok(next);
            }
            self.claims.release(number, me);
        }
    }

    /// Holds the first case that can be held.
    fn find(
        &self,
        connection: &Connection,
        request: &NextRequest,
        now: SystemTime,
    ) -> Result<Option<i64>, Refusal> {
        let me = request.reviewer.as_str();
        let mut wanted = Wanted::new(me, Some(request.queue));
        wanted.filter(&request.filter);
        let hold = |number, room| self.claims.hold(number, me, room, now).is_ok();
        let at = |id: &str| -> Result<(f64, i64), Refusal> {
            let query = "SELECT priority, number FROM cases WHERE id = ?";
            let mut statement = connection.prepare_cached(query)?;
            let at = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            at.ok_or_else(|| Refusal::NoCase(id.to_owned()))
        };
        let (forward, backward) = request.queue.orders();
        let (id, sign, order) = match (&request.after, &request.before) {
            (Some(id), _) => (id, ">", forward),
            (None, Some(id)) => (id, "<", backward),
            (None, None) => {
                for number in self.claims.of(me, now) {
                    let mut held = Wanted::new(me, Some(request.queue));
                    held.filter(&request.filter);
                    held.condition("c.number = :number");
                    held.value(":number", number);
                    if let Some(number) = held.first(connection, "", hold)? {
                        return Ok(Some(number));
                    }
                }
                let tail = format!("ORDER BY {forward}");
                return Ok(wanted.first(connection, &tail, hold)?);
            }
        };
        let (priority, number) = at(id)?;
        if request.queue == Queue::Uncertain {
            wanted.condition(&format!("(c.priority, c.number) {sign} (:priority, :number)"));
            wanted.value(":priority", priority);
        } else {
            wanted.condition(&format!("c.number {sign} :number"));
        }
        wanted.value(":number", number);
        Ok(wanted.first(connection, &format!("ORDER BY {order}"), hold)?)
    }

    /// Why there is no case.
    fn no_case(
        &self,
        connection: &Connection,
        request: &NextRequest,
        now: SystemTime,
    ) -> Result<Next, Refusal> {
        let me = request.reviewer.as_str();
        let mut wanted = Wanted::new(me, Some(request.queue));
        let waiting = wanted.count(connection)?;
        wanted.filter(&request.filter);
        let matching = wanted.count(connection)?;
        let moved = request.after.is_some() || request.before.is_some();
        let state = match (waiting, matching) {
            (0, _) => NextState::Empty,
            (_, 0) => NextState::NoMatch,
            _ if moved => NextState::End,
            _ => NextState::Held,
        };
        let claims = self.claims.of_others(me, now);
        let until = claims.iter().flat_map(|case| self.claims.others(*case, me, now));
        let until = until.map(|(_, until)| until).min().filter(|_| state == NextState::Held);
        let queues = self.queues_in(connection, me, now)?;
        Ok(Next { state, case: None, held_until: until.map(time_text), queues })
    }

    /// Holds a case for a reviewer, or holds it longer; returns until when, UTC.
    ///
    /// # Errors
    /// [`Refusal::Held`] if others hold it, [`Refusal::NoCase`].
    pub fn hold(&self, case: &str, reviewer: &str) -> Result<String, Refusal> {
        decide::check_reviewer(reviewer)?;
        let (number, room) = self.read_or(|connection| {
            let query = "SELECT number, max(wanted - answers, 1) FROM cases WHERE id = ?";
            let mut statement = connection.prepare_cached(query)?;
            let found = statement
                .query_row([case], |row| Ok((row.get(0)?, usize::from(row.get::<_, u8>(1)?))));
            found.optional()?.ok_or_else(|| Refusal::NoCase(case.to_owned()))
        })?;
        match self.claims.hold(number, reviewer, room, SystemTime::now()) {
            Ok(until) => Ok(time_text(until)),
            Err((by, until)) => Err(Refusal::Held { by, until: time_text(until) }),
        }
    }

    /// Lets a case go.
    ///
    /// # Errors
    /// [`Refusal::NoCase`].
    pub fn release(&self, case: &str, reviewer: &str) -> Result<(), Refusal> {
        let number = self.read_or(|connection| number_of(connection, case))?;
        self.claims.release(number, reviewer);
        Ok(())
    }
}

impl Queue {
    /// All queues, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Uncertain, Self::Conflict, Self::Audit, Self::All];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uncertain => "uncertain",
            Self::Conflict => "conflict",
            Self::Audit => "audit",
            Self::All => "all",
        }
    }

    /// What a case `c` must meet to wait in the queue for the reviewer `:me`.
    pub(super) fn condition(self) -> String {
        let revealed = match self {
            // Who has answered may settle too; a skip counts if it was meant for
            // the conflict.
            Self::Conflict => {
                return format!("c.status = 'conflict' AND NOT {}", skipped_conflict());
            }
            Self::Audit => 0,
            Self::Uncertain | Self::All => 1,
        };
        format!(
            "c.status = 'open' AND c.revealed = {revealed} AND NOT EXISTS (SELECT 1 \
             FROM standing m WHERE m.reviewer = :me AND m.case_number = c.number)"
        )
    }

    pub(super) const fn order(self) -> &'static str {
        self.orders().0
    }

    /// Forward and backward.
    const fn orders(self) -> (&'static str, &'static str) {
        match self {
            Self::Uncertain => ("c.priority, c.number", "c.priority DESC, c.number DESC"),
            _ => ("c.number", "c.number DESC"),
        }
    }
}

/// Whether the reviewer `:me` passed over the conflict on a case `c`.
pub(super) fn skipped_conflict() -> String {
    format!(
        "EXISTS (SELECT 1 FROM decisions d WHERE d.case_number = c.number AND d.reviewer = :me \
         AND d.kind = 'skip' AND d.queue = 'conflict' AND NOT {UNDONE})"
    )
}

/// The row of a case by its number.
pub(super) fn by_number(connection: &Connection, number: i64) -> rusqlite::Result<Stored> {
    let query = format!("SELECT {COLUMNS} FROM cases c WHERE c.number = ?");
    connection.prepare_cached(&query)?.query_row([number], Stored::read)
}
