//! What the columns of a review's export say of a row.

use super::row::Row;

/// The column that says whether a case was drawn by lot to be measured by.
pub(crate) const AUDIT_COLUMN: &str = "review_audit";

/// What stands there if it was.
pub(crate) const AUDIT: &str = "yes";

/// The column that says how far a case is.
pub(crate) const STATUS_COLUMN: &str = "review_status";

/// What stands there if reviewers say different things of it.
pub(crate) const CONFLICT: &str = "conflict";

impl Row {
    /// Whether a review drew the case by lot to measure by (`yes` in the column
    /// `review_audit`), so that no model may learn from it.
    pub fn is_audit(&self) -> bool {
        self.says(AUDIT_COLUMN, AUDIT)
    }

    /// Whether reviewers say different things of the case (`conflict` in the column
    /// `review_status`).
    pub fn is_conflict(&self) -> bool {
        self.says(STATUS_COLUMN, CONFLICT)
    }

    /// Whether a cell is this word, in whatever letters and spaces people gave it.
    fn says(&self, column: &str, word: &str) -> bool {
        self.get(column).is_some_and(|cell| cell.trim().eq_ignore_ascii_case(word))
    }
}
