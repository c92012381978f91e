//! Evaluation: how good a recipe or a model is, how sure that is, and what the
//! cases of a batch show.
//!
//! Protocols say which cases are learned from and which are tested; baselines and
//! paired comparisons say what a figure is worth; the label check, drift and the
//! landscape look at the cases themselves, the taxonomy check at their labels.

mod annotations;
pub mod baselines;
pub mod drift;
mod evaluation;
pub mod interval;
pub mod label_check;
pub mod landscape;
mod learned;
pub mod paired;
pub mod predictions;
pub mod protocol;
pub mod reading_plan;
mod repeats;
pub mod shared;
pub mod slices;
pub mod table;
pub mod taxonomy_check;

pub use learned::Learned;

pub use evaluation::{Evaluation, EvaluationParams, Step, TrendTerms};
