//! Something that was noticed and ends nothing, with what can be done about it.

use std::fmt;

use super::Remedy;

/// Something that was noticed in an input and does not end the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    words: String,
    remedy: Option<Remedy>,
}

impl Note {
    /// A note with what to do if what was noticed is not wanted.
    pub(crate) fn with_remedy(words: impl Into<String>, remedy: Remedy) -> Self {
        Self { words: words.into(), remedy: Some(remedy) }
    }

    /// What can be done about it.
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
