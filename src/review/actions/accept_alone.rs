//! Accepts cases that the model can decide alone, and holds back a random spot check.

use std::time::Instant;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::priority::set_priorities;
use crate::review::db::batch::narrowed;
use crate::review::db::clock::now;
use crate::review::db::condition::Filter;
use crate::review::db::decision::{DecisionKind, StoredDecision};
use crate::review::db::history::History;
use crate::review::db::new_decision::NewDecision;
use crate::review::db::progress::Progress;
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::{Reviewer, check_request_id};
use crate::review::db::store::Store;
use crate::review::db::stored_case::StoredCase;
use crate::review::strict::object;
use crate::review::views::alone::{MOST_AT_ONCE, alone, spot_check};
use crate::taxonomy::join_keys;

/// A request to accept the cases that the model can decide alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptAlone {
    /// An id from the client, new for each action.
    pub request_id: String,
    /// The reviewer.
    pub reviewer: String,
    /// Only cases that match.
    #[serde(default, deserialize_with = "object")]
    pub filter: Filter,
}

/// The result of an [`AcceptAlone`] request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AcceptedAlone {
    /// Cases whose suggestion is now their answer.
    pub accepted: u64,
    /// Cases that were held back for a reviewer to answer without the suggestion.
    pub spot_check: u64,
    /// Whether the request id was already known and nothing was saved again.
    pub repeated: bool,
    /// Progress of the review.
    pub progress: Progress,
}

impl Store {
    /// Saves the suggestions of all matching cases for which the model can decide every
    /// trend. All are on disk when this returns `Ok`. A random share is held back: these
    /// cases stay open and their suggestion is hidden, so that the answers of reviewers
    /// show how often the others are right. The saved answers are marked: no model learns
    /// from them or is measured on them. [`Store::undo`] reverses everything as one
    /// action.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] if there is no such case, [`Refusal::RequestIdReused`].
    pub fn accept_alone(&self, request: &AcceptAlone) -> Result<AcceptedAlone, Refusal> {
        check_request_id(&request.request_id)?;
        let me = self.read_or(|connection| Reviewer::find(connection, &request.reviewer))?;
        let held = self.claims.of_others(&me, Instant::now());
        let request = request.clone();
        self.change(move |connection| accept(connection, &request, &held))
    }
}

fn accept(
    connection: &Connection,
    request: &AcceptAlone,
    held: &[i64],
) -> Result<AcceptedAlone, Refusal> {
    let me = Reviewer::find(connection, &request.reviewer)?;
    let batch = narrowed(connection, request.filter.batch.as_deref())?;
    let mut made = StoredDecision::of_request(connection, &request.request_id)?;
    let repeated = !made.is_empty();
    if !repeated {
        let mut cases = alone(connection, &me, &request.filter, held)?;
        cases.truncate(MOST_AT_ONCE);
        if cases.is_empty() {
            return Err(Refusal::NotAllowed(
                "the model can decide none of these cases alone".into(),
            ));
        }
        // Chosen by a hash that cannot be predicted without the id of the request.
        cases.sort_by_cached_key(|case| {
            Sha256::digest(format!("{} {}", request.request_id, case.id)).to_vec()
        });
        let (spots, others) = cases.split_at(spot_check(cases.len()));
        save(connection, request, &me, others)?;
        let mut hold_back = connection
            .prepare_cached("UPDATE cases SET spot_check = ?, revealed = 0 WHERE number = ?")?;
        for case in spots {
            hold_back.execute((&request.request_id, case.number))?;
        }
        set_priorities(connection)?;
        made = StoredDecision::of_request(connection, &request.request_id)?;
    }
    if made.iter().any(|entry| entry.answer.reviewer != me.name || !entry.answer.bulk) {
        return Err(Refusal::RequestIdReused);
    }
    let query = "SELECT count(*) AS cases FROM cases WHERE spot_check = ?";
    let spots: i64 = connection
        .prepare_cached(query)?
        .query_row([&request.request_id], |row| row.get("cases"))?;
    Ok(AcceptedAlone {
        accepted: made.len() as u64,
        spot_check: spots.unsigned_abs(),
        repeated,
        progress: Progress::load(connection, &me, batch)?,
    })
}

fn save(
    connection: &Connection,
    request: &AcceptAlone,
    me: &Reviewer,
    cases: &[StoredCase],
) -> Result<(), Refusal> {
    let time = now();
    for (part, stored) in cases.iter().enumerate() {
        let suggested = join_keys(&stored.suggestion(connection)?.suggested);
        let mut history = History::load(connection, stored.number)?;
        let new = NewDecision {
            request: &request.request_id,
            part,
            reviewer: me,
            spelling: &request.reviewer,
            kind: DecisionKind::Answer,
            trends: Some(&suggested),
            note: "",
            queue: Queue::All.name(),
            time: &time,
            model: Some(&stored.model),
            undoes: None,
            blind: None,
            flag: None,
            bulk: true,
            asked: None,
            seen: stored.revealed,
        };
        new.save(connection, stored, &mut history)?;
    }
    Ok(())
}
