//! Remedies for errors, without the names of flags.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A remedy: what to do about an error. Its words hold for every caller. A program adds
/// how its user performs each [`Action`], such as the name of a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    words: Cow<'static, str>,
    actions: Vec<(Action, Option<String>)>,
}

/// Something that a user can do about an error, with an argument or a command of their
/// program.
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
    /// Name the columns with one label each.
    NameLabelColumns,
    /// Name the separator of the labels in a cell.
    NameLabelSeparator,
    /// Raise the maximum size of expanded data.
    RaiseLimit,
    /// Name the format of the input.
    NameFormat,
    /// Name the encoding of the input.
    NameEncoding,
    /// Name the sheet of a workbook.
    NameSheet,
    /// Name the line of the header.
    NameHeaderRow,
    /// State how many rows after the header are not cases.
    SkipRows,
    /// Name the character that separates fields.
    NameDelimiter,
    /// Copy the value of a merged cell to all of its rows.
    FillMerged,
    /// Name the file that defines the labels.
    NameTaxonomy,
    /// Match labels with cases by id alone.
    MatchById,
    /// Name the control or question with the labels in an export of a labelling tool.
    NameControl,
    /// Name the reviewer who gave the labels of a file.
    NameReviewer,
    /// Replace earlier answers of a reviewer.
    ReplaceAnswers,
    /// Replace an existing file.
    ReplaceFile,
    /// Resume an interrupted run, or replace its unfinished output.
    ResumeOrReplace,
    /// Tag the file.
    Tag,
    /// Train a model.
    Train,
    /// Train a model as a new version.
    TrainVersion,
    /// Update the cases of a review.
    UpdateCases,
    /// Promote a version.
    PromoteVersion,
    /// Give a reason.
    GiveReason,
    /// List the versions.
    ListVersions,
}

impl Remedy {
    /// Adds an action that carries out the remedy.
    pub fn by(mut self, action: Action) -> Self {
        self.actions.push((action, None));
        self
    }

    /// Adds an action with its value.
    pub fn by_value(mut self, action: Action, value: impl Into<String>) -> Self {
        self.actions.push((action, Some(value.into())));
        self
    }

    /// Returns the actions, each with a suitable value if one is known.
    pub fn actions(&self) -> &[(Action, Option<String>)] {
        &self.actions
    }
}

impl Action {
    /// Creates a remedy with this action.
    pub(crate) fn to(self, words: &'static str) -> Remedy {
        Remedy::from(words).by(self)
    }

    /// Creates a remedy with this action and its value.
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
