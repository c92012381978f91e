//! Notes: observations about an input that do not stop the work, with a remedy.

use std::fmt;

use super::Remedy;

/// An observation about an input that does not stop the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    words: String,
    remedy: Option<Remedy>,
}

impl Note {
    /// Creates a note with a remedy.
    pub(crate) fn with_remedy(words: impl Into<String>, remedy: Remedy) -> Self {
        Self { words: words.into(), remedy: Some(remedy) }
    }

    /// Returns the remedy.
    pub fn remedy(&self) -> Option<&Remedy> {
        self.remedy.as_ref()
    }
}

impl From<String> for Note {
    fn from(words: String) -> Self {
        Self { words, remedy: None }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.remedy {
            Some(remedy) => write!(f, "{}; {remedy}", self.words),
            None => f.write_str(&self.words),
        }
    }
}
