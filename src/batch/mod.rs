//! Tagging files of any length: rows in, tagged rows out, in order, in
//! parallel, with every row that failed reported.

mod added;
mod repeats;

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::FixedState;

use crate::artifact::Model;
use crate::case::{Columns, Fields, Formatter, Piece, Row, Rows, WriteOptions};
use crate::error::{Error, Result};
use crate::tagger::{Review, Scratch};

use added::Suggestions;
use repeats::{Repeat, Repeats};

/// How a batch is tagged.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchParams {
    /// Columns of the input that matter; the text columns stand for the last
    /// of the model's fields.
    pub columns: Columns,
    /// Format of the output.
    pub write: WriteOptions,
    /// What is written.
    pub content: Content,
    /// Threads that tag, at least 1.
    pub jobs: usize,
}

/// Which rows are written, and what is said of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Content {
    /// Pieces of evidence per suggested trend.
    pub explain: usize,
    /// The probabilities.
    pub probabilities: Probabilities,
    /// Whether rows that need no review are left out.
    pub only_review: bool,
    /// Whether rows are compared with each other and the training cases; memory
    /// then grows by about half a kilobyte for every row.
    pub mark_duplicates: bool,
}

/// Of which trends the probability is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Probabilities {
    /// Of every trend.
    #[default]
    All,
    /// Of the suggested ones.
    Suggested,
    /// Of none.
    None,
}

/// What came of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Rows in the input.
    pub rows: u64,
    /// Rows that got suggestions.
    pub tagged: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Tagged rows that need review.
    pub review: u64,
    /// Those of them whose only reason is that triage leaves a trend to a person.
    pub review_of_trend_only: u64,
    /// Rows that repeat or nearly repeat an earlier row or a training case;
    /// `None` if that was not asked for.
    pub duplicates: Option<u64>,
    /// Tagged rows per suggested trend, in the order of the taxonomy.
    pub per_trend: Vec<u64>,
}

/// What happens during a batch, for those who watch.
#[derive(Debug)]
pub enum Event<'e> {
    /// A row failed; the others go on.
    Failed(Error),
    /// A row has the id of an earlier one.
    RepeatedId {
        /// The id.
        id: &'e str,
        /// The row in which it stands again.
        row: &'e Row,
    },
    /// More has been written.
    Progress {
        /// Rows written or failed so far.
        rows: u64,
        /// Bytes read from the inputs so far.
        bytes: u64,
    },
}

/// Rows that are tagged together; the output does not depend on it.
const CHUNK_ROWS: usize = 128;

/// Bytes after which a chunk is full, so that long texts do not pile up.
const CHUNK_BYTES: u64 = 1 << 20;

/// Chunks per thread that may wait to be written.
const WAITING: usize = 4;

/// Tags all rows of the inputs, in order, to `out`.
///
/// The inputs are opened one after the other, each when the one before it is
/// done with. The columns of the output are those of the first input, then
///
/// - in CSV and workbooks `suggested_trends` (joined by `;`), one `p_<key>` a
///   trend, `needs_review` (`no`, or `yes: ` and the reasons), `evidence` and
///   `model`, and to mark duplicates `duplicate_of` (the id of a row or case),
///   `duplicate_in` (`batch` or `training`) and `similarity`;
/// - in Parquet and Arrow the same with types: `suggested_trends` a list of
///   strings, `p_<key>` 64-bit floats, `needs_review` true or false, and
///   `review_reasons`, `evidence`, `model` strings. Columns that come from
///   Parquet or Arrow keep their type and values;
/// - in JSON Lines one object `suggestions`.
///
/// Memory holds a bounded number of rows (in columnar formats: one record
/// batch or row group; of a workbook: the sheet), and eight bytes per row for
/// the check of the ids. The bytes of the output do not depend on the number
/// of threads: Parquet has row groups of 65,536 rows, or fewer where they reach
/// 64 MB; Arrow has the record batches of the input, or 1,024 rows a batch.
///
/// # Errors
/// [`Error::Io`] if reading or writing fails, [`Error::BadFile`] if an input
/// lacks the text columns or is damaged. Rows that fail do not end the batch:
/// `watch` hears of them, and the summary counts them.
pub fn tag_batch(
    model: &Model,
    inputs: impl IntoIterator<Item = Result<Rows>>,
    params: &BatchParams,
    out: &mut dyn Write,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Summary> {
    let mut inputs = inputs.into_iter();
    let first = inputs.next().transpose()?;
    let suggestions = Suggestions::new(model, params.write.format, params.content);
    if let Some(first) = &first {
        // An input that cannot be tagged is told before anything is written.
        Fields::of(first, &params.columns)?;
    }
    let formatter = Formatter::new(first.as_ref(), &suggestions.columns(), &params.write)?;
    let mut sink = formatter.sink(out)?;

    let scratches = Mutex::default();
    let formatter = &formatter;
    let batch = Batch { model, suggestions, formatter, content: params.content, scratches };
    let mut summary =
        Summary { per_trend: vec![0; model.tagger.taxonomy().len()], ..Summary::default() };
    let repeats = params.content.mark_duplicates.then(|| {
        summary.duplicates = Some(0);
        Repeats::new(&model.tagger.training().known)
    });
    let mut finish = |done: Done, watch: &mut dyn FnMut(Event<'_>)| {
        summary.add(&done);
        sink.write(done.piece)?;
        done.errors.into_iter().for_each(|error| watch(Event::Failed(error)));
        watch(Event::Progress { rows: summary.rows, bytes: done.bytes_read });
        Ok::<(), Error>(())
    };
    let mut chunks = Chunks::new(first, inputs, params.columns.clone(), formatter, repeats);
    if params.jobs <= 1 {
        while let Some(chunk) = chunks.next(watch)? {
            finish(batch.tag(chunk), watch)?;
        }
        sink.finish()?;
        return Ok(summary);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(params.jobs).build();
    let pool = pool.map_err(|e| Error::io(PathBuf::from("threads"), std::io::Error::other(e)))?;
    let batch = &batch;
    pool.in_place_scope_fifo(|scope| {
        let mut waiting = VecDeque::new();
        while let Some(chunk) = chunks.next(watch)? {
            let (sender, receiver) = sync_channel(1);
            // The receiver is gone only if writing failed; then nobody waits.
            scope.spawn_fifo(move |_| _ = sender.send(batch.tag(chunk)));
            waiting.push_back(receiver);
            if waiting.len() > WAITING * params.jobs {
                let first = waiting.pop_front();
                first.and_then(|r| r.recv().ok()).map_or(Ok(()), |done| finish(done, watch))?;
            }
        }
        waiting.into_iter().filter_map(|r| r.recv().ok()).try_for_each(|done| finish(done, watch))
    })?;
    sink.finish()?;
    Ok(summary)
}

/// Rows to be tagged together, in the order of the input, with the faults
/// found between them.
struct Chunk {
    rows: Vec<(Row, Option<Repeat>)>,
    fields: Fields,
    errors: Vec<Error>,
    bytes_read: u64,
}

/// Cuts the inputs into chunks.
struct Chunks<'f, I> {
    first: Option<Rows>,
    inputs: I,
    columns: Columns,
    formatter: &'f Formatter,
    current: Option<(Rows, Fields)>,
    /// Bytes of the inputs that are done with.
    bytes_before: u64,
    /// Hashes of the ids so far.
    ids: HashSet<u64, FixedState>,
    repeats: Option<Repeats>,
}

impl<'f, I: Iterator<Item = Result<Rows>>> Chunks<'f, I> {
    fn new(
        first: Option<Rows>,
        inputs: I,
        columns: Columns,
        formatter: &'f Formatter,
        repeats: Option<Repeats>,
    ) -> Self {
        let (current, bytes_before, ids) = (None, 0, HashSet::default());
        Self { first, inputs, columns, formatter, current, bytes_before, ids, repeats }
    }

    fn open(&mut self) -> Result<Option<(Rows, Fields)>> {
        let next = self.first.take().map(Ok).or_else(|| self.inputs.next()).transpose()?;
        let Some(rows) = next else { return Ok(None) };
        self.formatter.check(&rows)?;
        let fields = Fields::of(&rows, &self.columns)?;
        Ok(Some((rows, fields)))
    }

    fn next(&mut self, watch: &mut dyn FnMut(Event<'_>)) -> Result<Option<Chunk>> {
        if self.current.is_none() {
            self.current = self.open()?;
        }
        let Some((rows, fields)) = &mut self.current else { return Ok(None) };
        let mut chunk = Chunk {
            rows: Vec::with_capacity(CHUNK_ROWS),
            fields: fields.clone(),
            errors: Vec::new(),
            bytes_read: 0,
        };
        let mut size = 0;
        let mut ended = false;
        while chunk.rows.len() + chunk.errors.len() < CHUNK_ROWS && size < CHUNK_BYTES {
            match rows.next() {
                Some(Ok(row)) => {
                    size += row.size();
                    let id = fields.id(&row);
                    if !self.ids.insert(FixedState::default().hash_one(id.as_bytes())) {
                        watch(Event::RepeatedId { id: &id, row: &row });
                    }
                    let repeat = self.repeats.as_mut().and_then(|repeats| {
                        let texts: Vec<_> = fields.texts(&row).collect();
                        repeats.mark(&id, texts.iter().map(AsRef::as_ref))
                    });
                    drop(id);
                    chunk.rows.push((row, repeat));
                }
                Some(Err(error)) if error.is_row() => chunk.errors.push(error),
                Some(Err(error)) => return Err(error),
                None => {
                    ended = true;
                    break;
                }
            }
        }
        chunk.bytes_read = self.bytes_before + rows.bytes_read();
        if ended {
            self.bytes_before = chunk.bytes_read;
            self.current = None;
        }
        Ok(Some(chunk))
    }
}

/// A chunk that is tagged and formatted.
struct Done {
    piece: Piece,
    errors: Vec<Error>,
    rows: u64,
    review: u64,
    review_of_trend_only: u64,
    duplicates: u64,
    per_trend: Vec<u64>,
    bytes_read: u64,
}

impl Summary {
    fn add(&mut self, done: &Done) {
        let failed = done.errors.len() as u64;
        self.rows += done.rows;
        self.failed += failed;
        self.tagged += done.rows - failed;
        self.review += done.review;
        self.review_of_trend_only += done.review_of_trend_only;
        self.duplicates = self.duplicates.map(|sum| sum + done.duplicates);
        self.per_trend.iter_mut().zip(&done.per_trend).for_each(|(sum, n)| *sum += n);
    }
}

struct Batch<'m> {
    model: &'m Model,
    suggestions: Suggestions<'m>,
    formatter: &'m Formatter,
    content: Content,
    scratches: Mutex<Vec<Scratch>>,
}

impl Batch<'_> {
    fn tag(&self, chunk: Chunk) -> Done {
        let scratches = || self.scratches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = scratches().pop().unwrap_or_default();
        let mut done = Done {
            piece: self.formatter.piece(),
            rows: (chunk.rows.len() + chunk.errors.len()) as u64,
            errors: chunk.errors,
            review: 0,
            review_of_trend_only: 0,
            duplicates: 0,
            per_trend: vec![0; self.model.tagger.taxonomy().len()],
            bytes_read: chunk.bytes_read,
        };
        for (row, repeat) in chunk.rows {
            let mut texts = Vec::with_capacity(chunk.fields.text_columns().len());
            texts.extend(chunk.fields.texts(&row));
            let tagged = self.model.tagger.tag(&texts, self.content.explain, &mut scratch);
            drop(texts);
            let is_written = !self.content.only_review || !tagged.review.is_empty();
            let written = if is_written {
                let added = self.suggestions.values(&tagged, repeat.as_ref(), &chunk.fields);
                self.formatter.add(&mut done.piece, row, added)
            } else {
                Ok(())
            };
            match written {
                Ok(()) => {
                    done.duplicates += u64::from(repeat.is_some());
                    done.review += u64::from(!tagged.review.is_empty());
                    done.review_of_trend_only += u64::from(tagged.review == [Review::UnsureTrend]);
                    tagged.suggested.iter().for_each(|id| done.per_trend[id.index()] += 1);
                }
                Err(error) => done.errors.push(error),
            }
        }
        scratches().push(scratch);
        done
    }
}
