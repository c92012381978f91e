//! Reads one sheet of an Excel or OpenDocument workbook, as a whole.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use calamine::{Ods, OdsError, Reader, Xls, XlsError, Xlsx, XlsxError};

use super::biff;
use super::guard::guarded;
use super::repairs::Repairs;
use super::row::{Cells, Row, Source};
use super::sheet::{self, SheetRow};
use super::sheet_value::SheetValue;
use super::sheets::{self, Chosen};
use super::start::{Doubt, Start};
use super::stream::{Position, Stream};
use super::{Format, ReadOptions, bad_file, expanded_limit, raise_the_limit, workbook_limits};
use crate::error::{Action, Error, Remedy, Result};

/// The rows of a sheet after its header.
pub(super) struct SheetRows {
    rows: std::vec::IntoIter<SheetRow>,
    source: Arc<Source>,
    /// The column of the sheet in which the table starts.
    first: u32,
    format: Format,
    /// The name of the sheet, and of all visible ones.
    sheet: String,
    sheets: Vec<String>,
    start: Start,
    /// Number of rows still to skip as parts of the header.
    skip: u64,
    number: u64,
    position: Position,
    repairs: Repairs,
}

/// The parts of a workbook that are read.
struct Opened {
    chosen: Chosen,
    rows: Vec<SheetRow>,
    /// Merged cells: first and last row and column.
    merged: Vec<calamine::Dimensions>,
    format: Format,
}

impl Opened {
    /// Chooses a sheet and reads it.
    fn read<W: Reader<BufReader<File>>>(
        mut workbook: W,
        format: Format,
        name: &str,
        options: &ReadOptions,
        rows: impl Fn(&mut W, &str, Option<usize>) -> Result<Vec<SheetRow>>,
        merged: impl FnOnce(&mut W, &str) -> Vec<calamine::Dimensions>,
    ) -> Result<Self> {
        let chosen = sheets::choose(&mut workbook, name, options, &rows)?;
        let rows = chosen.rows(&mut workbook, &rows)?;
        let merged = chosen.sheet.as_ref().map(|sheet| merged(&mut workbook, sheet));
        Ok(Self { chosen, rows, merged: merged.unwrap_or_default(), format })
    }
}

fn save_again() -> Remedy {
    Action::NameFormat
        .to("open it in a spreadsheet program and save it as .xlsx or as CSV, or name its format")
}

impl SheetRows {
    /// Reads the sheet of that name; otherwise the only visible one with the requested
    /// columns, otherwise the first visible non-empty one.
    pub(super) fn new(stream: Stream, name: &str, options: &ReadOptions) -> Result<Self> {
        let mark = Format::from_mark(stream.start());
        let counter = stream.counter();
        let wrap = |source| Error::io(name, source);
        let file = stream.into_file().map_err(wrap)?;
        let bytes = file.metadata().map_err(wrap)?.len();
        let limit = expanded_limit(options.max_expanded, bytes);
        if matches!(mark, Some(Format::Xlsx | Format::Ods)) {
            workbook_limits::check(&file, limit).map_err(|reason| too_large(name, reason))?;
        }
        let opened = guarded(|| open(BufReader::new(file), mark, name, options, limit));
        let opened = opened.unwrap_or_else(|| {
            Err(bad_file(name, "is a damaged workbook: it makes no sense", save_again()))
        });
        let Opened { chosen, mut rows, merged, format } = opened?;
        let position = Position { counter, bytes, rows: rows.len() as u64, done: 1 };
        let mut start = Start::of(&sheet::first_rows(&rows), options, name, "row");
        let (sheet, sheets) = (chosen.sheet.unwrap_or_default(), chosen.visible);
        start.notes.splice(0..0, chosen.notes);
        start.doubts.splice(0..0, chosen.doubts);
        if let Some(header) = start.header {
            rows.retain(|row| u64::from(row.row) + 1 >= header);
            if options.fill_merged {
                sheet::fill(&mut rows, &merged).map_err(|reason| too_large(name, reason))?;
            } else {
                start.notes.extend(sheet::merged_note(&rows, &merged, name));
            }
        }
        start.notes.extend(sheet::open_note(&rows, name));
        let (first, width) = sheet::bounds(&rows);
        let mut rows = rows.into_iter();
        let header = match (rows.next(), start.header) {
            (Some(row), None) => row,
            (Some(row), Some(header)) if u64::from(row.row) + 1 == header => row,
            (_, Some(header)) if options.header_row.is_some() => {
                return Err(bad_file(
                    name,
                    format!("there is nothing in row {header}"),
                    Action::NameHeaderRow.to("name the row of the header"),
                ));
            }
            _ => {
                return Err(bad_file(
                    name,
                    "is empty",
                    "it needs a row with the column names, and a row per case",
                ));
            }
        };
        let mut columns = vec![String::new(); width];
        for (column, cell) in header.cells {
            if cell.value == Some(SheetValue::NoResult) {
                let cell = super::sheet_value::cell_name(column, header.row);
                start.doubts.push(Doubt {
                    words: format!(
                        "the cell {cell} of its header has a formula without a stored result: \
                         open and save it in a spreadsheet program"
                    ),
                    action: None,
                });
            }
            columns[(column - first) as usize] = cell.text.trim().to_owned();
        }
        let source = Arc::new(Source::new(name, columns));
        let (skip, repairs) = (start.after, Repairs::default());
        let number = 0;
        Ok(Self {
            rows,
            source,
            first,
            format,
            sheet,
            sheets,
            start,
            skip,
            number,
            position,
            repairs,
        })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.source.columns
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Returns the name of the sheet, and of all visible sheets.
    pub(super) fn sheets(&self) -> (&str, &[String]) {
        (&self.sheet, &self.sheets)
    }

    /// Returns the notes about the sheet and its header.
    pub(super) fn start(&self) -> &Start {
        &self.start
    }

    /// Returns the repairs so far.
    pub(super) fn repairs(&self) -> Repairs {
        self.repairs
    }

    /// Returns the name of a cell, such as `B3`, by its position in the header and its row.
    pub(super) fn cell_name(&self, index: usize, line: u64) -> String {
        let row = line.saturating_sub(1) as u32;
        super::sheet_value::cell_name(self.first + index as u32, row)
    }

    /// Returns the next row. Blank rows are skipped.
    pub(super) fn next(&mut self) -> Option<Row> {
        loop {
            let SheetRow { row, cells } = self.rows.next()?;
            self.position.advance(1);
            if cells.iter().all(|(_, cell)| cell.is_blank()) {
                self.repairs.blank += 1;
                continue;
            }
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            let row = self.row(u64::from(row) + 1, cells);
            if row.repeats_header() {
                self.repairs.headers += 1;
                continue;
            }
            self.number += 1;
            return Some(Row { number: self.number, ..row });
        }
    }

    fn row(&self, line: u64, given: Vec<(u32, sheet::Cell)>) -> Row {
        let width = self.source.columns.len();
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(width));
        let mut values = Vec::new();
        for (column, cell) in given {
            let index = column - self.first;
            ends.resize(index as usize, text.len() as u32);
            text.push_str(&cell.text);
            ends.push(text.len() as u32);
            values.extend(cell.value.map(|value| (index, value)));
        }
        ends.resize(width, text.len() as u32);
        let source = Arc::clone(&self.source);
        Row { source, number: 0, line, cells: Cells::Text { text, ends, values } }
    }
}

fn open(
    file: BufReader<File>,
    mark: Option<Format>,
    name: &str,
    options: &ReadOptions,
    limit: u64,
) -> Result<Opened> {
    match mark {
        Some(format @ Format::Xlsx) => {
            let workbook = Xlsx::new(file).map_err(|e| xlsx_error(name, e))?;
            let read = |workbook: &mut Xlsx<_>, sheet: &str, most| {
                let rows = sheet::xlsx_rows(workbook, sheet, limit, most);
                rows.map_err(|e| xlsx_error(name, e))?.ok_or_else(|| {
                    let reason = "its cells have more text than the file has room for";
                    too_large(name, reason.into())
                })
            };
            Opened::read(workbook, format, name, options, read, |workbook, sheet| {
                workbook.merge_cells_by_sheet_name(sheet).unwrap_or_default()
            })
        }
        Some(format @ Format::Xls) => {
            // An encrypted .xlsx is wrapped like an .xls.
            if biff::is_encrypted_package(file.get_ref()).unwrap_or(false) {
                return Err(locked(name));
            }
            if !biff::is_within_limits(file.get_ref()).unwrap_or(false) {
                return Err(bad_file(name, "is a damaged .xls workbook", save_again()));
            }
            let workbook = Xls::new(file).map_err(|e| xls_error(name, e))?;
            let read = |workbook: &mut Xls<_>, sheet: &str, _most| {
                let range = workbook.worksheet_range(sheet).map_err(|e| xls_error(name, e))?;
                Ok(sheet::range_rows(&range))
            };
            Opened::read(workbook, format, name, options, read, |workbook, sheet| {
                workbook.merge_cells_by_sheet_name(sheet).unwrap_or_default()
            })
        }
        Some(format @ Format::Ods) => {
            let workbook = Ods::new(file).map_err(|e| ods_error(name, e))?;
            let read = |workbook: &mut Ods<_>, sheet: &str, _most| {
                let range = workbook.worksheet_range(sheet).map_err(|e| ods_error(name, e))?;
                Ok(sheet::range_rows(&range))
            };
            Opened::read(workbook, format, name, options, read, |_, _| Vec::new())
        }
        _ => Err(bad_file(name, "is not a workbook, although its name suggests one", save_again())),
    }
}

fn too_large(name: &str, reason: String) -> Error {
    bad_file(name, format!("is refused as a workbook: {reason}"), raise_the_limit())
}

fn locked(name: &str) -> Error {
    bad_file(name, "is protected by a password", "save a copy without the password and give that")
}

fn xlsx_error(name: &str, error: XlsxError) -> Error {
    match error {
        XlsxError::Password => locked(name),
        error => {
            bad_file(name, format!("cannot be read as an .xlsx workbook: {error}"), save_again())
        }
    }
}

fn xls_error(name: &str, error: XlsError) -> Error {
    match error {
        XlsError::Password => locked(name),
        error => {
            bad_file(name, format!("cannot be read as an .xls workbook: {error}"), save_again())
        }
    }
}

fn ods_error(name: &str, error: OdsError) -> Error {
    match error {
        OdsError::Password => locked(name),
        error => {
            bad_file(name, format!("cannot be read as an .ods workbook: {error}"), save_again())
        }
    }
}
