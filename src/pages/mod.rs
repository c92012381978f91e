//! Pages: results as people read them, each one HTML file without scripts.
//!
//! `kit` has the pieces all pages are made of; the other modules are one page
//! each, a function of figures that are computed elsewhere.

pub mod drift;
pub mod evaluation;
pub(crate) mod kit;
pub mod label_check;
pub mod landscape;

pub use kit::{Cover, FigureFile};
