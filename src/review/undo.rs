//! Taking decisions back, and the list of the last ones.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::case::{CaseView, Stored};
use super::decide::{NewDecision, check_names, check_reviewer, id_of, known};
use super::fold::{Answer, COLUMNS, Entry, History, Kind};
use super::queue::by_number;
use super::store::{Store, now};
use super::{Progress, Refusal};
use crate::artifact::Model;

/// A reviewer takes a decision back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoRequest {
    /// Made by the client, anew for each action.
    pub request_id: String,
    /// Whose decision it is.
    pub reviewer: String,
    /// Number of the decision; his last action if not given.
    pub decision: Option<i64>,
}

/// What no longer stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Undone {
    /// The decisions.
    pub undone: Vec<UndoneDecision>,
    /// Whether the request id was known, and nothing was undone anew.
    pub repeated: bool,
    /// How far the review is.
    pub progress: Progress,
    /// The case to show again, if it was one.
    pub case: Option<CaseView>,
}

/// A decision that no longer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndoneDecision {
    /// Its number.
    pub decision: i64,
    /// Id of its case.
    pub case: String,
    /// What it was.
    pub kind: Kind,
}

/// A decision in the list of the last ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// What was decided.
    #[serde(flatten)]
    pub answer: Answer,
    /// Id of the case.
    pub case: String,
    /// The beginning of its text.
    pub title: String,
    /// The decision that it takes back.
    pub undoes: Option<i64>,
    /// Whether it was taken back.
    pub undone: bool,
    /// Whether it was saved together with others.
    pub bulk: bool,
}

/// Whether a decision `d` was taken back.
pub(super) const UNDONE: &str = "EXISTS (SELECT 1 FROM decisions u WHERE u.undoes = d.number)";

impl Store {
    /// Takes a decision, or the last action of a reviewer, back; a row says so,
    /// on disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`Refusal::NothingToUndo`], [`Refusal::NotAllowed`] for another's
    /// decision, [`Refusal::RequestIdReused`].
    pub fn undo(&self, request: &UndoRequest, model: Option<&Model>) -> Result<Undone, Refusal> {
        check_names(&request.request_id, &request.reviewer)?;
        let (asked, now) = (request.clone(), SystemTime::now());
        let mut undone = self.change(move |connection| undo(connection, &asked))?;
        if let [only] = &undone.undone[..] {
            // A hindrance only if others have it open: then it is shown all the same.
            _ = self.hold(&only.case, &request.reviewer);
            let view = |connection: &Connection| {
                let stored = Stored::load(connection, &only.case)?;
                self.view(connection, &stored, &request.reviewer, model, now)
            };
            undone.case = Some(self.read_or(view)?);
        }
        Ok(undone)
    }

    /// The last decisions of a reviewer, newest first, undone ones included;
    /// only those below the number `before`, if given.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a name that cannot be.
    pub fn last_decisions(
        &self,
        reviewer: &str,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Vec<Decision>, Refusal> {
        check_reviewer(reviewer)?;
        self.read_or(|connection| {
            let query = format!(
                "SELECT {COLUMNS}, case_number, {UNDONE}, \
                 EXISTS (SELECT 1 FROM decisions b WHERE b.request = d.request AND b.number <> d.number) \
                 FROM decisions d WHERE reviewer = ? AND number < ? ORDER BY number DESC LIMIT ?"
            );
            let mut statement = connection.prepare_cached(&query)?;
            let mut rows = statement.query((reviewer, before.unwrap_or(i64::MAX), limit))?;
            let mut decisions = Vec::new();
            while let Some(row) = rows.next()? {
                let entry = Entry::read(row)?;
                let stored = by_number(connection, row.get(11)?)?;
                decisions.push(Decision {
                    answer: entry.answer,
                    title: stored.title()?,
                    case: stored.id,
                    undoes: entry.undoes,
                    undone: row.get(12)?,
                    bulk: row.get(13)?,
                });
            }
            Ok(decisions)
        })
    }
}

fn undo(connection: &Connection, request: &UndoRequest) -> Result<Undone, Refusal> {
    let mut made = known(connection, &request.request_id)?;
    let repeated = !made.is_empty();
    if !repeated {
        let time = now();
        for (part, (number, case)) in targets(connection, request)?.into_iter().enumerate() {
            let stored = by_number(connection, case)?;
            let history = History::load(connection, case)?;
            let undone = history.entries().iter().find(|entry| entry.answer.decision == number);
            let answer = undone.map(|entry| &entry.answer);
            let new = NewDecision {
                request: &request.request_id,
                part,
                reviewer: &request.reviewer,
                kind: Kind::Undo,
                trends: None,
                note: "",
                queue: answer.map_or("", |answer| &answer.queue),
                time: &time,
                model: answer.map(|answer| answer.model.as_str()),
                undoes: Some(number),
                blind: Some(false),
            };
            new.insert(connection, &stored, &history)?;
        }
        made = known(connection, &request.request_id)?;
    }
    let mut undone = Vec::new();
    for (case, entry) in made {
        let mine = entry.answer.reviewer == request.reviewer;
        let Some(decision) = entry.undoes.filter(|_| mine) else {
            return Err(Refusal::RequestIdReused);
        };
        let query = "SELECT kind FROM decisions WHERE number = ?";
        let kind = connection
            .query_row(query, [decision], |row| Ok(Kind::named(row.get_ref(0)?.as_str()?)))?;
        let id = id_of(connection, case)?.unwrap_or_default();
        undone.push(UndoneDecision { decision, case: id, kind });
    }
    let progress = Progress::load(connection, &request.reviewer)?;
    Ok(Undone { undone, repeated, progress, case: None })
}

/// The decisions to undo, with the numbers of their cases.
fn targets(connection: &Connection, request: &UndoRequest) -> Result<Vec<(i64, i64)>, Refusal> {
    if let Some(number) = request.decision {
        let query = format!(
            "SELECT case_number, reviewer, kind <> 'undo' AND NOT {UNDONE} FROM decisions d \
             WHERE number = ?"
        );
        let found = connection.prepare_cached(&query)?.query_row([number], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
        });
        return match found.optional()? {
            Some((_, reviewer, _)) if reviewer != request.reviewer => {
                Err(Refusal::NotAllowed("it is another reviewer's decision".into()))
            }
            Some((case, _, true)) => Ok(vec![(number, case)]),
            _ => Err(Refusal::NothingToUndo),
        };
    }
    // An action is all that one request saved.
    let query = format!(
        "SELECT number, case_number FROM decisions d WHERE kind <> 'undo' AND NOT {UNDONE} \
         AND request = (SELECT request FROM decisions d WHERE reviewer = ? AND kind <> 'undo' \
         AND queue <> 'import' AND NOT {UNDONE} ORDER BY number DESC LIMIT 1) ORDER BY number"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let targets = statement.query_map([&request.reviewer], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let targets = targets.collect::<rusqlite::Result<Vec<_>>>()?;
    if targets.is_empty() { Err(Refusal::NothingToUndo) } else { Ok(targets) }
}
