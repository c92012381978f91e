//! The next case of a queue for a reviewer.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::case::CaseView;
use super::queues::Queues;
use crate::review::db::batch::narrowed;
use crate::review::db::clock::time_of;
use crate::review::db::condition::{Condition, Filter, LONGEST_SEARCH};
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::{Reviewer, who_answered};
use crate::review::db::store::Store;
use crate::review::db::stored_case::{StoredCase, number_of};
use crate::review::strict::object;
use crate::tagger::Model;

/// A request for the next case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextRequest {
    /// Who asks.
    pub reviewer: String,
    /// The queue.
    pub queue: Queue,
    /// Only cases that match.
    #[serde(default, deserialize_with = "object")]
    pub filter: Filter,
    /// Id of a case: only cases after it in the order of the queue.
    pub after: Option<String>,
    /// Id of a case: only cases before it, the nearest first.
    pub before: Option<String>,
    /// Id of a case that the reviewer releases.
    pub release: Option<String>,
}

/// The next case, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Next {
    /// Whether there is a next case.
    pub state: NextState,
    /// The case.
    pub case: Option<CaseView>,
    /// If others hold the rest, the latest time at which the first of these cases is
    /// released.
    pub held_until: Option<String>,
    /// Progress and lengths of the queues.
    pub queues: Queues,
}

/// Whether there is a next case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NextState {
    /// There is one, and it is held for the reviewer.
    Case,
    /// Nothing waits in the queue.
    Empty,
    /// Cases wait, but none matches.
    NoMatch,
    /// Others hold the waiting cases.
    Held,
    /// Nothing waits after (or before) the named case.
    End,
}

impl Store {
    /// Returns the next case of a queue and holds it for the reviewer. A case that they
    /// already hold comes first, so that a reload shows it again.
    ///
    /// # Errors
    /// [`Refusal::NoCase`] if a case that the request names does not exist.
    pub fn next(&self, request: &NextRequest, model: Option<&Model>) -> Result<Next, Refusal> {
        self.next_at(request, model, Instant::now())
    }

    pub(crate) fn next_at(
        &self,
        request: &NextRequest,
        model: Option<&Model>,
        now: Instant,
    ) -> Result<Next, Refusal> {
        let me = &self.read_or(|connection| Reviewer::find(connection, &request.reviewer))?;
        if let Some(id) = &request.release {
            let number = self.read_or(|connection| number_of(connection, id))?;
            self.claims.release(number, me);
        }
        loop {
            let found = self.read_within(LONGEST_SEARCH, |connection| {
                self.find(connection, request, me, now)
            })?;
            let Some(number) = found else {
                return self.read_within(LONGEST_SEARCH, |connection| {
                    self.no_case(connection, request, me, now)
                });
            };
            // The case may have been answered before it was held, so fewer answers may be
            // needed.
            let next = self.read_or(|connection| {
                let answered = who_answered(connection, number)?;
                let hold =
                    |number, room| self.claims.hold(number, me, (room, &answered), now).is_ok();
                let mut wanted = Condition::new(me, Some(request.queue));
                wanted.condition("c.number = :number");
                wanted.value(":number", number);
                let Some(number) = wanted.first(connection, "", hold)? else {
                    return Ok(None);
                };
                let stored = StoredCase::by_number(connection, number)?;
                let case = self.view(connection, &stored, me, model, now)?;
                let queues = self.queues_of(connection, request, me, now)?;
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
        me: &Reviewer,
        now: Instant,
    ) -> Result<Option<i64>, Refusal> {
        let mut wanted = Condition::new(me, Some(request.queue));
        wanted.filter(&request.filter);
        let hold = |number, room| self.claims.hold(number, me, (room, &[]), now).is_ok();
        let at = |id: &str| -> Result<(f64, i64), Refusal> {
            let query = "SELECT priority, number FROM cases WHERE id = ?";
            let mut statement = connection.prepare_cached(query)?;
            let at = statement
                .query_row([id], |row| Ok((row.get("priority")?, row.get("number")?)))
                .optional()?;
            at.ok_or_else(|| Refusal::NoCase(id.to_owned()))
        };
        let (forward, backward) = request.queue.orders();
        let (id, sign, order) = match (&request.after, &request.before) {
            (Some(id), _) => (id, ">", forward),
            (None, Some(id)) => (id, "<", backward),
            (None, None) => {
                for number in self.claims.of(me, now) {
                    let mut held = Condition::new(me, Some(request.queue));
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

    fn queues_of(
        &self,
        connection: &Connection,
        request: &NextRequest,
        me: &Reviewer,
        now: Instant,
    ) -> Result<Queues, Refusal> {
        let batch = narrowed(connection, request.filter.batch.as_deref())?;
        self.queues_in(connection, me, batch, now)
    }

    /// Returns why there is no case.
    fn no_case(
        &self,
        connection: &Connection,
        request: &NextRequest,
        me: &Reviewer,
        now: Instant,
    ) -> Result<Next, Refusal> {
        let count = |filter: &Filter| {
            let mut wanted = Condition::new(me, Some(request.queue));
            wanted.filter(filter);
            wanted.count(connection)
        };
        let waiting = count(&request.filter.of_batch())?;
        let matching = count(&request.filter)?;
        let moved = request.after.is_some() || request.before.is_some();
        let state = match (waiting, matching) {
            (0, _) => NextState::Empty,
            (_, 0) => NextState::NoMatch,
            _ if moved => NextState::End,
            _ => NextState::Held,
        };
        let claims = self.claims.of_others(me, now);
        let until = claims.iter().flat_map(|case| self.claims.others(*case, me, now));
        let until = until.map(|claim| claim.until).min().filter(|_| state == NextState::Held);
        let queues = self.queues_of(connection, request, me, now)?;
        Ok(Next { state, case: None, held_until: until.map(time_of), queues })
    }
}
