//! Why a request of a reviewer is not carried out.

use super::case::CaseView;
use super::fold::Answer;
use crate::error::Error;

/// Why a request of a reviewer is not carried out; nothing is saved then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A member of the request cannot be.
    #[error("{field}: {reason}")]
    Invalid {
        /// The member.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such case.
    #[error("there is no case \"{0}\"")]
    NoCase(String),
    /// The case was decided after the state on which the answer is based.
    #[error("the case was decided meanwhile")]
    Outdated(Box<Outdated>),
    /// Another reviewer has the case open.
    #[error("{by} has the case open until {until}")]
    Held {
        /// The other reviewer.
        by: String,
        /// Until when at the latest, UTC.
        until: String,
    },
    /// The request id was used for something else.
    #[error("the request id was used for another action; make a new one for each")]
    RequestIdReused,
    /// The action is not allowed in this state.
    #[error("{0}")]
    NotAllowed(String),
    /// The reviewer has no decision that stands.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// A text is that of an audit case nobody has answered.
    #[error("a text is that of an audit case nobody has answered yet")]
    InAudit,
    /// A model knows other trends than the database.
    #[error("the model knows other trends than the database; start a new database for it")]
    OtherTaxonomy,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// Something else failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Both versions of a case that was decided meanwhile.
#[derive(Debug)]
pub struct Outdated {
    /// What was sent and not saved.
    pub mine: Answer,
    /// The last decision on the case that the sender had not seen.
    pub current: Option<Answer>,
    /// The case as it is now.
    pub case: CaseView,
}
