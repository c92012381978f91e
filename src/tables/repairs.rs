//! Repairs that were made while a file was read.

use serde::{Deserialize, Serialize};

/// Numbers of rows that were repaired or skipped in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repairs {
    /// Blank rows, which do not count as rows of the input.
    pub blank: u64,
    /// Rows with fewer fields than the header: the missing ones are read as empty.
    pub filled: u64,
    /// Rows with more fields than the header, all of which are empty; they are dropped.
    pub trimmed: u64,
    /// Rows that are one quoted cell; the row inside it is read.
    #[serde(default)]
    pub unwrapped: u64,
    /// Rows that repeat the header, which do not count as rows of the input.
    #[serde(default)]
    pub headers: u64,
}

impl Repairs {
    /// Describes the repairs in words, if there are any.
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
