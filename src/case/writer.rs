//! Writes rows with added columns, as CSV or as JSON Lines.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr3};
use serde_json::Value;

use super::row::{Cells, Row, value_text};
use super::{Format, bad_row, quoted_list, spreadsheet};
use crate::error::Result;

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOptions {
    /// The format.
    pub format: Format,
    /// What separates the fields of CSV; `None` is the format's own.
    pub delimiter: Option<u8>,
    /// Whether the input's cells that a spreadsheet would run as a formula are
    /// made harmless too ([`spreadsheet::escape`]); added cells always are.
    /// Only CSV is concerned.
    pub spreadsheet_safe: bool,
}

impl WriteOptions {
    /// The plain options of a format.
    pub fn new(format: Format) -> Self {
        Self { format, delimiter: None, spreadsheet_safe: false }
    }
}

/// Formats rows as the columns of the input followed by added columns.
///
/// It holds no output: rows are appended to buffers of the caller, so that
/// chunks can be formatted side by side and written in order.
#[derive(Debug, Clone)]
pub struct RowWriter {
    columns: Vec<String>,
    /// The input's columns as JSON keys: none empty, none twice.
    keys: Vec<String>,
    added: Vec<String>,
    delimiter: Option<u8>,
    spreadsheet_safe: bool,
}

impl RowWriter {
    /// A writer of rows that have the columns `input`, with the columns
    /// `added` after them. An added column whose name is taken gets the first
    /// free of the suffixes `_2`, `_3`, ….
    pub fn new<S: AsRef<str>>(input: &[String], added: &[S], options: &WriteOptions) -> Self {
        let mut taken = Vec::with_capacity(input.len() + added.len());
        for (index, name) in input.iter().enumerate() {
            let name = if name.is_empty() { format!("column_{}", index + 1) } else { name.clone() };
            // A name that stands as it is further on is not given away before.
            taken.push(free_name(&name, &taken));
        }
        let keys = taken.clone();
        for name in added {
            let mut all = taken.clone();
            all.extend_from_slice(input);
            taken.push(free_name(name.as_ref(), &all));
        }
        let added = taken.split_off(keys.len());
        let delimiter = options.format.delimiter().map(|own| options.delimiter.unwrap_or(own));
        let spreadsheet_safe = options.spreadsheet_safe;
        Self { columns: input.to_vec(), keys, added, delimiter, spreadsheet_safe }
    }

    /// The names under which the added columns are written.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// Appends the header line; nothing in a format without one.
    pub fn write_header(&self, out: &mut Vec<u8>) {
        let Some(delimiter) = self.delimiter else { return };
        let safe = |name| {
            if self.spreadsheet_safe { spreadsheet::escape(name) } else { Cow::Borrowed(name) }
        };
        let names = self.columns.iter().map(|name| safe(name));
        let added = self.added.iter().map(|name| spreadsheet::escape(name));
        write_record(out, delimiter, names.chain(added));
    }

    /// Appends a row with one value per added column. In CSV a string is
    /// written as it is, null as an empty cell and any other value as its JSON
    /// text; in JSON Lines a row that came from there keeps its exact text.
    ///
    /// # Errors
    /// [`Error::BadRow`](crate::Error::BadRow), with `out` as it was, if the
    /// row has columns which the output has no place for.
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

    /// The cells of a row in the order of the output's columns.
    fn cells<'r>(&self, row: &'r Row) -> Result<Vec<Cow<'r, str>>> {
        if matches!(row.cells, Cells::Text { .. }) && row.source.columns == self.columns {
            return Ok(row.values().map(|(_, cell)| cell).collect());
        }
        let mut cells = vec![None; self.columns.len()];
        let mut homeless = Vec::new();
        for (name, cell) in row.values() {
            match self.columns.iter().position(|column| column == name) {
                Some(index) if cells[index].is_none() => cells[index] = Some(cell),
                _ => homeless.push(name),
            }
        }
        if !homeless.is_empty() {
            return Err(bad_row(
                row.place(),
                format!("the output has no column for {}", quoted_list(&homeless)),
                "write JSON Lines, or give every row the columns of the first one",
            ));
        }
        Ok(cells.into_iter().map(Option::unwrap_or_default).collect())
    }

    fn write_json(&self, out: &mut Vec<u8>, row: &Row, added: &[Value]) -> Result<()> {
        match &row.cells {
            Cells::Json { object, line } => {
                let taken: Vec<_> = self.added.iter().filter(|n| object.contains_key(*n)).collect();
                if !taken.is_empty() {
                    return Err(bad_row(
                        row.place(),
                        format!("{} is also the name of an added column", quoted_list(&taken)),
                        "rename it, or give the first row that column too",
                    ));
                }
                let open = line.strip_suffix('}').unwrap_or(line).trim_end();
                out.extend_from_slice(open.as_bytes());
            }
            Cells::Text { .. } => {
                let cells = self.cells(row)?;
                out.push(b'{');
                for (i, (key, cell)) in self.keys.iter().zip(cells).enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    write_member(out, key, &Value::String(cell.into_owned()));
                }
            }
        }
        for (key, value) in self.added.iter().zip(added) {
            if out.last() != Some(&b'{') {
                out.push(b',');
            }
            write_member(out, key, value);
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

fn free_name(wanted: &str, taken: &[String]) -> String {
    let is_free = |name: &str| taken.iter().all(|other| other != name);
    if is_free(wanted) {
        return wanted.to_owned();
    }
    let mut number = 2_u32;
    loop {
        let name = format!("{wanted}_{number}");
        if is_free(&name) {
            return name;
        }
        number += 1;
    }
}

fn write_member(out: &mut Vec<u8>, key: &str, value: &Value) {
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
        // A lone empty cell would be an empty line, which readers pass over.
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
