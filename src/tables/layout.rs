//! The columns of a columnar output (those of the input, then the added ones), and rows
//! as record batches of these columns.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array,
    new_null_array,
};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, SchemaRef};
use arrow_select::take::take;
use serde_json::Value;

use super::added_column::{Added, Kind, TaggedRow};
use super::batches::BatchRows;
use super::row::{Cells, Row, Source};
use super::rows::Rows;
use super::writer::RowWriter;
use super::{Format, arrow_cell, bad_file};
use crate::error::Result;
use crate::tagger::record::value_text;

/// The columns of the output.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    input: Vec<FieldRef>,
    kinds: Vec<Kind>,
    pub(super) schema: SchemaRef,
    pub(super) format: Format,
}

impl Layout {
    /// Returns the types of the first input, or text if it has none.
    pub(super) fn new(
        names: &RowWriter,
        first: Option<&Rows>,
        added: &[Added],
        format: Format,
    ) -> Result<Self> {
        let schema = first.and_then(Rows::batches).map(BatchRows::schema);
        // A file has one dictionary per column; a stream can have several.
        let plain = format == Format::Arrow && first.map(Rows::format) != Some(Format::Arrow);
        let text = |key: &String| Arc::new(Field::new(key, DataType::Utf8, true));
        let fields = schema.map(|schema| schema.fields());
        let field = |(at, (name, key)): (usize, (&String, &String))| {
            let position = match names.chosen {
                true => schema.and_then(|schema| schema.index_of(name).ok()),
                false => Some(at),
            };
            let given = fields.zip(position).and_then(|(fields, at)| fields.get(at));
            given.map_or_else(|| text(key), |given| decoded(given, plain))
        };
        let input: Vec<FieldRef> =
            names.columns.iter().zip(&names.keys).enumerate().map(field).collect();
        let kinds: Vec<Kind> = added.iter().map(|column| column.kind).collect();
        let new = names.added().iter().zip(&kinds);
        let new = new.map(|(name, kind)| Arc::new(Field::new(name, kind.data_type(), true)));
        let fields: Vec<FieldRef> = input.iter().cloned().chain(new).collect();
        let metadata = schema.map(|schema| schema.metadata().clone()).unwrap_or_default();
        let schema = Arc::new(Schema::new(fields).with_metadata(metadata));
        Ok(Self { input, kinds, schema, format })
    }

    /// Checks that the rows of a further input fit these columns.
    pub(super) fn check(&self, rows: &Rows) -> Result<()> {
        for (index, field) in self.input.iter().enumerate() {
            let same = rows.columns().get(index) == Some(field.name());
            let found = if same { Some(index) } else { self.position(rows.columns(), field) };
            let given = rows
                .batches()
                .map(BatchRows::schema)
                .map(|schema| found.map(|index| schema.field(index)));
            let is_text = *field.data_type() == DataType::Utf8;
            let fits = match given {
                Some(Some(given)) => {
                    (is_text || is_like(given.data_type(), field.data_type()))
                        && (field.is_nullable() || !given.is_nullable())
                }
                Some(None) => field.is_nullable(),
                None => is_text && field.is_nullable(),
            };
            if !fits {
                return Err(bad_file(
                    rows.file(),
                    format!(
                        "its columns do not match those of the first file, where \"{}\" contains {}",
                        field.name(),
                        field.data_type()
                    ),
                    "tag it in a call of its own, or write CSV or JSON Lines",
                ));
            }
        }
        Ok(())
    }

    /// Returns the position of an output column in an input.
    fn position(&self, columns: &[String], field: &FieldRef) -> Option<usize> {
        let is_taken = |name: &str| self.input.iter().any(|field| field.name() == name);
        Source::new("", columns.to_vec()).position_alike(field.name(), is_taken)
    }

    /// Combines rows into one record batch. Either all or none of them come from one
    /// record batch.
    pub(super) fn batch(
        &self,
        names: &RowWriter,
        rows: &[TaggedRow],
    ) -> Result<RecordBatch, ArrowError> {
        let mut columns = match rows.first().map(|(row, _)| &row.cells) {
            Some(Cells::Batch(row)) => self.columns_of_batch(&row.batch, rows)?,
            _ => self.columns_of_text(names, rows),
        };
        for (at, kind) in self.kinds.iter().enumerate() {
            columns.push(kind.array(rows.iter().map(|(_, added)| &added[at])));
        }
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }

    fn columns_of_batch(
        &self,
        batch: &RecordBatch,
        rows: &[TaggedRow],
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let indices: UInt64Array = rows.iter().filter_map(|(row, _)| index(row)).collect();
        let whole = (0..batch.num_rows() as u64).eq(indices.values().iter().copied());
        let given = batch.schema();
        let same = given.fields().len() == self.input.len()
            && given.fields().iter().zip(&self.input).all(|(a, b)| a.name() == b.name());
        let names: Vec<String> = given.fields().iter().map(|field| field.name().clone()).collect();
        let column = |(at, field): (usize, &FieldRef)| {
            let found = if same { Some(at) } else { self.position(&names, field) };
            let Some(found) = found else {
                return Ok(new_null_array(field.data_type(), rows.len()));
            };
            let column = batch.column(found);
            let column = if whole { Arc::clone(column) } else { take(column, &indices, None)? };
            if column.data_type() == field.data_type() {
                Ok(column)
            } else if is_like(column.data_type(), field.data_type()) {
                arrow_cast::cast(&column, field.data_type())
            } else {
                Ok(as_text(&column))
            }
        };
        self.input.iter().enumerate().map(column).collect()
    }

    fn columns_of_text(&self, names: &RowWriter, rows: &[TaggedRow]) -> Vec<ArrayRef> {
        let mut columns: Vec<_> = self.input.iter().map(|_| StringBuilder::new()).collect();
        for (row, _) in rows {
            // Rows with columns that the output lacks were refused before.
            let values = names.values(row).unwrap_or_default();
            for (column, value) in columns.iter_mut().zip(values) {
                column.append_option(
                    value.as_deref().filter(|value| !value.is_null()).map(value_text),
                );
            }
        }
        columns.into_iter().map(|mut column| Arc::new(column.finish()) as ArrayRef).collect()
    }
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Number => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::Texts => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
        }
    }

    fn array<'v>(self, values: impl Iterator<Item = &'v Value>) -> ArrayRef {
        match self {
            Self::Text => Arc::new(values.map(Value::as_str).collect::<StringArray>()),
            Self::Number => Arc::new(values.map(Value::as_f64).collect::<Float64Array>()),
            Self::Flag => Arc::new(values.map(Value::as_bool).collect::<BooleanArray>()),
            Self::Texts => {
                let mut lists = ListBuilder::new(StringBuilder::new());
                for value in values {
                    // Null differs from an empty list.
                    lists.append_option(
                        value.as_array().map(|items| items.iter().map(Value::as_str)),
                    );
                }
                Arc::new(lists.finish())
            }
        }
    }
}

/// Returns the position of a row in its record batch, if it has one.
pub(super) fn index(row: &Row) -> Option<u64> {
    match &row.cells {
        Cells::Batch(row) => Some(row.index as u64),
        _ => None,
    }
}

/// Returns the field, with plain values instead of a dictionary if requested.
fn decoded(field: &FieldRef, plain: bool) -> FieldRef {
    match field.data_type() {
        DataType::Dictionary(_, values) if plain => {
            Arc::new(field.as_ref().clone().with_data_type(values.as_ref().clone()))
        }
        _ => Arc::clone(field),
    }
}

/// Returns whether two types are the same, apart from dictionaries and the names of list
/// items.
fn is_like(given: &DataType, wanted: &DataType) -> bool {
    let is_values = matches!(given, DataType::Dictionary(_, values) if values.as_ref() == wanted);
    given.equals_datatype(wanted) || is_values
}

fn as_text(array: &ArrayRef) -> ArrayRef {
    let cell = |at| (!array.is_null(at)).then(|| arrow_cell::text(array, at));
    Arc::new((0..array.len()).map(cell).collect::<StringArray>())
}
