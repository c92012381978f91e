//! Refuses cells that cannot be an id or a text.

use serde_json::Value;

use super::{Input, Rows};
use crate::error::Result;
use crate::tables::row::{Field, Row};
use crate::tables::sheet_value::SheetValue;
use crate::tables::{bad_row, spreadsheet};

impl Rows {
    /// Refuses a row with an id or text that is a spreadsheet error, a formula without a
    /// result, an object or a list.
    pub(super) fn checked(&self, row: Row) -> Result<Row> {
        let field = self.checked.iter().find_map(|field| Some((field, self.fault(&row, field)?)));
        let Some((field, fault)) = field else { return Ok(row) };
        let (mut reason, remedy) = match fault {
            CellFault::Error(error) => (
                format!("the cell has the error {error} of a spreadsheet"),
                "fix its formula, or clear the cell",
            ),
            CellFault::NoResult => (
                "the cell has a formula whose result is not stored".to_owned(),
                "open the file in a spreadsheet program, let it calculate, and save it",
            ),
            CellFault::Nested(kind) => {
                (format!("the value is {kind}, not text"), "write the text as one string")
            }
        };
        if let (Input::Sheet(rows), Some(index)) = (&self.input, field.index) {
            reason = format!("{}: {reason}", rows.cell_name(index, row.line()));
        }
        Err(bad_row(row.place().with_column(&field.name), reason, remedy))
    }

    fn fault(&self, row: &Row, field: &Field) -> Option<CellFault> {
        match &self.input {
            Input::Csv(_) | Input::Sheet(_) => {
                let index = field.index?;
                if row.sheet_value(index) == Some(SheetValue::NoResult) {
                    return Some(CellFault::NoResult);
                }
                let error = spreadsheet::error_value(row.cell(index)?)?;
                Some(CellFault::Error(error.to_owned()))
            }
            Input::Jsonl(_) => match row.value(&field.name).as_deref() {
                Some(Value::Object(_)) => Some(CellFault::Nested("an object")),
                Some(Value::Array(_)) => Some(CellFault::Nested("a list")),
                _ => None,
            },
            Input::Batches(_) | Input::Folder(_) | Input::Records => None,
        }
    }
}

/// Returns why a cell cannot be an id or a text.
enum CellFault {
    Error(String),
    NoResult,
    Nested(&'static str),
}
