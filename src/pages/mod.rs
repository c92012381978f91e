//! Pages: results for people, each one HTML file without scripts. `kit` contains the
//! building blocks of all pages; the other modules are one page each, a function of
//! figures that are computed elsewhere.

pub mod drift;
pub mod evaluation;
pub(crate) mod kit;
pub mod label_check;
pub mod landscape;

pub use kit::{Cover, FigureFile};
