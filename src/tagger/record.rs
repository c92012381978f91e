//! The named cells of one case, as in its file.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The column that marks cases of the blind check of a review, which are reserved for
/// measuring a model.
pub(crate) const BLIND_CHECK_COLUMN: &str = "review_blind_check";

/// The name of that column in exports of earlier versions.
pub(crate) const OLD_BLIND_CHECK_COLUMN: &str = "review_audit";

/// Its content for cases of the blind check.
pub(crate) const BLIND_CHECK: &str = "yes";

/// The column that marks cases that were accepted in bulk without being read.
pub(crate) const BULK_COLUMN: &str = "review_bulk";

/// Its content for cases accepted in bulk.
pub(crate) const BULK: &str = "yes";

/// The column with the labels that a reviewer was asked about, separated by `;`. The
/// decision gives no information about other labels.
pub(crate) const ASKED_COLUMN: &str = "review_labels_asked";

/// The column with the reviewers who decided.
pub(crate) const BY_COLUMN: &str = "review_by";

/// The column with the batch of a review to which a case belongs.
pub(crate) const BATCH_COLUMN: &str = "review_batch";

/// The column with the state of a case in a review.
pub(crate) const STATUS_COLUMN: &str = "review_status";

/// Its content if reviewers disagree.
pub(crate) const CONFLICT: &str = "conflict";

/// Named cells in the order of their file: the metadata of a case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record(Map<String, Value>);

impl Record {
    /// Returns the text of a cell; `None` if there is no such column. A JSON string gives
    /// its text, null an empty text, and any other value its JSON text.
    pub fn get(&self, column: &str) -> Option<Cow<'_, str>> {
        self.0.get(column).map(value_text)
    }

    /// Returns the value of a cell.
    pub fn value(&self, column: &str) -> Option<&Value> {
        self.0.get(column)
    }

    /// Returns all names and cells in order.
    pub fn values(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value_text(value)))
    }

    /// Returns the cells as a JSON object.
    pub fn into_object(self) -> Map<String, Value> {
        self.0
    }

    /// Returns whether the case belongs to the blind check of a review (`yes` in the
    /// column `review_blind_check`, or in `review_audit` of older exports), so that no
    /// model may learn from it.
    pub fn is_blind_check(&self) -> bool {
        [BLIND_CHECK_COLUMN, OLD_BLIND_CHECK_COLUMN]
            .iter()
            .any(|name| self.get(name).is_some_and(|cell| is_word(&cell, BLIND_CHECK)))
    }

    /// Returns whether the case was accepted in bulk without being read (`yes` in the
    /// column `review_bulk`), so that no model may learn from it or be measured on it.
    pub fn is_bulk(&self) -> bool {
        self.get(BULK_COLUMN).is_some_and(|cell| is_word(&cell, BULK))
    }
}

impl From<Map<String, Value>> for Record {
    fn from(cells: Map<String, Value>) -> Self {
        Self(cells)
    }
}

/// Returns whether a cell is this word, in any case and with any surrounding spaces.
pub(crate) fn is_word(cell: &str, word: &str) -> bool {
    cell.trim().eq_ignore_ascii_case(word)
}

/// Returns the text of a JSON value in a cell.
pub(crate) fn value_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}
