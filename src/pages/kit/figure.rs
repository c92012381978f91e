//! A chart with all around the drawing: title, description, legend, a sentence, the data as a
//! table; on the page and as a file of its own.

use askama::Template;

use super::data_uri;
use super::format;
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

/// Where the plot begins in drawings with labels of rows beside it, and about how many
/// characters of a label have room in a line there.
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
    pub(super) text: String,
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

/// The rules of all drawings, in the colours of the page.
const RULES: &str = include_str!("../templates/figure.css");

/// The style of the page, which gives the colours their values.
const STYLE: &str = include_str!("../templates/style.css");

/// Characters of a line of the title in the file.
const TITLE: usize = 54;

/// Characters of the name of a file, at most.
const NAME: usize = 80;

/// Heights in the file: of a line of the title, of an entry of the legend, and around all.
const TITLE_LINE: f64 = 17.0;
const LEGEND_LINE: f64 = 17.0;
const MARGIN: f64 = 10.0;

/// A chart, drawn.
#[derive(Template)]
#[template(path = "figure.html")]
pub(crate) struct Figure {
    frame: Frame,
    height: f64,
    /// Elements of SVG.
    drawing: String,
}

/// A chart as a file.
#[derive(Template)]
#[template(path = "figure.svg", escape = "html")]
struct File<'f> {
    figure: &'f Figure,
    title: Vec<String>,
    style: String,
}

impl Figure {
    pub(super) fn new(frame: Frame, height: f64, drawing: String) -> Self {
        Self { frame, height, drawing }
    }

    /// A name for its file, without an ending: the id, which is unique, and the title.
    pub(crate) fn name(&self) -> String {
        let title: String = self.frame.title.chars().flat_map(char::to_lowercase).collect();
        let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
        let words: Vec<&str> = std::iter::once(self.frame.id.as_str()).chain(words).collect();
        words.join("-").chars().take(NAME).collect()
    }

    /// Returns the chart as an SVG file of its own, with title and legend, in the light colours.
    pub(crate) fn svg(&self) -> String {
        let title = format::lines(&self.frame.title, TITLE, 3);
        File { figure: self, title, style: style() }.to_string()
    }

    fn link(&self) -> String {
        data_uri("image/svg+xml", &self.svg())
    }
}

impl File<'_> {
    /// Where the drawing begins.
    fn top(&self) -> f64 {
        MARGIN + TITLE_LINE * self.title.len() as f64
    }

    fn bottom(&self) -> f64 {
        self.top() + self.figure.height
    }

    fn height(&self) -> f64 {
        self.bottom() + LEGEND_LINE * self.figure.frame.legend.len() as f64 + MARGIN
    }

    fn title_at(&self, line: &usize) -> f64 {
        MARGIN + TITLE_LINE * (*line as f64 + 0.7)
    }

    fn entry_at(&self, entry: &usize) -> f64 {
        self.bottom() + LEGEND_LINE * (*entry as f64 + 0.5)
    }
}

/// Returns the rules with the values of the light colours: not every program that shows SVG knows
/// variables.
fn style() -> String {
    let mut style = String::with_capacity(RULES.len());
    let mut rest = RULES;
    while let Some((before, after)) = rest.split_once("var(") {
        let (name, after) = after.split_once(')').unwrap_or((after, ""));
        let value =
            STYLE.split_once(&format!("{name}: ")).and_then(|(_, rest)| rest.split_once(';'));
        style.push_str(before);
        style.push_str(value.map_or("currentColor", |(value, _)| value));
        rest = after;
    }
    style + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_colours_and_no_variables() {
        let style = style();
        assert!(!style.contains("var(") && !style.contains("currentColor"), "{style}");
        assert!(style.contains("#0b5cad"), "the accent of the light page");
    }
}
