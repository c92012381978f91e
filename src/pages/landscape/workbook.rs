//! A landscape as an Excel workbook, one sheet a table.

use std::collections::BTreeSet;

use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use super::sheet::{Sheet, Value};
use crate::error::Result;
use crate::evaluate::landscape::Landscape;
use crate::pages::kit::Cover;
use crate::tables::sheet_writer::{MAX_CELL, failed, timeless_workbook};

/// The limit of the format to the characters of a name of a sheet.
const MAX_NAME: usize = 31;

/// Widest column, in characters.
const WIDEST: usize = 60;

/// Returns the content of the workbook: the same bytes for the same landscape. Text is
/// never taken for a formula, a number or a link; shares are numbers formatted
/// as percentages, and their differences are in percentage points. Headings, names and
/// sentences are those of the page.
///
/// # Errors
/// [`crate::Error::Io`] if the workbook cannot be laid out.
pub fn render(landscape: &Landscape, cover: &Cover) -> Result<Vec<u8>> {
    write(&landscape.sheets(cover)).map_err(failed)
}

fn write(sheets: &[Sheet]) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut workbook = timeless_workbook()?;
    let mut taken = BTreeSet::new();
    for sheet in sheets {
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(free_name(&sheet.name, &mut taken))?;
        fill(worksheet, sheet)?;
    }
    workbook.save_to_buffer()
}

fn fill(worksheet: &mut Worksheet, sheet: &Sheet) -> std::result::Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let percent = Format::new().set_num_format("0.0%");
    let points = Format::new().set_num_format("+0.0\" pp\";-0.0\" pp\";0.0\" pp\"");
    let wrapped = Format::new().set_text_wrap();
    let decimals = Format::new().set_num_format("0.000");
    for (column, name) in (0_u16..).zip(&sheet.head) {
        worksheet.write_string_with_format(0, column, name, &bold)?;
        worksheet.set_column_width(column, width(sheet, usize::from(column)) as f64)?;
    }
    for (row, cells) in (1_u32..).zip(&sheet.rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Value::Empty => continue,
                Value::Text(text) if text.chars().count() > WIDEST => {
                    worksheet.write_string_with_format(row, column, fitting(text), &wrapped)?
                }
                Value::Text(text) => worksheet.write_string(row, column, fitting(text))?,
                Value::Count(count) => worksheet.write_number(row, column, *count as f64)?,
                Value::Share(share) => {
                    worksheet.write_number_with_format(row, column, *share, &percent)?
                }
                Value::Points(difference) => {
                    worksheet.write_number_with_format(row, column, 100.0 * difference, &points)?
                }
                Value::Number(number) | Value::P(number) => {
                    worksheet.write_number_with_format(row, column, *number, &decimals)?
                }
            };
        }
    }
    worksheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Length of the longest cell of a column, in characters.
fn width(sheet: &Sheet, column: usize) -> usize {
    let cells = sheet.rows.iter().filter_map(|row| row.get(column));
    let longest = cells.map(|cell| cell.written().chars().count()).max().unwrap_or(0);
    longest.max(sheet.head[column].chars().count()).min(WIDEST) + 2
}

/// Truncates a text to the maximum length of a cell.
fn fitting(text: &str) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= MAX_CELL
    };
    if text.len() <= MAX_CELL { text.to_owned() } else { text.chars().take_while(fits).collect() }
}

/// Returns a name that a sheet can have and no other one has, without regard to case.
fn free_name(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let allowed = |c: char| if "[]:*?/\\'".contains(c) || c.is_control() { ' ' } else { c };
    let wanted: String = wanted.chars().map(allowed).collect();
    let clipped = |suffix: &str| -> String {
        let room = MAX_NAME - suffix.len();
        let start: String = wanted.trim().chars().take(room).collect();
        format!("{}{suffix}", start.trim_end())
    };
    let suffixed = (2_u32..).map(|number| clipped(&format!(" {number}")));
    let mut names = std::iter::once(clipped("")).chain(suffixed);
    let free = |name: &String| !name.is_empty() && !taken.contains(&name.to_lowercase());
    let name = names.find(free).unwrap_or_default();
    taken.insert(name.to_lowercase());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_are_allowed_and_stand_once() {
        let mut taken = BTreeSet::new();
        let mut name = |wanted: &str| free_name(wanted, &mut taken);
        assert_eq!(name("By year"), "By year");
        assert_eq!(name("by YEAR"), "by YEAR 2");
        assert_eq!(name("By [a/b]: 'c'?"), "By  a b    c");
        assert_eq!(name(&"x".repeat(40)).chars().count(), 31);
        assert_eq!(name(&"x".repeat(40)), format!("{} 2", "x".repeat(29)));
        assert_eq!(name("???"), " 2", "a name of nothing but what is not allowed");
    }

    #[test]
    fn long_text_is_cut_to_what_a_cell_holds() {
        assert_eq!(fitting("short"), "short");
        assert_eq!(fitting(&"é".repeat(40_000)).encode_utf16().count(), 32_767);
        assert!(fitting(&"😀".repeat(20_000)).encode_utf16().count() <= 32_767);
    }
}
