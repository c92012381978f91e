//! Saves an answer, a skip or an adjudication.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::review::db::clock::now;
use crate::review::db::decision::{Answer, CaseStatus, DecisionKind, Flag, StoredDecision};
use crate::review::db::history::History;
use crate::review::db::new_decision::NewDecision;
use crate::review::db::progress::Progress;
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::{Reviewer, check_request_id, check_reviewer};
use crate::review::db::store::Store;
use crate::review::db::stored_case::StoredCase;
use crate::review::strict::whole;
use crate::taxonomy::join_keys;

/// A decision of a reviewer on a case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// An id from the client, new for each action. A repeated id adds no row.
    pub request_id: String,
    /// The reviewer.
    pub reviewer: String,
    /// The queue in which the case was shown.
    pub queue: Queue,
    /// Id of the case.
    pub case: String,
    /// The state on which the decision is based, see
    /// [`CaseView::version`](crate::review::CaseView::version).
    #[serde(deserialize_with = "whole")]
    pub version: i64,
    /// The kind of the decision; not [`DecisionKind::Undo`].
    pub kind: DecisionKind,
    /// Keys of trends; required unless the case is skipped.
    pub trends: Option<Vec<String>>,
    /// A note.
    #[serde(default)]
    pub note: String,
    /// Version of the suggestion that was shown; by default that of the case.
    pub model: Option<String>,
    /// The reason for skipping the case; only for a skip.
    pub flag: Option<Flag>,
}

/// A decision that is on disk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Saved {
    /// The decision, as saved.
    pub decision: Answer,
    /// Whether the request id was already known and nothing was saved again.
    pub repeated: bool,
    /// The version of the case after the decision.
    pub version: i64,
    /// Status of the case.
    pub status: CaseStatus,
    /// Progress of the review.
    pub progress: Progress,
}

/// Maximum length of a note, in characters.
const LONGEST_NOTE: usize = 4000;

impl Store {
    /// Saves a decision; it is on disk when this returns `Ok`.
    ///
    /// # Errors
    /// [`Refusal::Outdated`] if the case was decided after the state that the request
    /// names, [`Refusal::Invalid`] if a field is invalid, [`Refusal::NoCase`],
    /// [`Refusal::RequestIdReused`], and [`Refusal::NotAllowed`] for an adjudication
    /// without a conflict.
    pub fn decide(&self, request: &DecisionRequest) -> Result<Saved, Refusal> {
        check_request_id(&request.request_id)?;
        check_reviewer(&request.reviewer)?;
        let trends = self.checked_trends(request)?;
        let keys = match request.queue {
            Queue::NewTrends => self.trend_keys()?,
            _ => Vec::new(),
        };
        let asked = request.clone();
        let (case, me, saved) =
            self.change(move |connection| decide(connection, &asked, trends, &keys))?;
        // A skipped or answered case is released for others.
        self.claims.release(case, &me);
        Ok(saved)
    }

    fn checked_trends(&self, request: &DecisionRequest) -> Result<Option<String>, Refusal> {
        let invalid = |field, reason: String| Err(Refusal::Invalid { field, reason });
        if request.note.chars().count() > LONGEST_NOTE {
            return invalid("note", format!("it is longer than {LONGEST_NOTE} characters"));
        }
        match (request.kind, &request.trends) {
            (DecisionKind::Undo, _) => {
                invalid("kind", "send an undo as a request of its own".into())
            }
            (DecisionKind::Skip, _) => Ok(None),
            _ if request.flag.is_some() => {
                invalid("flag", "a case is flagged with a skip, not with an answer".into())
            }
            (_, None) => {
                invalid("trends", "give a list of keys, an empty one if none applies".into())
            }
            (_, Some(given)) => {
                let known = self.trend_keys()?;
                if let Some(other) = given.iter().find(|key| !known.contains(*key)) {
                    let name = other.clone();
                    return Err(Refusal::Unknown { field: "trends", what: "trend", name });
                }
                let ordered: Vec<&String> = known.iter().filter(|k| given.contains(*k)).collect();
                Ok(Some(join_keys(&ordered)))
            }
        }
    }
}

impl DecisionRequest {
    /// Returns the decision as it would have been saved, for a case that `model` tagged.
    pub fn unsaved(&self, model: &str) -> Answer {
        Answer {
            decision: 0,
            reviewer: self.reviewer.clone(),
            trends: self.trends.clone().unwrap_or_default(),
            note: self.note.clone(),
            kind: self.kind,
            queue: self.queue.name().to_owned(),
            time: None,
            model: self.model.clone().unwrap_or_else(|| model.to_owned()),
            flag: self.flag,
            bulk: false,
        }
    }
}

/// Saves a decision unless its request id is known; returns the number of the case,
/// the reviewer and the saved decision.
fn decide(
    connection: &Connection,
    request: &DecisionRequest,
    mut trends: Option<String>,
    keys: &[String],
) -> Result<(i64, Reviewer, Saved), Refusal> {
    let me = Reviewer::find(connection, &request.reviewer)?;
    let stored = StoredCase::by_id(connection, &request.case)?;
    let mut history = History::load(connection, stored.number)?;
    let made = StoredDecision::of_request(connection, &request.request_id)?.into_iter().next();
    let repeated = made.is_some();
    if !repeated {
        if history.version(&me.name, stored.wanted) != request.version {
            return Err(Refusal::Outdated);
        }
        if request.kind == DecisionKind::Adjudication && history.answer_count() < 2 {
            let reason = "only a case that two reviewers answered can be adjudicated";
            return Err(Refusal::NotAllowed(reason.into()));
        }
        if request.queue == Queue::NewTrends && trends.is_some() {
            trends = Some(with_new_trends(request, &stored, &history, keys)?);
        }
        let new = NewDecision {
            request: &request.request_id,
            part: 0,
            reviewer: &me,
            spelling: &request.reviewer,
            kind: request.kind,
            trends: trends.as_deref(),
            note: &request.note,
            queue: request.queue.name(),
            time: &now(),
            model: request.model.as_deref(),
            undoes: None,
            blind: None,
            flag: request.flag,
            bulk: false,
            asked: None,
            seen: stored.revealed && !history.hides_suggestion(&me.name, stored.wanted),
        };
        new.save(connection, &stored, &mut history)?;
    }
    let Some(saved) = made.or_else(|| history.entries().last().cloned()) else {
        return Err(rusqlite::Error::QueryReturnedNoRows.into());
    };
    let same = saved.case_number == stored.number
        && saved.answer.reviewer == me.name
        && saved.answer.kind == request.kind;
    if !same {
        return Err(Refusal::RequestIdReused);
    }
    let saved = Saved {
        decision: saved.answer,
        repeated,
        version: history.version(&me.name, stored.wanted),
        status: history.outcome(stored.wanted).0,
        progress: Progress::load(connection, &me, None)?,
    };
    Ok((stored.number, me, saved))
}

/// Returns the trends of a decided case, with those that an answer about new trends adds.
fn with_new_trends(
    request: &DecisionRequest,
    stored: &StoredCase,
    history: &History,
    keys: &[String],
) -> Result<String, Refusal> {
    let (status, outcome) = history.outcome(stored.wanted);
    let outcome = outcome.filter(|_| status == CaseStatus::Decided && !stored.unasked.is_empty());
    let Some(outcome) = outcome.filter(|_| request.kind == DecisionKind::Answer) else {
        let reason = "the case is not decided, or was asked about every trend";
        return Err(Refusal::NotAllowed(reason.into()));
    };
    let given = request.trends.as_deref().unwrap_or_default();
    if let Some(other) = given.iter().find(|key| !stored.unasked.contains(key)) {
        let reason = format!("\"{other}\" is not new; this queue asks about the new trends only");
        return Err(Refusal::Invalid { field: "trends", reason });
    }
    let has = |key: &&String| outcome.contains(key) || given.contains(key);
    Ok(join_keys(&keys.iter().filter(has).collect::<Vec<_>>()))
}
