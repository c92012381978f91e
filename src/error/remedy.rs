//! What to do about an error, in words that name no flag.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What to do about an error.
///
/// Its words hold for every caller. A program that knows how its user takes an
/// [`Action`] adds that, such as the name of a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    words: Cow<'static, str>,
    actions: Vec<(Action, Option<String>)>,
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
    /// Read files although some of the text columns are missing.
    AllowMissingColumns,
    /// Name the columns that hold one label each.
    NameLabelColumns,
    /// Name what separates the labels in a cell.
    NameLabelSeparator,
    /// Raise the limit of the data that a compressed file expands to.
    RaiseLimit,
    /// Name the format of the input.
    NameFormat,
    /// Name the encoding of the input.
    NameEncoding,
    /// Name the sheet of a workbook.
    NameSheet,
    /// Name the line of the header.
    NameHeaderRow,
    /// Say how many rows after the header are no cases.
    SkipRows,
    /// Name the character that separates fields.
    NameDelimiter,
    /// Give the value of a merged cell to all of its rows.
    FillMerged,
    /// Name the file that defines the labels.
    NameTaxonomy,
    /// Let ids alone tell which case a label is meant for.
    MatchById,
    /// Name the control or question of a labelling tool whose choices are the labels.
    NameControl,
    /// Name the reviewer whose labels a file has.
    NameReviewer,
    /// Replace answers that a reviewer gave before.
    ReplaceAnswers,
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
    /// Bring the cases of a review up to date.
    UpdateCases,
    /// Promote a version.
    PromoteVersion,
    /// Say why something is done.
    GiveReason,
    /// List the versions.
    ListVersions,
}

impl Remedy {
    /// Adds an action that carries it out.
    pub fn by(mut self, action: Action) -> Self {
        self.actions.push((action, None));
        self
    }

    /// Adds an action that carries it out, with the value that it should have.
    pub fn by_value(mut self, action: Action, value: impl Into<String>) -> Self {
        self.actions.push((action, Some(value.into())));
        self
    }

    /// Returns the actions that carry it out, each with a value that fits, if one is
    /// known.
    pub fn actions(&self) -> &[(Action, Option<String>)] {
        &self.actions
    }
}

impl Action {
    /// Makes a remedy with this action.
    pub(crate) fn to(self, words: &'static str) -> Remedy {
        Remedy::from(words).by(self)
    }

    /// The same with the value that it should have.
    pub(crate) fn to_value(self, words: &'static str, value: impl Into<String>) -> Remedy {
        Remedy::from(words).by_value(self, value)
    }
}

impl From<&'static str> for Remedy {
    fn from(words: &'static str) -> Self {
        Self { words: Cow::Borrowed(words), actions: Vec::new() }
    }
}

impl From<String> for Remedy {
    fn from(words: String) -> Self {
        Self { words: Cow::Owned(words), actions: Vec::new() }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
