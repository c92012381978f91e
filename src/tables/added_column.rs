//! The columns that are added to those of the input.

use serde_json::Value;

use super::row::Row;

/// A column that is added to those of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its name; where it is taken, it gets the first free of the suffixes
    /// `_2`, `_3`, ….
    pub name: String,
    /// What its values are in the columnar formats. A text format takes any
    /// value, a workbook keeps numbers and flags.
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
