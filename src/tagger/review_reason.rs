//! Why a case needs review: codes for files, words for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reason for review.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewReason {
    /// The text contains no word.
    NoText,
    /// The text is much shorter than the cases the model learned from.
    #[serde(alias = "short-text")]
    Short,
    /// The text is more than twice as long as the longest case the model learned from.
    Long,
    /// The text is in another language than the model's.
    OtherLanguage,
    /// No trend reached its threshold.
    #[serde(alias = "no-trend-passed")]
    NonePassed,
    /// The case has more expected errors than the model's
    /// [`ReadingLimit`](crate::decision::ReadingLimit) allows. A model without such a
    /// limit gives this reason to every case, because the quality of unread cases is
    /// unknown.
    #[serde(alias = "unsure-trend")]
    Unsure,
}

impl ReviewReason {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::NoText,
        Self::Short,
        Self::Long,
        Self::OtherLanguage,
        Self::NonePassed,
        Self::Unsure,
    ];

    /// Returns the code of the reason in every format.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoText => "no-text",
            Self::Short => "short",
            Self::Long => "long",
            Self::OtherLanguage => "other-language",
            Self::NonePassed => "none-passed",
            Self::Unsure => "unsure",
        }
    }

    /// Returns the reason in words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoText => "no text",
            Self::Short => "very short text",
            Self::Long => "very long text",
            Self::OtherLanguage => "another language",
            Self::NonePassed => "no trend reached its threshold",
            Self::Unsure => "unsure about its trends",
        }
    }

    /// Reads the reasons in a cell: codes separated by `;`. The words of earlier versions
    /// are read as well; other text is ignored.
    pub fn in_cell(cell: &str) -> Vec<Self> {
        let is_named = |reason: &Self| {
            let is_code = |part: &str| part.trim() == reason.code();
            cell.split(';').any(is_code) || cell.contains(reason.former_words())
        };
        Self::ALL.into_iter().filter(is_named).collect()
    }

    /// Returns the words for the reason in cells of version 0.1.
    const fn former_words(self) -> &'static str {
        match self {
            Self::NonePassed => "no trend passed its threshold",
            Self::Unsure => "a trend is neither clear enough to accept nor to reject",
            other => other.words(),
        }
    }
}

/// Returns the reasons as a cell: codes separated by `;`.
pub fn reasons_cell(reasons: &[ReviewReason]) -> String {
    reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_what_serde_writes_and_what_a_cell_has() {
        for reason in ReviewReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
            assert_eq!(ReviewReason::in_cell(reason.code()), [reason]);
        }
        let two = [ReviewReason::Short, ReviewReason::Unsure];
        assert_eq!(reasons_cell(&two), "short;unsure");
        assert_eq!(ReviewReason::in_cell("short;unsure"), two);
        assert_eq!(reasons_cell(&[]), "");
    }

    #[test]
    fn what_earlier_versions_wrote_is_read() {
        let cell = "yes: very short text, no trend passed its threshold";
        assert_eq!(ReviewReason::in_cell(cell), [ReviewReason::Short, ReviewReason::NonePassed]);
        let old: Vec<ReviewReason> =
            serde_json::from_str(r#"["short-text", "no-trend-passed", "unsure-trend"]"#).unwrap();
        let new = [ReviewReason::Short, ReviewReason::NonePassed, ReviewReason::Unsure];
        assert_eq!(old, new);
        assert_eq!(ReviewReason::in_cell("no"), []);
    }
}
