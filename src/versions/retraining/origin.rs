//! Where the gold trends of a case come from.

use serde::{Deserialize, Serialize};

use crate::tagger::Case;
use crate::tagger::Corpus;

/// The column that says where a case's gold trends come from.
pub const ORIGIN_COLUMN: &str = "label_origin";

/// Where the gold trends of a case come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelOrigin {
    /// The original labelled corpus.
    #[default]
    Gold,
    /// A reviewer's decision.
    Decision,
}

impl LabelOrigin {
    /// The word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gold => "gold",
            Self::Decision => "decision",
        }
    }

    /// Whether the trends are those of the original labelled corpus.
    pub fn is_gold(self) -> bool {
        self == Self::Gold
    }

    /// The origin of a case, by its own column where it has one.
    pub fn of(case: &Case) -> Self {
        match case.record.get(ORIGIN_COLUMN).as_deref() {
            Some("decision") => Self::Decision,
            _ => Self::Gold,
        }
    }

    /// The origins of the cases of a corpus, in their order.
    pub fn of_all(corpus: &Corpus) -> Vec<Self> {
        corpus.cases.iter().map(Self::of).collect()
    }
}
