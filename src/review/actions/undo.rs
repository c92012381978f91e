//! Undoes decisions.

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::priority::set_priorities;
use crate::review::db::clock::now;
use crate::review::db::decision::{DecisionKind, StoredDecision};
use crate::review::db::history::History;
use crate::review::db::new_decision::NewDecision;
use crate::review::db::progress::Progress;
use crate::review::db::queue::UNDONE;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::{Reviewer, check_request_id, check_reviewer};
use crate::review::db::store::Store;
use crate::review::db::stored_case::{StoredCase, id_of};
use crate::review::strict::whole_or_null;

/// A request to undo a decision.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoRequest {
    /// An id from the client, new for each action.
    pub request_id: String,
    /// The reviewer who made the decision.
    pub reviewer: String,
    /// Number of the decision; by default the last action of the reviewer.
    #[serde(default, deserialize_with = "whole_or_null")]
    pub decision: Option<i64>,
    /// Whether all decisions of the same action are undone with it.
    #[serde(default)]
    pub together: bool,
}

/// The result of an undo request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Undone {
    /// The undone decisions.
    pub undone: Vec<UndoneDecision>,
    /// Whether the request id was already known and nothing was undone again.
    pub repeated: bool,
    /// Progress of the review.
    pub progress: Progress,
}

/// A decision that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndoneDecision {
    /// Its number.
    pub decision: i64,
    /// Id of its case.
    pub case: String,
    /// The decision.
    pub kind: DecisionKind,
}

impl Store {
    /// Undoes a decision, or the last action of a reviewer. A row records it, which is on
    /// disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`Refusal::NothingToUndo`], [`Refusal::NotAllowed`] for another reviewer's
    /// decision, [`Refusal::RequestIdReused`].
    pub fn undo(&self, request: &UndoRequest) -> Result<Undone, Refusal> {
        check_request_id(&request.request_id)?;
        check_reviewer(&request.reviewer)?;
        let asked = request.clone();
        self.change(move |connection| undo(connection, &asked))
    }
}

fn undo(connection: &Connection, request: &UndoRequest) -> Result<Undone, Refusal> {
    let me = Reviewer::find(connection, &request.reviewer)?;
    let mut made = StoredDecision::of_request(connection, &request.request_id)?;
    let repeated = !made.is_empty();
    if !repeated {
        let time = now();
        let targets = targets(connection, &me, request)?;
        for (part, &(number, case)) in targets.iter().enumerate() {
            let stored = StoredCase::by_number(connection, case)?;
            let mut history = History::load(connection, case)?;
            let answer = history.entry(number).map(|entry| entry.answer.clone());
            let new = NewDecision {
                request: &request.request_id,
                part,
                reviewer: &me,
                spelling: &request.reviewer,
                kind: DecisionKind::Undo,
                trends: None,
                note: "",
                queue: answer.as_ref().map_or("", |answer| &answer.queue),
                time: &time,
                model: answer.as_ref().map(|answer| answer.model.as_str()),
                undoes: Some(number),
                blind: Some(false),
                flag: None,
                bulk: false,
                asked: None,
                seen: stored.revealed,
            };
            new.save(connection, &stored, &mut history)?;
        }
        if request.decision.is_none() || request.together {
            release_spot_checks(connection, &targets)?;
        }
        made = StoredDecision::of_request(connection, &request.request_id)?;
    }
    let mut undone = Vec::new();
    for entry in made {
        let mine = entry.answer.reviewer == me.name;
        let Some(decision) = entry.undoes.filter(|_| mine) else {
            return Err(Refusal::RequestIdReused);
        };
        let query = "SELECT kind FROM decisions WHERE number = ?";
        let kind =
            connection.query_row(query, [decision], |row| DecisionKind::read(row, "kind"))?;
        let case = id_of(connection, entry.case_number)?;
        undone.push(UndoneDecision { decision, case, kind });
    }
    let progress = Progress::load(connection, &me, None)?;
    Ok(Undone { undone, repeated, progress })
}

/// Releases cases that the undone actions held back for a spot check and that nobody has
/// answered.
fn release_spot_checks(connection: &Connection, targets: &[(i64, i64)]) -> rusqlite::Result<()> {
    let Some((number, _)) = targets.first() else { return Ok(()) };
    let release = "UPDATE cases SET spot_check = NULL, revealed = 1 WHERE answers = 0 \
                   AND spot_check = (SELECT request FROM decisions WHERE number = ?)";
    if connection.prepare_cached(release)?.execute([number])? > 0 {
        set_priorities(connection)?;
    }
    Ok(())
}

/// Returns the decisions to undo, with the numbers of their cases.
fn targets(
    connection: &Connection,
    me: &Reviewer,
    asked: &UndoRequest,
) -> Result<Vec<(i64, i64)>, Refusal> {
    if let Some(number) = asked.decision.filter(|_| !asked.together) {
        let query = format!(
            "SELECT case_number, person, kind <> 'undo' AND NOT {UNDONE} AS stands \
             FROM decisions d WHERE number = ?"
        );
        let found = connection.prepare_cached(&query)?.query_row([number], |row| {
            let person: String = row.get("person")?;
            Ok((row.get("case_number")?, person, row.get::<_, bool>("stands")?))
        });
        return match found.optional()? {
            Some((_, person, _)) if person != me.name => {
                Err(Refusal::NotAllowed("it is another reviewer's decision".into()))
            }
            Some((case, _, true)) => Ok(vec![(number, case)]),
            _ => Err(Refusal::NothingToUndo),
        };
    }
    // An action consists of everything that one request saved.
    let query = format!(
        "SELECT number, case_number FROM decisions d WHERE kind <> 'undo' AND NOT {UNDONE} \
         AND request = (SELECT request FROM decisions d WHERE person = ?1 AND kind <> 'undo' \
         AND queue <> 'import' AND NOT {UNDONE} AND (?2 IS NULL OR number = ?2) \
         ORDER BY number DESC LIMIT 1) ORDER BY number"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let targets = statement.query_map((&me.name, asked.decision), |row| {
        Ok((row.get("number")?, row.get("case_number")?))
    })?;
    let targets = targets.collect::<rusqlite::Result<Vec<_>>>()?;
    if targets.is_empty() { Err(Refusal::NothingToUndo) } else { Ok(targets) }
}
