//! The learning curves of a simulation as a page: a chart and its data.

use askama::Template;

use super::simulate::{Ask, AskedCurve, Simulation};
use crate::error::Result;
use crate::page::chart::Tick;
use crate::page::frame::tenth;
use crate::page::table::Table;

/// Size and plot area, in the units of the drawing.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 348.0;

#[derive(Template)]
#[template(path = "simulation.html")]
struct Page<'p> {
    file: &'p str,
    found: &'p Simulation,
    conclusion: String,
    lines: Vec<Line>,
    across: Vec<Tick>,
    upwards: Vec<Tick>,
    gains: Table,
    points: Table,
    version: &'static str,
}

struct Line {
    class: &'static str,
    name: &'static str,
    points: String,
}

impl Simulation {
    /// The curves as one HTML page that needs no network and no script.
    ///
    /// # Errors
    /// [`crate::Error::Report`] if it cannot be rendered.
    pub fn to_html(&self, file: &str) -> Result<String> {
        let values = || self.curves.iter().flat_map(|c| &c.points).map(|point| point.macro_f1);
        let low = (20.0 * values().fold(1.0, f64::min)).floor() / 20.0;
        let high = (20.0 * values().fold(0.0, f64::max)).ceil() / 20.0;
        let high = high.max(low + 0.05);
        let y = |value: f64| tenth(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP));
        let [first, last] = [self.params.first, self.params.last].map(|labels| labels as f64);
        let x =
            |labels: usize| tenth(LEFT + (labels as f64 - first) / (last - first) * (RIGHT - LEFT));
        let line = |curve: &AskedCurve| {
            let points = curve.points.iter().map(|p| format!("{},{}", x(p.labels), y(p.macro_f1)));
            Line {
                class: class(curve.ask),
                name: curve.ask.label(),
                points: points.collect::<Vec<_>>().join(" "),
            }
        };
        let labels = self.curves.iter().take(1).flat_map(|curve| &curve.points).map(|p| p.labels);
        let steps = ((high - low) / 0.05).round() as usize;
        let marked = (0..=steps).map(|i| low + 0.05 * i as f64);
        let page = Page {
            file,
            found: self,
            conclusion: self.conclusion(),
            lines: self.curves.iter().map(line).collect(),
            across: labels
                .step_by(2)
                .map(|labels| Tick { at: x(labels), text: labels.to_string() })
                .collect(),
            upwards: marked.map(|v| Tick { at: y(v), text: format!("{v:.2}") }).collect(),
            gains: self.gains(),
            points: self.points(),
            version: env!("CARGO_PKG_VERSION"),
        };
        crate::page::render(&page)
    }

    fn gains(&self) -> Table {
        let caption = "Mean macro F1 on the way, and over random order with 95 % limits";
        let head = ["order", "mean", "over random", "from", "to"];
        let mut table = Table::new("gains", caption, head);
        for curve in &self.curves {
            let (gain, lower, upper) = curve.gain;
            let over = [gain, lower, upper].map(|gain| format!("{gain:+.4}"));
            let mean = format!("{:.4}", curve.area);
            table.row(curve.ask.label(), std::iter::once(mean).chain(over));
        }
        table
    }

    fn points(&self) -> Table {
        let caption = "Macro F1 by number of labels, with 95 % limits";
        let head = ["order", "labels", "macro F1", "from", "to"];
        let mut table = Table::new("points", caption, head);
        for curve in &self.curves {
            for point in &curve.points {
                let (lower, upper) = point.limits;
                let figures = [point.macro_f1, lower, upper].map(|value| format!("{value:.3}"));
                let labels = std::iter::once(point.labels.to_string());
                table.row(curve.ask.label(), labels.chain(figures));
            }
        }
        table
    }
}

fn class(ask: Ask) -> &'static str {
    match ask {
        Ask::Random => "guide",
        Ask::Uncertainty => "second",
        Ask::Queue => "main",
    }
}
