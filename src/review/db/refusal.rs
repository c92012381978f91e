//! Refusals: why a request of a reviewer is not carried out.

use std::path::PathBuf;

use crate::error::Error;

/// The reason why a request of a reviewer is not carried out. Nothing is saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A field of the request is invalid.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A field of the request names something that does not exist.
    #[error("there is no {what} \"{name}\"")]
    Unknown {
        /// The field.
        field: &'static str,
        /// The name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// There is no such case.
    #[error("there is no case \"{0}\"")]
    NoCase(String),
    /// The case was decided after the state on which the answer is based.
    #[error("the case was decided meanwhile")]
    Outdated,
    /// Another reviewer has the case open.
    #[error("{by} has the case open until {until}")]
    Held {
        /// The other reviewer.
        by: String,
        /// Latest end of the hold, in UTC.
        until: String,
    },
    /// The request id was used for something else.
    #[error("the request id was used for another action; make a new one for each")]
    RequestIdReused,
    /// The action is not allowed in this state.
    #[error("{0}")]
    NotAllowed(String),
    /// The reviewer has no current decision.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// A text belongs to a blind-check case that nobody has answered.
    #[error("a text is that of a blind-check case nobody has answered yet")]
    InBlindCheck,
    /// The trends of a model differ from those of the database.
    #[error("the model has other trends than the database; start a new database for it")]
    OtherTaxonomy,
    /// Another program keeps the database locked.
    #[error(
        "the database is locked by another program, such as a command that adds or imports cases, \
         a backup, or a database browser; nothing was saved; end that program and try again"
    )]
    Locked,
    /// A file of the database was deleted, moved or replaced while it was open.
    #[error(
        "{file} was deleted, moved or replaced while the database was open; nothing was saved; put \
         the file back, or stop and start with the database that is there now",
        file = .0.display()
    )]
    FileGone(PathBuf),
    /// A search took too long and was stopped.
    #[error("the search took too long; use fewer, longer or rarer words")]
    TooSlow,
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something else failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, OperationInterrupted};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Locked,
            Some(OperationInterrupted) => Self::TooSlow,
            _ => Self::Database(error.into()),
        }
    }
}
