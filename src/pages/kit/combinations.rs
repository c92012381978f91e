//! Which properties occur together, and how often: bars over a matrix of dots
//! (Lex et al. 2014, "UpSet") as inline SVG.

use askama::Template;

use super::figure::{Figure, Frame, LABEL, LEFT, WIDTH, tenth};
use super::format;
use super::table::Table;

/// Plot area, in the units of the drawing.
const RIGHT: f64 = 352.0;
const TOP: f64 = 20.0;
/// The baseline of the bars, and the first row of dots.
const FLOOR: f64 = 120.0;
const FIRST: f64 = 138.0;
/// Height of a row with a label of one line, and what a second one adds.
const ROW: f64 = 20.0;
const SECOND: f64 = 11.0;
/// Maximum width of a column.
const WIDEST: f64 = 34.0;

/// A chart of combinations: one column each, with a bar above and a dot for each
/// property below.
#[derive(Template)]
#[template(path = "combinations.html")]
pub(crate) struct Combinations {
    frame: Frame,
    rows: Vec<Row>,
    columns: Vec<Column>,
    /// Height of a row.
    row: f64,
}

struct Row {
    /// The lines of its label, placed.
    label: Vec<(f64, String)>,
    y: f64,
    /// Whether it has a stripe, to guide the eye.
    striped: bool,
}

struct Column {
    x: f64,
    width: f64,
    top: f64,
    count: usize,
    /// Position of the dot in each row, and whether the combination has it.
    dots: Vec<(f64, bool)>,
    /// The line through the first and the last dot.
    line: Option<(f64, f64)>,
}

impl Combinations {
    /// Creates a chart of the properties `labels` and of combinations of them, given as
    /// indices with counts; `None` if there is no combination.
    pub(crate) fn new(
        id: &str,
        title: String,
        labels: &[String],
        combinations: &[(Vec<usize>, usize)],
        table: Table,
    ) -> Option<Self> {
        let most = combinations.iter().map(|(_, count)| *count).max()?.max(1) as f64;
        let labels: Vec<Vec<String>> =
            labels.iter().map(|label| format::lines(label, LABEL, 2)).collect();
        let is_long = labels.iter().any(|lines| lines.len() > 1);
        let height = if is_long { ROW + SECOND } else { ROW };
        let y = |row: usize| FIRST + height * (row as f64 + 0.5);
        let rows = labels.iter().enumerate().map(|(row, lines)| {
            let first = y(row) - SECOND / 2.0 * (lines.len() as f64 - 1.0);
            let placed = lines.iter().enumerate();
            let placed = placed.map(|(n, line)| (tenth(first + SECOND * n as f64), line.clone()));
            Row { label: placed.collect(), y: tenth(y(row)), striped: row % 2 == 0 }
        });
        let room = ((RIGHT - LEFT) / combinations.len() as f64).min(WIDEST);
        let columns = combinations.iter().enumerate().map(|(column, (members, count))| {
            let ends = [members.iter().min(), members.iter().max()];
            let line = match ends {
                [Some(&first), Some(&last)] if first < last => Some((y(first), y(last))),
                _ => None,
            };
            Column {
                x: tenth(LEFT + room * (column as f64 + 0.5)),
                width: tenth(room * 0.6),
                top: tenth(FLOOR - (FLOOR - TOP) * *count as f64 / most),
                count: *count,
                dots: (0..labels.len())
                    .map(|row| (tenth(y(row)), members.contains(&row)))
                    .collect(),
                line,
            }
        });
        let (rows, columns) = (rows.collect(), columns.collect());
        Some(Self { frame: Frame::new(id, title, table), rows, columns, row: height })
    }

    /// Describes the chart in words, for readers who cannot see it too.
    pub(crate) fn says(mut self, description: String, note: String) -> Self {
        self.frame.says(description, note);
        self
    }

    /// Returns the chart with all around it.
    pub(crate) fn figure(self) -> Figure {
        let drawing = self.to_string();
        let height = FIRST + self.row * self.rows.len() as f64 + 6.0;
        Figure::new(self.frame, height, drawing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_combination_has_the_highest_bar_and_lines_join_dots() {
        let labels = ["a", "b", "c"].map(str::to_owned);
        let combinations = [(vec![0, 2], 10), (vec![1], 5), (vec![], 1)];
        let table = Table::new("t", "Data", ["combination"]);
        let chart =
            Combinations::new("c", "A chart".into(), &labels, &combinations, table).unwrap();
        let tops: Vec<f64> = chart.columns.iter().map(|column| column.top).collect();
        assert_eq!(tops, [20.0, 70.0, 110.0]);
        let lines: Vec<bool> = chart.columns.iter().map(|column| column.line.is_some()).collect();
        assert_eq!(lines, [true, false, false]);
        let filled = |column: usize| -> Vec<bool> {
            chart.columns[column].dots.iter().map(|(_, filled)| *filled).collect()
        };
        assert_eq!((filled(0), filled(2)), (vec![true, false, true], vec![false; 3]));
    }

    #[test]
    fn without_combinations_there_is_no_chart() {
        let table = Table::new("t", "Data", ["combination"]);
        assert!(Combinations::new("c", String::new(), &[], &[], table).is_none());
    }
}
