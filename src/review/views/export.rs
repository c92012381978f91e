//! Decisions as labelled cases, ready to train on and to evaluate with.

use std::io::Write;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::review::db::decision::{Answer, CaseStatus, Flag};
use crate::review::db::history::History;
use crate::review::db::settings::{parsed, setting};
use crate::review::db::store::Store;
use crate::review::db::stored_case::{CASE_COLUMNS, StoredCase};
use crate::tables::spreadsheet;
use crate::tagger::record::{
    BLIND_CHECK, BLIND_CHECK_COLUMN, BULK, BULK_COLUMN, CONFLICT, OLD_BLIND_CHECK_COLUMN, Record,
    STATUS_COLUMN, value_text,
};
use crate::taxonomy::join_keys;

/// What is exported, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportParams {
    /// As JSON Lines; otherwise CSV, with cells that are safe in spreadsheets.
    pub jsonl: bool,
    /// Which cases.
    pub cases: ExportedCases,
    /// Whether a column says who decided.
    pub with_reviewers: bool,
}

/// Which answered cases are exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportedCases {
    /// All cases; a column marks those of the blind check.
    #[default]
    All,
    /// The cases from which a model may learn: all but the blind check, those accepted in
    /// bulk and those that are unusable.
    Training,
    /// The cases of the blind check, which measure a model.
    #[serde(alias = "audit")]
    BlindCheck,
}

/// The columns after the original ones. Original columns of these names give
/// way: they come from an earlier export, or are what was decided anew.
const ADDED: [&str; 8] = [
    "trends",
    STATUS_COLUMN,
    BLIND_CHECK_COLUMN,
    BULK_COLUMN,
    "review_queue",
    "review_time",
    "review_model",
    "review_note",
];

/// The column that says who decided.
const BY: &str = "review_by";

/// Cases that are read in one step.
const CHUNK: usize = 256;

impl Store {
    /// Writes every answered case once, in the order of adding: the original
    /// columns, then `trends` (empty as long as reviewers differ), and how it was
    /// decided. Memory holds some hundred cases. Returns how many were written.
    ///
    /// # Errors
    /// [`Error::Io`] if writing fails, [`Error::Database`].
    pub fn export(&self, params: &ExportParams, out: &mut dyn Write) -> Result<u64> {
        let columns = self.export_columns(params.with_reviewers)?;
        let failed = |source| Error::Output { source };
        if !params.jsonl {
            let line = csv_line(columns.names().map(str::to_owned)).map_err(failed)?;
            out.write_all(&line).map_err(failed)?;
        }
        let mut count = 0;
        self.each_answered(params.cases, &mut |answered| {
            let row = columns.row(answered);
            let line = if params.jsonl {
                format!("{}\n", Value::Object(row)).into_bytes()
            } else {
                let cell = |name: &str| row.get(name).map(csv_cell).unwrap_or_default();
                csv_line(columns.names().map(cell)).map_err(failed)?
            };
            count += 1;
            out.write_all(&line).map_err(failed)
        })?;
        Ok(count)
    }

    /// Returns every answered case with the columns of an export, in the order of adding.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn answered(&self) -> Result<Vec<Record>> {
        let columns = self.export_columns(false)?;
        let mut records = Vec::new();
        self.each_answered(ExportedCases::All, &mut |answered| {
            records.push(columns.row(answered).into());
            Ok(())
        })?;
        Ok(records)
    }

    fn export_columns(&self, with_reviewers: bool) -> Result<ExportColumns> {
        let columns = self.read(|connection| {
            let columns = setting(connection, "columns")?;
            columns.map(|text| parsed(&text)).transpose().map(Option::unwrap_or_default)
        })?;
        Ok(ExportColumns::new(columns, with_reviewers))
    }

    fn each_answered(
        &self,
        cases: ExportedCases,
        each: &mut dyn FnMut(AnsweredCase) -> Result<()>,
    ) -> Result<()> {
        let mut after = 0;
        loop {
            let decided = self.decided(after, cases)?;
            let Some(last) = decided.last() else { return Ok(()) };
            after = last.stored.number;
            decided.into_iter().try_for_each(&mut *each)?;
        }
    }

    /// Some answered cases after a number.
    fn decided(&self, after: i64, cases: ExportedCases) -> Result<Vec<AnsweredCase>> {
        let which = match cases {
            ExportedCases::All => "1",
            ExportedCases::Training => {
                "NOT c.blind_check AND NOT c.bulk AND c.flag IS NOT 'unusable'"
            }
            ExportedCases::BlindCheck => "c.blind_check",
        };
        self.read(|connection| {
            let query = format!(
                "SELECT {CASE_COLUMNS} FROM cases c WHERE c.number > ? AND {which} \
                 AND (c.answers > 0 OR c.final IS NOT NULL OR c.flag = 'unusable') ORDER BY c.number LIMIT {CHUNK}"
            );
            let mut statement = connection.prepare_cached(&query)?;
            let stored = statement.query_map([after], StoredCase::read)?;
            let answered = |stored: rusqlite::Result<StoredCase>| {
                let stored = stored?;
                let history = History::load(connection, stored.number)?;
                let (record, _) = stored.record(connection)?;
                Ok(AnsweredCase { stored, history, record })
            };
            stored.map(answered).collect()
        })
    }
}

/// A case with the decisions on it and all its columns.
struct AnsweredCase {
    stored: StoredCase,
    history: History,
    record: Map<String, Value>,
}

/// The columns of an export.
struct ExportColumns {
    original: Vec<String>,
    added: Vec<&'static str>,
}

impl ExportColumns {
    fn new(columns: Vec<String>, with_reviewers: bool) -> Self {
        let is_original = |name: &String| {
            !ADDED.contains(&name.as_str()) && name != BY && name != OLD_BLIND_CHECK_COLUMN
        };
        let original: Vec<String> = columns.into_iter().filter(is_original).collect();
        let mut added = Vec::new();
        if !original.iter().any(|name| name == "id") {
            // Cases without an id were given the numbers of their rows.
            added.push("id");
        }
        added.extend(ADDED);
        added.extend(with_reviewers.then_some(BY));
        Self { original, added }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.original.iter().map(String::as_str).chain(self.added.iter().copied())
    }

    fn row(&self, answered: AnsweredCase) -> Map<String, Value> {
        let AnsweredCase { stored, history, record: mut row } = answered;
        row.retain(|name, _| self.original.contains(name));
        let (status, outcome) = history.outcome(stored.wanted);
        let flag = history.flagged(stored.wanted).and_then(|skip| skip.flag);
        let unusable = flag == Some(Flag::Unusable);
        let settled = history.adjudication();
        let answers = history.answers();
        let last = settled.or(answers.last().copied());
        let of_last = |value: fn(&Answer) -> Value| last.map_or(Value::Null, value);
        // Two who agreed decided both.
        let by = match (settled, status) {
            (Some(settled), _) => settled.reviewer.clone(),
            _ => answers.iter().map(|a| a.reviewer.as_str()).collect::<Vec<_>>().join("; "),
        };
        let values = [
            ("id", Value::from(stored.id.clone())),
            ("trends", outcome.map_or(Value::Null, Value::from)),
            (STATUS_COLUMN, Value::from(if unusable { "unusable" } else { status_text(status) })),
            (BLIND_CHECK_COLUMN, Value::from(if stored.blind_check { BLIND_CHECK } else { "no" })),
            (BULK_COLUMN, Value::from(if history.is_bulk() { BULK } else { "no" })),
            ("review_queue", of_last(|last| Value::from(last.queue.clone()))),
            ("review_time", of_last(|last| Value::from(last.time.clone()))),
            ("review_model", of_last(|last| Value::from(last.model.clone()))),
            ("review_note", of_last(|last| Value::from(last.note.clone()))),
            (BY, Value::from(by)),
        ];
        for (name, value) in values {
            if self.added.contains(&name) {
                row.insert(name.to_owned(), value);
            }
        }
        row
    }
}

/// What an export says: an open case in it waits for a second answer.
const fn status_text(status: CaseStatus) -> &'static str {
    match status {
        CaseStatus::Open => "waits for a second answer",
        CaseStatus::Decided => "decided",
        CaseStatus::Conflict => CONFLICT,
    }
}

/// A value as a cell; a list of keys as a `trends` cell.
fn csv_cell(value: &Value) -> String {
    match value {
        Value::Array(keys) if keys.iter().all(Value::is_string) => {
            join_keys(&keys.iter().map(value_text).collect::<Vec<_>>())
        }
        other => value_text(other).into_owned(),
    }
}

fn csv_line(cells: impl Iterator<Item = String>) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells.map(|cell| spreadsheet::escape(&cell).into_owned().into_bytes()))?;
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
}
