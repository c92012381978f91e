//! Writes an Excel workbook of one sheet, row by row.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use serde_json::Value;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Seek, SeekFrom};

use super::sheet_value::{SheetValue, TimeKind};
use super::writer::RowWriter;
use super::{Row, bad_file, bad_row};
use crate::error::{Error, Result};
use crate::tagger::record::value_text;

/// The limits of the format: rows and columns of a sheet, and UTF-16 units of a cell.
const MAX_ROWS: u32 = 1_048_576;
const MAX_COLUMNS: usize = 16_384;
pub(crate) const MAX_CELL: usize = 32_767;

/// Level of compression: higher ones take up to 14 % of the time of tagging a workbook, and make
/// it at most 13 % smaller.
const COMPRESSION_LEVEL: u8 = 2;

const OTHER_FORMAT: &str = "write CSV, JSON Lines or Parquet, which have no such limit";

/// A cell to write. Text is never interpreted as a formula, a number or a link.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SheetCell {
    Text(String),
    Number(f64),
    Flag(bool),
    Time(f64, TimeKind),
}

/// Returns the cells of a row.
///
/// # Errors
/// `BadRow` if a cell is too long for a workbook.
pub(super) fn cells(names: &RowWriter, row: &Row, added: &[Value]) -> Result<Vec<SheetCell>> {
    let values = names.values(row)?;
    let values = values.into_iter().map(|value| value.unwrap_or(Cow::Owned(Value::Null)));
    let all = values.chain(added.iter().map(Cow::Borrowed));
    let columns = names.columns.iter().chain(names.added());
    // Numbers, dates and Booleans from a workbook keep their type.
    let kinds = names.places(row).into_iter().map(|place| row.sheet_value(place?));
    let kinds = kinds.chain(std::iter::repeat(None));
    let cell = |((value, column), kind): ((Cow<'_, Value>, &String), Option<SheetValue>)| {
        let cell = match kind {
            Some(SheetValue::Number(number)) => SheetCell::Number(number),
            Some(SheetValue::Flag(flag)) => SheetCell::Flag(flag),
            Some(SheetValue::Time(days, kind)) => SheetCell::Time(days, kind),
            Some(SheetValue::NoResult) | None => cell(&value),
        };
        match &cell {
            SheetCell::Text(text) if is_too_long(text) => Err(bad_row(
                row.place().with_column(column),
                format!("the cell is longer than the {MAX_CELL} characters that a workbook allows"),
                OTHER_FORMAT,
            )),
            _ => Ok(cell),
        }
    };
    all.zip(columns).zip(kinds).map(cell).collect()
}

fn is_too_long(text: &str) -> bool {
    text.len() > MAX_CELL && text.encode_utf16().count() > MAX_CELL
}

/// Workbooks have floating-point numbers only. Numbers that would change stay text.
fn cell(value: &Value) -> SheetCell {
    let exact = |n: f64| n.abs() <= 9_007_199_254_740_992.0 || n.fract() != 0.0;
    match value {
        Value::Bool(flag) => SheetCell::Flag(*flag),
        Value::Number(number) => match number.as_f64().filter(|n| exact(*n)) {
            Some(number) => SheetCell::Number(number),
            None => SheetCell::Text(number.to_string()),
        },
        other => SheetCell::Text(value_text(other).into_owned()),
    }
}

/// Refuses columns that a workbook cannot store.
pub(super) fn check(names: &RowWriter) -> Result<()> {
    let columns = header(names).count();
    if columns > MAX_COLUMNS {
        let reason = format!("{columns} columns are more than a workbook allows");
        return Err(bad_file("output", reason, OTHER_FORMAT));
    }
    if header(names).any(|name| is_too_long(name)) {
        let reason = "a column has a longer name than a workbook allows";
        return Err(bad_file("output", reason, OTHER_FORMAT));
    }
    Ok(())
}

fn header(names: &RowWriter) -> impl Iterator<Item = &String> {
    names.columns.iter().chain(names.added())
}

/// A sheet that is being written via temporary files.
pub(super) struct SheetWriter {
    workbook: Workbook,
    next: u32,
    times: Times,
}

/// The formats of times.
struct Times {
    date: Format,
    date_time: Format,
    clock: Format,
    duration: Format,
}

impl Times {
    fn new() -> Self {
        let format = |codes| Format::new().set_num_format(codes);
        Self {
            date: format("yyyy-mm-dd"),
            date_time: format("yyyy-mm-dd hh:mm:ss"),
            clock: format("hh:mm:ss"),
            duration: format("[h]:mm:ss"),
        }
    }

    fn of(&self, kind: TimeKind) -> &Format {
        match kind {
            TimeKind::Date => &self.date,
            TimeKind::DateTime => &self.date_time,
            TimeKind::Clock => &self.clock,
            TimeKind::Duration => &self.duration,
        }
    }
}

impl SheetWriter {
    /// Starts a sheet with its header.
    pub(super) fn new(names: &RowWriter) -> Result<Self> {
        let header = header(names);
        let mut workbook = timeless_workbook().map_err(failed)?;
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        let mut writer = Self { workbook, next: 0, times: Times::new() };
        writer.push(header.cloned().map(SheetCell::Text).collect())?;
        Ok(writer)
    }

    pub(super) fn push(&mut self, cells: Vec<SheetCell>) -> Result<()> {
        if self.next == MAX_ROWS {
            return Err(bad_file(
                "output",
                format!("a sheet has at most {MAX_ROWS} rows"),
                OTHER_FORMAT,
            ));
        }
        let row = self.next;
        self.next += 1;
        let sheet = self.workbook.worksheet_from_index(0).map_err(failed)?;
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                SheetCell::Text(text) if text.is_empty() => continue,
                SheetCell::Text(text) => sheet.write_string(row, column, text),
                SheetCell::Number(number) => sheet.write_number(row, column, number),
                SheetCell::Flag(flag) => sheet.write_boolean(row, column, flag),
                SheetCell::Time(days, kind) => {
                    sheet.write_number_with_format(row, column, days, self.times.of(kind))
                }
            }
            .map_err(failed)?;
        }
        Ok(())
    }

    /// Returns the finished workbook, positioned at its start.
    pub(super) fn finish(mut self) -> Result<File> {
        let wrap = |source| Error::Output { source };
        let file = tempfile::tempfile().map_err(wrap)?;
        let mut copy = file.try_clone().map_err(wrap)?;
        self.workbook.save_to_writer(file).map_err(failed)?;
        copy.seek(SeekFrom::Start(0)).map_err(wrap)?;
        Ok(copy)
    }
}

/// Creates a workbook without sheets. The same cells give the same bytes at any time.
pub(crate) fn timeless_workbook() -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(COMPRESSION_LEVEL);
    let time = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&time));
    Ok(workbook)
}

/// Wraps the error of a workbook that could not be written.
pub(crate) fn failed(error: XlsxError) -> Error {
    let source = match error {
        XlsxError::IoError(source) => source,
        other => std::io::Error::other(other),
    };
    Error::Output { source }
}
