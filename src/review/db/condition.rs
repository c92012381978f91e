//! Conditions on cases: a queue, and the filters of a reviewer.

use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};
use serde::Deserialize;

use super::decision::Flag;
use super::queue::{LAST_DECISION, Queue, UNDONE};
use super::reviewer::{Reviewer, name_key};
use super::search::search_expression;
use super::stored_case::{CASE_COLUMNS, StoredCase};
use super::suggestion::SUGGESTED;
use crate::tagger::ReviewReason;
use crate::taxonomy::NONE_APPLIES;

/// Maximum duration of a search.
pub(crate) const LONGEST_SEARCH: Duration = Duration::from_secs(3);

/// A filter of cases. Fields that are not given are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// The name of the batch they belong to.
    pub batch: Option<String>,
    /// Prefixes of words that must all occur in the id, a text or the metadata. The first
    /// 16 distinct ones count.
    pub q: Option<String>,
    /// Status of the cases.
    pub status: Option<StatusFilter>,
    /// Key of a trend that is suggested, `-` for none; never matches a case whose
    /// suggestion is hidden.
    pub suggested: Option<String>,
    /// Key of a trend in the decision, `-` for none applies.
    pub trend: Option<String>,
    /// Whether they belong to the blind check.
    pub blind_check: Option<bool>,
    /// A reason for review; never matches a case whose suggestion is hidden.
    pub reason: Option<ReviewReason>,
    /// Key of a trend about which the model is unsure, or `-` for none; never matches a
    /// case whose suggestion is hidden.
    pub unsure: Option<String>,
    /// Whether the model can decide every trend without a reviewer; never matches a case
    /// whose suggestion is hidden.
    pub alone: Option<bool>,
    /// A reviewer who answered it, if their answer is visible.
    pub reviewer: Option<String>,
    /// Whether the decision differs from the suggestion.
    pub changed: Option<bool>,
    /// Whether it was accepted in bulk without being read.
    pub bulk: Option<bool>,
    /// Whether a visible answer has a note.
    pub note: Option<bool>,
    /// The current flag of the case.
    pub flag: Option<Flag>,
    /// The name of a column other than texts, for `value`.
    pub column: Option<String>,
    /// The value in `column`, without surrounding spaces.
    pub value: Option<String>,
}

impl Filter {
    /// Returns all cases of the same batch.
    pub(crate) fn of_batch(&self) -> Self {
        Self { batch: self.batch.clone(), ..Self::default() }
    }
}

/// Status of a case, for a reviewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusFilter {
    /// Fewer answers than required.
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

/// The conditions that cases must meet, and the values in them.
pub(crate) struct Condition {
    conditions: Vec<String>,
    values: Vec<(&'static str, Value)>,
}

impl Condition {
    /// Returns all cases, or those that wait in a queue for a reviewer.
    pub(crate) fn new(reviewer: &Reviewer, queue: Option<Queue>) -> Self {
        let conditions = vec![queue.map_or(":me = :me", Queue::condition).to_owned()];
        Self { conditions, values: vec![(":me", Value::from(reviewer.name.clone()))] }
    }

    pub(crate) fn condition(&mut self, condition: &str) {
        self.conditions.push(condition.to_owned());
    }

    pub(crate) fn value(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.push((name, value.into()));
    }

    pub(crate) fn filter(&mut self, filter: &Filter) {
        if let Some(batch) = &filter.batch {
            self.condition(
                "c.batch = (SELECT number FROM batches WHERE key = :batch AND withdrawn IS NULL)",
            );
            self.value(":batch", name_key(batch));
        }
        if let Some(words) = filter.q.as_deref().and_then(search_expression) {
            self.condition("c.number IN (SELECT rowid FROM words WHERE words MATCH :words)");
            self.value(":words", words);
        }
        match filter.status {
            None => {}
            Some(StatusFilter::Open) => self.condition("c.status = 'open'"),
            Some(StatusFilter::Decided) => {
                self.condition("c.status = 'decided' AND c.flag IS NOT 'unusable'");
            }
            Some(StatusFilter::Conflict) => self.condition("c.status = 'conflict'"),
            Some(StatusFilter::Skipped) => self.condition(SKIPPED),
            Some(StatusFilter::Mine) => self.condition(ANSWERED),
        }
        if let Some(key) = &filter.suggested {
            self.suggestion("instr(';' || s.trends || ';', ';' || :suggested || ';')");
            self.value(":suggested", key_or_none(key));
        }
        if let Some(key) = &filter.trend {
            // The first answer to a case that waits for a second one is not shown.
            self.condition(
                "c.status = 'decided' AND instr(';' || c.final || ';', ';' || :trend || ';')",
            );
            self.value(":trend", key_or_none(key));
        }
        if let Some(blind_check) = filter.blind_check {
            self.condition("c.blind_check = :blind_check");
            self.value(":blind_check", i64::from(blind_check));
        }
        self.filter_doubt(filter);
        self.filter_answers(filter);
        if let (Some(column), Some(value)) = (&filter.column, &filter.value) {
            self.condition(
                "c.number IN (SELECT case_number FROM metadata \
                 WHERE name = :column AND value = :cell)",
            );
            self.value(":column", column.clone());
            self.value(":cell", value.trim().to_owned());
        }
    }

    /// Conditions on the suggestion of the model.
    fn filter_doubt(&mut self, filter: &Filter) {
        if let Some(reason) = filter.reason {
            self.suggestion("instr(s.reasons, '\"' || :reason || '\"')");
            self.value(":reason", reason.code().to_owned());
        }
        if let Some(key) = &filter.unsure {
            self.suggestion("instr(';' || s.unsure || ';', ';' || :unsure || ';')");
            self.value(":unsure", key_or_none(key));
        }
        if let Some(alone) = filter.alone {
            self.suggestion("s.alone = :alone");
            self.value(":alone", i64::from(alone));
        }
    }

    /// Conditions on the answers of reviewers. The first answer to a case that waits for
    /// a second one is visible only to its reviewer.
    fn filter_answers(&mut self, filter: &Filter) {
        if let Some(reviewer) = &filter.reviewer {
            self.condition(
                "EXISTS (SELECT 1 FROM standing r JOIN persons p ON p.name = r.person \
                 WHERE r.case_number = c.number AND r.kind = 'answer' AND p.key = :answered_by \
                 AND (c.status <> 'open' OR r.person = :me))",
            );
            self.value(":answered_by", name_key(reviewer));
        }
        if let Some(changed) = filter.changed {
            // Only reviewers who saw a suggestion can have changed it.
            self.condition(&format!(
                "c.status = 'decided' AND c.final IS NOT NULL AND EXISTS (SELECT 1 FROM decisions d \
                 WHERE d.number = {LAST_DECISION} AND d.shown IS NOT NULL AND NOT d.bulk)"
            ));
            self.suggestion(&format!("({SUGGESTED} <> c.final) = :changed"));
            self.value(":changed", i64::from(changed));
        }
        if let Some(bulk) = filter.bulk {
            // The first answer to a case that waits for a second one is not shown.
            self.condition("(c.bulk AND c.status <> 'open') = :bulk");
            self.value(":bulk", i64::from(bulk));
        }
        if let Some(note) = filter.note {
            self.condition(&format!(
                "EXISTS (SELECT 1 FROM decisions d WHERE d.case_number = c.number \
                 AND d.note <> '' AND d.kind <> 'undo' AND NOT {UNDONE} \
                 AND (c.status <> 'open' OR d.person = :me OR d.kind = 'skip')) = :note"
            ));
            self.value(":note", i64::from(note));
        }
        if let Some(flag) = filter.flag {
            self.condition("c.flag = :flag");
            self.value(":flag", flag.name().to_owned());
        }
    }

    /// A condition on the suggestion `s` of a case, unless it is hidden.
    fn suggestion(&mut self, condition: &str) {
        self.condition(&format!(
            "{REVEALED} AND EXISTS (SELECT 1 FROM suggestions s WHERE s.case_number = c.number \
             AND s.model = c.model AND {condition})"
        ));
    }

    pub(crate) fn count(&self, connection: &Connection) -> rusqlite::Result<u64> {
        let query = format!(
            "SELECT count(*) AS cases FROM cases c WHERE {}",
            self.conditions.join(" AND ")
        );
        let count: i64 = connection
            .prepare_cached(&query)?
            .query_row(self.parameters().as_slice(), |row| row.get("cases"))?;
        Ok(count.unsigned_abs())
    }

    pub(crate) fn stored(
        &self,
        connection: &Connection,
        tail: &str,
    ) -> rusqlite::Result<Vec<StoredCase>> {
        let conditions = self.conditions.join(" AND ");
        let query = format!("SELECT {CASE_COLUMNS} FROM cases c WHERE {conditions} {tail}");
        let mut statement = connection.prepare_cached(&query)?;
        let rows = statement.query_map(self.parameters().as_slice(), StoredCase::read)?;
        rows.collect()
    }

    /// Returns the number of the first case for which `take` returns true, and the number
    /// of its answers.
    pub(crate) fn first(
        &self,
        connection: &Connection,
        tail: &str,
        mut take: impl FnMut(i64, usize) -> bool,
    ) -> rusqlite::Result<Option<i64>> {
        let conditions = self.conditions.join(" AND ");
        let query = format!(
            "SELECT c.number, max(c.wanted - c.answers, 1) AS room FROM cases c WHERE {conditions} {tail}"
        );
        let mut statement = connection.prepare_cached(&query)?;
        let mut rows = statement.query(self.parameters().as_slice())?;
        while let Some(row) = rows.next()? {
            let number = row.get("number")?;
            if take(number, usize::from(row.get::<_, u8>("room")?)) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    fn parameters(&self) -> Vec<(&str, &dyn ToSql)> {
        self.values.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect()
    }
}

/// Condition that the reviewer `:me` may see the suggestion of a case `c`: it is not being
/// measured, and they do not give the second answer.
pub(crate) const REVEALED: &str = "c.revealed AND NOT (c.status = 'open' AND c.wanted > 1 \
     AND c.answers > 0 AND NOT EXISTS (SELECT 1 FROM standing m WHERE m.person = :me \
     AND m.case_number = c.number AND m.kind = 'answer'))";

const SKIPPED: &str = "EXISTS (SELECT 1 FROM standing m WHERE m.person = :me \
                       AND m.case_number = c.number AND m.kind = 'skip')";
const ANSWERED: &str = "EXISTS (SELECT 1 FROM standing m WHERE m.person = :me \
                        AND m.case_number = c.number AND m.kind = 'answer')";

fn key_or_none(key: &str) -> String {
    if key.is_empty() { NONE_APPLIES.to_owned() } else { key.to_owned() }
}
