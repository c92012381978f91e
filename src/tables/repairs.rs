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
    /// Rows that are one quoted cell with the row in it: they are read.
    #[serde(default)]
    pub unwrapped: u64,
    /// Rows that repeat the header: they are not rows of the input.
    #[serde(default)]
    pub headers: u64,
}

impl Repairs {
    /// What was mended or passed over, in words, as far as there is any.
    pub fn in_words(&self) -> Vec<String> {
        let counted = [
            (self.blank, "blank and skipped"),
            (self.headers, "with the header again, skipped"),
            (self.filled, "with fewer fields than the header, filled with empty ones"),
            (self.trimmed, "with empty fields beyond the header, dropped"),
            (self.unwrapped, "quoted as a whole, read without these quotes"),
        ];
        let counted = counted.iter().filter(|(count, _)| *count > 0);
        counted.map(|(count, what)| format!("{count} {what}")).collect()
    }
}

impl std::ops::AddAssign for Repairs {
    fn add_assign(&mut self, other: Self) {
        self.blank += other.blank;
        self.filled += other.filled;
        self.trimmed += other.trimmed;
        self.unwrapped += other.unwrapped;
        self.headers += other.headers;
    }
}
