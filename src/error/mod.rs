//! The errors of the library: what went wrong, where, and what to do about it.

mod note;
mod remedy;

pub use note::Note;
pub use remedy::{Action, Remedy};

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Result of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A place in the input. Rows are counted from 1 without the header. Lines are counted
/// from 1 with the header, as an editor shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file as the caller named it; `-` is standard input.
    pub file: String,
    /// Number of the data row, from 1.
    pub row: Option<u64>,
    /// Number of the line where the row starts, from 1.
    pub line: Option<u64>,
    /// Name of the column.
    pub column: Option<String>,
}

impl Place {
    /// Returns the place of a whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }

    /// Returns the same place with a column.
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

/// An error of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened, read or written.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },

    /// An output that the caller gave could not be written.
    #[error("the output cannot be written")]
    Output {
        /// The error of the system.
        source: std::io::Error,
    },

    /// The run was interrupted before all rows were read.
    #[error("interrupted")]
    Interrupted,

    /// A system call that concerns no file failed, or a value could not be serialised.
    #[error("{what}")]
    Internal {
        /// What failed.
        what: Cow<'static, str>,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// One row (or one cell) of the input cannot be used; the other rows can.
    #[error("{place}: {reason}; {remedy}")]
    BadRow {
        /// The place of the row or cell.
        place: Box<Place>,
        /// What is wrong with it.
        reason: String,
        /// What the user can do.
        remedy: Remedy,
    },

    /// Returns the error of a file that cannot be used.
    #[error("{place}: {reason}; {remedy}")]
    BadFile {
        /// Which file.
        place: Box<Place>,
        /// What is wrong with it.
        reason: String,
        /// What the user can do.
        remedy: Remedy,
    },

    /// A parameter has an invalid value.
    #[error("{name} = {value}: {remedy}")]
    BadParam {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: String,
        /// The valid values.
        remedy: Remedy,
    },

    /// The labelled cases are unsuitable for the request.
    #[error("{reason}; {remedy}")]
    BadCorpus {
        /// What is wrong with them.
        reason: String,
        /// What the user can do.
        remedy: Remedy,
    },

    /// A model file cannot be loaded.
    #[error("{file}: not a usable model: {reason}; {remedy}")]
    BadModel {
        /// The file, or `(built in)`.
        file: String,
        /// What is wrong with it.
        reason: String,
        /// What the user can do.
        remedy: Remedy,
    },

    /// The database of a review failed.
    #[cfg(feature = "review")]
    #[error("{}", path.display())]
    Database {
        /// Its file.
        path: PathBuf,
        /// The error of the database.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A report cannot be made.
    #[error("no report can be made: {reason}; {remedy}")]
    Report {
        /// What is wrong with its data.
        reason: String,
        /// What the caller can do.
        remedy: Remedy,
    },

    /// A fit did not succeed.
    #[error("fitting failed: {reason}")]
    Fit {
        /// The message of the solver.
        reason: String,
    },
}

impl Error {
    /// Wraps an input/output error with the file it concerns. If a reader has wrapped an
    /// [`Error`], it is unwrapped.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        let path = path.into();
        match source.downcast::<Self>() {
            Ok(Self::BadFile { mut place, reason, remedy }) => {
                place.file = path.display().to_string();
                Self::BadFile { place, reason, remedy }
            }
            Ok(other) => other,
            Err(source) => Self::Io { path, source },
        }
    }

    /// Wraps an error that concerns no file.
    pub(crate) fn internal(
        what: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Internal { what: what.into(), source: source.into() }
    }

    /// Creates a file as a whole cannot be used.
    pub(crate) fn bad_file(
        file: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<Remedy>,
    ) -> Self {
        let place = Box::new(Place::file(file));
        Self::BadFile { place, reason: reason.into(), remedy: remedy.into() }
    }

    /// Returns the error of a row that cannot be used.
    pub(crate) fn bad_row(
        place: Place,
        reason: impl Into<String>,
        remedy: impl Into<Remedy>,
    ) -> Self {
        Self::BadRow { place: Box::new(place), reason: reason.into(), remedy: remedy.into() }
    }

    /// Returns the error of an invalid parameter.
    pub(crate) fn bad_param(
        name: &'static str,
        value: impl ToString,
        remedy: impl Into<Remedy>,
    ) -> Self {
        Self::BadParam { name, value: value.to_string(), remedy: remedy.into() }
    }

    /// Returns the error of labelled cases that are unsuitable for the request.
    pub(crate) fn bad_corpus(reason: impl Into<String>, remedy: impl Into<Remedy>) -> Self {
        Self::BadCorpus { reason: reason.into(), remedy: remedy.into() }
    }

    /// Returns the remedy, if there is one.
    pub fn remedy(&self) -> Option<&Remedy> {
        match self {
            Self::BadRow { remedy, .. }
            | Self::BadFile { remedy, .. }
            | Self::BadParam { remedy, .. }
            | Self::BadCorpus { remedy, .. }
            | Self::BadModel { remedy, .. }
            | Self::Report { remedy, .. } => Some(remedy),
            _ => None,
        }
    }

    /// Returns whether the error concerns one row only, so that the other rows can be
    /// processed.
    pub fn is_row(&self) -> bool {
        matches!(self, Self::BadRow { .. })
    }

    /// Returns the place in the input, if the error has one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::BadRow { place, .. } | Self::BadFile { place, .. } => Some(place),
            _ => None,
        }
    }
}

/// Formats an error followed by its causes.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |words, cause| format!("{words}: {cause}"))
}

/// Formats names in quotation marks, separated by commas.
pub(crate) fn quoted_list<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.as_ref())).collect();
    quoted.join(", ")
}
