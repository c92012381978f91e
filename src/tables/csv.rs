//! Reads CSV and TSV: a header, then rows of as many fields.

use std::io;
use std::sync::Arc;

use super::records::{Record, Records, cells, split_fields};
use super::repairs::Repairs;
use super::row::{Cells, Row, Source};
use super::window::Window;
use super::{MAX_ROW, bad_file, bad_row, say_encoding};
use crate::error::{Error, Result};

const CLOSE_THE_QUOTE: &str = "close the quote, or write a quote that is part of the text twice";

/// The rows of a CSV file after its header.
pub(super) struct CsvRows {
    records: Records,
    source: Arc<Source>,
    delimiter: u8,
    number: u64,
    repairs: Repairs,
}

/// The longest header that is read, in bytes, and the most columns.
const MAX_HEADER: usize = 16 << 20;
const MAX_COLUMNS: usize = 16_384;

impl CsvRows {
    /// Reads the header.
    pub(super) fn new(mut window: Window, file: &str, delimiter: u8) -> Result<Self> {
        let wrap = |source| Error::io(file, source);
        let told = told_delimiter(&mut window).map_err(wrap)?;
        let delimiter = told.unwrap_or(delimiter);
        let mut records = Records::new(window, delimiter, MAX_HEADER);
        if told.is_some() {
            records.skip_line().map_err(wrap)?;
        }
        let found = records.next().map_err(|source| Error::io(file, source))?;
        let columns = match found {
            None => {
                return Err(bad_file(
                    file,
                    "is empty",
                    "it needs a header line with the column names, and a line per case",
                ));
            }
            Some((_, Record::Whole(record))) => header(record, delimiter, file)?,
            Some((_, Record::TooLong)) => return Err(too_wide(file, delimiter)),
            Some((line, _)) => {
                return Err(bad_file(
                    file,
                    format!("the header line has a quote (line {line}) that is not closed"),
                    CLOSE_THE_QUOTE,
                ));
            }
        };
        let source = Arc::new(Source { file: file.into(), columns });
        records.set_limit(MAX_ROW);
        let repairs = Repairs::default();
        Ok(Self { records, source, delimiter, number: 0, repairs })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.source.columns
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// What was mended or passed over so far.
    pub(super) fn repairs(&self) -> Repairs {
        self.repairs
    }

    /// The next row or its fault; an I/O error is the outer one. Rows without
    /// anything in them are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row>>> {
        let (line, record) = loop {
            let Some((line, record)) = self.records.next()? else { return Ok(None) };
            match record {
                Record::Whole(bytes) if is_blank(bytes, self.delimiter) => self.repairs.blank += 1,
                Record::Whole(bytes) => {
                    self.number += 1;
                    let row = self.number;
                    return Ok(Some(parse(
                        bytes,
                        self.delimiter,
                        &self.source,
                        (row, line),
                        &mut self.repairs,
                    )));
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

/// The separator that a spreadsheet program has written before the header, as in
/// `sep=;`.
fn told_delimiter(window: &mut Window) -> io::Result<Option<u8>> {
    while window.data().len() < 8 && window.fill()? {}
    let data = window.data();
    let data = data.strip_prefix(b"\"").unwrap_or(data);
    Ok(match data {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter, b'\r' | b'\n' | b'"', ..]
            if delimiter.is_ascii_punctuation() || *delimiter == b'\t' =>
        {
            Some(*delimiter)
        }
        _ => None,
    })
}

/// What is wrong with a record.
enum Fault {
    Unclosed,
    RunOn(u64),
    TooLong,
}

/// Whether a record has nothing but spaces in its cells.
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
        // A joined file may have byte-order marks inside.
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
                    "put text that holds {} or a line break between double quotes",
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
        // Halves of a character in two neighbouring cells look whole together.
        Ok(text) if ends.iter().all(|&end| text.is_char_boundary(end as usize)) => {
            let cells = Cells::Text { text, ends };
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
