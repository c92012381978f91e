//! What the columns of a review's export say of a row.

use super::row::Row;

/// The column that says whether a case belongs to the blind check of a review.
pub(crate) const BLIND_CHECK_COLUMN: &str = "review_blind_check";

/// The name of that column in exports of earlier versions.
pub(crate) const OLD_BLIND_CHECK_COLUMN: &str = "review_audit";

/// The value of that column if it does.
pub(crate) const BLIND_CHECK: &str = "yes";

/// The column that says how far a case is.
pub(crate) const STATUS_COLUMN: &str = "review_status";

/// What stands there if reviewers say different things of it.
pub(crate) const CONFLICT: &str = "conflict";

impl Row {
    /// Whether the case belongs to the blind check of a review (`yes` in the column
    /// `review_blind_check`, or `review_audit` in older exports), so that no model may
    /// learn from it.
    pub fn is_blind_check(&self) -> bool {
        [BLIND_CHECK_COLUMN, OLD_BLIND_CHECK_COLUMN].iter().any(|name| self.says(name, BLIND_CHECK))
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
