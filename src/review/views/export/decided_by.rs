//! Who decided the trends of a case of a finished batch.

use serde::Serialize;

/// Who decided the trends of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum DecidedBy {
    /// A reviewer read it.
    #[serde(rename = "reviewer")]
    Reviewer,
    /// Several reviewers read it and agree, or a conflict between them was settled.
    #[serde(rename = "two reviewers")]
    TwoReviewers,
    /// Its suggestion was accepted unread, together with others.
    #[serde(rename = "bulk")]
    Bulk,
    /// Nobody: the model may decide every trend of it at the promised error.
    #[serde(rename = "model, promised")]
    ModelPromised,
    /// Nobody, although the model promises nothing.
    #[serde(rename = "model, unread")]
    ModelUnread,
    /// Reviewers disagree: it has no final trends.
    #[serde(rename = "conflict")]
    Conflict,
    /// It is flagged as unusable: it has no final trends.
    #[serde(rename = "unusable")]
    Unusable,
    /// It waits for a blind answer, so that its suggestion is hidden: it has no final
    /// trends.
    #[serde(rename = "open")]
    Open,
    /// The first of two reviewers has answered it and the second has not: it has no final
    /// trends, and its suggestion is hidden from the second.
    #[serde(rename = "waits for a second answer")]
    Waiting,
}

impl DecidedBy {
    /// Returns whether a person has read the case.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Reviewer | Self::TwoReviewers)
    }

    /// Returns whether an answer decided the case.
    pub(super) const fn is_decided(self) -> bool {
        self.is_read() || matches!(self, Self::Bulk)
    }

    /// Returns whether the trends are those of the model, and nobody has read the case.
    pub(super) const fn is_unread(self) -> bool {
        matches!(self, Self::Bulk | Self::ModelPromised | Self::ModelUnread)
    }
}
