//! Tagging files of any length: rows in, tagged rows out, in order, in parallel, with a
//! report of every row that failed.

mod added;
mod chunks;
mod hashes;
mod ranking;
mod repeats;
mod writing;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decision::{Forecast, Verdict};
use crate::error::{Error, Result};
use crate::tables::output::Resumable;
use crate::tables::{Columns, Fields, Formatter, Repairs, Row, Rows, WriteOptions};
use crate::tagger::{Model, ReviewReason, Scratch, Suggestion, Tagged, Tagger};

pub use ranking::{Ranking, ReadAmount};

use added::AddedColumns;
use chunks::{Chunk, Chunks};
use repeats::Repeats;
use writing::{Done, Made, Target, Writing};

/// How a batch is tagged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchParams {
    /// Names of the columns that are read. The text columns are used as the last of the
    /// model's fields.
    pub columns: Columns,
    /// Format of the output.
    pub write: WriteOptions,
    /// What is written.
    pub content: Content,
    /// The rows that are marked for review by rank, instead of by the limit of the model.
    pub ranking: Option<Ranking>,
    /// Whether rows arrive as a stream and are written as soon as no further one is
    /// available. Ids are then not compared, so that memory does not grow with the
    /// stream.
    #[serde(skip)]
    pub stream: bool,
    /// Number of tagging threads, at least 1.
    #[serde(skip)]
    pub jobs: usize,
}

/// Which rows are written, and with which columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Content {
    /// Maximum number of evidence terms per suggested trend.
    pub explain: usize,
    /// The probabilities.
    pub probabilities: Probabilities,
    /// Whether a column has the verdict on each trend; JSON always has it.
    pub verdicts: bool,
    /// Whether rows that need no review are omitted.
    pub only_review: bool,
    /// Whether rows are compared with each other and the training cases; memory then
    /// grows by about 0.5 kB per row.
    pub mark_duplicates: bool,
}

/// The trends with a probability in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Probabilities {
    /// Of every trend, with four decimals.
    #[default]
    All,
    /// Of every trend, with all decimals.
    Exact,
    /// Of the suggested ones.
    Suggested,
    /// Of none.
    None,
}

/// The results of a batch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows in the input.
    pub rows: u64,
    /// Rows that got suggestions.
    pub tagged: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Tagged rows that need review.
    pub review: u64,
    /// Tagged rows whose only reason for review is that the model is unsure.
    pub only_unsure: u64,
    /// Tagged rows per reason for review.
    pub reasons: BTreeMap<ReviewReason, u64>,
    /// Rows that repeat or nearly repeat an earlier row or a training case; `None` if
    /// this was not requested.
    pub duplicates: Option<u64>,
    /// Tagged rows per suggested trend, in the order of the taxonomy.
    pub per_trend: Vec<u64>,
    /// Tagged rows per unsure trend, in the same order.
    pub unsure: Vec<u64>,
    /// Verdicts on the pairs of row and trend.
    pub verdicts: Verdicts,
    /// The expected effect of reading the rows that need review.
    pub forecast: Forecast,
    /// Tagged rows without any text, which get no suggestion.
    pub no_text: u64,
    /// Repairs in the inputs.
    pub repairs: Repairs,
}

/// Number of pairs of row and trend with each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    /// Trends accepted without a reviewer.
    pub accepted: u64,
    /// Trends rejected without a reviewer.
    pub rejected: u64,
    /// Trends left to a reviewer.
    pub asked: u64,
    /// Rows without any trend left to a reviewer.
    pub decided_rows: u64,
}

impl Verdicts {
    fn add_row(&mut self, verdicts: &[Verdict]) {
        for verdict in verdicts {
            match verdict {
                Verdict::Accept => self.accepted += 1,
                Verdict::Reject => self.rejected += 1,
                Verdict::Ask => self.asked += 1,
            }
        }
        self.decided_rows += u64::from(!verdicts.contains(&Verdict::Ask));
    }

    fn add(&mut self, more: Self) {
        self.accepted += more.accepted;
        self.rejected += more.rejected;
        self.asked += more.asked;
        self.decided_rows += more.decided_rows;
    }
}

/// An event during a batch.
#[derive(Debug)]
pub enum Event<'e> {
    /// A row failed; the run continues.
    Failed(Error),
    /// A row has the id of an earlier one.
    RepeatedId {
        /// The id.
        id: &'e str,
        /// The row with the duplicate id.
        row: &'e Row,
    },
    /// The id of a row differs from an earlier one only by surrounding spaces or a final
    /// `.0`, which spreadsheets and data frames add.
    AlikeId {
        /// The id.
        id: &'e str,
        /// The id without these additions.
        bare: &'e str,
        /// The row with the similar id.
        row: &'e Row,
    },
    /// Progress: more rows have been written.
    Progress {
        /// Rows written or failed so far.
        rows: u64,
        /// Bytes read from the inputs so far.
        bytes: u64,
    },
}

/// Number of JSON Lines rows that are read ahead to find the columns of an output with a
/// header.
pub const LOOK_AHEAD: usize = 1000;

/// Default maximum number of evidence terms for each suggested trend.
pub const EVIDENCE: usize = 3;

/// Maximum number of chunks per thread that wait to be written, and of bytes of their
/// rows. A single chunk may be larger.
const WAITING: usize = 4;
const WAITING_BYTES: u64 = 64 << 20;

/// Tags all rows of the inputs, in order, to `out`. Each input is opened when the previous one is
/// finished. The columns of the output are those of the first input, then
///
/// - in CSV and workbooks `suggested_trends` (separated by `;`), one `p_<key>` per trend, one
///   `verdict_<key>` (`accept`, `reject` or `ask`) if requested, `needs_review` (`yes` or `no`),
///   `review_reasons` (the codes of [`ReviewReason`], separated by `;`), `expected_errors` (the
///   number of wrong trends to expect if nobody reads the case), `unsure_trends` (trends with a
///   decision that is wrong with a probability of at least 0.2), `evidence` and `model`, and for
///   duplicates `duplicate_of` (the id of a row or case), `duplicate_in` (`batch` or `training`)
///   and `similarity`;
/// - in Parquet and Arrow the same with types: `suggested_trends` and `review_reasons` and
///   `unsure_trends` are lists of strings, `p_<key>` and `expected_errors` 64-bit floats,
///   `needs_review` is true or false, `evidence` and `model` are strings. Columns that come from
///   Parquet or Arrow keep their type and values;
/// - in JSON Lines one object `suggestions`, a [`Suggestion`]. Memory holds a bounded number of
///   rows (in columnar formats one record batch or row group; of a workbook the sheet), 10 bytes
///   per row for the check of ids, and 0.5 kB per row to mark duplicates. The bytes of the output do
///   not depend on the number of threads: gzip starts a member and Zstandard a frame after every
///   4,096 rows or 4 MB; Parquet has row groups of 65,536 rows or 64 MB; Arrow has the record
///   batches of the input, or 1,024 rows a batch. With [`BatchParams::stream`], a record batch is
///   answered before the next one is read, and a line of JSON before the next one has arrived
///   completely. Lines before the first line with a text column are answered together with that
///   line.
///
/// # Errors
/// [`Error::Io`] if reading or writing fails, [`Error::BadFile`] if an input lacks the text columns
/// or is damaged. Rows that fail do not end the batch: `watch` receives them, and the summary
/// counts them.
pub fn tag_batch(
    model: &Model,
    inputs: impl IntoIterator<Item = Result<Rows>>,
    params: &BatchParams,
    out: &mut dyn Write,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Summary> {
    run(model, inputs.into_iter(), params, Target::Stream(out), watch)
}

/// Does the same as [`tag_batch`], with a file that another run can resume. The resuming
/// run reads the finished rows again without tagging them, and checks that they are
/// unchanged. `watch` receives all rows that failed, including those that the interrupted
/// run reported. The file has the same bytes as the output of an unbroken run and of
/// [`tag_batch`].
///
/// # Errors
/// As [`tag_batch`]; [`Error::BadParam`] if the format cannot be resumed
/// ([`WriteOptions::is_resumable`]), and [`Error::BadFile`] if the interrupted run had
/// another model, other params or other rows.
pub fn tag_resumable(
    model: &Model,
    inputs: impl IntoIterator<Item = Result<Rows>>,
    params: &BatchParams,
    out: &mut Resumable,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Summary> {
    params.write.check_resumable()?;
    run(model, inputs.into_iter(), params, Target::Parts(out), watch)
}

/// Tags all rows of the inputs, in order, and passes each to `each` with its suggestion.
/// Nothing is written.
///
/// # Errors
/// As [`tag_batch`].
pub fn tag_each(
    model: &Model,
    inputs: impl IntoIterator<Item = Result<Rows>>,
    params: &BatchParams,
    each: &mut dyn FnMut(&Row, &Suggestion),
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Summary> {
    run(model, inputs.into_iter(), params, Target::Each(each), watch)
}

fn run(
    model: &Model,
    mut inputs: impl Iterator<Item = Result<Rows>>,
    params: &BatchParams,
    target: Target<'_>,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Summary> {
    // An input that cannot be tagged is reported before anything is written.
    let with_fields = |rows: Rows| Fields::of(&rows, &params.columns).map(|fields| (rows, fields));
    let first = inputs.next().transpose()?.map(with_fields).transpose()?;
    let added = AddedColumns::new(model, params.write.format, params.content);
    let formatter = match target {
        Target::Each(_) => None,
        Target::Stream(_) | Target::Parts(_) => {
            let first = first.as_ref().map(|(rows, _)| rows);
            Some(Formatter::new(first, &added.columns(), &params.write)?)
        }
    };
    let formatter = formatter.as_ref();
    let repeats = params.content.mark_duplicates;
    let repeats = repeats.then(|| Repeats::new(&model.tagger.training().known));
    // Only files can be resumed.
    let hashes = matches!(target, Target::Parts(_));
    let mut chunks = Chunks::new(first, inputs, params, formatter, repeats, hashes);
    let trends = model.tagger.taxonomy().len();
    let nothing = Summary {
        duplicates: params.content.mark_duplicates.then_some(0),
        per_trend: vec![0; trends],
        unsure: vec![0; trends],
        forecast: Forecast::new(&model.tagger.averaged()),
        ..Summary::default()
    };
    let identity = identity(model, params)?;
    let (mut writing, done) = Writing::begin(target, formatter, nothing.clone(), &identity)?;
    if let Some(done) = done {
        chunks.pass_over(done, watch)?;
        writing.tell_failed(watch);
    }
    let scratches = Mutex::default();
    let (content, ranking) = (params.content, params.ranking.as_ref());
    let batch = &Batch { model, added, formatter, content, ranking, nothing, scratches };
    if params.jobs <= 1 {
        while let Some(chunk) = chunks.next(watch)? {
            writing.write(batch.tag(chunk), watch)?;
        }
        let summary = writing.finish()?;
        return Ok(Summary { repairs: chunks.repairs(), ..summary });
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(params.jobs).build();
    let pool = pool.map_err(|e| Error::internal("threads cannot be started", e))?;
    pool.in_place_scope_fifo(|scope| {
        let (mut waiting, mut bytes) = (VecDeque::new(), 0);
        while let Some(chunk) = chunks.next(watch)? {
            let (sender, receiver) = sync_channel(1);
            let (size, waits) = (chunk.size, chunk.waits);
            // The receiver is dropped only if writing failed; then nobody waits for the
            // chunk.
            scope.spawn_fifo(move |_| _ = sender.send(batch.tag(chunk)));
            waiting.push_back((receiver, size));
            bytes += size;
            let most = if waits { 0 } else { WAITING * params.jobs };
            while waiting.len() > most || bytes > WAITING_BYTES && waiting.len() > 1 {
                let Some((receiver, size)) = waiting.pop_front() else { break };
                // A dropped sender has panicked. The scope reports the panic, and nothing
                // may be written after the gap.
                let Ok(done) = receiver.recv() else { return Ok(()) };
                bytes -= size;
                writing.write(done, watch)?;
            }
        }
        for (receiver, _) in waiting {
            let Ok(done) = receiver.recv() else { return Ok(()) };
            writing.write(done, watch)?;
        }
        Ok::<(), Error>(())
    })?;
    let summary = writing.finish()?;
    Ok(Summary { repairs: chunks.repairs(), ..summary })
}

impl Summary {
    fn add_case(&mut self, tagger: &Tagger, tagged: &Tagged) {
        let is_read = !tagged.review.is_empty();
        self.tagged += 1;
        self.review += u64::from(is_read);
        self.only_unsure += u64::from(tagged.review == [ReviewReason::Unsure]);
        self.no_text += u64::from(tagged.review.contains(&ReviewReason::NoText));
        tagged.review.iter().for_each(|&reason| *self.reasons.entry(reason).or_default() += 1);
        tagged.suggested.iter().for_each(|id| self.per_trend[id.index()] += 1);
        tagged.unsure.iter().for_each(|id| self.unsure[id.index()] += 1);
        self.verdicts.add_row(&tagger.decision().triage.verdicts(&tagged.probabilities));
        self.forecast.add(&tagged.probabilities, &tagged.suggested, is_read);
    }

    fn add(&mut self, more: &Self) {
        self.rows += more.rows;
        self.tagged += more.tagged;
        self.failed += more.failed;
        self.review += more.review;
        self.no_text += more.no_text;
        self.only_unsure += more.only_unsure;
        for (&reason, count) in &more.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        self.duplicates = self.duplicates.zip(more.duplicates).map(|(sum, n)| sum + n);
        self.per_trend.iter_mut().zip(&more.per_trend).for_each(|(sum, n)| *sum += n);
        self.unsure.iter_mut().zip(&more.unsure).for_each(|(sum, n)| *sum += n);
        self.verdicts.add(more.verdicts);
        self.forecast.join(&more.forecast);
    }
}

/// Everything that the bytes of the output depend on, except the rows.
fn identity(model: &Model, params: &BatchParams) -> Result<Map<String, Value>> {
    let params = serde_json::to_value(params);
    let params = params.map_err(|e| Error::internal("params cannot be written", e))?;
    let version = Value::from(env!("CARGO_PKG_VERSION"));
    Ok(Map::from_iter([
        ("version".to_owned(), version),
        ("model".to_owned(), Value::from(model.version.as_str())),
        ("params".to_owned(), params),
    ]))
}

struct Batch<'m> {
    model: &'m Model,
    added: AddedColumns<'m>,
    /// `None` if nothing is written.
    formatter: Option<&'m Formatter>,
    content: Content,
    ranking: Option<&'m Ranking>,
    /// Creates the summary of an empty batch.
    nothing: Summary,
    scratches: Mutex<Vec<Scratch>>,
}

impl Batch<'_> {
    fn tag(&self, chunk: Chunk) -> Done {
        let scratches = || self.scratches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = scratches().pop().unwrap_or_default();
        let mut summary = Summary { rows: chunk.len(), ..self.nothing.clone() };
        let mut made = match self.formatter {
            Some(formatter) => Made::Piece(formatter.piece()),
            None => Made::Rows(Vec::new()),
        };
        let mut errors = chunk.errors;
        for (number, (row, duplicate)) in (chunk.first_row..).zip(chunk.rows) {
            let mut texts = Vec::with_capacity(chunk.fields.text_columns().len());
            texts.extend(chunk.fields.texts(&row));
            let mut tagged = self.model.tagger.tag(&texts, self.content.explain, &mut scratch);
            drop(texts);
            self.ranking.into_iter().for_each(|ranking| ranking.mark(number, &mut tagged));
            let is_written = !self.content.only_review || !tagged.review.is_empty();
            let repeats = u64::from(duplicate.is_some());
            let written = match (&mut made, self.formatter) {
                (Made::Piece(piece), Some(formatter)) if is_written => {
                    formatter.add(piece, row, self.added.values(&tagged, duplicate, &chunk.fields))
                }
                (Made::Rows(rows), _) if is_written => {
                    rows.push((row, self.added.suggestion(&tagged, duplicate, &chunk.fields)));
                    Ok(())
                }
                _ => Ok(()),
            };
            match written {
                Ok(()) => {
                    summary.duplicates = summary.duplicates.map(|count| count + repeats);
                    summary.add_case(&self.model.tagger, &tagged);
                }
                Err(error) => errors.push(error),
            }
        }
        summary.failed = errors.len() as u64;
        scratches().push(scratch);
        Done {
            made,
            errors,
            summary,
            size: chunk.size,
            bytes_read: chunk.bytes_read,
            input: chunk.input,
            flush: chunk.waits,
        }
    }
}
