//! Writes Apache Arrow (IPC file and stream) and Apache Parquet: the columns of
//! the input as they are, then the added ones.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array,
    new_null_array,
};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, SchemaRef};
use arrow_select::take::take;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::Value;

use super::arrow_cell;
use super::formatter::{Added, Kind};
use super::row::{Cells, Row, value_text};
use super::rows::Rows;
use super::writer::RowWriter;
use super::{Format, bad_file};
use crate::error::{Error, Result};

/// Rows of a text format in one record batch; rows that came in record batches
/// stay in them.
const BATCH_ROWS: usize = 1024;

/// Bytes of text after which a record batch is full.
const BATCH_BYTES: u64 = 8 << 20;

/// Rows, and about how many bytes, in one row group of a Parquet file.
const GROUP_ROWS: usize = 64 << 10;
const GROUP_BYTES: usize = 64 << 20;

/// A row with the values of the added columns.
pub(super) type TaggedRow = (Row, Vec<Value>);

/// The columns of the output.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    input: Vec<FieldRef>,
    kinds: Vec<Kind>,
    schema: SchemaRef,
    format: Format,
}

impl Layout {
    /// The types of the first input, text where it has none.
    pub(super) fn new(
        names: &RowWriter,
        first: Option<&Rows>,
        added: &[Added],
        format: Format,
    ) -> Self {
        let schema = first.and_then(Rows::schema);
        // A file holds one dictionary per column, which only a file is sure to have.
        let plain = format == Format::Arrow && first.map(Rows::format) != Some(Format::Arrow);
        let text = |key: &String| Arc::new(Field::new(key, DataType::Utf8, true));
        let input: Vec<FieldRef> = match schema {
            Some(schema) => schema.fields().iter().map(|f| decoded(f, plain)).collect(),
            None => names.keys.iter().map(text).collect(),
        };
        let kinds: Vec<Kind> = added.iter().map(|column| column.kind).collect();
        let new = names.added().iter().zip(&kinds);
        let new = new.map(|(name, kind)| Arc::new(Field::new(name, kind.data_type(), true)));
        let fields: Vec<FieldRef> = input.iter().cloned().chain(new).collect();
        let metadata = schema.map(|schema| schema.metadata().clone()).unwrap_or_default();
        let schema = Arc::new(Schema::new(fields).with_metadata(metadata));
        Self { input, kinds, schema, format }
    }

    /// Whether the rows of a further input can stand in these columns.
    pub(super) fn check(&self, rows: &Rows) -> Result<()> {
        for (index, field) in self.input.iter().enumerate() {
            let same = rows.columns().get(index) == Some(field.name());
            let found = rows.columns().iter().position(|name| name == field.name());
            let found = if same { Some(index) } else { found };
            let given = rows.schema().map(|schema| found.map(|index| schema.field(index)));
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
                        "its columns do not fit those of the first file, where \"{}\" holds {}",
                        field.name(),
                        field.data_type()
                    ),
                    "tag it in a call of its own, or write CSV or JSON Lines",
                ));
            }
        }
        Ok(())
    }

    /// Rows, all of one record batch or all of none, as one record batch.
    fn batch(&self, names: &RowWriter, rows: &[TaggedRow]) -> Result<RecordBatch, ArrowError> {
        let mut columns = match rows.first().map(|(row, _)| &row.cells) {
            Some(Cells::Batch { batch, .. }) => self.columns_of_batch(batch, rows)?,
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
        let indices: UInt64Array = rows.iter().filter_map(|(row, _)| row.index()).collect();
        let whole = (0..batch.num_rows() as u64).eq(indices.values().iter().copied());
        let given = batch.schema();
        let same = given.fields().len() == self.input.len()
            && given.fields().iter().zip(&self.input).all(|(a, b)| a.name() == b.name());
        let column = |(at, field): (usize, &FieldRef)| {
            let found = if same { Some(at) } else { given.index_of(field.name()).ok() };
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
            // Rows with a column that has no place were refused before.
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
                    let items = value.as_array().into_iter().flatten();
                    lists.append_value(items.map(Value::as_str));
                }
                Arc::new(lists.finish())
            }
        }
    }
}

/// The field, with values in place of a dictionary if it is to be plain.
fn decoded(field: &FieldRef, plain: bool) -> FieldRef {
    match field.data_type() {
        DataType::Dictionary(_, values) if plain => {
            Arc::new(field.as_ref().clone().with_data_type(values.as_ref().clone()))
        }
        _ => Arc::clone(field),
    }
}

/// Whether two types are the same but for a dictionary and for the names that
/// writers give to the items of lists.
fn is_like(given: &DataType, wanted: &DataType) -> bool {
    let is_values = matches!(given, DataType::Dictionary(_, values) if values.as_ref() == wanted);
    given.equals_datatype(wanted) || is_values
}

fn as_text(array: &ArrayRef) -> ArrayRef {
    let cell = |at| (!array.is_null(at)).then(|| arrow_cell::text(array, at));
    Arc::new((0..array.len()).map(cell).collect::<StringArray>())
}

/// Cuts rows into record batches and encodes them; neither depends on how the
/// rows arrive.
pub(super) struct ColumnarWriter {
    names: RowWriter,
    layout: Layout,
    encoder: Encoder,
    pending: Vec<TaggedRow>,
    bytes: u64,
}

enum Encoder {
    Parquet(Box<ArrowWriter<Vec<u8>>>),
    File(FileWriter<Vec<u8>>),
    Stream(StreamWriter<Vec<u8>>),
}

impl ColumnarWriter {
    pub(super) fn new(names: RowWriter, layout: Layout) -> Result<Self> {
        let schema = &layout.schema;
        let encoder = match layout.format {
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_created_by(concat!("trendtag ", env!("CARGO_PKG_VERSION")).into())
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(GROUP_ROWS))
                    .set_max_row_group_bytes(Some(GROUP_BYTES))
                    .build();
                ArrowWriter::try_new(Vec::new(), Arc::clone(schema), Some(properties))
                    .map(|writer| Encoder::Parquet(Box::new(writer)))
                    .map_err(ArrowError::from)
            }
            Format::Arrow => FileWriter::try_new(Vec::new(), schema).map(Encoder::File),
            _ => StreamWriter::try_new(Vec::new(), schema).map(Encoder::Stream),
        };
        let encoder = encoder.map_err(|error| unwritable(layout.format, &error))?;
        Ok(Self { names, layout, encoder, pending: Vec::new(), bytes: 0 })
    }

    /// Takes a row; returns bytes of the output that are complete.
    pub(super) fn push(&mut self, row: TaggedRow) -> Result<Option<Vec<u8>>> {
        let starts_anew = self.pending.last().is_some_and(|(last, _)| !is_together(last, &row.0));
        let is_full = self.pending.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES;
        let bytes = if starts_anew || is_full && row.0.index().is_none() {
            self.encode()?;
            Some(self.encoder.drain())
        } else {
            None
        };
        self.bytes += row.0.size();
        self.pending.push(row);
        Ok(bytes)
    }

    /// The rest of the output.
    pub(super) fn finish(mut self) -> Result<Vec<u8>> {
        self.encode()?;
        let format = self.layout.format;
        let rest = match self.encoder {
            Encoder::Parquet(writer) => writer.into_inner().map_err(ArrowError::from),
            Encoder::File(writer) => writer.into_inner(),
            Encoder::Stream(writer) => writer.into_inner(),
        };
        rest.map_err(|error| unwritable(format, &error))
    }

    fn encode(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let batch = self.layout.batch(&self.names, &self.pending);
        let done = batch.and_then(|batch| match &mut self.encoder {
            Encoder::Parquet(writer) => writer.write(&batch).map_err(ArrowError::from),
            Encoder::File(writer) => writer.write(&batch),
            Encoder::Stream(writer) => writer.write(&batch),
        });
        self.pending.clear();
        self.bytes = 0;
        done.map_err(|error| unwritable(self.layout.format, &error))
    }
}

impl Encoder {
    /// What has been encoded so far.
    fn drain(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::Parquet(writer) => writer.inner_mut(),
            Self::File(writer) => writer.get_mut(),
            Self::Stream(writer) => writer.get_mut(),
        })
    }
}

/// Whether two rows can stand in one record batch.
fn is_together(a: &Row, b: &Row) -> bool {
    match (&a.cells, &b.cells) {
        (Cells::Batch { batch: a, .. }, Cells::Batch { batch: b, .. }) => Arc::ptr_eq(a, b),
        (Cells::Batch { .. }, _) | (_, Cells::Batch { .. }) => false,
        _ => true,
    }
}

fn unwritable(format: Format, error: &ArrowError) -> Error {
    bad_file(
        "output",
        format!("cannot be written as {format}: {error}"),
        "write another format, such as .arrows, .parquet or .jsonl",
    )
}
