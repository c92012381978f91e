//! A line chart as inline SVG, with its data as a table: the geometry.

use askama::Template;

use super::figure::{Entry, Figure, Frame, Look, Tick, tenth};
use super::format::percent;
use super::table::Table;

/// Height and plot area, in the units of the drawing.
const HEIGHT: f64 = 264.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 344.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 220.0;

/// One axis: a label, a range, and marked values.
pub(crate) struct Axis {
    label: &'static str,
    low: f64,
    high: f64,
    ticks: Vec<f64>,
    /// How a marked value is written.
    written: fn(f64) -> String,
}

fn plain(value: f64) -> String {
    value.to_string()
}

impl Axis {
    /// From 0 to 1.
    pub(crate) fn share(label: &'static str) -> Self {
        let ticks = vec![0.0, 0.25, 0.5, 0.75, 1.0];
        Self { label, low: 0.0, high: 1.0, ticks, written: plain }
    }

    /// From 0 to 100 %.
    pub(crate) fn percent(label: &'static str) -> Self {
        Self { written: percent, ..Self::share(label) }
    }

    /// Years, marked at round ones.
    pub(crate) fn years(label: &'static str, first: i32, last: i32) -> Self {
        let last = last.max(first + 1);
        let step = [1, 2, 5, 10, 20, 50].into_iter().find(|step| (last - first) / step <= 5);
        let step = step.unwrap_or(100);
        let ticks = (first..=last).filter(|year| year % step == 0).map(f64::from).collect();
        Self { label, low: f64::from(first), high: f64::from(last), ticks, written: plain }
    }

    /// An axis from 0 to a count, with ticks at round numbers.
    pub(crate) fn count(label: &'static str, most: usize) -> Self {
        let most = most.max(1) as f64;
        let size = libm::exp10(libm::log10(most / 5.0).floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * size).into_iter().find(|s| most / s <= 5.0);
        let step = step.unwrap_or(most).max(1.0);
        let ticks = (0..=5).map(|n| f64::from(n) * step).take_while(|&v| v <= most).collect();
        Self { label, low: 0.0, high: most, ticks, written: plain }
    }

    /// From 0 to an amount, marked at round numbers.
    pub(crate) fn amount(label: &'static str, most: f64) -> Self {
        let size = libm::exp10(libm::log10(most / 5.0).floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * size).into_iter().find(|s| most / s <= 5.0);
        let step = step.unwrap_or(most);
        // Products, not sums, so that 0.6 is not 0.6000000000000001.
        let decimals = (-libm::log10(size)).max(0.0) as i32;
        let round = |value: f64| {
            let scale = 10_f64.powi(decimals);
            (value * scale).round() / scale
        };
        let ticks = (0..=5).map(|n| round(f64::from(n) * step)).take_while(|&v| v <= most);
        Self { label, low: 0.0, high: most, ticks: ticks.collect(), written: plain }
    }

    fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        tenth(from + share.clamp(0.0, 1.0) * (to - from))
    }
}

struct Line {
    look: Look,
    points: String,
}

struct Dot {
    look: Look,
    x: f64,
    y: f64,
}

/// A chart.
#[derive(Template)]
#[template(path = "chart.html")]
pub(crate) struct Chart {
    frame: Frame,
    x: Axis,
    y: Axis,
    bands: Vec<String>,
    lines: Vec<Line>,
    dots: Vec<Dot>,
}

impl Chart {
    /// Creates a chart without anything drawn; `id` is unique on the page.
    pub(crate) fn new(id: &str, title: String, [x, y]: [Axis; 2], table: Table) -> Self {
        Self {
            frame: Frame::new(id, title, table),
            x,
            y,
            bands: Vec::new(),
            lines: Vec::new(),
            dots: Vec::new(),
        }
    }

    /// Describes the chart in words, for readers who cannot see it too.
    pub(crate) fn says(mut self, description: String, note: String) -> Self {
        self.frame.says(description, note);
        self
    }

    /// Draws a line through points, named in the legend.
    pub(crate) fn line(self, look: Look, text: &str, points: &[(f64, f64)]) -> Self {
        self.lines(look, text, &[points.to_vec()])
    }

    /// Draws a line in several parts, with nothing between them, named in the legend once.
    pub(crate) fn lines(mut self, look: Look, text: &str, parts: &[Vec<(f64, f64)>]) -> Self {
        let parts: Vec<_> = parts.iter().filter(|points| !points.is_empty()).collect();
        if !parts.is_empty() {
            self.frame.legend.push(Entry { look, text: text.to_owned() });
        }
        for points in parts {
            self.lines.push(Line { look, points: self.path(points) });
        }
        self
    }

    /// Draws a mark at each point.
    pub(crate) fn dots(mut self, look: Look, points: &[(f64, f64)]) -> Self {
        for &(x, y) in points {
            let (x, y) = self.place(x, y);
            self.dots.push(Dot { look, x, y });
        }
        self
    }

    /// Draws one mark, named in the legend.
    pub(crate) fn chosen(mut self, text: &str, point: Option<(f64, f64)>) -> Self {
        let Some(point) = point else { return self };
        self.frame.legend.push(Entry { look: Look::Chosen, text: text.to_owned() });
        self.dots(Look::Chosen, &[point])
    }

    /// Fills the space between lower and upper limits: `(x, lower, upper)`.
    pub(crate) fn band(mut self, limits: &[(f64, f64, f64)]) -> Self {
        let lower = limits.iter().map(|&(x, lower, _)| (x, lower));
        let upper = limits.iter().rev().map(|&(x, _, upper)| (x, upper));
        let around: Vec<(f64, f64)> = lower.chain(upper).collect();
        if limits.len() > 1 {
            self.bands.push(self.path(&around));
        }
        self
    }

    /// Returns the chart with all around it.
    pub(crate) fn figure(self) -> Figure {
        let drawing = self.to_string();
        Figure::new(self.frame, HEIGHT, drawing)
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.place(x, LEFT, RIGHT), self.y.place(y, BOTTOM, TOP))
    }

    /// Returns the points as an SVG list; a point at the position of the previous one is left
    /// out, which keeps the curves of large corpora small.
    fn path(&self, points: &[(f64, f64)]) -> String {
        let mut placed: Vec<String> = points
            .iter()
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .map(|&(x, y)| self.place(x, y))
            .map(|(x, y)| format!("{x},{y}"))
            .collect();
        placed.dedup();
        placed.join(" ")
    }

    fn x_ticks(&self) -> Vec<Tick> {
        let tick = |&value: &f64| Tick {
            at: self.x.place(value, LEFT, RIGHT),
            text: (self.x.written)(value),
        };
        self.x.ticks.iter().map(tick).collect()
    }

    fn y_ticks(&self) -> Vec<Tick> {
        let tick = |&value: &f64| Tick {
            at: self.y.place(value, BOTTOM, TOP),
            text: (self.y.written)(value),
        };
        self.y.ticks.iter().map(tick).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(most: usize) -> Chart {
        let axes = [Axis::count("cases", most), Axis::share("F1")];
        Chart::new("c", "A chart".into(), axes, Table::new("t", "Data", ["cases"]))
    }

    #[test]
    fn counts_are_marked_at_round_numbers_up_to_the_most() {
        let marks = |most| Axis::count("cases", most).ticks;
        assert_eq!(marks(557), [0.0, 200.0, 400.0]);
        assert_eq!(marks(500), [0.0, 100.0, 200.0, 300.0, 400.0, 500.0]);
        assert_eq!(marks(3), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(marks(0), [0.0, 1.0]);
    }

    #[test]
    fn amounts_are_marked_at_round_numbers_up_to_the_most() {
        let marks = |most| Axis::amount("errors", most).ticks;
        assert_eq!(marks(1.37), [0.0, 0.5, 1.0]);
        assert_eq!(marks(0.8), [0.0, 0.2, 0.4, 0.6, 0.8]);
        assert_eq!(marks(2.4), [0.0, 0.5, 1.0, 1.5, 2.0]);
    }

    #[test]
    fn years_are_marked_at_round_ones() {
        let marks = |first, last| Axis::years("year", first, last).ticks;
        assert_eq!(marks(2008, 2025), [2010.0, 2015.0, 2020.0, 2025.0]);
        assert_eq!(marks(2021, 2021), [2021.0, 2022.0]);
    }

    #[test]
    fn points_are_placed_within_the_plot_and_those_without_a_place_left_out() {
        let path = chart(100).path(&[(0.0, 0.0), (50.0, f64::NAN), (100.0, 1.0), (200.0, 2.0)]);
        assert_eq!(path, "50,220 344,12");
    }
}
