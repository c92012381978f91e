//! The events of training that a person wants to see.

use super::params::TaggerParams;

/// An event during training.
#[derive(Debug, Clone)]
pub enum Event {
    /// A variation was tried by the search.
    Tried(Box<Trial>),
    /// The search has chosen these params.
    Chosen(Box<TaggerParams>),
    /// Something did not go as planned, but training continues.
    Note(String),
}

/// One variation that the search tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The variation in words.
    pub params: TaggerParams,
    /// Its mean over trends of the out-of-fold average precision.
    pub mean_average_precision: f64,
    /// Whether it became the best so far.
    pub best: bool,
}
