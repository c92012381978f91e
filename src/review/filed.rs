//! The columns that an export adds to those of the cases, and that an import reads back.

use serde::{Deserialize, Serialize};

use super::db::decision::{DecisionKind, Flag, StoredDecision};
use crate::tables::spreadsheet;
use crate::tagger::record::{
    ASKED_COLUMN, BLIND_CHECK_COLUMN, BULK_COLUMN, OLD_BLIND_CHECK_COLUMN, STATUS_COLUMN,
};

/// The decided trends.
pub(super) const TRENDS: &str = "trends";
/// The trends that the model suggested.
pub(super) const SUGGESTED: &str = "suggested_trends";
/// Whether and how a reviewer changed a visible suggestion.
pub(super) const CHANGED: [&str; 3] = ["review_changed", "review_added", "review_removed"];
/// The queue in which the last decision was made.
pub(super) const QUEUE: &str = "review_queue";
/// The time of the last decision.
pub(super) const TIME: &str = "review_time";
/// The model of the suggestion at that time.
pub(super) const MODEL: &str = "review_model";
/// The note of the last decision.
pub(super) const NOTE: &str = "review_note";
/// The batch to which the case belongs.
pub(super) use crate::tagger::record::BATCH_COLUMN as BATCH;
/// The reviewers of the current decisions.
pub(super) use crate::tagger::record::BY_COLUMN as BY;
/// All answers, if the other columns do not contain all of them.
pub(super) const ANSWERS: &str = "review_answers";

/// Columns of a finished batch: who decided in the end, when, the model, and the number of
/// tags that are probably wrong.
pub(super) const DECIDED_BY: &str = "decided_by";
pub(super) const DATE: &str = "date";
pub(super) const MODEL_VERSION: &str = "model";
pub(super) const EXPECTED_ERRORS: &str = "expected_errors";
pub(super) const FINISHED: [&str; 4] = [DECIDED_BY, DATE, MODEL_VERSION, EXPECTED_ERRORS];

/// Columns with fixed names. Columns of trends have names made from their keys.
const FIXED: [&str; 18] = [
    TRENDS,
    BATCH,
    SUGGESTED,
    CHANGED[0],
    CHANGED[1],
    CHANGED[2],
    STATUS_COLUMN,
    BLIND_CHECK_COLUMN,
    OLD_BLIND_CHECK_COLUMN,
    BULK_COLUMN,
    QUEUE,
    TIME,
    MODEL,
    NOTE,
    BY,
    ANSWERS,
    ASKED_COLUMN,
    spreadsheet::MARK,
];

/// The state of a case that waits for its first or for its second answer.
pub(super) const OPEN: &str = "open";
pub(super) const WAITS: &str = "waits for a second answer";

/// The state of an unusable case.
pub(super) const UNUSABLE: &str = "unusable";

/// Returns the column with the probability of a trend.
pub(super) fn probability_column(key: &str) -> String {
    format!("p_{key}")
}

/// Returns the column with the verdict on a trend.
pub(super) fn verdict_column(key: &str) -> String {
    format!("verdict_{key}")
}

/// Returns whether an export adds this column.
pub(super) fn is_added<K: AsRef<str>>(column: &str, keys: &[K]) -> bool {
    let of_trend = |key: &K| {
        column == probability_column(key.as_ref()) || column == verdict_column(key.as_ref())
    };
    FIXED.contains(&column) || keys.iter().any(of_trend)
}

/// An answer in the JSON of the column [`ANSWERS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FiledAnswer {
    pub(super) reviewer: String,
    pub(super) kind: DecisionKind,
    pub(super) trends: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) note: String,
    pub(super) queue: String,
    pub(super) time: Option<String>,
    /// The model of the suggestion that was in view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<String>,
    /// Whether no other answer was in view.
    pub(super) blind: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) flag: Option<Flag>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) bulk: bool,
    /// The labels that it was asked about, if not about all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<Vec<String>>,
}

impl FiledAnswer {
    pub(super) fn of(decision: &StoredDecision, reviewer: String) -> Self {
        let answer = &decision.answer;
        Self {
            reviewer,
            kind: answer.kind,
            trends: answer.trends.clone(),
            note: answer.note.clone(),
            queue: answer.queue.clone(),
            time: answer.time.clone(),
            seen: decision.seen.then(|| answer.model.clone()),
            blind: decision.blind,
            flag: answer.flag,
            bulk: answer.bulk,
            asked: decision.asked.clone(),
        }
    }
}
