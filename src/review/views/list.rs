//! The list of cases, page by page.

use std::time::Instant;

use rusqlite::Connection;
use serde::Serialize;

use crate::review::db::condition::{Condition, Filter, LONGEST_SEARCH};
use crate::review::db::decision::{Answer, CaseStatus};
use crate::review::db::history::History;
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::store::Store;
use crate::review::db::stored_case::StoredCase;
use crate::tagger::Suggestion;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    /// Who looks.
    pub reviewer: String,
    /// Only what waits in this queue for him, in its order; otherwise all cases
    /// in the order of adding.
    pub queue: Option<Queue>,
    /// Which cases.
    pub filter: Filter,
    /// Cases before the page.
    pub offset: u32,
    /// Cases on the page at most.
    pub limit: u32,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseList {
    /// The cases.
    pub cases: Vec<CaseSummary>,
    /// How many match on all pages.
    pub total: u64,
    /// Cases before the page.
    pub offset: u32,
    /// Cases on the page at most.
    pub limit: u32,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseSummary {
    /// The id.
    pub id: String,
    /// The beginning of the first text that is not empty.
    pub title: String,
    /// How far it is.
    pub status: CaseStatus,
    /// The state to base an answer on.
    pub version: i64,
    /// Whether it belongs to the blind check.
    pub blind_check: bool,
    /// Whether the suggestion is hidden.
    pub suggestion_hidden: bool,
    /// The suggestion, without evidence.
    pub suggestion: Option<Suggestion>,
    /// The answer of this reviewer, or their skip.
    pub mine: Option<Answer>,
    /// The trends that answers agree on or that were settled.
    #[serde(rename = "final")]
    pub outcome: Option<Vec<String>>,
    /// Another reviewer who has it open.
    pub held_by: Option<String>,
}

impl Store {
    /// Cases that match, page by page.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid.
    pub fn list(&self, request: &ListRequest) -> Result<CaseList, Refusal> {
        let now = Instant::now();
        self.read_within(LONGEST_SEARCH, |connection| {
            let me = Reviewer::find(connection, &request.reviewer)?;
            let mut condition = Condition::new(&me, request.queue);
            condition.filter(&request.filter);
            let total = condition.count(connection)?;
            let order = request.queue.map_or("c.number", Queue::order);
            let tail =
                format!("ORDER BY {order} LIMIT {} OFFSET {}", request.limit, request.offset);
            let cases = condition.stored(connection, &tail)?;
            let summary = |stored: &StoredCase| self.summary(connection, stored, &me, now);
            let cases = cases.iter().map(summary).collect::<Result<_, Refusal>>()?;
            Ok(CaseList { cases, total, offset: request.offset, limit: request.limit })
        })
    }

    fn summary(
        &self,
        connection: &Connection,
        stored: &StoredCase,
        me: &Reviewer,
        now: Instant,
    ) -> Result<CaseSummary, Refusal> {
        let history = History::load(connection, stored.number)?;
        let blind = history.is_blind(&me.name, stored.wanted);
        let (status, outcome) = history.outcome(stored.wanted);
        let suggestion = stored.revealed.then(|| stored.suggestion(connection)).transpose()?;
        let held = self.claims.others(stored.number, me, now);
        Ok(CaseSummary {
            id: stored.id.clone(),
            title: stored.title(connection)?,
            status,
            version: history.version(&me.name, stored.wanted),
            blind_check: stored.blind_check,
            suggestion_hidden: !stored.revealed,
            suggestion,
            mine: history.of(&me.name).cloned(),
            outcome: outcome.filter(|_| !blind).map(<[String]>::to_vec),
            held_by: held.into_iter().next().map(|claim| claim.reviewer.name),
        })
    }
}
