//! Parts that all charts have around the drawing: title, description, legend, a sentence,
//! and the data as a table.

use super::table::Table;

/// How something is drawn; the style sheet gives colours and dashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The subject of the chart.
    Main,
    /// The reference that it is compared with.
    Second,
    /// A line for the eye: chance, or perfection.
    Guide,
    /// A point that was chosen.
    Chosen,
}

impl Look {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Second => "second",
            Self::Guide => "guide",
            Self::Chosen => "chosen",
        }
    }
}

/// Width of all drawings, in their units.
pub(super) const WIDTH: f64 = 360.0;

/// The left edge of the plot in drawings with row labels, and the maximum length of a
/// label in characters.
pub(super) const LEFT: f64 = 148.0;
pub(super) const LABEL: usize = 23;

/// A marked value of an axis, placed.
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) text: String,
}

/// The frame of a chart.
pub(super) struct Frame {
    /// Unique on the page.
    pub(super) id: String,
    pub(super) title: String,
    /// A description for readers who cannot see the chart.
    pub(super) description: String,
    /// A sentence under the chart.
    pub(super) note: String,
    pub(super) legend: Vec<Entry>,
    pub(super) table: Table,
}

/// An entry of the legend.
pub(super) struct Entry {
    pub(super) look: Look,
    pub(super) text: &'static str,
}

impl Frame {
    pub(super) fn new(id: &str, title: String, table: Table) -> Self {
        Self {
            id: id.to_owned(),
            title,
            description: String::new(),
            note: String::new(),
            legend: Vec::new(),
            table,
        }
    }

    /// Describes the chart in words, for readers who cannot see it too.
    pub(super) fn says(&mut self, description: String, note: String) {
        (self.description, self.note) = (description, note);
    }
}

/// Returns a place in the drawing, to a tenth, which is finer than any screen.
pub(crate) fn tenth(place: f64) -> f64 {
    (10.0 * place).round() / 10.0
}

/// Cuts a text to a number of characters and marks the cut with an ellipsis.
pub(super) fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}
