//! The list of cases, page by page.

use std::time::Instant;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::review::db::batch::narrowed;
use crate::review::db::condition::{Condition, Filter, LONGEST_SEARCH, REVEALED};
use crate::review::db::decision::{Answer, CaseStatus, Flag};
use crate::review::db::history::History;
use crate::review::db::queue::Queue;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::store::Store;
use crate::review::db::stored_case::StoredCase;
use crate::review::db::suggestion::SUGGESTED;
use crate::tagger::Suggestion;

/// A request for a page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    /// Who looks.
    pub reviewer: String,
    /// Only cases that wait in this queue for the reviewer; otherwise all cases.
    pub queue: Option<Queue>,
    /// The order; by default that of the queue, or the order added.
    pub sort: Option<Sort>,
    /// Whether the order is reversed.
    pub descending: bool,
    /// The filter.
    pub filter: Filter,
    /// Number of cases before the page.
    pub offset: u32,
    /// Maximum number of cases on the page.
    pub limit: u32,
}

/// The sort key of a list. Cases without a value come last; hidden suggestions and hidden
/// answers count as no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// The order in which cases were added.
    Added,
    /// The beginning of the text.
    Title,
    /// The suggested trends.
    Suggested,
    /// The expected errors of the suggestion.
    ExpectedErrors,
    /// The decided trends.
    Decision,
    /// The status.
    Status,
}

impl Sort {
    /// Returns the sort expression for cases `c`.
    fn expression(self) -> String {
        let suggestion = |what: &str| {
            format!(
                "(SELECT {what} FROM suggestions s WHERE {REVEALED} \
                 AND s.case_number = c.number AND s.model = c.model)"
            )
        };
        match self {
            Self::Added => "c.number".to_owned(),
            Self::Title => "nullif(c.title, '') COLLATE NOCASE".to_owned(),
            Self::Suggested => suggestion(SUGGESTED),
            Self::ExpectedErrors => suggestion("s.expected_errors"),
            Self::Decision => "CASE WHEN c.status = 'decided' THEN c.final END".to_owned(),
            Self::Status => "c.status".to_owned(),
        }
    }
}

/// A request for a page of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseList {
    /// The cases.
    pub cases: Vec<CaseSummary>,
    /// Number of matching cases on all pages.
    pub total: u64,
    /// Number of cases before the page.
    pub offset: u32,
    /// Maximum number of cases on the page.
    pub limit: u32,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseSummary {
    /// The id.
    pub id: String,
    /// The name of its batch.
    pub batch: String,
    /// The beginning of the first non-empty text.
    pub title: String,
    /// Status of the case.
    pub status: CaseStatus,
    /// Version of the case, to base an answer on.
    pub version: i64,
    /// Whether it belongs to the blind check.
    pub blind_check: bool,
    /// Whether the suggestion is hidden.
    pub suggestion_hidden: bool,
    /// The suggestion, without evidence.
    pub suggestion: Option<Suggestion>,
    /// The answer or skip of this reviewer.
    pub mine: Option<Answer>,
    /// The trends on which the answers agree or that were settled.
    #[serde(rename = "final")]
    pub outcome: Option<Vec<String>>,
    /// Another reviewer who has it open.
    pub held_by: Option<String>,
    /// Whether it was held back from a bulk action as a random check.
    pub spot_check: bool,
    /// Whether it was accepted in bulk without being read; false while this reviewer must
    /// answer unaided.
    pub bulk: bool,
    /// The current flag.
    pub flag: Option<Flag>,
}

impl Store {
    /// Returns a page of the matching cases.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid, [`Refusal::Unknown`] if there is no such
    /// batch.
    pub fn list(&self, request: &ListRequest) -> Result<CaseList, Refusal> {
        let now = Instant::now();
        self.read_within(LONGEST_SEARCH, |connection| {
            let me = Reviewer::find(connection, &request.reviewer)?;
            narrowed(connection, request.filter.batch.as_deref())?;
            let mut condition = Condition::new(&me, request.queue);
            condition.filter(&request.filter);
            let total = condition.count(connection)?;
            let order = match request.sort {
                Some(sort) => {
                    let direction = if request.descending { "DESC" } else { "ASC" };
                    format!("{} {direction} NULLS LAST, c.number {direction}", sort.expression())
                }
                None => request.queue.map_or("c.number", Queue::order).to_owned(),
            };
            let tail =
                format!("ORDER BY {order} LIMIT {} OFFSET {}", request.limit, request.offset);
            let cases = condition.stored(connection, &tail)?;
            let summary = |stored: &StoredCase| self.summary(connection, stored, &me, now);
            let cases = cases.iter().map(summary).collect::<Result<_, Refusal>>()?;
            Ok(CaseList { cases, total, offset: request.offset, limit: request.limit })
        })
    }

    pub(super) fn summary(
        &self,
        connection: &Connection,
        stored: &StoredCase,
        me: &Reviewer,
        now: Instant,
    ) -> Result<CaseSummary, Refusal> {
        let history = History::load(connection, stored.number)?;
        let blind = history.is_blind(&me.name, stored.wanted);
        let (status, outcome) = history.outcome(stored.wanted);
        let is_revealed = stored.revealed && !history.hides_suggestion(&me.name, stored.wanted);
        let suggestion = is_revealed.then(|| stored.suggestion(connection)).transpose()?;
        let held = self.claims.others(stored.number, me, now);
        Ok(CaseSummary {
            id: stored.id.clone(),
            batch: stored.batch.clone(),
            title: stored.title.clone(),
            status,
            version: history.version(&me.name, stored.wanted),
            blind_check: stored.blind_check,
            suggestion_hidden: !is_revealed,
            suggestion,
            mine: history.of(&me.name).cloned(),
            outcome: outcome.filter(|_| !blind).map(<[String]>::to_vec),
            held_by: held.into_iter().next().map(|claim| claim.reviewer.name),
            spot_check: stored.spot_check,
            bulk: !blind && history.is_bulk(),
            flag: history.flagged(stored.wanted).and_then(|skip| skip.flag),
        })
    }
}
