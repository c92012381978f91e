//! Reads CSV and TSV: a header, then rows of as many fields.

use std::io;
use std::sync::Arc;

use super::records::{Record, Records, cells, split_fields};
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
}

impl CsvRows {
    /// Reads the header.
    pub(super) fn new(window: Window, file: &str, delimiter: u8) -> Result<Self> {
        let mut records = Records::new(window, delimiter, MAX_ROW);
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
            Some((line, _)) => {
                return Err(bad_file(
                    file,
                    format!("the header line has a quote (line {line}) that is not closed"),
                    CLOSE_THE_QUOTE,
                ));
            }
        };
        let source = Arc::new(Source { file: file.into(), columns });
        Ok(Self { records, source, delimiter, number: 0 })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.source.columns
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The next row or its fault; an I/O error is the outer one.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row>>> {
        let Some((line, record)) = self.records.next()? else { return Ok(None) };
        self.number += 1;
        let place = || self.source.place(self.number, line);
        let row = match record {
            Record::Whole(bytes) => parse(bytes, self.delimiter, &self.source, self.number, line),
            Record::Unclosed => {
                Err(bad_row(place(), "a quote is opened and never closed", CLOSE_THE_QUOTE))
            }
            Record::RunOn(last) => Err(bad_row(
                place(),
                format!(
                    "a quoted cell runs on to line {last} and has text after its closing quote"
                ),
                format!("check lines {line} to {last} for a stray quote; {CLOSE_THE_QUOTE}"),
            )),
            Record::TooLong => Err(bad_row(
                place(),
                format!("the line is longer than {} MB", MAX_ROW >> 20),
                "check that the file has line breaks and is a CSV file",
            )),
        };
        Ok(Some(row))
    }
}

fn header(record: &[u8], delimiter: u8, file: &str) -> Result<Vec<String>> {
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    split_fields(record, delimiter, &mut text, &mut ends);
    cells(&text, &ends)
        .map(|cell| std::str::from_utf8(cell).map(String::from))
        .collect::<Result<_, _>>()
        .map_err(|_| bad_file(file, "the header line is not UTF-8 text", say_encoding()))
}

fn parse(bytes: &[u8], delimiter: u8, source: &Arc<Source>, number: u64, line: u64) -> Result<Row> {
    let expected = source.columns.len();
    let (mut text, mut ends) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(expected));
    split_fields(bytes, delimiter, &mut text, &mut ends);
    if ends.len() != expected {
        let found = ends.len();
        return Err(bad_row(
            source.place(number, line),
            format!("{found} {} found, {expected} expected as in the header", fields(found)),
            format!(
                "put text that holds {} or a line break between double quotes",
                delimiter_name(delimiter)
            ),
        ));
    }
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
