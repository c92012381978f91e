//! Writes rows with added columns, as CSV or as JSON Lines.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use memchr::{memchr, memchr_iter, memchr3};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::row::{Cells, Row};
use super::rows::Rows;
use super::{Compression, Format, bad_row, spreadsheet};
use crate::error::{Error, Result, quoted_list};
use crate::tagger::record::value_text;

/// Options for writing rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WriteOptions {
    /// The format.
    pub format: Format,
    /// The separator of CSV fields; `None` means the default of the format.
    pub delimiter: Option<u8>,
    /// The columns of the input to keep, in this order; `None` keeps all.
    pub columns: Option<Vec<String>>,
    /// Columns of later inputs that the first one lacks. They follow the columns of the
    /// first one.
    pub more_columns: Vec<String>,
    /// How the file is compressed as a whole.
    pub compression: Compression,
    /// Whether cells of the input that a spreadsheet would run as a formula are escaped
    /// too ([`spreadsheet::escape`]). Added cells always are. Applies to CSV only.
    pub spreadsheet_safe: bool,
}

impl WriteOptions {
    /// Returns the default options of a format.
    pub fn new(format: Format) -> Self {
        let compression = Compression::None;
        let (columns, more_columns) = (None, Vec::new());
        let (delimiter, spreadsheet_safe) = (None, false);
        Self { format, delimiter, columns, more_columns, compression, spreadsheet_safe }
    }

    /// Returns the options of a format for the rows of a file. If the format changes, the
    /// separator is that of the new format.
    pub fn for_rows(format: Format, rows: &Rows) -> Self {
        let delimiter = if rows.format() == format { rows.delimiter() } else { None };
        Self { delimiter, ..Self::new(format) }
    }

    /// Returns whether an interrupted output can be resumed, which holds for text formats
    /// and Parquet.
    pub fn is_resumable(&self) -> bool {
        match self.format {
            Format::Csv | Format::Tsv | Format::Jsonl => true,
            Format::Parquet => self.compression == Compression::None,
            _ => false,
        }
    }

    /// Refuses a format that cannot be resumed.
    ///
    /// # Errors
    /// [`Error::BadParam`](crate::Error::BadParam) that names the formats that can.
    pub fn check_resumable(&self) -> Result<()> {
        if self.is_resumable() {
            return Ok(());
        }
        Err(Error::bad_param(
            "resume",
            self.format,
            "a file of this format can only be written in one go; write .csv, .tsv or \
                     .jsonl, also with .gz or .zst, or .parquet",
        ))
    }
}

/// Formats rows as the columns of the input followed by added columns, in CSV or, if the
/// format has no separator, as JSON Lines. It owns no output: rows are appended to
/// buffers of the caller, so that chunks can be formatted in parallel and written in
/// order.
#[derive(Debug, Clone)]
pub struct RowWriter {
    pub(super) columns: Vec<String>,
    /// The first position of each column.
    positions: HashMap<String, usize>,
    /// The input's columns as JSON keys: none empty, no duplicates.
    pub(super) keys: Vec<String>,
    added: Vec<String>,
    /// Whether other columns of the input are omitted.
    pub(super) chosen: bool,
    delimiter: Option<u8>,
    spreadsheet_safe: bool,
}

impl RowWriter {
    /// Creates a writer for rows with the columns `input`, or those that the options name, followed
    /// by the columns `added`. If the name of an added column is taken, the first free suffix of
    /// `_2`, `_3`, … is added.
    pub fn new<S: AsRef<str>>(input: &[String], added: &[S], options: &WriteOptions) -> Self {
        let all = || input.iter().chain(&options.more_columns).cloned().collect();
        let columns: Vec<String> = options.columns.clone().unwrap_or_else(all);
        let keys = unique_names(&columns);
        let mut free = FreeNames::new(&columns);
        free.taken.extend(keys.iter().cloned());
        let added = added.iter().map(|name| free.free(name.as_ref())).collect();
        let delimiter = options.format.delimiter().map(|own| options.delimiter.unwrap_or(own));
        let spreadsheet_safe = options.spreadsheet_safe;
        let chosen = options.columns.is_some();
        let positions = columns.iter().cloned().enumerate().rev().map(|(at, name)| (name, at));
        let positions = positions.collect();
        Self { columns, positions, keys, added, chosen, delimiter, spreadsheet_safe }
    }

    /// Returns the names of the added columns in the output.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// Appends the header line; does nothing in a format without one.
    pub fn write_header(&self, out: &mut Vec<u8>) {
        let Some(delimiter) = self.delimiter else { return };
        let safe = |name| {
            if self.spreadsheet_safe { spreadsheet::escape(name) } else { Cow::Borrowed(name) }
        };
        let names = self.columns.iter().map(|name| safe(name));
        let added = self.added.iter().map(|name| spreadsheet::escape(name));
        write_record(out, delimiter, names.chain(added));
    }

    /// Appends a row with one value per added column. In CSV a string is written as it
    /// is, null as an empty cell and any other value as its JSON text; in JSON Lines, a
    /// row from JSON Lines keeps its exact text.
    ///
    /// # Errors
    /// [`Error::BadRow`](crate::Error::BadRow), with `out` unchanged, if the row has
    /// columns that the output lacks.
    pub fn write_row(&self, out: &mut Vec<u8>, row: &Row, added: &[Value]) -> Result<()> {
        debug_assert_eq!(added.len(), self.added.len(), "one value per added column");
        match self.delimiter {
            Some(delimiter) => self.write_csv(out, delimiter, row, added),
            None => self.write_json(out, row, added),
        }
    }

    fn write_csv(
        &self,
        out: &mut Vec<u8>,
        delimiter: u8,
        row: &Row,
        added: &[Value],
    ) -> Result<()> {
        let cells = self.cells(row)?;
        let cells = cells.into_iter().map(|cell| match cell {
            Cow::Borrowed(cell) if self.spreadsheet_safe => spreadsheet::escape(cell),
            Cow::Owned(cell) if self.spreadsheet_safe => {
                Cow::Owned(spreadsheet::escape(&cell).into_owned())
            }
            cell => cell,
        });
        let added = added.iter().map(|value| match value {
            Value::String(text) => spreadsheet::escape(text),
            other => value_text(other),
        });
        write_record(out, delimiter, cells.chain(added));
        Ok(())
    }

    /// Returns the cells of a row in the order of the output's columns.
    pub(super) fn cells<'r>(&self, row: &'r Row) -> Result<Vec<Cow<'r, str>>> {
        if self.is_own(row) {
            return Ok(row.values().map(|(_, cell)| cell).collect());
        }
        let mut cells = vec![None; self.columns.len()];
        let mut homeless = Vec::new();
        let places = self.places(row);
        for (cell, place) in cells.iter_mut().zip(&places) {
            *cell = place.and_then(|place| row.at(place));
        }
        for (at, (name, cell)) in row.values().enumerate() {
            match self.positions.get(name) {
                _ if places.contains(&Some(at)) => {}
                Some(&index) if cells[index].is_none() => cells[index] = Some(cell),
                _ => homeless.push(name),
            }
        }
        if !homeless.is_empty() && !self.chosen {
            return Err(bad_row(
                row.place(),
                format!("the output has no column for {}", quoted_list(&homeless)),
                "write JSON Lines, or give every row the columns of the first one",
            ));
        }
        Ok(cells.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// Refuses a row with columns that the output lacks.
    pub(super) fn check(&self, row: &Row) -> Result<()> {
        if self.chosen || self.is_own(row) { Ok(()) } else { self.cells(row).map(drop) }
    }

    /// Returns whether the row has the columns of the output, in that order.
    fn is_own(&self, row: &Row) -> bool {
        !matches!(row.cells, Cells::Json { .. }) && row.source.columns == self.columns
    }

    /// Returns the position of each output column in a row with a header: by its exact
    /// name, or the only loose match.
    pub(super) fn places(&self, row: &Row) -> Vec<Option<usize>> {
        if self.is_own(row) {
            return (0..self.columns.len()).map(Some).collect();
        }
        let is_taken = |name: &str| self.positions.contains_key(name);
        let place = |(at, name): (usize, &String)| match self.positions.get(name) {
            Some(&first) if first == at => row.source.position_alike(name, is_taken),
            _ => None,
        };
        self.columns.iter().enumerate().map(place).collect()
    }

    /// Returns the values of a row in the order of the output's columns; `None` for a
    /// column that it lacks. Text stays text.
    pub(super) fn values<'r>(&self, row: &'r Row) -> Result<Vec<Option<Cow<'r, Value>>>> {
        self.check(row)?;
        if matches!(row.cells, Cells::Json { .. }) {
            return Ok(self.columns.iter().map(|name| row.value(name)).collect());
        }
        let places = self.places(row).into_iter();
        Ok(places.map(|place| row.value_at(place?).map(Cow::Owned)).collect())
    }

    fn refuse_taken(&self, row: &Row, is_taken: impl Fn(&str) -> bool) -> Result<()> {
        let taken: Vec<_> = self.added.iter().filter(|name| is_taken(name)).collect();
        if taken.is_empty() {
            return Ok(());
        }
        Err(bad_row(
            row.place(),
            format!("{} is also the name of an added column", quoted_list(&taken)),
            "rename it, or give the first row that column too",
        ))
    }

    /// Starts an object with the chosen columns, if the row has them.
    fn write_chosen(&self, out: &mut Vec<u8>, row: &Row) -> Result<()> {
        let raw = match &row.cells {
            // The original text is kept, so that no number loses a digit.
            Cells::Json { line, .. } => raw_members(line).unwrap_or_default(),
            _ => HashMap::new(),
        };
        out.push(b'{');
        for ((column, key), value) in self.columns.iter().zip(&self.keys).zip(self.values(row)?) {
            if let Some(value) = value {
                separate(out);
                match raw.get(column.as_str()) {
                    Some(raw) => write_member(out, key, raw),
                    None => write_member(out, key, &value),
                }
            }
        }
        Ok(())
    }

    fn write_json(&self, out: &mut Vec<u8>, row: &Row, added: &[Value]) -> Result<()> {
        match &row.cells {
            _ if self.is_own(row) => write_members(out, &self.keys, row),
            _ if self.chosen => self.write_chosen(out, row)?,
            Cells::Json { object, line } => {
                self.refuse_taken(row, |name| object.contains_key(name))?;
                let open = line.strip_suffix('}').unwrap_or(line).trim_end();
                out.extend_from_slice(open.as_bytes());
            }
            // Rows of another file can have other columns.
            _ => {
                let keys = unique_names(&row.source.columns);
                self.refuse_taken(row, |name| keys.iter().any(|key| key == name))?;
                write_members(out, &keys, row);
            }
        }
        for (key, value) in self.added.iter().zip(added) {
            separate(out);
            write_member(out, key, value);
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

/// Returns the original text of each member of a JSON object.
fn raw_members(line: &str) -> Option<HashMap<String, &RawValue>> {
    serde_json::from_str(line).ok()
}

/// Returns the names as JSON keys: none empty, no duplicates.
fn unique_names(names: &[String]) -> Vec<String> {
    let mut free = FreeNames::new(names);
    let key = |(index, name): (usize, &String)| match name.as_str() {
        "" => free.free(&format!("column_{}", index + 1)),
        name => free.first(name),
    };
    names.iter().enumerate().map(key).collect()
}

/// Finds free names, in time proportional to their number.
struct FreeNames<'n> {
    input: HashSet<&'n str>,
    taken: HashSet<String>,
    /// The suffix to try next for a name.
    next: HashMap<String, u32>,
}

impl<'n> FreeNames<'n> {
    fn new(input: &'n [String]) -> Self {
        let input = input.iter().map(String::as_str).collect();
        Self { input, taken: HashSet::new(), next: HashMap::new() }
    }

    /// Returns the name of an input column, if this is its first occurrence.
    fn first(&mut self, name: &str) -> String {
        if self.taken.insert(name.to_owned()) { name.to_owned() } else { self.free(name) }
    }

    /// Returns the name, or the name with the first free suffix.
    fn free(&mut self, wanted: &str) -> String {
        let next = self.next.entry(wanted.to_owned()).or_insert(1);
        loop {
            let name = if *next == 1 { wanted.to_owned() } else { format!("{wanted}_{next}") };
            *next += 1;
            if !self.input.contains(name.as_str()) && self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// Writes the start of an object with the values of a row that has a header.
fn write_members(out: &mut Vec<u8>, keys: &[String], row: &Row) {
    out.push(b'{');
    for (index, key) in keys.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_member(out, key, row.value_at(index).unwrap_or_default());
    }
}

/// Writes the comma before a member that is not the first.
fn separate(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
}

fn write_member(out: &mut Vec<u8>, key: &str, value: impl Display) {
    use std::io::Write;
    // Writing to a vector does not fail.
    let _ = write!(out, "{}:{value}", Value::from(key));
}

fn write_record<'c>(out: &mut Vec<u8>, delimiter: u8, cells: impl Iterator<Item = Cow<'c, str>>) {
    let start = out.len();
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            out.push(delimiter);
        }
        write_cell(out, delimiter, cell.as_bytes());
    }
    if out.len() == start {
        // A single empty cell would be an empty line, which readers skip.
        out.extend_from_slice(b"\"\"");
    }
    out.push(b'\n');
}

fn write_cell(out: &mut Vec<u8>, delimiter: u8, cell: &[u8]) {
    if memchr3(b'"', b'\n', b'\r', cell).is_none() && memchr(delimiter, cell).is_none() {
        out.extend_from_slice(cell);
        return;
    }
    out.push(b'"');
    let mut start = 0;
    for quote in memchr_iter(b'"', cell) {
        out.extend_from_slice(&cell[start..=quote]);
        out.push(b'"');
        start = quote + 1;
    }
    out.extend_from_slice(&cell[start..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests;
