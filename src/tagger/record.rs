//! The cells of one case by name, as its file or its maker gave them.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The column that says whether a case belongs to the blind check of a review, and
/// so is reserved for measuring a model.
pub(crate) const BLIND_CHECK_COLUMN: &str = "review_blind_check";

/// The name of that column in exports of earlier versions.
pub(crate) const OLD_BLIND_CHECK_COLUMN: &str = "review_audit";

/// Its content if the case does.
pub(crate) const BLIND_CHECK: &str = "yes";

/// The column that says whether a case was accepted together with others, unread.
pub(crate) const BULK_COLUMN: &str = "review_bulk";

/// Its content if it was.
pub(crate) const BULK: &str = "yes";

/// The column with the labels that a decision was asked about, separated by `;`: it says
/// nothing of others.
pub(crate) const ASKED_COLUMN: &str = "review_labels_asked";

/// The column with who decided.
pub(crate) const BY_COLUMN: &str = "review_by";

/// The column with the state of a case in a review.
pub(crate) const STATUS_COLUMN: &str = "review_status";

/// Its content if reviewers disagree.
pub(crate) const CONFLICT: &str = "conflict";

/// Named cells in the order of their file: the metadata of a case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record(Map<String, Value>);

impl Record {
    /// Returns the text of a cell; `None` if there is no such column.
    ///
    /// A JSON string is its text, null is empty, any other value is its JSON text.
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

    /// Whether the case belongs to the blind check of a review (`yes` in the column
    /// `review_blind_check`, or in `review_audit` of older exports), so that no model
    /// may learn from it.
    pub fn is_blind_check(&self) -> bool {
        [BLIND_CHECK_COLUMN, OLD_BLIND_CHECK_COLUMN]
            .iter()
            .any(|name| self.get(name).is_some_and(|cell| is_word(&cell, BLIND_CHECK)))
    }

    /// Whether the case was accepted together with others, unread (`yes` in the column
    /// `review_bulk`), so that no model may learn from it or be measured by it.
    pub fn is_bulk(&self) -> bool {
        self.get(BULK_COLUMN).is_some_and(|cell| is_word(&cell, BULK))
    }
}

impl From<Map<String, Value>> for Record {
    fn from(cells: Map<String, Value>) -> Self {
        Self(cells)
    }
}

/// Whether a cell is this word, in whatever letters and spaces people gave it.
pub(crate) fn is_word(cell: &str, word: &str) -> bool {
    cell.trim().eq_ignore_ascii_case(word)
}

/// What a JSON value looks like in a cell.
pub(crate) fn value_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}
