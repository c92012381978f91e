//! The cells of a sheet: read and sorted, with merged cells filled.

use std::fs::File;
use std::io::BufReader;

use calamine::{
    Data, DataRef, Dimensions, ExcelDateTime, ExcelDateTimeType, Xlsx, XlsxCellReader, XlsxError,
};

use super::sheet_value::{SheetValue, TimeKind, cell_name};
use super::start::{ROWS_SEEN, Seen};
use crate::error::{Action, Note};

/// A non-empty row: its number in the sheet, from 0, and its cells with their columns.
pub(super) struct SheetRow {
    pub(super) row: u32,
    pub(super) cells: Vec<(u32, Cell)>,
}

/// A non-empty cell.
#[derive(Clone)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) value: Option<SheetValue>,
}

impl Cell {
    /// Returns whether the row is blank.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty() && self.value != Some(SheetValue::NoResult)
    }
}

/// Returns the first rows, for detection.
pub(super) fn first_rows(rows: &[SheetRow]) -> Vec<Seen> {
    let rows = &rows[..rows.len().min(ROWS_SEEN)];
    let (first, width) = bounds(rows);
    let seen = rows.iter().filter(|row| row.cells.iter().any(|(_, cell)| !cell.is_blank()));
    seen.map(|row| {
        let mut cells = vec![String::new(); width];
        for (column, cell) in &row.cells {
            cells[(column - first) as usize].clone_from(&cell.text);
        }
        Seen { line: u64::from(row.row) + 1, cells }
    })
    .collect()
}

/// Returns the first column in use, and how many columns the table has.
pub(super) fn bounds(rows: &[SheetRow]) -> (u32, usize) {
    let columns = || rows.iter().flat_map(|row| &row.cells).map(|(column, _)| *column);
    let first = columns().min().unwrap_or_default();
    (first, (columns().max().unwrap_or_default() - first) as usize + 1)
}

/// Reads cell by cell, so that two distant cells do not allocate the space between them.
/// Returns `None` if there is more text than the limit. Stops after `most` rows; a sheet that
/// is read to its end has its formulas without a stored result marked.
pub(super) fn xlsx_rows(
    workbook: &mut Xlsx<BufReader<File>>,
    sheet: &str,
    limit: u64,
    most: Option<usize>,
) -> Result<Option<Vec<SheetRow>>, XlsxError> {
    read_cells(workbook, sheet, limit, most, next_with_formula)
        // Values do not depend on a formula that cannot be understood.
        .or_else(|_| read_cells(workbook, sheet, limit, most, next_without_formula))
}

type Cells<'a> = XlsxCellReader<'a, BufReader<File>>;

/// Position and value of a cell, and whether it has a formula.
type Found<'a> = ((u32, u32), DataRef<'a>, bool);

fn next_with_formula<'a>(cells: &mut Cells<'a>) -> Result<Option<Found<'a>>, XlsxError> {
    let found = cells.next_cell_with_formula_metadata()?;
    Ok(found.map(|found| (found.pos, found.value, found.formula.is_some())))
}

fn next_without_formula<'a>(cells: &mut Cells<'a>) -> Result<Option<Found<'a>>, XlsxError> {
    let found = cells.next_cell()?;
    Ok(found.map(|found| (found.get_position(), found.get_value().clone(), false)))
}

fn read_cells(
    workbook: &mut Xlsx<BufReader<File>>,
    sheet: &str,
    limit: u64,
    most: Option<usize>,
    next: impl for<'a> Fn(&mut Cells<'a>) -> Result<Option<Found<'a>>, XlsxError>,
) -> Result<Option<Vec<SheetRow>>, XlsxError> {
    let mut cells = workbook.worksheet_cells_reader(sheet)?;
    let (mut rows, mut formulas, mut size) = (Vec::new(), Formulas::default(), 0);
    while let Some((at, value, has_formula)) = next(&mut cells)? {
        if has_formula {
            formulas.add(at, &value);
        }
        let cell = cell(value.into());
        size += cell.text.len() as u64;
        if size > limit {
            return Ok(None);
        }
        push(&mut rows, at, cell);
        if most.is_some_and(|most| rows.len() > most) {
            break;
        }
    }
    sort(&mut rows);
    if most.is_none() {
        formulas.mark_open(&mut rows);
    }
    Ok(Some(rows))
}

/// The cells with formulas.
#[derive(Default)]
struct Formulas {
    /// Without a stored result.
    open: Vec<(u32, u32)>,
    zero: Vec<(u32, u32)>,
    /// Whether any result is stored that is not 0.
    has_result: bool,
}

impl Formulas {
    fn add(&mut self, at: (u32, u32), result: &DataRef<'_>) {
        match result {
            DataRef::Empty => self.open.push(at),
            DataRef::Int(0) => self.zero.push(at),
            DataRef::Float(0.0) => self.zero.push(at),
            _ => self.has_result = true,
        }
    }

    /// Marks formulas without a stored result: cells without a value, and all zeros if every
    /// result of the sheet is 0, because some libraries write 0 instead of computing results.
    fn mark_open(mut self, rows: &mut Vec<SheetRow>) {
        if !self.has_result {
            self.open.append(&mut self.zero);
        }
        let (known, value) = (rows.len(), Some(SheetValue::NoResult));
        for (row, column) in self.open {
            let at = rows[..known].binary_search_by_key(&row, |other| other.row).ok();
            let cell = at.and_then(|at| {
                let cells = &mut rows[at].cells;
                let at = cells.binary_search_by_key(&column, |(column, _)| *column).ok()?;
                Some(&mut cells[at].1)
            });
            match cell {
                Some(cell) => cell.value = value,
                None => {
                    let cells = vec![(column, Cell { text: String::new(), value })];
                    rows.push(SheetRow { row, cells });
                }
            }
        }
        if rows.len() > known {
            sort(rows);
        }
    }
}

pub(super) fn range_rows(range: &calamine::Range<Data>) -> Vec<SheetRow> {
    let (row, column) = range.start().unwrap_or_default();
    let mut rows = Vec::new();
    for (r, c, found) in range.used_cells() {
        push(&mut rows, (row + r as u32, column + c as u32), cell(found.clone()));
    }
    rows
}

fn push(rows: &mut Vec<SheetRow>, (row, column): (u32, u32), cell: Cell) {
    if cell.text.is_empty() {
        return;
    }
    match rows.last_mut() {
        Some(last) if last.row == row => last.cells.push((column, cell)),
        _ => rows.push(SheetRow { row, cells: vec![(column, cell)] }),
    }
}

/// Files usually list cells in order; others are sorted. If a cell has two values, the
/// last one counts.
fn sort(rows: &mut Vec<SheetRow>) {
    rows.sort_by_key(|row| row.row);
    rows.dedup_by(|later, row| {
        let same = later.row == row.row;
        if same {
            row.cells.append(&mut later.cells);
        }
        same
    });
    for row in rows {
        row.cells.reverse();
        row.cells.sort_by_key(|(column, _)| *column);
        row.cells.dedup_by_key(|(column, _)| *column);
    }
}

/// Maximum number of filled cells to examine.
const MOST_FILLED: u64 = 100_000_000;

/// Returns the merged cells that have a value and span several rows below the first row.
fn tall<'m>(
    rows: &'m [SheetRow],
    merged: &'m [Dimensions],
) -> impl Iterator<Item = (&'m Dimensions, &'m Cell)> {
    let header = rows.first().map_or(0, |row| row.row);
    let tall = merged.iter().filter(move |area| area.start.0 > header && area.end.0 > area.start.0);
    tall.filter_map(|area| {
        let at = rows.binary_search_by_key(&area.start.0, |row| row.row).ok()?;
        let cells = &rows.get(at)?.cells;
        let at = cells.binary_search_by_key(&area.start.1, |(column, _)| *column).ok()?;
        Some((area, &cells.get(at)?.1))
    })
}

/// Copies the value of each merged cell to all of its rows. The error is the reason.
pub(super) fn fill(rows: &mut [SheetRow], merged: &[Dimensions]) -> Result<(), String> {
    let areas: Vec<(Dimensions, Cell)> =
        tall(rows, merged).map(|(area, cell)| (*area, cell.clone())).collect();
    let mut looked_at = 0_u64;
    for (area, cell) in areas {
        let first = rows.partition_point(|row| row.row <= area.start.0);
        for row in rows[first..].iter_mut().take_while(|row| row.row <= area.end.0) {
            looked_at += 1 + cell.text.len() as u64;
            if looked_at > MOST_FILLED {
                return Err("its merged cells have more text than a table may have".into());
            }
            let column = area.start.1;
            if let Err(at) = row.cells.binary_search_by_key(&column, |(column, _)| *column) {
                row.cells.insert(at, (column, cell.clone()));
            }
        }
    }
    Ok(())
}

/// Notes which formulas below the header have no stored result.
pub(super) fn open_note(rows: &[SheetRow], file: &str) -> Option<Note> {
    let below = rows.iter().skip(1);
    let cells = below.flat_map(|row| row.cells.iter().map(move |(at, cell)| (row.row, at, cell)));
    let open = cells.filter(|(.., cell)| cell.value == Some(SheetValue::NoResult));
    let count = open.clone().count();
    let names: Vec<String> = open.take(3).map(|(row, at, _)| cell_name(*at, row)).collect();
    (count > 0).then(|| {
        Note::from(format!(
            "{file}: {count} {} a formula whose result is not stored, such as {}; open and save \
             it in a spreadsheet program",
            if count == 1 { "cell has" } else { "cells have" },
            names.join(", ")
        ))
    })
}

/// Notes that only the first row of each merged cell has its value.
pub(super) fn merged_note(rows: &[SheetRow], merged: &[Dimensions], file: &str) -> Option<Note> {
    let count = tall(rows, merged).count();
    let (area, _) = tall(rows, merged).next()?;
    let name = |(row, column): (u32, u32)| cell_name(column, row);
    Some(Note::with_remedy(
        format!(
            "{file}: {count} merged {} over several rows, such as {}:{}; only the first row has \
             the value",
            if count == 1 { "cell reaches" } else { "cells reach" },
            name(area.start),
            name(area.end)
        ),
        Action::FillMerged.to("the value can be copied to all of them"),
    ))
}

/// Formats a cell as a person sees it, without number formats: 3 and not 3.0, a date as
/// 2024-05-31.
fn cell(cell: Data) -> Cell {
    let (text, value) = match cell {
        Data::Empty => (String::new(), None),
        Data::String(text) | Data::DurationIso(text) => (text, None),
        Data::DateTimeIso(text) => {
            let time = iso_time(&text);
            (text, time)
        }
        Data::Int(number) => {
            let value = SheetValue::Number(number as f64);
            (number.to_string(), Some(value).filter(|_| number.abs() <= EXACT))
        }
        Data::Float(number) => (number.to_string(), Some(SheetValue::Number(number))),
        Data::Bool(flag) => {
            (if flag { "TRUE" } else { "FALSE" }.into(), Some(SheetValue::Flag(flag)))
        }
        Data::DateTime(time) => time_cell(&time),
        Data::Error(error) => (error.to_string(), None),
    };
    Cell { text, value }
}

/// Parses a date, with or without a time, as ODS workbooks store it.
fn iso_time(text: &str) -> Option<SheetValue> {
    let time = rust_xlsxwriter::ExcelDateTime::parse_from_str(text).ok()?;
    let kind = if text.contains('T') { TimeKind::DateTime } else { TimeKind::Date };
    text.contains('-').then(|| SheetValue::Time(time.to_excel(), kind))
}

/// Integers up to this one are exact as floating-point numbers.
const EXACT: i64 = 1 << 53;

/// Days between the two epochs of workbooks.
const DAYS_TO_1904: f64 = 1462.0;

fn time_cell(time: &ExcelDateTime) -> (String, Option<SheetValue>) {
    let value = time.as_f64();
    if time.is_duration() {
        let seconds = (value * 86_400.0).round() as i64;
        let sign = if seconds < 0 { "-" } else { "" };
        let seconds = seconds.abs();
        let text = format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        return (text, Some(SheetValue::Time(value, TimeKind::Duration)));
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let usual = ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false);
    let is_usual = usual.to_ymd_hms_milli().0 == year;
    let date = format!("{year:04}-{month:02}-{day:02}");
    let clock = match milli {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        milli => format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    };
    let (text, kind) = match (value < 1.0, clock == "00:00:00") {
        (true, _) => (clock, TimeKind::Clock),
        (false, true) => (date, TimeKind::Date),
        (false, false) => (format!("{date} {clock}"), TimeKind::DateTime),
    };
    let is_clock = kind == TimeKind::Clock;
    let value = if is_usual || is_clock { value } else { value + DAYS_TO_1904 };
    (text, Some(SheetValue::Time(value, kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_an_ods_workbook_are_dates() {
        // Days since the end of 1899, as a spreadsheet program shows them.
        for (text, days, kind) in [
            ("2024-05-31", 45_443.0, TimeKind::Date),
            ("2024-05-31T10:30:00", 45_443.437_5, TimeKind::DateTime),
        ] {
            let cell = cell(Data::DateTimeIso(text.to_owned()));
            assert_eq!(cell.value, Some(SheetValue::Time(days, kind)));
            assert_eq!(cell.text, text);
        }
        assert_eq!(cell(Data::DateTimeIso("soon".to_owned())).value, None);
    }
}
