//! What to do about an error, in words that name no flag.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What to do about an error.
///
/// Its words hold for every caller. A program that knows how its user takes the
/// [`Action`] adds that, such as the name of a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    words: Cow<'static, str>,
    action: Option<Action>,
}

/// Something that a user does to mend an error, by an argument or a command of the
/// program they use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Action {
    /// Name the text columns.
    NameTextColumns,
    /// Name the column of the ids.
    NameIdColumn,
    /// Name the column of the labels.
    NameTrendsColumn,
    /// Name the format of the input.
    NameFormat,
    /// Name the encoding of the input.
    NameEncoding,
    /// Name the sheet of a workbook.
    NameSheet,
    /// Name the file that defines the labels.
    NameTaxonomy,
    /// Replace an existing file.
    ReplaceFile,
    /// Resume an interrupted run, or replace what it left.
    ResumeOrReplace,
    /// Tag the file.
    Tag,
    /// Train a model.
    Train,
    /// Train a model as a new version.
    TrainVersion,
    /// Promote a version.
    PromoteVersion,
    /// List the versions.
    ListVersions,
}

impl Remedy {
    /// Adds the action that carries it out.
    pub fn by(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }

    /// Returns the action that carries it out, if there is one.
    pub fn action(&self) -> Option<Action> {
        self.action
    }
}

impl Action {
    /// Makes a remedy of which this is the action.
    pub(crate) fn to(self, words: &'static str) -> Remedy {
        Remedy::from(words).by(self)
    }
}

impl From<&'static str> for Remedy {
    fn from(words: &'static str) -> Self {
        Self { words: Cow::Borrowed(words), action: None }
    }
}

impl From<String> for Remedy {
    fn from(words: String) -> Self {
        Self { words: Cow::Owned(words), action: None }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
