//! The errors of the library: what went wrong, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Result of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where in the input something was found.
///
/// Rows are counted from 1 and leave the header out; lines are counted from 1
/// and take the header in, as an editor shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file as it was named by the caller; `-` is standard input.
    pub file: String,
    /// Number of the data row, from 1.
    pub row: Option<u64>,
    /// Number of the line on which the row starts, from 1.
    pub line: Option<u64>,
    /// Name of the column.
    pub column: Option<String>,
}

impl Place {
    /// A place that is a whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }

    /// The same place, narrowed to a column.
    pub fn with_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column \"{column}\"")?;
        }
        Ok(())
    }
}

/// Everything that can go wrong in the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened, read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// One row (or one cell) of the input cannot be used; the other rows can.
    #[error("{place}: {reason}; {remedy}")]
    BadRow {
        /// Where it stands.
        place: Box<Place>,
        /// What is wrong with it.
        reason: String,
        /// What the user can do.
        remedy: String,
    },

    /// A file as a whole cannot be used.
    #[error("{place}: {reason}; {remedy}")]
    BadFile {
        /// Which file.
        place: Box<Place>,
        /// What is wrong with it.
        reason: String,
        /// What the user can do.
        remedy: String,
    },

    /// A parameter has a value that cannot work.
    #[error("{name} = {value}: {remedy}")]
    BadParam {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: String,
        /// What values work.
        remedy: String,
    },

    /// The labelled cases do not allow what was asked for.
    #[error("{reason}; {remedy}")]
    BadCorpus {
        /// What is wrong with them.
        reason: String,
        /// What the user can do.
        remedy: String,
    },

    /// A model file cannot be loaded.
    #[error("{file}: not a usable model: {reason}; {remedy}")]
    BadModel {
        /// The file, or `(built in)`.
        file: String,
        /// What is wrong with it.
        reason: String,
        /// What the user can do.
        remedy: String,
    },

    /// The database of a review failed.
    #[cfg(feature = "review")]
    #[error("{path}: {source}", path = path.display())]
    Database {
        /// Its file.
        path: PathBuf,
        /// What the database said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A report cannot be made.
    #[error("no report can be made: {reason}; {remedy}")]
    Report {
        /// What is wrong with its data.
        reason: String,
        /// What the caller can do.
        remedy: String,
    },

    /// A fit did not succeed.
    #[error("fitting failed: {reason}")]
    Fit {
        /// What the solver said.
        reason: String,
    },
}

impl Error {
    /// Wraps an input/output error with the file it concerns.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    /// Whether the error concerns one row only, so that the rest can go on.
    pub fn is_row(&self) -> bool {
        matches!(self, Self::BadRow { .. })
    }

    /// The place in the input, where the error has one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::BadRow { place, .. } | Self::BadFile { place, .. } => Some(place),
            _ => None,
        }
    }
}

/// Names in quotation marks, separated by commas, for messages.
pub(crate) fn quoted_list<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.as_ref())).collect();
    quoted.join(", ")
}
