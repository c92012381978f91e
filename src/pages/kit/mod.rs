//! Building blocks of all pages: tables, charts and number formats. Each piece renders
//! itself; the templates and the style sheet are in `src/pages/templates/`.

pub(crate) mod answers;
pub(crate) mod chart;
pub(crate) mod combinations;
pub(crate) mod drawn;
pub(crate) mod format;
pub(crate) mod frame;
pub(crate) mod intervals;
pub(crate) mod table;

use askama::Template;

use crate::error::{Error, Result};

/// Renders a page.
///
/// # Errors
/// [`Error::Report`] if the template fails, which is a fault of the program.
pub(crate) fn render(page: &impl Template) -> Result<String> {
    page.render().map_err(|error| Error::Report {
        reason: error.to_string(),
        remedy: "this is a fault of the program; please report it".into(),
    })
}
