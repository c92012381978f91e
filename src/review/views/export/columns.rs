//! The columns of an export, and their values for a case.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::decided_by::DecidedBy;
use super::{ExportParams, ExportedCases};
use crate::review::db::decision::{Answer, CaseStatus, DecisionKind, Flag, StoredDecision};
use crate::review::db::history::History;
use crate::review::db::queue::IMPORT;
use crate::review::db::stored_case::StoredCase;
use crate::review::filed::{
    ANSWERS, BATCH, BY, CHANGED, DATE, DECIDED_BY, EXPECTED_ERRORS, FINISHED, FiledAnswer, MODEL,
    MODEL_VERSION, NOTE, OPEN, QUEUE, SUGGESTED, TIME, TRENDS, UNUSABLE, WAITS, is_added,
    probability_column, verdict_column,
};
use crate::tables::{Added, Format, Kind, Row, spreadsheet};
use crate::tagger::record::{
    ASKED_COLUMN, BLIND_CHECK, BLIND_CHECK_COLUMN, BULK_COLUMN, CONFLICT, STATUS_COLUMN,
};
use crate::tagger::{Record, Suggestion, rounded};
use crate::taxonomy::join_keys;

/// A case with its decisions, its columns, and its suggestion at that time.
pub(super) struct AnsweredCase {
    pub(super) stored: StoredCase,
    pub(super) history: History,
    record: Map<String, Value>,
    pub(super) suggestion: Option<Suggestion>,
}

impl AnsweredCase {
    pub(super) fn load(connection: &Connection, stored: StoredCase) -> rusqlite::Result<Self> {
        let history = History::load(connection, stored.number)?;
        let (record, _) = stored.record(connection)?;
        let model = last(&history).map_or(&stored.model, |last| &last.answer.model);
        // A suggestion that is still hidden is not exported either.
        let suggestion =
            if stored.revealed { stored.suggestion_of(connection, model)? } else { None };
        Ok(Self { stored, history, record, suggestion })
    }

    /// Returns whether it has an answer and waits for another one.
    pub(super) fn waits(&self) -> bool {
        self.history.answer_count() > 0
            && self.history.outcome(self.stored.wanted).0 == CaseStatus::Open
    }

    /// Returns whether reviewers who saw the suggestion changed it.
    pub(super) fn is_changed(&self) -> bool {
        self.change().is_some_and(|[added, removed]| !added.is_empty() || !removed.is_empty())
    }

    /// Returns the trends that were added to the suggestion, and those that were removed.
    /// `None` if nothing is decided, or if the reviewer did not see the suggestion.
    fn change(&self) -> Option<[Vec<&str>; 2]> {
        let seen = last(&self.history).is_some_and(|last| last.seen);
        let (_, decided) = self.history.outcome(self.stored.wanted);
        let (decided, suggested) = (decided?, &self.suggestion.as_ref()?.suggested);
        let added = decided.iter().filter(|key| !suggested.contains(key));
        let removed = suggested.iter().filter(|key| !decided.contains(key));
        seen.then(|| [added.map(String::as_str).collect(), removed.map(String::as_str).collect()])
    }
}

/// Returns the decision that settled a case, or the last answer.
fn last(history: &History) -> Option<&StoredDecision> {
    let last = history.adjudication().or_else(|| history.answers().last().copied())?;
    history.entry(last.decision)
}

/// The columns of an export.
pub(super) struct ExportColumns {
    /// Columns of the cases. Columns that an export adds are left out: they come from an
    /// earlier export or are written again.
    original: Vec<String>,
    added: Vec<Column>,
    keys: Vec<String>,
    /// Numbers that replace the names of reviewers, unless they are named.
    numbers: Option<BTreeMap<String, usize>>,
    shape: Shape,
    /// Whether the batch is finished.
    is_finished: bool,
}

/// The types of the values.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// Text, as in a CSV file.
    Text,
    /// Text and numbers, as in a workbook.
    Cells,
    /// JSON objects.
    Objects,
    /// Typed columns.
    Typed,
}

/// A column that the export adds.
struct Column {
    name: String,
    kind: Kind,
    value: What,
}

/// The content of an added column.
#[derive(Clone, Copy)]
enum What {
    Id,
    Trends,
    Suggested,
    IsChanged,
    AddedTrends,
    RemovedTrends,
    Status,
    Batch,
    BlindCheck,
    Bulk,
    /// A field of the last decision.
    OfLast(fn(&Answer) -> Value),
    By,
    Answers,
    /// Of a finished batch: who decided in the end, whether nobody read the case, when it was
    /// decided, by which model it was tagged, and how many of its tags are probably wrong.
    DecidedBy,
    IsUnread,
    Date,
    ModelVersion,
    ExpectedErrors,
    /// The labels of the review, about which reviewers were asked.
    Asked,
    SpreadsheetSafe,
    /// By the place of the trend in the taxonomy.
    Verdict(usize),
    Probability(usize),
    Applies(usize),
}

impl ExportColumns {
    pub(super) fn new(
        columns: Vec<String>,
        keys: Vec<String>,
        numbers: BTreeMap<String, usize>,
        params: &ExportParams,
    ) -> Self {
        let shape = match params.write.format {
            Format::Csv | Format::Tsv => Shape::Text,
            Format::Jsonl => Shape::Objects,
            Format::Parquet | Format::Arrow | Format::Arrows => Shape::Typed,
            Format::Xlsx | Format::Xls | Format::Ods => Shape::Cells,
        };
        let is_finished = params.cases == ExportedCases::Finished;
        // The columns of an earlier finished batch or of a tagged file give way as well.
        let was_tagged = columns.iter().any(|name| name == DECIDED_BY || name == SUGGESTED);
        let gives_way = |name: &String| {
            is_added(name, &keys)
                || (is_finished && was_tagged && FINISHED.contains(&name.as_str()))
        };
        let original: Vec<String> = columns.into_iter().filter(|name| !gives_way(name)).collect();
        let column = |name: &str, kind, value| Column { name: name.to_owned(), kind, value };
        let mut added = Vec::new();
        if !original.iter().any(|name| name == "id") {
            // Cases without an id have the number of their row.
            added.push(column("id", Kind::Text, What::Id));
        }
        if is_finished {
            added.extend([
                column(TRENDS, Kind::Texts, What::Trends),
                column(&free(DECIDED_BY, &original), Kind::Text, What::DecidedBy),
                column(BATCH, Kind::Text, What::Batch),
                column(BLIND_CHECK_COLUMN, Kind::Text, What::BlindCheck),
                column(BULK_COLUMN, Kind::Text, What::IsUnread),
                column(&free(DATE, &original), Kind::Text, What::Date),
                column(&free(MODEL_VERSION, &original), Kind::Text, What::ModelVersion),
            ]);
        } else {
            added.extend(Self::of_review(&column));
        }
        if params.write.spreadsheet_safe && shape == Shape::Text {
            added.push(column(spreadsheet::MARK, Kind::Text, What::SpreadsheetSafe));
        }
        let trends = || keys.iter().enumerate();
        if !is_finished {
            added.extend(trends().map(|(k, key)| Column {
                name: verdict_column(key),
                kind: Kind::Text,
                value: What::Verdict(k),
            }));
        }
        // Numbers come last: in text formats they are added to the columns of text.
        added.extend(trends().map(|(k, key)| Column {
            name: probability_column(key),
            kind: Kind::Number,
            value: What::Probability(k),
        }));
        if is_finished {
            let name = free(EXPECTED_ERRORS, &original);
            added.push(column(&name, Kind::Number, What::ExpectedErrors));
        }
        if params.one_column_per_trend {
            let mark = |(k, key): (usize, &String)| column(key, Kind::Number, What::Applies(k));
            added.extend(trends().map(mark));
        }
        let numbers = (!params.with_reviewers).then_some(numbers);
        Self { original, added, keys, numbers, shape, is_finished }
    }

    /// Adds the labels that reviewers were asked about, where the export has no such column.
    pub(super) fn say_what_was_asked(&mut self) {
        if self.added.iter().all(|column| column.name != ASKED_COLUMN) {
            let after_trends = self.added.iter().position(|column| column.name == TRENDS);
            let column =
                Column { name: ASKED_COLUMN.to_owned(), kind: Kind::Texts, value: What::Asked };
            self.added.insert(after_trends.map_or(0, |place| place + 1), column);
        }
    }

    /// The columns about the review of a case.
    fn of_review(column: &impl Fn(&str, Kind, What) -> Column) -> [Column; 16] {
        [
            column(TRENDS, Kind::Texts, What::Trends),
            column(SUGGESTED, Kind::Texts, What::Suggested),
            column(CHANGED[0], Kind::Text, What::IsChanged),
            column(CHANGED[1], Kind::Texts, What::AddedTrends),
            column(CHANGED[2], Kind::Texts, What::RemovedTrends),
            column(STATUS_COLUMN, Kind::Text, What::Status),
            column(BATCH, Kind::Text, What::Batch),
            column(BLIND_CHECK_COLUMN, Kind::Text, What::BlindCheck),
            column(BULK_COLUMN, Kind::Text, What::Bulk),
            column(QUEUE, Kind::Text, What::OfLast(|last| Value::from(last.queue.clone()))),
            column(TIME, Kind::Text, What::OfLast(|last| Value::from(last.time.clone()))),
            column(MODEL, Kind::Text, What::OfLast(|last| Value::from(last.model.clone()))),
            column(NOTE, Kind::Text, What::OfLast(|last| Value::from(last.note.clone()))),
            column(BY, Kind::Text, What::By),
            column(ANSWERS, Kind::Text, What::Answers),
            column(ASKED_COLUMN, Kind::Texts, What::Asked),
        ]
    }

    /// Returns the columns of the rows for the formatter.
    pub(super) fn of_records(&self) -> Vec<String> {
        let texts = self.added.iter().filter(|column| !self.is_typed(column));
        self.original.iter().chain(texts.map(|column| &column.name)).cloned().collect()
    }

    /// Returns the columns with types that the formatter must know.
    pub(super) fn typed(&self) -> Vec<Added> {
        let typed = self.added.iter().filter(|column| self.is_typed(column));
        typed.map(|column| Added { name: column.name.clone(), kind: column.kind }).collect()
    }

    fn is_typed(&self, column: &Column) -> bool {
        self.shape == Shape::Typed || column.kind == Kind::Number
    }

    /// Returns a case as a row with the values of the typed columns.
    pub(super) fn row(&self, answered: AnsweredCase, number: u64) -> (Row, Vec<Value>) {
        let values = self.values(&answered);
        let (mut record, mut typed) = (self.original_cells(answered), Vec::new());
        for (column, value) in self.added.iter().zip(values) {
            if self.is_typed(column) {
                typed.push(value);
            } else {
                record.insert(column.name.clone(), value);
            }
        }
        (Row::from_record("the export", number, record.into()), typed)
    }

    fn original_cells(&self, answered: AnsweredCase) -> Map<String, Value> {
        let AnsweredCase { stored, mut record, .. } = answered;
        record.retain(|name, _| self.original.contains(name));
        // A case from a file without ids has a generated id.
        if self.original.iter().any(|name| name == "id") {
            record.entry("id").or_insert_with(|| Value::from(stored.id));
        }
        record
    }

    /// Returns a case as one record.
    pub(super) fn record(&self, answered: AnsweredCase) -> Record {
        let values = self.values(&answered);
        let mut record = self.original_cells(answered);
        let names = self.added.iter().map(|column| column.name.clone());
        record.extend(names.zip(values));
        record.into()
    }

    fn values(&self, answered: &AnsweredCase) -> Vec<Value> {
        let AnsweredCase { stored, history, suggestion, .. } = answered;
        let (status, outcome) = history.outcome(stored.wanted);
        let ending = self.is_finished.then(|| answered.ending());
        let ending = ending.as_ref();
        // The second reviewer may open the finished batch before answering.
        let waits = ending.is_some_and(|ending| ending.by == DecidedBy::Waiting);
        let suggestion = suggestion.as_ref().filter(|_| !waits);
        let outcome = ending.map_or(outcome, |ending| ending.trends.as_deref());
        let flagged = history.flagged(stored.wanted);
        let unusable = flagged.is_some_and(|skip| skip.flag == Some(Flag::Unusable));
        let last = last(history);
        let change = answered.change();
        let changed =
            change.as_ref().map(|[added, removed]| [added.len(), removed.len()] != [0, 0]);
        // By key: the model may be from before the taxonomy changed.
        let trend = |k: usize| {
            let trends = suggestion.map(|suggestion| &suggestion.trends)?;
            trends.iter().find(|trend| trend.key == self.keys[k])
        };
        let value = |column: &Column| match column.value {
            What::Id => Value::from(stored.id.clone()),
            What::Trends => self.list(outcome),
            What::Suggested => self.list(suggestion.map(|s| s.suggested.as_slice())),
            What::IsChanged => changed.map_or(Value::Null, yes_or_no),
            What::AddedTrends => self.list(change.as_ref().map(|change| change[0].as_slice())),
            What::RemovedTrends => self.list(change.as_ref().map(|change| change[1].as_slice())),
            What::Status if unusable => Value::from(UNUSABLE),
            What::Status => Value::from(status_text(status, history.answer_count())),
            What::Batch => Value::from(stored.batch.clone()),
            What::BlindCheck => yes_or_no(stored.blind_check),
            What::Bulk => yes_or_no(history.is_bulk()),
            What::OfLast(value) => last.map_or(Value::Null, |last| value(&last.answer)),
            What::DecidedBy => {
                ending.and_then(|e| serde_json::to_value(e.by).ok()).unwrap_or_default()
            }
            What::IsUnread => yes_or_no(ending.is_some_and(|ending| ending.by.is_unread())),
            What::Date => {
                let time = last.filter(|_| ending.is_some_and(|e| e.by.is_decided()));
                let time = time.and_then(|last| last.answer.time.as_deref());
                time.and_then(|time| time.split('T').next()).map_or(Value::Null, Value::from)
            }
            What::ModelVersion => suggestion.map_or(Value::Null, |s| Value::from(s.model.clone())),
            What::ExpectedErrors => {
                let errors = ending.and_then(|ending| answered.expected_errors(ending));
                errors.map_or(Value::Null, |errors| self.number(errors))
            }
            What::By => self.by(history, status),
            What::Answers => self.answers(stored, history),
            What::Asked => {
                let asked = self.keys.iter().filter(|key| !stored.unasked.contains(key));
                self.list(Some(&asked.cloned().collect::<Vec<_>>()))
            }
            What::SpreadsheetSafe => yes_or_no(true),
            What::Verdict(k) => {
                let verdict = trend(k).and_then(|trend| trend.verdict);
                verdict.and_then(|v| serde_json::to_value(v).ok()).unwrap_or_default()
            }
            What::Probability(k) => {
                trend(k).and_then(|trend| trend.probability).map_or(Value::Null, |p| self.number(p))
            }
            What::Applies(k) => {
                let applies = outcome.zip(self.keys.get(k)).map(|(keys, key)| keys.contains(key));
                applies.map_or(Value::Null, |applies| Value::from(u8::from(applies)))
            }
        };
        self.added.iter().map(value).collect()
    }

    /// Returns a list of keys; null if there is none.
    fn list<S: AsRef<str>>(&self, keys: Option<&[S]>) -> Value {
        let Some(keys) = keys else { return Value::Null };
        match self.shape {
            Shape::Text | Shape::Cells => Value::from(join_keys(keys)),
            Shape::Objects | Shape::Typed => keys.iter().map(AsRef::as_ref).collect(),
        }
    }

    /// Four decimals.
    fn number(&self, number: f64) -> Value {
        match self.shape {
            Shape::Text => Value::from(format!("{number:.4}")),
            _ => Value::from(rounded(number)),
        }
    }

    /// Returns the reviewers of the decision; both, if two agreed.
    fn by(&self, history: &History, status: CaseStatus) -> Value {
        let settled = history.adjudication();
        let answers = match (settled, status) {
            (Some(settled), _) => vec![settled],
            _ => history.answers(),
        };
        let names: Vec<String> = answers.iter().map(|answer| self.name(answer)).collect();
        if names.is_empty() { Value::Null } else { Value::from(names.join("; ")) }
    }

    fn name(&self, answer: &Answer) -> String {
        let number = self.numbers.as_ref().map(|numbers| numbers.get(&answer.reviewer));
        match number {
            Some(number) => format!("reviewer {}", number.copied().unwrap_or(0)),
            None => answer.reviewer.clone(),
        }
    }

    /// Returns all answers as JSON, unless the other columns contain everything.
    fn answers(&self, stored: &StoredCase, history: &History) -> Value {
        let answers = history.answers().into_iter().chain(history.adjudication());
        let answers = answers.chain(history.flagged(stored.wanted));
        let answers = answers.filter_map(|answer| history.entry(answer.decision));
        let answers: Vec<&StoredDecision> = answers.collect();
        // The assumption of an import about a row without such a list.
        let is_usual = |only: &StoredDecision| {
            let is_seen = !stored.blind_check && only.answer.queue != IMPORT;
            only.answer.kind == DecisionKind::Answer && only.seen == is_seen && only.blind
        };
        let said = match &answers[..] {
            [] => true,
            [only] => is_usual(only),
            _ => false,
        };
        if said {
            return Value::Null;
        }
        let filed = |entry: &StoredDecision| FiledAnswer::of(entry, self.name(&entry.answer));
        let filed: Vec<FiledAnswer> = answers.into_iter().map(filed).collect();
        // All keys of such values are strings.
        Value::from(serde_json::to_string(&filed).unwrap_or_default())
    }
}

/// Returns the name of an added column, with a number if the cases have such a column.
fn free(name: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

fn yes_or_no(yes: bool) -> Value {
    Value::from(if yes { BLIND_CHECK } else { "no" })
}

/// Returns the status of a case.
const fn status_text(status: CaseStatus, answers: usize) -> &'static str {
    match status {
        CaseStatus::Open if answers == 0 => OPEN,
        CaseStatus::Open => WAITS,
        CaseStatus::Decided => "decided",
        CaseStatus::Conflict => CONFLICT,
    }
}
