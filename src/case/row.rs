//! One row of an input file, whatever its format.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::case::fields::Field;
use crate::error::Place;

/// One row of an input file. Owned, cheap to move between threads: a row of
/// a text format is one string and the ends of its cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub(super) source: Arc<Source>,
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) cells: Cells,
}

/// What all rows of a file share.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) file: String,
    /// The header; empty where every row names its own columns.
    pub(super) columns: Vec<String>,
}

impl Source {
    pub(super) fn place(&self, row: u64, line: u64) -> Place {
        Place { row: Some(row), line: Some(line), ..Place::file(&self.file) }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cells {
    /// As many cells as the header has columns, one after the other.
    Text { text: String, ends: Vec<u32> },
    /// A JSON object, and the line it was read from without spaces around it:
    /// written back as it came, no number loses a digit.
    Json { object: Map<String, Value>, line: String },
}

impl Row {
    /// Number of the row in its file, from 1, the header left out.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Number of the line on which the row starts, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Where the row stands, for errors.
    pub fn place(&self) -> Place {
        self.source.place(self.number, self.line)
    }

    /// The cell of the first column of that name; `None` if the row has none.
    ///
    /// A JSON string is its text, null is empty, any other JSON value is its
    /// JSON text.
    pub fn get(&self, column: &str) -> Option<Cow<'_, str>> {
        match &self.cells {
            Cells::Text { .. } => {
                let index = self.source.columns.iter().position(|name| name == column)?;
                self.cell(index).map(Cow::Borrowed)
            }
            Cells::Json { object, .. } => object.get(column).map(value_text),
        }
    }

    /// The cell of a column that was looked up beforehand.
    pub fn field(&self, field: &Field) -> Option<Cow<'_, str>> {
        match &self.cells {
            Cells::Text { .. } => field.index.and_then(|index| self.cell(index)).map(Cow::Borrowed),
            Cells::Json { object, .. } => object.get(&field.name).map(value_text),
        }
    }

    /// The JSON value of a column, in formats that have such.
    pub fn value(&self, column: &str) -> Option<&Value> {
        match &self.cells {
            Cells::Text { .. } => None,
            Cells::Json { object, .. } => object.get(column),
        }
    }

    /// Names and cells of the row, in the order of the file.
    pub fn values(&self) -> Box<dyn Iterator<Item = (&str, Cow<'_, str>)> + '_> {
        match &self.cells {
            Cells::Text { .. } => {
                let names = self.source.columns.iter().map(String::as_str);
                Box::new(names.enumerate().filter_map(|(index, name)| {
                    self.cell(index).map(|cell| (name, Cow::Borrowed(cell)))
                }))
            }
            Cells::Json { object, .. } => {
                Box::new(object.iter().map(|(name, value)| (name.as_str(), value_text(value))))
            }
        }
    }

    /// The cell at a position of the header; `None` beyond it and for rows
    /// that have no header.
    pub fn cell(&self, index: usize) -> Option<&str> {
        let Cells::Text { text, ends } = &self.cells else { return None };
        let start = if index == 0 { 0 } else { *ends.get(index - 1)? };
        text.get(start as usize..*ends.get(index)? as usize)
    }
}

/// What a JSON value looks like in a cell.
pub(super) fn value_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}
