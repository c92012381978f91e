//! Figures with their intervals, one row each, as inline SVG.

use askama::Template;

use super::figure::{Entry, Figure, Frame, LABEL, LEFT, Look, Tick, tenth};
use super::format;
use super::table::Table;
use crate::stats::Estimate;

/// Plot area, in the units of the drawing.
const RIGHT: f64 = 338.0;
const TOP: f64 = 8.0;
/// Height of a row with one mark, and the increment for each further one.
const ROW: f64 = 22.0;
const FURTHER: f64 = 10.0;
/// Where the plot begins if labels are above their rows, characters of a line of such a label,
/// and its height.
const BELOW: f64 = 26.0;
const ABOVE: usize = 54;
const LINE: f64 = 13.0;
/// Room for the marked values and the label of the axis.
const FOOT: f64 = 42.0;

/// How an axis is called, and how its values are written: shares in percent, their differences
/// in percentage points.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) label: &'static str,
    pub(crate) written: fn(f64) -> String,
}

/// A chart of shares with intervals, one row each. Labels that are long are above their rows.
#[derive(Template)]
#[template(path = "intervals.html")]
pub(crate) struct Intervals {
    frame: Frame,
    axis: Scale,
    left: f64,
    low: f64,
    high: f64,
    step: f64,
    rows: Vec<Row>,
    marks: Vec<Mark>,
    bottom: f64,
}

struct Row {
    /// The lines of its label, placed.
    label: Vec<(f64, String)>,
}

struct Mark {
    look: Look,
    /// Places of the value, the lower and the upper limit.
    x: f64,
    from: f64,
    to: f64,
    y: f64,
}

impl Intervals {
    /// Creates a chart of rows, each with a label and an estimate of either series;
    /// `series` names them in the legend. `None` without anything to draw.
    pub(crate) fn new(
        id: &str,
        title: String,
        axis: Scale,
        series: [(Look, &str); 2],
        rows: &[(String, [Option<Estimate>; 2])],
        table: Table,
    ) -> Option<Self> {
        let drawn = |n: usize| rows.iter().any(|(_, estimates)| estimates[n].is_some());
        let shown: Vec<usize> = (0..2).filter(|&n| drawn(n)).collect();
        let limits = || rows.iter().flat_map(|(_, estimates)| estimates.iter().flatten());
        let most = limits().map(|e| e.upper.max(e.value)).fold(f64::NAN, f64::max);
        let least = limits().map(|e| e.lower.min(e.value)).fold(f64::NAN, f64::min);
        if shown.is_empty() {
            return None;
        }
        let (low, high, step) = scale(least, most);
        let mut frame = Frame::new(id, title, table);
        frame.legend = shown
            .iter()
            .map(|&n| Entry { look: series[n].0, text: series[n].1.to_owned() })
            .collect();
        let further = FURTHER * (shown.len() - 1) as f64;
        let is_above = rows.iter().any(|(label, _)| label.chars().count() > LABEL);
        let mut chart = Self {
            frame,
            axis,
            left: if is_above { BELOW } else { LEFT },
            low,
            high,
            step,
            rows: Vec::new(),
            marks: Vec::new(),
            bottom: TOP,
        };
        for (label, estimates) in rows {
            let lines = match is_above {
                true => format::lines(label, ABOVE, 2),
                false => vec![label.clone()],
            };
            let above = if is_above { LINE * lines.len() as f64 } else { 0.0 };
            let middle = chart.bottom + above + (ROW + further) / 2.0;
            let first = if is_above { chart.bottom + LINE / 2.0 + 2.0 } else { middle };
            let placed = lines.into_iter().enumerate();
            let label = placed.map(|(n, line)| (tenth(first + LINE * n as f64), line)).collect();
            chart.rows.push(Row { label });
            for (place, &n) in shown.iter().enumerate() {
                let Some(estimate) = estimates[n] else { continue };
                let y = middle - further / 2.0 + FURTHER * place as f64;
                let [x, from, to] =
                    [estimate.value, estimate.lower, estimate.upper].map(|v| chart.place(v));
                chart.marks.push(Mark { look: series[n].0, x, from, to, y: tenth(y) });
            }
            chart.bottom += above + ROW + further;
        }
        Some(chart)
    }

    /// Describes the chart in words, for readers who cannot see it too.
    pub(crate) fn says(mut self, description: String, note: String) -> Self {
        self.frame.says(description, note);
        self
    }

    /// Returns the chart with all around it.
    pub(crate) fn figure(self) -> Figure {
        let (drawing, height) = (self.to_string(), self.bottom + FOOT);
        Figure::new(self.frame, height, drawing)
    }

    fn is_above(&self) -> bool {
        self.left == BELOW
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        tenth(self.left + share.clamp(0.0, 1.0) * (RIGHT - self.left))
    }

    /// Position of zero, if the axis has both signs.
    fn zero(&self) -> Option<f64> {
        (self.low < 0.0).then(|| self.place(0.0))
    }

    fn ticks(&self) -> Vec<Tick> {
        let steps = ((self.high - self.low) / self.step).round() as i32;
        let value = |n: i32| self.low + f64::from(n) * self.step;
        let tick = |n: i32| Tick { at: self.place(value(n)), text: (self.axis.written)(value(n)) };
        (0..=steps).map(tick).collect()
    }
}

/// Lowest and highest value of an axis for shares or their differences, and the
/// step of its marks.
fn scale(least: f64, most: f64) -> (f64, f64, f64) {
    let reach = most - least.min(0.0);
    let step = [0.02, 0.05, 0.1, 0.2, 0.25].into_iter().find(|step| reach / step <= 4.0);
    let step = step.unwrap_or(0.5);
    // Rounding must not add a step.
    let low = ((least + 1e-9) / step).floor().min(0.0) * step;
    let high = ((most - 1e-9) / step).ceil().max(1.0) * step;
    (low, high, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_zero_in_it_and_ends_at_marks() {
        assert_eq!(scale(0.1, 0.41), (0.0, 0.6000000000000001, 0.2));
        assert_eq!(scale(0.0, 1.0), (0.0, 1.0, 0.25));
        assert_eq!(scale(-0.12, 0.07), (-0.15000000000000002, 0.1, 0.05));
        assert_eq!(scale(0.0, 0.0), (0.0, 0.02, 0.02));
    }

    #[test]
    fn rows_without_an_estimate_keep_their_label_and_nothing_to_draw_is_no_chart() {
        let table = || Table::new("t", "Data", ["group"]);
        let axis = Scale { label: "share", written: format::percent };
        let series = [(Look::Main, "corrected"), (Look::Second, "as labelled")];
        let estimate = Some(Estimate { value: 0.5, lower: 0.25, upper: 1.0 });
        let rows = [("a".to_owned(), [estimate, None]), ("b".to_owned(), [None, None])];
        let chart = Intervals::new("c", "A chart".into(), axis, series, &rows, table()).unwrap();
        assert_eq!((chart.rows.len(), chart.marks.len()), (2, 1));
        assert_eq!((chart.marks[0].from, chart.marks[0].to), (195.5, 338.0));
        assert_eq!(chart.frame.legend.len(), 1, "what is not drawn is not in the legend");
        let long = [("a name that is too long for its place beside".to_owned(), [estimate, None])];
        let above = Intervals::new("c", "A chart".into(), axis, series, &long, table()).unwrap();
        assert!(above.is_above() && above.marks[0].from < 110.0, "the plot has the whole width");
        let none = [("a".to_owned(), [None, None])];
        assert!(Intervals::new("c", String::new(), axis, series, &none, table()).is_none());
    }
}
