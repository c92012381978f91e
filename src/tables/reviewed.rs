//! Reads the columns that a review's export adds to a row.

use super::Columns;
use super::row::Row;
use super::rows::Rows;
use crate::tagger::record::{
    BLIND_CHECK, BLIND_CHECK_COLUMN, BULK, BULK_COLUMN, CONFLICT, OLD_BLIND_CHECK_COLUMN,
    STATUS_COLUMN, is_word,
};

impl Rows {
    /// Returns the columns to read labels by, and whether a review exported the rows. The
    /// decisions of an export are in the column `trends`, whatever the labels of the corpus
    /// are called: theirs may be from before the review.
    pub(crate) fn columns_of_decisions(&mut self, columns: &Columns) -> (Columns, bool) {
        // If each row names its own columns, the columns are known only after all rows.
        self.look_ahead(usize::MAX);
        let mut columns = columns.clone();
        let is_export = self.columns().iter().any(|name| name == STATUS_COLUMN);
        if is_export {
            columns.trends = Columns::default().trends;
            columns.label_columns.clear();
        }
        (columns, is_export)
    }
}

impl Row {
    /// Returns whether the case belongs to the random sample of a blind check (`yes` in
    /// the column `review_blind_check`), so that no model may learn from it.
    pub fn is_blind_check(&self) -> bool {
        [BLIND_CHECK_COLUMN, OLD_BLIND_CHECK_COLUMN].iter().any(|name| self.says(name, BLIND_CHECK))
    }

    /// Returns whether the case was accepted in bulk without being read (`yes` in the
    /// column `review_bulk`), so that no model may learn from it or be measured by it.
    pub fn is_bulk(&self) -> bool {
        self.says(BULK_COLUMN, BULK)
    }

    /// Returns whether reviewers disagree about the case (`conflict` in the column
    /// `review_status`).
    pub fn is_conflict(&self) -> bool {
        self.says(STATUS_COLUMN, CONFLICT)
    }

    fn says(&self, column: &str, word: &str) -> bool {
        self.get(column).is_some_and(|cell| is_word(&cell, word))
    }
}
