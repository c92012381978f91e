//! Splits the rows of the inputs into chunks that are tagged together.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::hashes::Hashes;
use super::repeats::Repeats;
use super::writing::Position;
use super::{BatchParams, Event};
use crate::error::{Action, Error, Result};
use crate::tables::bare_id;
use crate::tables::{Columns, Fields, Formatter, Repairs, Row, Rows};
use crate::tagger::Duplicate;

/// Rows that are tagged together. The boundaries depend on the rows only.
const CHUNK_ROWS: usize = 128;

/// Size at which a chunk is full, in bytes, so that long texts do not accumulate.
const CHUNK_BYTES: u64 = 1 << 20;

/// Rows to be tagged together, in the order of the input, with the faults
/// found between them.
pub(super) struct Chunk {
    /// Number of the first row, from 0, counting those that were read.
    pub(super) first_row: u64,
    pub(super) rows: Vec<(Row, Option<Duplicate>)>,
    pub(super) fields: Fields,
    pub(super) errors: Vec<Error>,
    /// Bytes of the rows.
    pub(super) size: u64,
    /// Bytes read from the inputs so far.
    pub(super) bytes_read: u64,
    /// A hash of all rows so far.
    pub(super) input: u64,
    /// Whether the next row has not arrived yet.
    pub(super) waits: bool,
}

impl Chunk {
    /// Rows, failed ones included.
    pub(super) fn len(&self) -> u64 {
        (self.rows.len() + self.errors.len()) as u64
    }
}

/// Splits the inputs into chunks.
pub(super) struct Chunks<'f, I> {
    first: Option<(Rows, Fields)>,
    inputs: I,
    columns: Columns,
    formatter: Option<&'f Formatter>,
    stream: bool,
    current: Option<(Rows, Fields)>,
    /// Name of the file that was opened last.
    file: String,
    /// Bytes of the inputs that are finished.
    bytes_before: u64,
    /// Hashes of the ids so far.
    ids: Hashes,
    /// Hashes of ids without surrounding spaces and without a final `.0`.
    odd_ids: Hashes,
    repeats: Option<Repeats>,
    /// Whether the rows are hashed.
    hashes: bool,
    /// A hash of all rows so far.
    input: u64,
    /// Rows that were read so far.
    rows: u64,
    /// Of the files that were read completely.
    repairs: Repairs,
}

impl<'f, I: Iterator<Item = Result<Rows>>> Chunks<'f, I> {
    pub(super) fn new(
        first: Option<(Rows, Fields)>,
        inputs: I,
        params: &BatchParams,
        formatter: Option<&'f Formatter>,
        repeats: Option<Repeats>,
        hashes: bool,
    ) -> Self {
        Self {
            first,
            inputs,
            columns: params.columns.clone(),
            formatter,
            stream: params.stream,
            current: None,
            file: String::new(),
            bytes_before: 0,
            ids: Hashes::default(),
            odd_ids: Hashes::default(),
            repeats,
            hashes,
            input: 0,
            rows: 0,
            repairs: Repairs::default(),
        }
    }

    /// Repairs so far.
    pub(super) fn repairs(&self) -> Repairs {
        self.repairs
    }

    fn open(&mut self) -> Result<Option<(Rows, Fields)>> {
        let (rows, fields) = match self.first.take() {
            Some(first) => first,
            None => {
                let Some(rows) = self.inputs.next().transpose()? else { return Ok(None) };
                let fields = Fields::of(&rows, &self.columns)?;
                (rows, fields)
            }
        };
        self.formatter.map_or(Ok(()), |formatter| formatter.check(&rows))?;
        rows.file().clone_into(&mut self.file);
        if self.hashes {
            self.input = FixedState::default().hash_one((self.input, rows.header_fingerprint()));
        }
        Ok(Some((rows, fields)))
    }

    /// Returns the next chunk.
    pub(super) fn next(&mut self, watch: &mut dyn FnMut(Event<'_>)) -> Result<Option<Chunk>> {
        if self.current.is_none() {
            self.current = self.open()?;
        }
        let Some((rows, fields)) = &mut self.current else { return Ok(None) };
        let mut chunk = Chunk {
            first_row: self.rows,
            rows: Vec::with_capacity(CHUNK_ROWS),
            fields: fields.clone(),
            errors: Vec::new(),
            size: 0,
            bytes_read: 0,
            input: 0,
            waits: false,
        };
        let hash = FixedState::default();
        let mut ended = false;
        while chunk.rows.len() + chunk.errors.len() < CHUNK_ROWS && chunk.size < CHUNK_BYTES {
            match rows.next() {
                Some(Ok(row)) => {
                    chunk.size += row.size();
                    let id = fields.id(&row);
                    if !self.stream {
                        let bare = bare_id(&id);
                        let of_bare = hash.hash_one(bare.as_bytes());
                        let is_odd = bare != id;
                        if !self.ids.insert(hash.hash_one(id.as_bytes())) {
                            watch(Event::RepeatedId { id: &id, row: &row });
                        } else if is_odd && self.ids.contains(of_bare)
                            || self.odd_ids.contains(of_bare)
                        {
                            watch(Event::AlikeId { id: &id, bare, row: &row });
                        }
                        if is_odd {
                            self.odd_ids.insert(of_bare);
                        }
                    }
                    let repeat = self.repeats.as_mut().and_then(|repeats| {
                        let texts: Vec<_> = fields.texts(&row).collect();
                        repeats.mark(&id, texts.iter().map(AsRef::as_ref))
                    });
                    drop(id);
                    if self.hashes {
                        self.input = hash.hash_one((self.input, row.fingerprint()));
                    }
                    chunk.rows.push((row, repeat));
                }
                Some(Err(error)) if error.is_row() => chunk.errors.push(error),
                Some(Err(error)) => return Err(error),
                None => {
                    ended = true;
                    break;
                }
            }
            if self.stream && !rows.is_ready() {
                chunk.waits = true;
                break;
            }
        }
        chunk.bytes_read = self.bytes_before + rows.bytes_read();
        chunk.input = self.input;
        self.rows += chunk.rows.len() as u64;
        if ended {
            self.repairs += rows.repairs();
            self.bytes_before = chunk.bytes_read;
            self.current = None;
        }
        Ok(Some(chunk))
    }

    /// Reads up to the place that an interrupted run had reached.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the rows differ from those that it read.
    pub(super) fn pass_over(
        &mut self,
        position: Position,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        let mut rows = 0;
        while rows < position.rows
            && let Some(chunk) = self.next(watch)?
        {
            rows += chunk.len();
            watch(Event::Progress { rows, bytes: chunk.bytes_read });
        }
        if (Position { rows, input: self.input }) == position {
            return Ok(());
        }
        Err(Error::bad_file(&self.file, format!(
                "the first {} rows are not those that the interrupted run read",
                position.rows
            ), Action::ReplaceFile.to("give the same files in the same order, or start again and replace the unfinished output")))
    }
}
