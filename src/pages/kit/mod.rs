//! Building blocks of all pages: tables, charts and number formats. Each piece renders
//! itself; the templates and the style sheet are in `src/pages/templates/`.

pub(crate) mod chart;
pub(crate) mod combinations;
pub(crate) mod drawn;
pub(crate) mod figure;
pub(crate) mod findings;
pub(crate) mod format;
pub(crate) mod head;
pub(crate) mod intervals;
#[cfg(feature = "formats")]
mod png;
pub(crate) mod table;

use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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

/// What the author of a page gives it beside the figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cover {
    /// The heading, in place of the usual one.
    pub title: Option<String>,
    /// The date on the page; without one the page has none.
    pub date: Option<String>,
}

/// A chart of a page as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureFile {
    /// Its name, without an ending; unique among those of a page.
    pub name: String,
    /// The chart as SVG, with title and legend.
    pub svg: String,
}

impl FigureFile {
    pub(crate) fn of(figure: &figure::Figure) -> Self {
        Self { name: figure.name(), svg: figure.svg() }
    }

    /// The chart as PNG: the same bytes on every machine, since the font is part of the
    /// program.
    ///
    /// # Errors
    /// [`Error::Report`] if it cannot be drawn, which is a fault of the program.
    #[cfg(feature = "formats")]
    pub fn png(&self) -> Result<Vec<u8>> {
        png::of(&self.svg)
    }
}

/// What need not be encoded in a link to data.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'(')
    .remove(b')');

/// Returns a link that holds a file, which works without a network and under the page's own policy.
pub(crate) fn data_uri(kind: &str, text: &str) -> String {
    format!("data:{kind};charset=utf-8,{}", utf8_percent_encode(text, PLAIN))
}
