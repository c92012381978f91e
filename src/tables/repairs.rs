//! What was put right while a file was read.

use serde::{Deserialize, Serialize};

/// What was mended or passed over in a file, each a number of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repairs {
    /// Rows without anything in them: they are not rows of the input.
    pub blank: u64,
    /// Rows with fewer fields than the header: the last ones are empty.
    pub filled: u64,
    /// Rows with more fields than the header, all of them empty: they are dropped.
    pub trimmed: u64,
}

impl std::ops::AddAssign for Repairs {
    fn add_assign(&mut self, other: Self) {
        self.blank += other.blank;
        self.filled += other.filled;
        self.trimmed += other.trimmed;
    }
}
