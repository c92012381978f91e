//! Reads CSV and TSV: a header, then rows with the same number of fields.

use std::io;
use std::sync::Arc;

use super::dialect::Dialect;
use super::records::{Record, Records, cells, split_fields};
use super::repairs::Repairs;
use super::row::{Cells, Row, Source};
use super::start::Start;
use super::window::Window;
use super::{MAX_ROW, bad_file, bad_row, say_encoding};
use crate::error::{Action, Error, Result};

const CLOSE_THE_QUOTE: &str = "close the quote, or write a quote that is part of the text twice";

/// The rows of a CSV file after its header.
pub(super) struct CsvRows {
    records: Records,
    source: Arc<Source>,
    delimiter: u8,
    /// Whether each row is one quoted cell that contains the row.
    is_wrapped: bool,
    start: Start,
    /// Number of rows still to skip as parts of the header.
    skip: u64,
    number: u64,
    repairs: Repairs,
}

/// Maximum length of a header in bytes, and maximum number of columns.
const MAX_HEADER: usize = 16 << 20;
const MAX_COLUMNS: usize = 16_384;

impl CsvRows {
    /// Reads the header.
    pub(super) fn new(window: Window, file: &str, dialect: Dialect) -> Result<Self> {
        let wrap = |source| Error::io(file, source);
        let Dialect { delimiter, has_told, is_wrapped, start } = dialect;
        let mut records = Records::new(window, delimiter, MAX_HEADER);
        if has_told {
            records.skip_line().map_err(wrap)?;
        }
        let wanted = start.header.unwrap_or(0);
        let mut seen = 0;
        let found = loop {
            match records.next().map_err(wrap)? {
                Some((line, _)) if line < wanted => seen = line,
                found => break found,
            }
        };
        let columns = match found {
            None if seen > 0 => {
                return Err(bad_file(
                    file,
                    format!("its last row is on line {seen}"),
                    Action::NameHeaderRow.to("name the line of the header"),
                ));
            }
            None => {
                return Err(bad_file(
                    file,
                    "is empty",
                    "it needs a header line with the column names, and a line per case",
                ));
            }
            Some((line, _)) if line > wanted && wanted > 0 => {
                return Err(bad_file(
                    file,
                    format!("no row starts on line {wanted}"),
                    Action::NameHeaderRow.to("name the line of the header"),
                ));
            }
            Some((_, Record::Whole(record))) => {
                let inner = if is_wrapped { unwrapped(record, delimiter) } else { None };
                header(inner.as_deref().unwrap_or(record), delimiter, file)?
            }
            Some((_, Record::TooLong)) => return Err(too_wide(file, delimiter)),
            Some((line, _)) => {
                return Err(bad_file(
                    file,
                    format!("the header line has a quote (line {line}) that is not closed"),
                    CLOSE_THE_QUOTE,
                ));
            }
        };
        let source = Arc::new(Source::new(file, columns));
        records.set_limit(MAX_ROW);
        let (skip, repairs) = (start.after, Repairs::default());
        Ok(Self { records, source, delimiter, is_wrapped, start, skip, number: 0, repairs })
    }

    /// Returns the notes about the header.
    pub(super) fn start(&self) -> &Start {
        &self.start
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.source.columns
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Returns the repairs so far.
    pub(super) fn repairs(&self) -> Repairs {
        self.repairs
    }

    /// Returns the next row or its error. The outer error is an I/O error. Blank rows are
    /// skipped.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row>>> {
        let (line, record) = loop {
            let Some((line, record)) = self.records.next()? else { return Ok(None) };
            match record {
                Record::Whole(bytes) if is_blank(bytes, self.delimiter) => self.repairs.blank += 1,
                _ if self.skip > 0 => self.skip -= 1,
                Record::Whole(bytes) => {
                    self.number += 1;
                    let inner = match self.is_wrapped {
                        true => unwrapped(bytes, self.delimiter),
                        false => mistaken_cell(bytes, self.delimiter, self.source.columns.len()),
                    };
                    self.repairs.unwrapped += u64::from(inner.is_some() && !self.is_wrapped);
                    let row = parse(
                        inner.as_deref().unwrap_or(bytes),
                        self.delimiter,
                        &self.source,
                        (self.number, line),
                        &mut self.repairs,
                    );
                    if row.as_ref().is_ok_and(Row::repeats_header) {
                        self.number -= 1;
                        self.repairs.headers += 1;
                        continue;
                    }
                    return Ok(Some(row));
                }
                Record::Unclosed => break (line, Fault::Unclosed),
                Record::RunOn(last) => break (line, Fault::RunOn(last)),
                Record::TooLong => break (line, Fault::TooLong),
            }
        };
        self.number += 1;
        let place = || self.source.place(self.number, line);
        let row = match record {
            Fault::Unclosed => {
                Err(bad_row(place(), "a quote is opened and never closed", CLOSE_THE_QUOTE))
            }
            Fault::RunOn(last) => Err(bad_row(
                place(),
                format!(
                    "a quoted cell runs on to line {last} and has text after its closing quote"
                ),
                format!("check lines {line} to {last} for a stray quote; {CLOSE_THE_QUOTE}"),
            )),
            Fault::TooLong => Err(bad_row(
                place(),
                format!("the line is longer than {} MB", MAX_ROW >> 20),
                "check that the file has line breaks and is a CSV file",
            )),
        };
        Ok(Some(row))
    }
}

/// Returns the row inside the only cell of a record, if that cell is quoted.
fn unwrapped(record: &[u8], delimiter: u8) -> Option<Vec<u8>> {
    if !record.trim_ascii_start().starts_with(b"\"") {
        return None;
    }
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    split_fields(record.trim_ascii_start(), delimiter, &mut text, &mut ends);
    // Separators that a spreadsheet program added after the cell are ignored.
    let end = ends.first().map_or(0, |&end| end as usize);
    let is_alone = text[end..].trim_ascii().is_empty();
    text.truncate(end);
    is_alone.then_some(text)
}

/// Returns the row inside a single quoted cell. A spreadsheet program with another
/// separator took the whole line for one cell.
fn mistaken_cell(record: &[u8], delimiter: u8, expected: usize) -> Option<Vec<u8>> {
    if expected < 2 || !is_one_quoted_cell(record) {
        return None;
    }
    let inner = unwrapped(record, delimiter)?;
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    split_fields(&inner, delimiter, &mut text, &mut ends);
    (ends.len() == expected).then_some(inner)
}

/// Returns whether a record starts with a quote that is closed at its end.
fn is_one_quoted_cell(record: &[u8]) -> bool {
    let Some(mut rest) = record.strip_prefix(b"\"") else { return false };
    while let Some(at) = memchr::memchr(b'"', rest) {
        match rest.get(at + 1) {
            None => return true,
            Some(b'"') => rest = &rest[at + 2..],
            Some(_) => return false,
        }
    }
    false
}

/// A fault in a record.
enum Fault {
    Unclosed,
    RunOn(u64),
    TooLong,
}

/// Returns whether all cells of a record are blank.
fn is_blank(record: &[u8], delimiter: u8) -> bool {
    let mut quoted = false;
    let mut bytes = record.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            // A doubled quote in a quoted cell is a quote.
            b'"' if quoted && bytes.peek() == Some(&b'"') => return false,
            b'"' => quoted = !quoted,
            byte if byte == delimiter && !quoted => {}
            byte if byte.is_ascii_whitespace() => {}
            _ => return false,
        }
    }
    true
}

fn too_wide(file: &str, delimiter: u8) -> Error {
    bad_file(
        file,
        format!(
            "the header has more than {MAX_COLUMNS} columns, or is longer than {} MB",
            MAX_HEADER >> 20
        ),
        format!(
            "check that the first line is the header and {} separates its columns",
            delimiter_name(delimiter)
        ),
    )
}

fn header(record: &[u8], delimiter: u8, file: &str) -> Result<Vec<String>> {
    if memchr::memchr_iter(delimiter, record).count() >= MAX_COLUMNS {
        return Err(too_wide(file, delimiter));
    }
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    split_fields(record, delimiter, &mut text, &mut ends);
    cells(&text, &ends)
        // A concatenated file can contain byte-order marks.
        .map(|cell| std::str::from_utf8(cell).map(|name| name.trim_matches('\u{FEFF}').into()))
        .collect::<Result<_, _>>()
        .map_err(|_| bad_file(file, "the header line is not UTF-8 text", say_encoding()))
}

fn parse(
    bytes: &[u8],
    delimiter: u8,
    source: &Arc<Source>,
    (number, line): (u64, u64),
    repairs: &mut Repairs,
) -> Result<Row> {
    let expected = source.columns.len();
    let (mut text, mut ends) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(expected));
    split_fields(bytes, delimiter, &mut text, &mut ends);
    let found = ends.len();
    if found > expected {
        let end = ends.get(expected - 1).map_or(0, |&end| end as usize);
        if !text[end..].trim_ascii().is_empty() {
            let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
            let to = if lines > 0 {
                format!(" in lines {line} to {}", line + lines)
            } else {
                String::new()
            };
            return Err(bad_row(
                source.place(number, line),
                format!(
                    "{found} {} found{to}, {expected} expected as in the header",
                    fields(found)
                ),
                format!(
                    "put text that contains {} or a line break in double quotes",
                    delimiter_name(delimiter)
                ),
            ));
        }
        text.truncate(end);
        ends.truncate(expected);
    }
    let is_filled = found < expected;
    ends.resize(expected, text.len() as u32);
    let row = text_row(text, ends, source, number, line)?;
    repairs.filled += u64::from(is_filled);
    repairs.trimmed += u64::from(found > expected);
    Ok(row)
}

fn text_row(
    text: Vec<u8>,
    ends: Vec<u32>,
    source: &Arc<Source>,
    number: u64,
    line: u64,
) -> Result<Row> {
    match String::from_utf8(text) {
        // Two halves of a character in neighbouring cells would look valid together.
        Ok(text) if ends.iter().all(|&end| text.is_char_boundary(end as usize)) => {
            let cells = Cells::Text { text, ends, values: Vec::new() };
            Ok(Row { source: Arc::clone(source), number, line, cells })
        }
        Ok(text) => Err(not_utf8(text.as_bytes(), &ends, source, number, line)),
        Err(error) => Err(not_utf8(error.as_bytes(), &ends, source, number, line)),
    }
}

fn not_utf8(text: &[u8], ends: &[u32], source: &Source, number: u64, line: u64) -> Error {
    let place = source.place(number, line);
    for (cell, column) in cells(text, ends).zip(&source.columns) {
        if let Err(error) = std::str::from_utf8(cell) {
            let offset = error.valid_up_to();
            let byte = cell.get(offset).copied().unwrap_or_default();
            return bad_row(
                place.with_column(column),
                format!("not UTF-8 text (0x{byte:02X} after {offset} bytes of the cell)"),
                say_encoding(),
            );
        }
    }
    bad_row(place, "not UTF-8 text", say_encoding())
}

fn fields(count: usize) -> &'static str {
    if count == 1 { "field" } else { "fields" }
}

fn delimiter_name(delimiter: u8) -> String {
    if delimiter == b'\t' { "a tab".into() } else { format!("\"{}\"", char::from(delimiter)) }
}
