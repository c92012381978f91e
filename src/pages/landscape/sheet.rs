//! A table with typed cells: shown on the page and written to the workbook.

use crate::pages::kit::format::{DASH, number, p_value, percent, points};
use crate::pages::kit::table::{Cell, Table};

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Undefined, or not measured.
    Empty,
    Text(String),
    Count(usize),
    /// Within 0 and 1.
    Share(f64),
    /// The difference of two shares.
    Points(f64),
    Number(f64),
    /// A p-value.
    P(f64),
}

impl Value {
    pub(super) fn share(share: Option<f64>) -> Self {
        share.map_or(Self::Empty, Self::Share)
    }

    pub(super) fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }

    pub(super) fn p(p: Option<f64>) -> Self {
        p.map_or(Self::Empty, Self::P)
    }

    /// As the page writes it.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Empty => DASH.to_owned(),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Share(share) => percent(*share),
            Self::Points(difference) => points(*difference),
            Self::Number(value) => number(Some(*value)),
            Self::P(p) => p_value(Some(*p)),
        }
    }
}

impl From<&Value> for Cell {
    fn from(value: &Value) -> Self {
        let exact = match value {
            Value::Empty => String::new(),
            Value::Text(text) => text.clone(),
            Value::Count(count) => count.to_string(),
            Value::Share(number)
            | Value::Points(number)
            | Value::Number(number)
            | Value::P(number) => number.to_string(),
        };
        Self::from(value.written()).exactly(exact)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sheet {
    /// Unique on the page.
    pub(super) id: String,
    /// Name of its sheet in the workbook.
    pub(super) name: String,
    /// Its content.
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    /// As many cells each as `head` has.
    pub(super) rows: Vec<Vec<Value>>,
}

impl Sheet {
    pub(super) fn new<S: Into<String>>(
        id: impl Into<String>,
        name: impl Into<String>,
        caption: impl Into<String>,
        head: impl IntoIterator<Item = S>,
    ) -> Self {
        let head = head.into_iter().map(Into::into).collect();
        Self { id: id.into(), name: name.into(), caption: caption.into(), head, rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Value>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Returns the table as the page shows it.
    pub(super) fn html(&self) -> Table {
        let mut table = Table::new(self.id.clone(), self.caption.clone(), self.head.clone());
        for row in &self.rows {
            if let Some((head, cells)) = row.split_first() {
                table.row(head, cells);
            }
        }
        table
    }
}
