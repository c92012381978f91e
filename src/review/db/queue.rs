//! Queues: the cases that wait for a reviewer, and their order.

use serde::{Deserialize, Serialize};

/// A queue of cases that wait for answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Queue {
    /// Cases with the most expected errors first, with cases of the blind check in
    /// between.
    Uncertain,
    /// Cases on which reviewers disagree.
    Conflict,
    /// A random sample, answered without seeing the suggestion.
    #[serde(rename = "blind-check")]
    BlindCheck,
    /// In the order in which the cases were added.
    All,
    /// Decided cases that were never asked about some trends, because those are newer.
    #[serde(rename = "new-trends")]
    NewTrends,
}

/// The queue of imported answers.
pub(crate) const IMPORT: &str = "import";

/// Whether a decision `d` was undone.
pub(crate) const UNDONE: &str = "EXISTS (SELECT 1 FROM decisions u WHERE u.undoes = d.number)";

/// The number of the decision that stands last on a case `c`; undone ones do not stand.
pub(crate) const LAST_DECISION: &str = "(SELECT max(l.number) FROM decisions l \
     WHERE l.case_number = c.number AND l.kind IN ('answer', 'adjudication') \
     AND NOT EXISTS (SELECT 1 FROM decisions u WHERE u.undoes = l.number))";

impl Queue {
    /// All queues, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Uncertain, Self::Conflict, Self::BlindCheck, Self::All, Self::NewTrends];

    /// Returns the name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uncertain => "uncertain",
            Self::Conflict => "conflict",
            Self::BlindCheck => "blind-check",
            Self::NewTrends => "new-trends",
            Self::All => "all",
        }
    }

    /// Returns the condition that a case `c` meets while it waits in the queue for the reviewer
    /// `:me`. An index stores the cases of each queue in order.
    pub(crate) const fn condition(self) -> &'static str {
        match self {
            // A reviewer who has answered can also adjudicate. Only a skip of the
            // conflict itself counts.
            Self::Conflict => {
                "c.status = 'conflict' AND NOT EXISTS (SELECT 1 FROM standing m \
                 WHERE m.person = :me AND m.case_number = c.number AND m.skipped_conflict)"
            }
            // An answer from before the trends existed does not count as handled. The plus
            // keeps the search to the index of these cases, which are few.
            Self::NewTrends => {
                "c.unasked IS NOT NULL AND +c.status = 'decided' AND NOT EXISTS (SELECT 1 \
                 FROM standing m WHERE m.person = :me AND m.case_number = c.number \
                 AND m.skipped_conflict)"
            }
            Self::BlindCheck => {
                "c.status = 'open' AND NOT c.revealed AND NOT EXISTS (SELECT 1 FROM standing m \
                 WHERE m.person = :me AND m.case_number = c.number)"
            }
            Self::Uncertain | Self::All => {
                "c.status = 'open' AND NOT EXISTS (SELECT 1 FROM standing m \
                 WHERE m.person = :me AND m.case_number = c.number)"
            }
        }
    }

    /// Returns the order of its cases, forward.
    pub(crate) const fn order(self) -> &'static str {
        self.orders().0
    }

    /// Returns the order of its cases, forward and backward.
    pub(crate) const fn orders(self) -> (&'static str, &'static str) {
        match self {
            Self::Uncertain => ("c.priority, c.number", "c.priority DESC, c.number DESC"),
            Self::Conflict | Self::BlindCheck | Self::NewTrends | Self::All => {
                ("c.number", "c.number DESC")
            }
        }
    }
}
