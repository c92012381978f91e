//! Reads Apache Arrow (IPC file and stream) and Apache Parquet: record batches; each row
//! is an index into its batch.

use std::io::BufReader;
use std::sync::Arc;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::basic::Compression as Codec;
use ::parquet::errors::ParquetError;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Fields, SchemaRef};

use super::arrow_cell::{self, BatchRow};
use super::guard::guarded;
use super::row::{Cells, Field, Row, Source};
use super::stream::{Position, Stream};
use super::{Format, bad_file};
use super::{ipc, schema_depth};
use crate::error::{Action, Error, Result};

/// The rows of a columnar file. Memory holds one record batch, or one page of
/// each column of a Parquet file.
pub(super) struct BatchRows {
    batches: Batches,
    format: Format,
    schema: SchemaRef,
    source: Arc<Source>,
    current: Option<Current>,
    number: u64,
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

struct Current {
    batch: Arc<RecordBatch>,
    next: usize,
    row_size: u64,
}

/// Rows of a Parquet file that are decoded together.
const PARQUET_BATCH: usize = 1024;

/// Approximate maximum size of these rows, in bytes.
const PARQUET_BYTES: u64 = 64 << 20;

impl BatchRows {
    /// Reads the schema.
    pub(super) fn new(stream: Stream, file: &str, format: Format) -> Result<Self> {
        let opened = guarded(|| match format {
            Format::Parquet => open_parquet(stream, file),
            _ => open_arrow(stream, file),
        });
        let (batches, schema, format) =
            opened.unwrap_or_else(|| Err(damaged(file, format, "its header makes no sense")))?;
        let columns: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
        if columns.is_empty() {
            return Err(bad_file(file, "has no columns", "it needs at least one with text"));
        }
        let source = Arc::new(Source::new(file, columns));
        Ok(Self { batches, format, schema, source, current: None, number: 0 })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.source.columns
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Returns the names and types of the columns.
    pub(super) fn types(&self) -> &Fields {
        self.schema.fields()
    }

    /// Refuses a column with values that cannot be read as text.
    pub(super) fn check_text(&self, field: &Field) -> Result<()> {
        let Some(index) = field.index else { return Ok(()) };
        let kind = self.schema.field(index).data_type();
        if arrow_cell::is_text(kind) {
            return Ok(());
        }
        Err(bad_file(
            &self.source.file,
            format!("the column \"{}\" holds {kind} values, not text", field.name),
            Action::NameTextColumns.to("store it as strings, or name other text columns"),
        ))
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Returns whether the next row is in the current record batch.
    pub(super) fn is_ready(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.next < current.batch.num_rows())
    }

    /// Returns the next row. An error ends the file.
    pub(super) fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(current) = &mut self.current
                && current.next < current.batch.num_rows()
            {
                let batch = Arc::clone(&current.batch);
                let row = BatchRow { batch, index: current.next, size: current.row_size };
                let cells = Cells::Batch(row);
                current.next += 1;
                self.number += 1;
                let source = Arc::clone(&self.source);
                return Ok(Some(Row { source, number: self.number, line: 0, cells }));
            }
            let file = &self.source.file;
            let next = guarded(|| self.batches.next())
                .ok_or_else(|| damaged(file, self.format, "a part of it is invalid"))?;
            let Some(batch) = next else { return Ok(None) };
            let batch = batch.map_err(|error| unreadable(file, self.format, error))?;
            let row_size = batch.get_array_memory_size() / batch.num_rows().max(1);
            self.current =
                Some(Current { batch: Arc::new(batch), next: 0, row_size: row_size as u64 });
        }
    }
}

/// The contents of an opened file: record batches, their schema and the exact format.
type Opened = (Batches, SchemaRef, Format);

/// Files are read by their footer, so that a truncated file is noticed.
fn open_arrow(stream: Stream, file: &str) -> Result<Opened> {
    let refused = |format| move |error| unreadable(file, format, error);
    if !stream.start().starts_with(ipc::MARK) {
        let opened = ipc::open_stream(BufReader::new(stream.into_reader()));
        let (batches, schema) = opened.map_err(refused(Format::Arrows))?;
        return Ok((Box::new(batches.streamed()), schema, Format::Arrows));
    }
    let counter = stream.counter();
    let wrap = |source| Error::io(file, source);
    let opened = stream.into_file().map_err(wrap)?;
    let bytes = opened.metadata().map_err(wrap)?.len();
    let opened = ipc::open_file(opened);
    let (batches, schema, messages) = opened.map_err(refused(Format::Arrow))?;
    let mut position = Position { counter, bytes, rows: messages, done: 0 };
    let batches = batches.by_footer(move |left| position.advance_to(messages - left));
    Ok((Box::new(batches), schema, Format::Arrow))
}

fn open_parquet(stream: Stream, file: &str) -> Result<Opened> {
    let counter = stream.counter();
    let wrap = |source| Error::io(file, source);
    let opened = stream.into_file().map_err(wrap)?;
    let bytes = opened.metadata().map_err(wrap)?.len();
    if !schema_depth::is_within_limits(&opened).map_err(wrap)? {
        return Err(damaged(file, Format::Parquet, "its columns are nested too deep"));
    }
    let refused = |error| unreadable(file, Format::Parquet, error);
    let copy = opened.try_clone().map_err(wrap)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(opened).map_err(refused)?;
    let metadata = builder.metadata();
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
    let groups = metadata.row_groups().iter();
    let decoded: u64 = groups.map(|group| group.total_byte_size().max(0) as u64).sum();
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    if columns.clone().any(|column| matches!(column.compression(), Codec::BROTLI(_) | Codec::LZO)) {
        return Err(bad_file(
            file,
            "its columns are compressed with Brotli or LZO, which cannot be read",
            "write it again with zstd, snappy or gzip: in pandas \
             df.to_parquet(\"cases.parquet\", compression=\"zstd\")",
        ));
    }
    let row = (decoded / rows.max(1)).max(1);
    let mut together = PARQUET_BATCH.min((PARQUET_BYTES / row) as usize).max(1);
    let schema = Arc::clone(builder.schema());
    let mut reader = builder.with_batch_size(together).build().map_err(refused)?;
    let mut position = Position { counter, bytes, rows, done: 0 };
    let mut ended = false;
    let batches = std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let mut next = reader.next();
        // Long texts that are stored once and occur in many rows can exceed the size of a
        // batch. Fewer rows are then decoded at a time.
        while let Some(Err(error)) = &next
            && error.to_string().contains("overflow")
            && together > 1
        {
            together = (together / 32).max(1);
            let again = copy.try_clone().map_err(ParquetError::from);
            let again = again.and_then(ParquetRecordBatchReaderBuilder::try_new);
            let done = position.done as usize;
            let again = again.and_then(|b| b.with_offset(done).with_batch_size(together).build());
            match again {
                Ok(again) => reader = again,
                Err(error) => return Some(Err(error.into())),
            }
            next = reader.next();
        }
        ended = !matches!(next, Some(Ok(_)));
        match &next {
            Some(Ok(batch)) => position.advance(batch.num_rows() as u64),
            None if position.done != rows => {
                let text = format!("{} of {rows} rows found", position.done);
                return Some(Err(ArrowError::ParquetError(text)));
            }
            _ => {}
        }
        next
    });
    Ok((Box::new(batches), schema, Format::Parquet))
}

fn unreadable(file: &str, format: Format, error: impl std::fmt::Display) -> Error {
    damaged(file, format, &error.to_string())
}

fn damaged(file: &str, format: Format, reason: &str) -> Error {
    let name = match format {
        Format::Parquet => "a Parquet file",
        Format::Arrow => "an Arrow file",
        _ => "an Arrow stream",
    };
    bad_file(
        file,
        format!("cannot be read as {name}: {reason}"),
        Action::NameFormat.to("it may be damaged, truncated or in another format; write or copy it again, or name its format"),
    )
}
