//! Columns that are added to those of the input.

use serde_json::Value;

use super::row::Row;

/// A column that is added to those of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its name. If the name is taken, the first free suffix of `_2`, `_3`, … is added.
    pub name: String,
    /// The type of its values in columnar formats. Text formats take any value; workbooks
    /// keep numbers and Booleans.
    pub kind: Kind,
}

/// The kind of the values of an added column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Strings.
    Text,
    /// 64-bit floating-point numbers.
    Number,
    /// True or false.
    Flag,
    /// Lists of strings.
    Texts,
}

/// A row with the values of the added columns.
pub(super) type TaggedRow = (Row, Vec<Value>);
