//! Reads one sheet of an Excel or OpenDocument workbook, as a whole.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use calamine::{
    Data, ExcelDateTime, Ods, OdsError, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsx,
    XlsxError,
};

use super::biff;
use super::repairs::Repairs;
use super::row::{Cells, Row, Source};
use super::stream::{Position, Stream};
use super::{Format, ReadOptions, bad_file, expanded_limit, raise_the_limit, workbook_limits};
use crate::error::{Action, Error, Remedy, Result, quoted_list};

/// The rows of a sheet after its header, the first row with anything in it.
pub(super) struct SheetRows {
    rows: std::vec::IntoIter<SheetRow>,
    source: Arc<Source>,
    /// The column of the sheet in which the table starts.
    first: u32,
    format: Format,
    number: u64,
    position: Position,
    repairs: Repairs,
}

/// A row with anything in it: its number in the sheet, from 0, and its cells
/// with their columns.
struct SheetRow {
    row: u32,
    cells: Vec<(u32, String)>,
}

fn save_again() -> Remedy {
    Action::NameFormat
        .to("open it in a spreadsheet program and save it as .xlsx or as CSV, or name its format")
}

impl SheetRows {
    /// Reads the sheet of that name; otherwise the first visible one with
    /// anything in it.
    pub(super) fn new(stream: Stream, name: &str, options: &ReadOptions) -> Result<Self> {
        let sheet = options.sheet.as_deref();
        let mark = Format::from_mark(stream.start());
        let counter = stream.counter();
        let wrap = |source| Error::io(name, source);
        let file = stream.into_file().map_err(wrap)?;
        let bytes = file.metadata().map_err(wrap)?.len();
        let limit = expanded_limit(options.max_expanded, bytes);
        if matches!(mark, Some(Format::Xlsx | Format::Ods)) {
            workbook_limits::check(&file, limit).map_err(|reason| too_large(name, reason))?;
        }
        let (rows, format) =
            catch_unwind(AssertUnwindSafe(|| read(BufReader::new(file), mark, name, sheet, limit)))
                .unwrap_or_else(|_| {
                    Err(bad_file(name, "is a damaged workbook: it makes no sense", save_again()))
                })?;
        let position = Position { counter, bytes, rows: rows.len() as u64, done: 1 };
        let (first, width) = bounds(&rows);
        let mut rows = rows.into_iter();
        let Some(header) = rows.next() else {
            return Err(bad_file(
                name,
                "is empty",
                "it needs a row with the column names, and a row per case",
            ));
        };
        let mut columns = vec![String::new(); width];
        for (column, cell) in header.cells {
            columns[(column - first) as usize] = cell.trim().to_owned();
        }
        let source = Arc::new(Source { file: name.into(), columns });
        let repairs = Repairs::default();
        Ok(Self { rows, source, first, format, number: 0, position, repairs })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.source.columns
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// What was passed over so far.
    pub(super) fn repairs(&self) -> Repairs {
        self.repairs
    }

    /// The next row; rows of spaces alone are passed over.
    pub(super) fn next(&mut self) -> Option<Row> {
        let SheetRow { row, cells } = loop {
            let next = self.rows.next()?;
            if next.cells.iter().any(|(_, cell)| !cell.trim().is_empty()) {
                break next;
            }
            self.repairs.blank += 1;
            self.position.advance(1);
        };
        self.number += 1;
        self.position.advance(1);
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(self.source.columns.len()));
        for (column, cell) in cells {
            ends.resize((column - self.first) as usize, text.len() as u32);
            text.push_str(&cell);
            ends.push(text.len() as u32);
        }
        ends.resize(self.source.columns.len(), text.len() as u32);
        let (source, line) = (Arc::clone(&self.source), u64::from(row) + 1);
        Some(Row { source, number: self.number, line, cells: Cells::Text { text, ends } })
    }
}

/// The first column in use, and how many columns the table has.
fn bounds(rows: &[SheetRow]) -> (u32, usize) {
    let columns = || rows.iter().flat_map(|row| &row.cells).map(|(column, _)| *column);
    let first = columns().min().unwrap_or_default();
    (first, (columns().max().unwrap_or_default() - first) as usize + 1)
}

fn read(
    file: BufReader<File>,
    mark: Option<Format>,
    name: &str,
    sheet: Option<&str>,
    limit: u64,
) -> Result<(Vec<SheetRow>, Format)> {
    match mark {
        Some(Format::Xlsx) => {
            let mut workbook = Xlsx::new(file).map_err(|e| xlsx_error(name, e))?;
            let read = |workbook: &mut Xlsx<_>, sheet: &str| {
                let rows = xlsx_rows(workbook, sheet, limit).map_err(|e| xlsx_error(name, e))?;
                rows.ok_or_else(|| {
                    let reason = "its cells have more text than the file has room for";
                    too_large(name, reason.into())
                })
            };
            Ok((choose(&mut workbook, name, sheet, read)?, Format::Xlsx))
        }
        Some(Format::Xls) => {
            // An encrypted .xlsx is wrapped like an .xls.
            if biff::is_encrypted_package(file.get_ref()).unwrap_or(false) {
                return Err(locked(name));
            }
            if !biff::is_within_limits(file.get_ref()).unwrap_or(false) {
                return Err(bad_file(name, "is a damaged .xls workbook", save_again()));
            }
            let mut workbook = Xls::new(file).map_err(|e| xls_error(name, e))?;
            let read = |workbook: &mut Xls<_>, sheet: &str| {
                let range = workbook.worksheet_range(sheet).map_err(|e| xls_error(name, e))?;
                Ok(range_rows(&range))
            };
            Ok((choose(&mut workbook, name, sheet, read)?, Format::Xls))
        }
        Some(Format::Ods) => {
            let mut workbook = Ods::new(file).map_err(|e| ods_error(name, e))?;
            let read = |workbook: &mut Ods<_>, sheet: &str| {
                let range = workbook.worksheet_range(sheet).map_err(|e| ods_error(name, e))?;
                Ok(range_rows(&range))
            };
            Ok((choose(&mut workbook, name, sheet, read)?, Format::Ods))
        }
        _ => Err(bad_file(name, "is no workbook, whatever its name says", save_again())),
    }
}

/// The rows of the sheet asked for, or of the first visible one that has any.
fn choose<W: Reader<BufReader<File>>>(
    workbook: &mut W,
    name: &str,
    sheet: Option<&str>,
    read: impl Fn(&mut W, &str) -> Result<Vec<SheetRow>>,
) -> Result<Vec<SheetRow>> {
    let sheets = workbook.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let visible = sheets.clone().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let (all, visible): (Vec<_>, Vec<_>) =
        (sheets.map(|s| s.name.clone()).collect(), visible.map(|s| s.name.clone()).collect());
    if let Some(wanted) = sheet {
        let alike = |name: &&String| name.trim().to_lowercase() == wanted.trim().to_lowercase();
        let found = all.iter().find(|name| *name == wanted).or_else(|| all.iter().find(alike));
        return match found {
            Some(found) => read(workbook, found),
            None => Err(bad_file(
                name,
                format!("there is no sheet \"{wanted}\"; it has {}", quoted_list(&all)),
                Action::NameSheet.to("name one of them"),
            )),
        };
    }
    for sheet in &visible {
        let rows = read(workbook, sheet)?;
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

/// Cell by cell, so that two cells far apart do not fill the space between;
/// `None` if there is more text than the limit.
fn xlsx_rows(
    workbook: &mut Xlsx<BufReader<File>>,
    sheet: &str,
    limit: u64,
) -> Result<Option<Vec<SheetRow>>, XlsxError> {
    let mut cells = workbook.worksheet_cells_reader(sheet)?;
    let (mut rows, mut size) = (Vec::new(), 0);
    while let Some(cell) = cells.next_cell()? {
        let text = text(cell.get_value().clone().into());
        size += text.len() as u64;
        if size > limit {
            return Ok(None);
        }
        push(&mut rows, cell.get_position(), text);
    }
    sort(&mut rows);
    Ok(Some(rows))
}

fn range_rows(range: &calamine::Range<Data>) -> Vec<SheetRow> {
    let (row, column) = range.start().unwrap_or_default();
    let mut rows = Vec::new();
    for (r, c, cell) in range.used_cells() {
        push(&mut rows, (row + r as u32, column + c as u32), text(cell.clone()));
    }
    rows
}

fn push(rows: &mut Vec<SheetRow>, (row, column): (u32, u32), cell: String) {
    if cell.is_empty() {
        return;
    }
    match rows.last_mut() {
        Some(last) if last.row == row => last.cells.push((column, cell)),
        _ => rows.push(SheetRow { row, cells: vec![(column, cell)] }),
    }
}

/// Files list cells in order; one that does not is put in order, and of two
/// values of a cell the last counts.
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

/// The cell as a person sees it, formats of numbers aside: 3 and not 3.0, a
/// date as 2024-05-31.
fn text(cell: Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text,
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(flag) => if flag { "TRUE" } else { "FALSE" }.into(),
        Data::DateTime(time) => time_text(&time),
        Data::Error(error) => error.to_string(),
    }
}

fn time_text(time: &ExcelDateTime) -> String {
    let value = time.as_f64();
    if time.is_duration() {
        let seconds = (value * 86_400.0).round() as i64;
        let sign = if seconds < 0 { "-" } else { "" };
        let seconds = seconds.abs();
        return format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let clock = match milli {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        milli => format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    };
    match (value < 1.0, clock == "00:00:00") {
        (true, _) => clock,
        (false, true) => date,
        (false, false) => format!("{date} {clock}"),
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
