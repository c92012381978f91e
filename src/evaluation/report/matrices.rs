//! Which trends go together, and which are taken for one another: shaded tables.

use super::Report;
use super::table::{Cell, Table};
use crate::taxonomy::TrendId;

/// How often trends stand together in gold; `None` if it was not measured.
pub(super) fn co_occurrence(report: &Report, drawn: &[usize]) -> Option<Table> {
    // On the diagonal stands the support, by which the row is shaded.
    let share = |row: usize, count: usize| (count, report.co_occurrence[row][row]);
    let caption = "Cases with both trends in gold; on the diagonal, all cases with the trend. \
                   Shaded by the share of the row's trend";
    matrix(report, drawn, &report.co_occurrence, "co-occurrence", caption, &share)
}

/// How often a trend was missed while another was suggested wrongly; `None` if
/// it was not measured.
pub(super) fn confusion(report: &Report, drawn: &[usize]) -> Option<Table> {
    let most = report.confusion.iter().flatten().copied().max().unwrap_or(0);
    let caption = "Cases in which the trend of the row was missed while the trend of the column \
                   was suggested wrongly";
    matrix(report, drawn, &report.confusion, "confusion", caption, &|_, count| (count, most))
}

/// `shade` gives, for a row and a count, a part and its whole.
fn matrix(
    report: &Report,
    drawn: &[usize],
    counts: &[Vec<usize>],
    id: &str,
    caption: &str,
    shade: &dyn Fn(usize, usize) -> (usize, usize),
) -> Option<Table> {
    if counts.is_empty() {
        return None;
    }
    let key = |&trend: &usize| report.taxonomy.key(TrendId(trend as u16)).to_owned();
    let head = std::iter::once("trend".to_owned()).chain(drawn.iter().map(key));
    let mut table = Table::new(format!("{id}-table"), caption, head);
    for row in drawn {
        let cell = |&column: &usize| {
            let count = counts[*row][column];
            let (part, whole) = shade(*row, count);
            Cell::shaded(count.to_string(), part as f64 / whole.max(1) as f64)
        };
        table.row(key(row), drawn.iter().map(cell));
    }
    Some(table)
}
