//! Saving an answer, a skip or an adjudication.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::case::Stored;
use super::facts::keys;
use super::fold::{Answer, COLUMNS, Entry, History, Kind, Status, cell};
use super::queue::Queue;
use super::refusal::Outdated;
use super::store::{Store, now};
use super::{Progress, Refusal};
use crate::artifact::Model;

/// A decision of a reviewer on a case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// Made by the client, anew for each action: the same twice is one row.
    pub request_id: String,
    /// Who decides.
    pub reviewer: String,
    /// The queue in which the case was shown.
    pub queue: Queue,
    /// Id of the case.
    pub case: String,
    /// The state on which the decision is based, see
    /// [`CaseView::version`](super::CaseView::version).
    pub version: i64,
    /// What it is; not [`Kind::Undo`].
    pub kind: Kind,
    /// Keys of trends; needed unless the case is skipped.
    pub trends: Option<Vec<String>>,
    /// A note.
    #[serde(default)]
    pub note: String,
    /// Version of the suggestion that was shown; the present one's if not given.
    pub model: Option<String>,
}

/// A decision that is on disk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Saved {
    /// As it was saved.
    pub decision: Answer,
    /// Whether the request id was known, and nothing was saved anew.
    pub repeated: bool,
    /// The state of the case after it.
    pub version: i64,
    /// How far the case is.
    pub status: Status,
    /// How far the review is.
    pub progress: Progress,
}

/// The longest note, in bytes.
const LONGEST_NOTE: usize = 16_000;

impl Store {
    /// Saves a decision; it is on disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`Refusal::Outdated`] if the case was decided after the state that the
    /// request names, [`Refusal::Invalid`] if a member cannot be,
    /// [`Refusal::NoCase`], [`Refusal::RequestIdReused`], and
    /// [`Refusal::NotAllowed`] for an adjudication where there is no conflict.
    pub fn decide(
        &self,
        request: &DecisionRequest,
        model: Option<&Model>,
    ) -> Result<Saved, Refusal> {
        check_names(&request.request_id, &request.reviewer)?;
        let trends = self.checked_trends(request)?;
        let asked = request.clone();
        let outcome = self.change(move |connection| decide(connection, &asked, trends));
        let Some((number, saved)) = outcome? else {
            return Err(self.outdated(request, model)?);
        };
        // A skipped or answered case is free for others.
        self.claims.release(number, &request.reviewer);
        Ok(saved)
    }

    fn checked_trends(&self, request: &DecisionRequest) -> Result<Option<String>, Refusal> {
        let invalid = |field, reason: String| Err(Refusal::Invalid { field, reason });
        if request.note.len() > LONGEST_NOTE {
            return invalid("note", format!("it is longer than {LONGEST_NOTE} bytes"));
        }
        match (request.kind, &request.trends) {
            (Kind::Undo, _) => invalid("kind", "undo with its own request".into()),
            (Kind::Skip, _) => Ok(None),
            (_, None) => {
                invalid("trends", "give a list of keys, an empty one if none applies".into())
            }
            (_, Some(given)) => {
                let known = keys(&self.known_taxonomy()?);
                if let Some(other) = given.iter().find(|key| !known.contains(key)) {
                    return invalid("trends", format!("there is no trend \"{other}\""));
                }
                let ordered: Vec<&String> = known.iter().filter(|k| given.contains(k)).collect();
                Ok(Some(cell(&ordered)))
            }
        }
    }

    /// Both versions of a case that was decided meanwhile.
    fn outdated(
        &self,
        request: &DecisionRequest,
        model: Option<&Model>,
    ) -> Result<Refusal, Refusal> {
        let now = SystemTime::now();
        self.read_or(|connection| {
            let stored = Stored::load(connection, &request.case)?;
            let history = History::load(connection, stored.number)?;
            let seen = history.last_seen(&request.reviewer, stored.wanted);
            let mine = Answer {
                decision: 0,
                reviewer: request.reviewer.clone(),
                trends: request.trends.clone().unwrap_or_default(),
                note: request.note.clone(),
                kind: request.kind,
                queue: request.queue.name().to_owned(),
                time: None,
                model: request.model.clone().unwrap_or_else(|| stored.model.clone()),
            };
            let current = seen.map(|entry| entry.answer.clone());
            let case = self.view(connection, &stored, &request.reviewer, model, now)?;
            Ok(Refusal::Outdated(Box::new(Outdated { mine, current, case })))
        })
    }
}

/// The number of the case and the saved decision, or `None` if the state it is
/// based on is outdated.
fn decide(
    connection: &Connection,
    request: &DecisionRequest,
    trends: Option<String>,
) -> Result<Option<(i64, Saved)>, Refusal> {
    let stored = Stored::load(connection, &request.case)?;
    let mut repeated = true;
    let mut earlier = known(connection, &request.request_id)?;
    if earlier.is_empty() {
        let history = History::load(connection, stored.number)?;
        if history.version(&request.reviewer, stored.wanted) != request.version {
            return Ok(None);
        }
        if request.kind == Kind::Adjudication && history.answers().len() < 2 {
            let reason = "only a case that two reviewers answered can be adjudicated";
            return Err(Refusal::NotAllowed(reason.into()));
        }
        repeated = false;
        let new = NewDecision {
            request: &request.request_id,
            part: 0,
            reviewer: &request.reviewer,
            kind: request.kind,
            trends: trends.as_deref(),
            note: &request.note,
            queue: request.queue.name(),
            time: &now(),
            model: request.model.as_deref(),
            undoes: None,
            blind: None,
        };
        new.insert(connection, &stored, &history)?;
        earlier = known(connection, &request.request_id)?;
    }
    let Some((case, saved)) = earlier.into_iter().next() else {
        return Err(rusqlite::Error::QueryReturnedNoRows.into());
    };
    let same = case == stored.number
        && saved.answer.reviewer == request.reviewer
        && saved.answer.kind == request.kind;
    if !same {
        return Err(Refusal::RequestIdReused);
    }
    let history = History::load(connection, stored.number)?;
    let saved = Saved {
        decision: saved.answer,
        repeated,
        version: history.version(&request.reviewer, stored.wanted),
        status: history.outcome(stored.wanted).0,
        progress: Progress::load(connection, &request.reviewer)?,
    };
    Ok(Some((stored.number, saved)))
}

/// A decision on its way into the database.
pub(super) struct NewDecision<'d> {
    pub(super) request: &'d str,
    /// Position among the decisions of one request.
    pub(super) part: usize,
    pub(super) reviewer: &'d str,
    pub(super) kind: Kind,
    pub(super) trends: Option<&'d str>,
    pub(super) note: &'d str,
    pub(super) queue: &'d str,
    pub(super) time: &'d str,
    /// The model of the suggestion that was shown; the case's if `None`.
    pub(super) model: Option<&'d str>,
    pub(super) undoes: Option<i64>,
    /// Whether no other answer could be seen; found out if `None`.
    pub(super) blind: Option<bool>,
}

impl NewDecision<'_> {
    /// Adds the row, and brings what follows from the decisions up to date.
    pub(super) fn insert(
        &self,
        connection: &Connection,
        stored: &Stored,
        history: &History,
    ) -> Result<(), Refusal> {
        let model = self.model.unwrap_or(&stored.model);
        let blind =
            self.blind.unwrap_or_else(|| !history.could_see_others(self.reviewer, stored.wanted));
        let mut insert = connection.prepare_cached(
            "INSERT INTO decisions (request, part, case_number, reviewer, kind, trends, note, queue, \
             time, model, shown, blind, undoes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, \
             (SELECT probabilities FROM suggestions WHERE case_number = ?3 AND model = ?10 AND ?11), \
             ?12, ?13)",
        )?;
        let known = Self::knows_model(connection, stored.number, model)?;
        if !known {
            let reason = format!("no model \"{model}\" made a suggestion for the case");
            return Err(Refusal::Invalid { field: "model", reason });
        }
        insert.execute(rusqlite::params![
            self.request,
            self.part as i64,
            stored.number,
            self.reviewer,
            self.kind.name(),
            self.trends,
            self.note,
            self.queue,
            self.time,
            model,
            stored.revealed && self.queue != super::import::QUEUE,
            blind,
            self.undoes
        ])?;
        bring_up_to_date(connection, stored, self.reviewer)
    }

    fn knows_model(connection: &Connection, case: i64, model: &str) -> rusqlite::Result<bool> {
        let query = "SELECT 1 FROM suggestions WHERE case_number = ? AND model = ?";
        connection.prepare_cached(query)?.exists((case, model))
    }
}

/// Brings up to date what follows from the decisions on a case, after one of a
/// reviewer.
fn bring_up_to_date(
    connection: &Connection,
    stored: &Stored,
    reviewer: &str,
) -> Result<(), Refusal> {
    let history = History::load(connection, stored.number)?;
    let (status, outcome) = history.outcome(stored.wanted);
    let answered = history.entries().iter().any(|entry| entry.answer.kind == Kind::Answer);
    let mut update = connection.prepare_cached(
        "UPDATE cases SET status = ?, answers = ?, final = ?, revealed = ? WHERE number = ?",
    )?;
    update.execute(rusqlite::params![
        status.name(),
        history.answers().len() as i64,
        outcome.map(cell),
        !stored.audit || answered,
        stored.number
    ])?;
    if let Some(answer) = history.of(reviewer) {
        let query =
            "INSERT OR REPLACE INTO standing (reviewer, case_number, kind) VALUES (?, ?, ?)";
        let row = (reviewer, stored.number, answer.kind.name());
        connection.prepare_cached(query)?.execute(row)?;
    } else {
        let query = "DELETE FROM standing WHERE reviewer = ? AND case_number = ?";
        connection.prepare_cached(query)?.execute((reviewer, stored.number))?;
    }
    Ok(())
}

/// The decisions that a request made, with the numbers of their cases.
pub(super) fn known(connection: &Connection, request: &str) -> rusqlite::Result<Vec<(i64, Entry)>> {
    let query =
        format!("SELECT {COLUMNS}, case_number FROM decisions WHERE request = ? ORDER BY part");
    let mut statement = connection.prepare_cached(&query)?;
    let entries = statement.query_map([request], |row| Ok((row.get(11)?, Entry::read(row)?)))?;
    entries.collect()
}

/// The number of a case by its id.
pub(super) fn number_of(connection: &Connection, id: &str) -> Result<i64, Refusal> {
    let mut statement = connection.prepare_cached("SELECT number FROM cases WHERE id = ?")?;
    let found = statement.query_row([id], |row| row.get(0)).optional()?;
    found.ok_or_else(|| Refusal::NoCase(id.to_owned()))
}

/// The id of a case by its number.
pub(super) fn id_of(connection: &Connection, number: i64) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT id FROM cases WHERE number = ?")?;
    statement.query_row([number], |row| row.get(0)).optional()
}

/// Whether names are fit to be kept.
pub(super) fn check_names(request_id: &str, reviewer: &str) -> Result<(), Refusal> {
    let invalid = |field, reason: &str| Err(Refusal::Invalid { field, reason: reason.into() });
    if !(8..=100).contains(&request_id.len()) || request_id.chars().any(char::is_control) {
        return invalid("request_id", "give 8 to 100 signs");
    }
    check_reviewer(reviewer)?;
    Ok(())
}

pub(super) fn check_reviewer(reviewer: &str) -> Result<(), Refusal> {
    let length = reviewer.chars().count();
    if !(1..=80).contains(&length)
        || reviewer.trim() != reviewer
        || reviewer.chars().any(char::is_control)
    {
        let reason = "give a name of 1 to 80 signs, without spaces around it".into();
        return Err(Refusal::Invalid { field: "reviewer", reason });
    }
    Ok(())
}
