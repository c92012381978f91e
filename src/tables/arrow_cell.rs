//! Values of Arrow arrays as text and as JSON, and the rows of record batches.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;
use foldhash::fast::FixedState;
use serde_json::{Number, Value};

/// Returns the value as text; null is empty.
pub(super) fn text(array: &dyn Array, index: usize) -> Cow<'_, str> {
    if array.is_null(index) {
        return Cow::Borrowed("");
    }
    match array.data_type() {
        DataType::Utf8 => Cow::Borrowed(array.as_string::<i32>().value(index)),
        DataType::LargeUtf8 => Cow::Borrowed(array.as_string::<i64>().value(index)),
        DataType::Utf8View => Cow::Borrowed(array.as_string_view().value(index)),
        _ => Cow::Owned(displayed(array, index)),
    }
}

/// Arrow's own rendering. Times in a named zone are written in UTC, because the names of
/// zones are not available.
fn displayed(array: &dyn Array, index: usize) -> String {
    array_value_to_string(array, index).unwrap_or_else(|_| {
        let DataType::Timestamp(unit, Some(_)) = array.data_type() else { return String::new() };
        let utc = DataType::Timestamp(*unit, Some("+00:00".into()));
        arrow_cast::cast(&array.slice(index, 1), &utc)
            .and_then(|value| array_value_to_string(&value, 0))
            .unwrap_or_default()
    })
}

/// Returns the value as JSON: numbers, Booleans, lists and null keep their type, anything
/// else becomes text.
pub(super) fn json(array: &dyn Array, index: usize) -> Value {
    let kind = array.data_type();
    if array.is_null(index) || matches!(kind, DataType::Null) {
        return Value::Null;
    }
    if let Some(items) = list(array, index) {
        return (0..items.len()).map(|item| json(&items, item)).collect();
    }
    let text = text(array, index);
    let number = if kind.is_integer() {
        text.parse()
            .ok()
            .map(|n: i64| n.into())
            .or_else(|| text.parse().ok().map(|n: u64| n.into()))
    } else if kind.is_floating() {
        text.parse().ok().and_then(Number::from_f64)
    } else {
        None
    };
    match (number, text.as_ref(), kind) {
        (Some(number), ..) => Value::Number(number),
        (None, "true", DataType::Boolean) => Value::Bool(true),
        (None, "false", DataType::Boolean) => Value::Bool(false),
        _ => Value::String(text.into_owned()),
    }
}

/// Returns the items of a list.
fn list(array: &dyn Array, index: usize) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::List(_) => Some(array.as_list::<i32>().value(index)),
        DataType::LargeList(_) => Some(array.as_list::<i64>().value(index)),
        DataType::FixedSizeList(..) => Some(array.as_fixed_size_list().value(index)),
        _ => None,
    }
}

/// Returns whether values of this type can be read as words.
pub(super) fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_text(values),
        DataType::RunEndEncoded(_, values) => is_text(values.data_type()),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => false,
        kind => !kind.is_nested(),
    }
}

/// A row of a record batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BatchRow {
    pub(super) batch: Arc<RecordBatch>,
    pub(super) index: usize,
    pub(super) size: u64,
}

impl BatchRow {
    /// Returns the text at a position of the header.
    pub(super) fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        self.batch.columns().get(column).map(|array| text(array, self.index))
    }

    /// Returns the value at a position of the header.
    pub(super) fn json(&self, column: usize) -> Option<Value> {
        self.batch.columns().get(column).map(|array| json(array, self.index))
    }

    /// Returns the approximate size of the row, in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Returns a hash of all cells.
    pub(super) fn fingerprint(&self, hash: &FixedState) -> u64 {
        self.batch.columns().iter().fold(self.index as u64, |sum, column| {
            let is_null = column.is_null(self.index);
            hash.hash_one((sum, is_null, text(column, self.index)))
        })
    }
}
