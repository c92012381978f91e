//! Searching, filtering and listing cases, page by page.

use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

use super::case::{COLUMNS, Stored};
use super::facts::Suggestion;
use super::fold::{Answer, History, Status};
use super::queue::Queue;
use super::store::Store;
use super::{Refusal, decide};
use crate::taxonomy::NONE_APPLIES;

/// Which cases are wanted; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Words that stand in the id, a text or the metadata, all of them, by their
    /// beginnings.
    pub q: Option<String>,
    /// How far they are.
    pub status: Option<StatusFilter>,
    /// Key of a trend that is suggested, `-` for none; never matches a case whose
    /// suggestion is hidden.
    pub suggested: Option<String>,
    /// Key of a trend among those decided, `-` for none applies.
    pub trend: Option<String>,
    /// Whether they belong to the audit.
    pub audit: Option<bool>,
}

/// How far a case is, for a reviewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusFilter {
    /// Fewer answers than wanted.
    Open,
    /// All answers, no conflict.
    Decided,
    /// Answers differ.
    Conflict,
    /// Skipped by this reviewer.
    Skipped,
    /// Answered by this reviewer.
    Mine,
}

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
    pub status: Status,
    /// The state to base an answer on.
    pub version: i64,
    /// Whether it belongs to the audit.
    pub audit: bool,
    /// Whether the suggestion is hidden.
    pub suggestion_hidden: bool,
    /// The suggestion, without evidence.
    pub suggestion: Option<Suggestion>,
    /// What this reviewer answered, or that he skipped it.
    pub mine: Option<Answer>,
    /// The trends that answers agree on or that were settled.
    #[serde(rename = "final")]
    pub outcome: Option<Vec<String>>,
    /// Another reviewer who has it open.
    pub held_by: Option<String>,
}

/// Signs of a title in a list.
const TITLE: usize = 200;

impl Store {
    /// Cases that match, page by page.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a name that cannot be.
    pub fn list(&self, request: &ListRequest) -> Result<CaseList, Refusal> {
        decide::check_reviewer(&request.reviewer)?;
        let now = SystemTime::now();
        self.read_or(|connection| {
            let mut wanted = Wanted::new(&request.reviewer, request.queue);
            wanted.filter(&request.filter);
            let total = wanted.count(connection)?;
            let order = request.queue.map_or("c.number", Queue::order);
            let tail =
                format!("ORDER BY {order} LIMIT {} OFFSET {}", request.limit, request.offset);
            let cases = wanted.stored(connection, &tail)?;
            let summary =
                |stored: &Stored| self.summary(connection, stored, &request.reviewer, now);
            let cases = cases.iter().map(summary).collect::<Result<_, Refusal>>()?;
            Ok(CaseList { cases, total, offset: request.offset, limit: request.limit })
        })
    }

    fn summary(
        &self,
        connection: &Connection,
        stored: &Stored,
        reviewer: &str,
        now: SystemTime,
    ) -> Result<CaseSummary, Refusal> {
        let history = History::load(connection, stored.number)?;
        let blind = history.is_blind(reviewer, stored.wanted);
        let (status, outcome) = history.outcome(stored.wanted);
        let suggestion = stored.revealed.then(|| stored.suggestion(connection)).transpose()?;
        let held = self.claims.others(stored.number, reviewer, now);
        Ok(CaseSummary {
            id: stored.id.clone(),
            title: stored.title()?,
            status,
            version: history.version(reviewer, stored.wanted),
            audit: stored.audit,
            suggestion_hidden: !stored.revealed,
            suggestion,
            mine: history.of(reviewer).cloned(),
            outcome: outcome.filter(|_| !blind).map(<[String]>::to_vec),
            held_by: held.into_iter().next().map(|(by, _)| by),
        })
    }
}

impl Stored {
    /// The beginning of the first text that is not empty.
    pub(super) fn title(&self) -> rusqlite::Result<String> {
        let (texts, _) = self.columns()?;
        let text = texts.into_iter().find(|text| !text.text.trim().is_empty());
        Ok(text.map(|text| text.text.trim().chars().take(TITLE).collect()).unwrap_or_default())
    }
}

/// The conditions that cases must meet, and the values in them.
pub(super) struct Wanted {
    conditions: Vec<String>,
    values: Vec<(&'static str, Value)>,
}

impl Wanted {
    /// All cases, or those that wait in a queue for a reviewer.
    pub(super) fn new(reviewer: &str, queue: Option<Queue>) -> Self {
        let conditions = vec![queue.map_or_else(|| ":me = :me".to_owned(), Queue::condition)];
        Self { conditions, values: vec![(":me", Value::from(reviewer.to_owned()))] }
    }

    pub(super) fn condition(&mut self, condition: &str) {
        self.conditions.push(condition.to_owned());
    }

    pub(super) fn value(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.push((name, value.into()));
    }

    pub(super) fn filter(&mut self, filter: &Filter) {
        if let Some(words) = filter.q.as_deref().map(match_words).filter(|words| !words.is_empty())
        {
            self.condition("c.number IN (SELECT rowid FROM words WHERE words MATCH :words)");
            self.value(":words", words);
        }
        match filter.status {
            None => {}
            Some(StatusFilter::Open) => self.condition("c.status = 'open'"),
            Some(StatusFilter::Decided) => self.condition("c.status = 'decided'"),
            Some(StatusFilter::Conflict) => self.condition("c.status = 'conflict'"),
            Some(StatusFilter::Skipped) => self.condition(SKIPPED),
            Some(StatusFilter::Mine) => self.condition(ANSWERED),
        }
        if let Some(key) = &filter.suggested {
            self.condition(
                "c.revealed AND EXISTS (SELECT 1 FROM suggestions s WHERE s.case_number = c.number \
                 AND s.model = c.model AND instr(';' || s.trends || ';', ';' || :suggested || ';'))",
            );
            self.value(":suggested", key_or_none(key));
        }
        if let Some(key) = &filter.trend {
            // Of a case that waits for a second answer the first is no one's to know.
            self.condition(
                "c.status = 'decided' AND instr(';' || c.final || ';', ';' || :trend || ';')",
            );
            self.value(":trend", key_or_none(key));
        }
        if let Some(audit) = filter.audit {
            self.condition("c.audit = :audit");
            self.value(":audit", i64::from(audit));
        }
    }

    pub(super) fn count(&self, connection: &Connection) -> rusqlite::Result<u64> {
        let query = format!("SELECT count(*) FROM cases c WHERE {}", self.conditions.join(" AND "));
        let count: i64 = connection
            .prepare_cached(&query)?
            .query_row(self.parameters().as_slice(), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    pub(super) fn stored(
        &self,
        connection: &Connection,
        tail: &str,
    ) -> rusqlite::Result<Vec<Stored>> {
        let conditions = self.conditions.join(" AND ");
        let query = format!("SELECT {COLUMNS} FROM cases c WHERE {conditions} {tail}");
        let mut statement = connection.prepare_cached(&query)?;
        let rows = statement.query_map(self.parameters().as_slice(), Stored::read)?;
        rows.collect()
    }

    /// The number of the first case, and how many have answered it, for which
    /// `take` says yes.
    pub(super) fn first(
        &self,
        connection: &Connection,
        tail: &str,
        mut take: impl FnMut(i64, usize) -> bool,
    ) -> rusqlite::Result<Option<i64>> {
        let conditions = self.conditions.join(" AND ");
        let query = format!(
            "SELECT c.number, max(c.wanted - c.answers, 1) FROM cases c WHERE {conditions} {tail}"
        );
        let mut statement = connection.prepare_cached(&query)?;
        let mut rows = statement.query(self.parameters().as_slice())?;
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            if take(number, usize::from(row.get::<_, u8>(1)?)) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    fn parameters(&self) -> Vec<(&str, &dyn ToSql)> {
        self.values.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect()
    }
}

const SKIPPED: &str = "EXISTS (SELECT 1 FROM standing m WHERE m.reviewer = :me \
                       AND m.case_number = c.number AND m.kind = 'skip')";
const ANSWERED: &str = "EXISTS (SELECT 1 FROM standing m WHERE m.reviewer = :me \
                        AND m.case_number = c.number AND m.kind = 'answer')";

fn key_or_none(key: &str) -> String {
    if key.is_empty() { NONE_APPLIES.to_owned() } else { key.to_owned() }
}

/// What was typed, as words that must all be there, by their beginnings; signs
/// that mean something to the search are nothing but text.
fn match_words(typed: &str) -> String {
    let words = typed.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric));
    let quoted = words.map(|word| format!("\"{}\"*", word.replace(['"', '\0'], " ")));
    quoted.collect::<Vec<_>>().join(" ")
}
