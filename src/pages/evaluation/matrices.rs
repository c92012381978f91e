//! Shaded tables: co-occurrence of trends, and confusions.

use super::Report;
use crate::pages::kit::table::{Cell, Table};
use crate::taxonomy::TrendId;

/// Returns how often trends occur together in gold; `None` if it was not measured.
pub(super) fn co_occurrence(report: &Report, drawn: &[usize]) -> Option<Table> {
    let caption = "Cases with both trends in the reference labels; on the diagonal, all cases with the trend. The \
                   stronger the shade, the greater the share of the cases with the row's trend";
    let counts = &report.co_occurrence;
    let share = |row: usize, column: usize| {
        let support = counts[row][row].max(1);
        if row == column { 0.0 } else { counts[row][column] as f64 / support as f64 }
    };
    matrix(report, drawn, counts, ["co-occurrence", caption], &share)
}

/// Returns how often a trend was missed while another was suggested wrongly; `None` if
/// it was not measured.
pub(super) fn confusion(report: &Report, drawn: &[usize]) -> Option<Table> {
    let caption = "Cases in which the trend of the row was missed while the trend of the column \
                   was suggested wrongly; the stronger the shade, the more";
    let counts = &report.confusion;
    let count = |row: usize, column: usize| counts[row][column] as f64;
    matrix(report, drawn, counts, ["confusion", caption], &count)
}

/// Cells are shaded by `weight`, in parts of the greatest one.
fn matrix(
    report: &Report,
    drawn: &[usize],
    counts: &[Vec<usize>],
    [id, caption]: [&str; 2],
    weight: &dyn Fn(usize, usize) -> f64,
) -> Option<Table> {
    if counts.is_empty() {
        return None;
    }
    let name = |&trend: &usize| report.taxonomy.label(TrendId(trend as u16)).to_owned();
    let head = std::iter::once("trend".to_owned()).chain(drawn.iter().map(name));
    let mut table = Table::new(format!("{id}-table"), caption, head);
    let greatest = drawn
        .iter()
        .flat_map(|&row| drawn.iter().map(move |&column| weight(row, column)))
        .fold(f64::MIN_POSITIVE, f64::max);
    for row in drawn {
        let cell = |&column: &usize| {
            Cell::shaded(counts[*row][column].to_string(), weight(*row, column) / greatest)
        };
        table.row(name(row), drawn.iter().map(cell));
    }
    Some(table)
}
