//! Accepts the suggestions of several cases at once.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use crate::review::db::clock::now;
use crate::review::db::decision::{Answer, DecisionKind, StoredDecision};
use crate::review::db::history::History;
use crate::review::db::new_decision::NewDecision;
use crate::review::db::progress::Progress;
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::{Reviewer, check_request_id};
use crate::review::db::store::Store;
use crate::review::db::stored_case::{StoredCase, id_of};
use crate::review::db::suggestion::SUGGESTED;
use crate::review::strict::{objects, whole};

/// A request to accept the suggestions of several cases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    /// An id from the client, new for each action.
    pub request_id: String,
    /// The reviewer.
    pub reviewer: String,
    /// The queue in which they were shown.
    pub queue: Queue,
    /// The cases.
    #[serde(deserialize_with = "objects")]
    pub cases: Vec<BulkItem>,
    /// Whether to accept cases that the model cannot decide without a reviewer.
    #[serde(default)]
    pub unsure: bool,
}

/// A case of a [`BulkRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkItem {
    /// Its id.
    pub case: String,
    /// The state on which the decision is based.
    #[serde(deserialize_with = "whole")]
    pub version: i64,
    /// Version of the suggestion that was shown; by default that of the case.
    pub model: Option<String>,
}

/// The result of a [`BulkRequest`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BulkSaved {
    /// The answers, as saved.
    pub saved: Vec<Answer>,
    /// Ids of their cases, in the same order.
    pub cases: Vec<String>,
    /// Cases that were not saved.
    pub refused: Vec<Refused>,
    /// Whether the request id was already known and nothing was saved again.
    pub repeated: bool,
    /// Progress of the review.
    pub progress: Progress,
}

/// A case that was not saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Its id.
    pub case: String,
    /// Code of the reason, for programs.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The reason, for people.
    pub title: String,
}

/// Maximum number of cases in one request.
const LARGEST_BULK: usize = 500;

impl Store {
    /// Saves the suggestions of cases as answers, all on disk when this returns `Ok`.
    /// They are marked: no model learns from them or is measured on them. Cases that
    /// cannot be accepted are reported and unchanged.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for no or too many cases, [`Refusal::RequestIdReused`].
    pub fn accept(&self, request: &BulkRequest) -> Result<BulkSaved, Refusal> {
        check_request_id(&request.request_id)?;
        if request.cases.is_empty() || request.cases.len() > LARGEST_BULK {
            let reason = format!("give 1 to {LARGEST_BULK} cases");
            return Err(Refusal::Invalid { field: "cases", reason });
        }
        if request.queue == Queue::NewTrends {
            let reason = "answers about new trends are given one by one".to_owned();
            return Err(Refusal::Invalid { field: "queue", reason });
        }
        let now = Instant::now();
        let held: Vec<bool> = self.read_or(|connection| {
            let me = Reviewer::find(connection, &request.reviewer)?;
            let held = |item: &BulkItem| match StoredCase::by_id(connection, &item.case) {
                Ok(stored) => Ok(!self.claims.others(stored.number, &me, now).is_empty()),
                Err(Refusal::NoCase(_)) => Ok(false),
                Err(refusal) => Err(refusal),
            };
            request.cases.iter().map(held).collect()
        })?;
        let request = request.clone();
        self.change(move |connection| accept(connection, &request, &held))
    }
}

fn accept(
    connection: &Connection,
    request: &BulkRequest,
    held: &[bool],
) -> Result<BulkSaved, Refusal> {
    let me = Reviewer::find(connection, &request.reviewer)?;
    let mut refused = Vec::new();
    let mut made = StoredDecision::of_request(connection, &request.request_id)?;
    let repeated = !made.is_empty();
    if !repeated {
        let time = now();
        for (part, (item, &held)) in request.cases.iter().zip(held).enumerate() {
            let mut refuse = |kind, title: &str| {
                refused.push(Refused { case: item.case.clone(), kind, title: title.to_owned() });
            };
            let stored = match StoredCase::by_id(connection, &item.case) {
                Ok(stored) => stored,
                Err(Refusal::NoCase(_)) => {
                    refuse("not-found", "the case does not exist");
                    continue;
                }
                Err(refusal) => return Err(refusal),
            };
            let mut history = History::load(connection, stored.number)?;
            let model = item.model.as_deref().unwrap_or(&stored.model);
            let suggested = suggested(connection, stored.number, model)?;
            let alone = suggested.as_ref().is_some_and(|(_, alone)| *alone);
            if history.hides_suggestion(&me.name, stored.wanted) {
                refuse("not-allowed", "its suggestion is hidden from the second reviewer");
            } else if !stored.revealed {
                refuse("not-allowed", "its suggestion is hidden: answer it in the blind check");
            } else if held {
                refuse("held", "another reviewer has it open");
            } else if history.version(&me.name, stored.wanted) != item.version {
                refuse("outdated", "it was decided meanwhile");
            } else if suggested.is_some() && !alone && !request.unsure {
                refuse("unsure", "the model cannot decide it without a reviewer");
            } else if let Some((suggested, _)) = suggested {
                let new = NewDecision {
                    request: &request.request_id,
                    part,
                    reviewer: &me,
                    spelling: &request.reviewer,
                    kind: DecisionKind::Answer,
                    trends: Some(&suggested),
                    note: "",
                    queue: request.queue.name(),
                    time: &time,
                    model: Some(model),
                    undoes: None,
                    blind: None,
                    flag: None,
                    bulk: true,
                    asked: None,
                    seen: stored.revealed,
                };
                new.save(connection, &stored, &mut history)?;
            } else {
                refuse("not-allowed", "that model made no suggestion for it");
            }
        }
        made = StoredDecision::of_request(connection, &request.request_id)?;
    }
    let foreign = made
        .iter()
        .any(|entry| entry.answer.reviewer != me.name || entry.answer.kind != DecisionKind::Answer);
    let (mut saved, mut cases) = (Vec::new(), Vec::new());
    for entry in made {
        cases.push(id_of(connection, entry.case_number)?);
        saved.push(entry.answer);
    }
    let strange = |id: &String| request.cases.iter().all(|item| item.case != *id);
    if foreign || cases.iter().any(strange) {
        return Err(Refusal::RequestIdReused);
    }
    if repeated {
        let missing = request.cases.iter().filter(|item| !cases.contains(&item.case));
        refused.extend(missing.map(|item| Refused {
            case: item.case.clone(),
            kind: "not-saved",
            title: "it was not saved the first time".to_owned(),
        }));
    }
    let progress = Progress::load(connection, &me, None)?;
    Ok(BulkSaved { saved, cases, refused, repeated, progress })
}

/// Returns the trends that a model suggests for a case, and whether it can decide them alone.
fn suggested(
    connection: &Connection,
    case: i64,
    model: &str,
) -> rusqlite::Result<Option<(String, bool)>> {
    let query = format!(
        "SELECT {SUGGESTED} AS trends, alone FROM suggestions s WHERE case_number = ? AND model = ?"
    );
    let mut statement = connection.prepare_cached(&query)?;
    statement.query_row((case, model), |row| Ok((row.get("trends")?, row.get("alone")?))).optional()
}
