//! Tags texts with trends: learns from a few hundred labelled cases, suggests
//! trends for new ones, says how sure it is and why.
//!
//! The way of a text through the crate: a [`case`] is read from a file, its
//! text becomes tokens and terms, terms become a sparse vector, one logistic
//! regression per trend gives a score, calibration and thresholds turn the
//! score into a decision. `ARCHITECTURE.md` has the map.

pub mod decision;
pub mod error;
pub mod evaluate;
pub mod features;
pub mod logistic;
pub mod metrics;
pub mod pages;
pub mod review;
pub mod stats;
pub mod tables;
pub mod tagger;
pub mod taxonomy;
pub mod text;
pub mod versions;

// Former names of the modules, until the review and the program use the new ones.
pub use evaluate::{drift, label_check as audit, protocol};
#[allow(missing_docs, clippy::wildcard_imports)]
pub mod landscape {
    pub use crate::evaluate::landscape::*;
    pub use crate::pages::landscape::*;
}
pub use stats as statistics;
pub use tables::{batch, output};
pub use tagger::split;
pub use versions::{registry, retraining as retrain};
#[allow(missing_docs)]
pub mod artifact {
    pub use crate::tagger::Model;
}
#[allow(missing_docs, clippy::wildcard_imports)]
pub mod case {
    pub use crate::tables::*;
    pub use crate::tagger::{Case, Corpus};
}
#[allow(missing_docs, clippy::wildcard_imports)]
pub mod evaluation {
    pub use crate::evaluate::*;
    pub use crate::metrics;
    pub use crate::metrics::{Outcome, agreement, calibration, check, curve, mean_over_repeats};
    pub use crate::pages::evaluation as report;
}

pub use error::{Error, Place, Result};
pub use taxonomy::{Taxonomy, Trend, TrendId, TrendSet};
