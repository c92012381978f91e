//! Writes Apache Arrow (IPC file and stream) and Apache Parquet.

use std::sync::Arc;

use super::added_column::TaggedRow;
use super::layout::{Layout, index};
use super::parquet::{self, Group, GroupWriter};
use super::row::{Cells, Row};
use super::writer::RowWriter;
use super::{Format, bad_file};
use crate::error::{Error, Result};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::ArrowError;

/// Number of rows of a text format in one record batch. Rows from record batches keep
/// their batches.
const BATCH_ROWS: usize = 1024;

/// Size of text at which a record batch is full, in bytes.
const BATCH_BYTES: u64 = 8 << 20;

/// Splits rows into record batches and encodes them. The result does not depend on how
/// the rows arrive.
pub(super) struct ColumnarWriter {
    names: RowWriter,
    layout: Layout,
    encoder: Encoder,
    pending: Vec<TaggedRow>,
    bytes: u64,
}

enum Encoder {
    Parquet(Box<GroupWriter>),
    File(FileWriter<Vec<u8>>),
    Stream(StreamWriter<Vec<u8>>),
}

impl ColumnarWriter {
    pub(super) fn new(names: RowWriter, layout: Layout) -> Result<Self> {
        let schema = &layout.schema;
        let encoder = match layout.format {
            Format::Parquet => GroupWriter::new(Arc::clone(schema))
                .map(|writer| Encoder::Parquet(Box::new(writer)))
                .map_err(ArrowError::from),
            Format::Arrow => FileWriter::try_new(Vec::new(), schema).map(Encoder::File),
            _ => StreamWriter::try_new(Vec::new(), schema).map(Encoder::Stream),
        };
        let encoder = encoder.map_err(|error| unwritable(layout.format, &error))?;
        Ok(Self { names, layout, encoder, pending: Vec::new(), bytes: 0 })
    }

    /// Returns the first bytes of the output.
    pub(super) fn start(&self) -> &'static [u8] {
        if matches!(self.encoder, Encoder::Parquet(_)) { parquet::MARK } else { &[] }
    }

    /// Adds a row, and returns bytes of the output that are complete.
    pub(super) fn push(&mut self, row: TaggedRow) -> Result<Option<Vec<u8>>> {
        let starts_anew = self.pending.last().is_some_and(|(last, _)| !is_together(last, &row.0));
        let is_full = self.pending.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES;
        let bytes = if starts_anew || is_full && index(&row.0).is_none() {
            self.encode()?;
            Some(self.encoder.drain())
        } else {
            None
        };
        self.bytes += row.0.size();
        self.pending.push(row);
        Ok(bytes)
    }

    /// Returns the rows so far as a separate record batch of a stream.
    pub(super) fn flush(&mut self) -> Result<Vec<u8>> {
        if !matches!(self.encoder, Encoder::Stream(_)) {
            return Ok(Vec::new());
        }
        self.encode()?;
        Ok(self.encoder.drain())
    }

    /// Completes the current row group of a Parquet file.
    pub(super) fn cut(&mut self) -> Result<Group> {
        if !matches!(self.encoder, Encoder::Parquet(_)) {
            return Ok(Group::default());
        }
        self.encode()?;
        let Encoder::Parquet(writer) = &mut self.encoder else { return Ok(Group::default()) };
        writer.cut().map_err(|error| unwritable(self.layout.format, &error.into()))
    }

    /// Continues after the row groups with this metadata.
    pub(super) fn go_on(&mut self, groups: &[Vec<u8>]) -> Result<()> {
        let Encoder::Parquet(writer) = &mut self.encoder else { return Ok(()) };
        writer.go_on(groups).map_err(|error| unwritable(self.layout.format, &error.into()))
    }

    /// Returns the rest of the output; in Parquet, the part after the last cut.
    pub(super) fn finish(mut self) -> Result<Vec<u8>> {
        self.encode()?;
        let format = self.layout.format;
        let rest = match self.encoder {
            Encoder::Parquet(writer) => writer.finish().map_err(ArrowError::from),
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
    /// Takes the bytes that have been encoded so far.
    fn drain(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            // Row groups are complete at each cut.
            Self::Parquet(_) => return Vec::new(),
            Self::File(writer) => writer.get_mut(),
            Self::Stream(writer) => writer.get_mut(),
        })
    }
}

/// Returns whether two rows can be in one record batch.
fn is_together(a: &Row, b: &Row) -> bool {
    match (&a.cells, &b.cells) {
        (Cells::Batch(a), Cells::Batch(b)) => Arc::ptr_eq(&a.batch, &b.batch),
        (Cells::Batch(_), _) | (_, Cells::Batch(_)) => false,
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
