//! Evaluation: the quality of a recipe or a model, with intervals, and summaries of
//! batches. Protocols choose the training and test cases. Baselines and paired
//! comparisons put a figure into context. The label check, drift and the landscape
//! analyse the cases themselves, the taxonomy check their labels.

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
mod surfaces;
pub mod table;
pub mod taxonomy_check;

pub use learned::Learned;

pub use evaluation::{Evaluation, EvaluationParams, Step, TrendTerms};
