//! Tags texts with trends: learns from a few hundred labelled cases, suggests
//! trends for new ones, says how sure it is and why.
//!
//! The way of a text through the crate: a [`case`] is read from a file, its
//! text becomes tokens and terms, terms become a sparse vector, one logistic
//! regression per trend gives a score, calibration and thresholds turn the
//! score into a decision. `ARCHITECTURE.md` has the map.

pub mod artifact;
pub mod batch;
pub mod case;
pub mod decision;
pub mod duplicates;
pub mod error;
pub mod evaluation;
pub mod features;
pub mod logistic;
pub mod output;
pub mod protocol;
pub mod review;
pub mod sparse;
pub mod split;
pub mod tagger;
pub mod taxonomy;
pub mod text;

pub use error::{Error, Place, Result};
pub use taxonomy::{Taxonomy, Trend, TrendId, TrendSet};
