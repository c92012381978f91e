//! The origin of the gold trends of a case.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tagger::Case;
use crate::tagger::Corpus;

/// The column with the origin of a case's gold trends.
pub const ORIGIN_COLUMN: &str = "label_origin";

/// The origin of the gold trends of a case.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum LabelOrigin {
    /// The original labelled corpus.
    #[default]
    Gold,
    /// A reviewer's decision.
    Decision,
}

impl LabelOrigin {
    /// Returns the word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gold => "gold",
            Self::Decision => "decision",
        }
    }

    /// Returns whether the trends are from the original labelled corpus.
    pub fn is_gold(self) -> bool {
        self == Self::Gold
    }

    /// Returns the origin of a case, from its column if it has one.
    pub fn of(case: &Case) -> Self {
        match case.record.get(ORIGIN_COLUMN).as_deref() {
            Some("decision") => Self::Decision,
            _ => Self::Gold,
        }
    }

    /// Returns the origins of the cases of a corpus, in order.
    pub fn of_all(corpus: &Corpus) -> Vec<Self> {
        corpus.cases.iter().map(Self::of).collect()
    }
}
