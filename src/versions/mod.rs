//! The life of a model: versions with a journal, retraining from decisions, and the
//! gate between a challenger and the champion.

pub mod registry;
pub mod retraining;
