//! One row of an input file, whatever its format.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;
use serde_json::{Map, Value};

use super::arrow_cell::BatchRow;
use super::sheet_value::SheetValue;
use super::spreadsheet;
use crate::error::Place;
use crate::tagger::Record;
use crate::tagger::record::{is_word, value_text};
use crate::taxonomy::join_keys;

/// A column, looked up once for all rows of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the file, or the name asked for if the file lacks it.
    pub name: String,
    /// Its position in the header, if the header contains it.
    pub index: Option<usize>,
}

/// One row of an input file. Owned, cheap to move between threads: a row of a text format
/// is one string with the ends of its cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub(super) source: Arc<Source>,
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) cells: Cells,
}

/// Data that all rows of a file share.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) file: String,
    /// The header; empty where every row names its own columns.
    pub(super) columns: Vec<String>,
    /// The letters and digits of each column name, computed on demand.
    letters: OnceLock<Vec<String>>,
}

impl Source {
    pub(super) fn new(file: &str, columns: Vec<String>) -> Self {
        Self { file: file.into(), columns, letters: OnceLock::new() }
    }

    pub(super) fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    /// Finds the column with that name or, if there is none, the only column that matches
    /// it loosely and is not `taken` by another name.
    pub(super) fn position_alike(
        &self,
        column: &str,
        taken: impl Fn(&str) -> bool,
    ) -> Option<usize> {
        let all = || self.columns.iter().map(|name| letters_of(name)).collect();
        self.position(column).or_else(|| {
            let letters = letters_of(column);
            let names = self.letters.get_or_init(all).iter().zip(&self.columns).enumerate();
            let mut alike = names.filter(|(_, (other, name))| **other == letters && !taken(name));
            let found = alike.next().filter(|_| !letters.is_empty())?.0;
            alike.next().is_none().then_some(found)
        })
    }

    /// Line 0 means none.
    pub(super) fn place(&self, row: u64, line: u64) -> Place {
        Place { row: Some(row), line: (line > 0).then_some(line), ..Place::file(&self.file) }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cells {
    /// The cells, as many as the header has columns.
    Text {
        text: String,
        ends: Vec<u32>,
        /// The values of workbook cells that are not text, by position.
        values: Vec<(u32, SheetValue)>,
    },
    /// A JSON object with the line it was read from, without surrounding spaces. The line
    /// is written back unchanged, so that no number loses a digit.
    Json {
        object: Map<String, Value>,
        line: String,
    },
    Batch(BatchRow),
}

impl Row {
    /// Makes a row from a record in memory. Errors name `file`.
    pub fn from_record(file: &str, number: u64, record: Record) -> Self {
        let object = record.into_object();
        let line = Value::Object(object.clone()).to_string();
        let source = Arc::new(Source::new(file, Vec::new()));
        Self { source, number, line: 0, cells: Cells::Json { object, line } }
    }

    /// Removes the apostrophes that an export for spreadsheets added, if the row is
    /// marked as part of such an export.
    pub(super) fn without_apostrophes(mut self) -> Self {
        let marked = self.source.position(spreadsheet::MARK).and_then(|index| self.cell(index));
        if !marked.is_some_and(|cell| is_word(cell, "yes")) {
            return self;
        }
        let (mut cleared, mut new_ends) = (String::new(), Vec::new());
        for cell in (0..).map_while(|index| self.cell(index)) {
            cleared.push_str(spreadsheet::unescape(cell));
            new_ends.push(cleared.len() as u32);
        }
        if let Cells::Text { text, ends, .. } = &mut self.cells {
            (*text, *ends) = (cleared, new_ends);
        }
        self
    }

    /// Returns the number of the row in its file, from 1, without the header.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the number of the line where the row starts, from 1; in a workbook, the row number
    /// that the spreadsheet program shows; 0 in formats without lines.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Returns the place of the row, for errors.
    pub fn place(&self) -> Place {
        self.source.place(self.number, self.line)
    }

    /// Returns the cell of the first column of that name; `None` if the row has none. A JSON
    /// string gives its text, null an empty cell, and any other JSON value its JSON text.
    /// Values of columnar files are formatted as Arrow displays them.
    pub fn get(&self, column: &str) -> Option<Cow<'_, str>> {
        match &self.cells {
            Cells::Text { .. } | Cells::Batch(_) => self.at(self.source.position(column)?),
            Cells::Json { object, .. } => object.get(column).map(value_text),
        }
    }

    /// Returns the cell of a column that was looked up before.
    pub fn field(&self, field: &Field) -> Option<Cow<'_, str>> {
        match &self.cells {
            Cells::Text { .. } | Cells::Batch(_) => self.at(field.index?),
            Cells::Json { object, .. } => object.get(&field.name).map(value_text),
        }
    }

    /// Returns a cell of keys joined by `;`. A list is joined; an empty one gives `-`.
    pub(crate) fn labels(&self, field: &Field) -> Option<Cow<'_, str>> {
        match self.list(field) {
            Some(keys) => Some(Cow::Owned(join_keys(&keys))),
            None => self.field(field),
        }
    }

    /// Returns the elements of a list, as texts; `None` for any other cell.
    pub(crate) fn list(&self, field: &Field) -> Option<Vec<String>> {
        match self.value(&field.name).as_deref() {
            Some(Value::Array(items)) => {
                Some(items.iter().map(|item| value_text(item).into_owned()).collect())
            }
            _ => None,
        }
    }

    /// Returns the JSON value of a column, in formats with typed values.
    pub fn value(&self, column: &str) -> Option<Cow<'_, Value>> {
        match &self.cells {
            Cells::Text { .. } => None,
            Cells::Json { object, .. } => object.get(column).map(Cow::Borrowed),
            Cells::Batch(row) => row.json(self.source.position(column)?).map(Cow::Owned),
        }
    }

    /// Returns the JSON value at a position of the header; text stays text. `None` for
    /// rows without a header.
    pub(super) fn value_at(&self, index: usize) -> Option<Value> {
        match &self.cells {
            Cells::Text { .. } => self.cell(index).map(Value::from),
            Cells::Json { .. } => None,
            Cells::Batch(row) => row.json(index),
        }
    }

    /// Returns the approximate size of the row, in bytes.
    pub fn size(&self) -> u64 {
        match &self.cells {
            Cells::Text { text, ends, .. } => (text.len() + 4 * ends.len()) as u64,
            Cells::Json { line, .. } => line.len() as u64,
            Cells::Batch(row) => row.size(),
        }
    }

    /// Returns a hash of all cells, to detect whether a file has changed. It may differ
    /// between versions of this crate.
    pub(crate) fn fingerprint(&self) -> u64 {
        let hash = FixedState::default();
        match &self.cells {
            Cells::Text { text, ends, .. } => hash.hash_one((text, ends)),
            Cells::Json { line, .. } => hash.hash_one(line),
            Cells::Batch(row) => row.fingerprint(&hash),
        }
    }

    /// Returns the row as a JSON object, in the order of the file: typed values if its format has
    /// them, texts otherwise.
    pub fn record(&self) -> Map<String, Value> {
        let value = |(name, cell): (&str, Cow<'_, str>)| {
            let value = self.value(name).map(Cow::into_owned);
            (name.to_owned(), value.unwrap_or_else(|| Value::from(cell.into_owned())))
        };
        self.values().map(value).collect()
    }

    /// Returns the names of the cells of the row, in the order of the file.
    pub(super) fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match &self.cells {
            Cells::Json { object, .. } => Box::new(object.keys().map(String::as_str)),
            _ => Box::new(self.source.columns.iter().map(String::as_str)),
        }
    }

    /// Returns the names and cells of the row, in the order of the file.
    pub fn values(&self) -> Box<dyn Iterator<Item = (&str, Cow<'_, str>)> + '_> {
        match &self.cells {
            Cells::Text { .. } | Cells::Batch(_) => {
                let names = self.source.columns.iter().map(String::as_str).enumerate();
                Box::new(names.filter_map(|(index, name)| Some((name, self.at(index)?))))
            }
            Cells::Json { object, .. } => {
                Box::new(object.iter().map(|(name, value)| (name.as_str(), value_text(value))))
            }
        }
    }

    /// Returns the value of a workbook cell at a position of the header, if it is not
    /// text.
    pub(super) fn sheet_value(&self, index: usize) -> Option<SheetValue> {
        let Cells::Text { values, .. } = &self.cells else { return None };
        let at = values.binary_search_by_key(&(index as u32), |(at, _)| *at).ok()?;
        values.get(at).map(|(_, value)| *value)
    }

    /// Returns whether the row repeats the header, as in files that were concatenated
    /// with their headers.
    pub(super) fn repeats_header(&self) -> bool {
        let names = &self.source.columns;
        let is_name = |(at, name): (usize, &String)| {
            self.cell(at).is_some_and(|cell| cell.trim_matches(NO_LETTER) == name.trim())
        };
        names.len() > 1
            && names.iter().filter(|name| !name.trim().is_empty()).count() > 1
            && names.iter().enumerate().all(is_name)
    }

    pub(super) fn at(&self, index: usize) -> Option<Cow<'_, str>> {
        match &self.cells {
            Cells::Batch(row) => row.text(index),
            _ => self.cell(index).map(Cow::Borrowed),
        }
    }

    /// Returns the cell at a position of the header in formats with text columns; `None`
    /// beyond it and for other rows.
    pub fn cell(&self, index: usize) -> Option<&str> {
        let Cells::Text { text, ends, .. } = &self.cells else { return None };
        let start = if index == 0 { 0 } else { *ends.get(index - 1)? };
        text.get(start as usize..*ends.get(index)? as usize)
    }
}

/// Finds a column by its exact name or, if there is none, the only one with the same
/// letters and digits, without regard to case.
pub fn find_column(columns: &[String], name: &str) -> Option<usize> {
    let exact = columns.iter().position(|column| column == name);
    exact.or_else(|| {
        let mut alike = (0..columns.len()).filter(|&at| is_alike(&columns[at], name));
        let found = alike.next()?;
        alike.next().is_none().then_some(found)
    })
}

/// Spaces and byte-order marks.
const NO_LETTER: [char; 4] = [' ', '\t', '\u{a0}', '\u{feff}'];

/// Returns whether a column matches a name without regard to case, spaces, punctuation
/// and byte-order marks.
pub(super) fn is_alike(column: &str, wanted: &str) -> bool {
    match (letters_of(column), letters_of(wanted)) {
        (column_letters, wanted_letters) if column_letters.is_empty() => {
            wanted_letters.is_empty() && column.trim() == wanted.trim()
        }
        (column, wanted) => column == wanted,
    }
}

/// Returns the letters and digits of a name, in lower case.
pub(super) fn letters_of(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
