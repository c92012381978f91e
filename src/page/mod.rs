//! What all pages are made of: tables, charts and the way numbers are written.
//!
//! Each piece renders itself; the templates and the style sheet are in
//! `templates/`.

pub(crate) mod answers;
pub(crate) mod chart;
pub(crate) mod combinations;
pub(crate) mod drawn;
pub(crate) mod format;
pub(crate) mod frame;
pub(crate) mod intervals;
pub(crate) mod table;
