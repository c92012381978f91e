//! Tagging files of any length: rows in, tagged rows out, in order, in
//! parallel, with every row that failed reported.

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::FixedState;
use serde_json::{Map, Value, json};

use crate::artifact::Model;
use crate::case::{Columns, Fields, Format, Row, RowWriter, Rows, WriteOptions};
use crate::error::{Error, Result};
use crate::tagger::{Review, Scratch, Tagged};

/// How a batch is tagged.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchParams {
    /// Columns of the input that matter; the text columns stand for the last
    /// of the model's fields.
    pub columns: Columns,
    /// Format of the output.
    pub write: WriteOptions,
    /// Pieces of evidence per suggested trend.
    pub explain: usize,
    /// Threads that tag, at least 1.
    pub jobs: usize,
}

/// What came of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Rows in the input.
    pub rows: u64,
    /// Rows in the output.
    pub tagged: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Tagged rows that need review.
    pub review: u64,
    /// Those of them whose only reason is that triage leaves a trend to a person.
    pub review_of_trend_only: u64,
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
        /// Bytes read from the present input.
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
/// The columns of the output are those of the first input, then
/// `suggested_trends`, one `p_<key>` a trend, `needs_review`, `evidence` and
/// `model`; in JSON Lines, one object `suggestions`. Memory holds a bounded
/// number of rows, and eight bytes per row for the check of the ids.
///
/// # Errors
/// [`Error::Io`] if reading or writing fails, [`Error::BadFile`] if an input
/// lacks the text columns. Rows that fail do not end the batch: `watch` hears
/// of them, and the summary counts them.
pub fn tag_batch(
    model: &Model,
    inputs: Vec<Rows>,
    params: &BatchParams,
    out: &mut dyn Write,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Summary> {
    // An input that cannot be tagged is told before anything is written.
    for rows in &inputs {
        Fields::of(rows, &params.columns)?;
    }
    let header = inputs.first().map(|rows| rows.columns().to_vec()).unwrap_or_default();
    let writer = RowWriter::new(&header, &added_columns(model, &params.write), &params.write);
    let mut head = Vec::new();
    writer.write_header(&mut head);
    write(out, &head)?;

    let batch = Batch { model, writer, explain: params.explain, scratches: Mutex::default() };
    let mut summary =
        Summary { per_trend: vec![0; model.tagger.taxonomy().len()], ..Summary::default() };
    let mut finish = |done: Done, out: &mut dyn Write, watch: &mut dyn FnMut(Event<'_>)| {
        summary.add(&done);
        write(out, &done.bytes)?;
        done.errors.into_iter().for_each(|error| watch(Event::Failed(error)));
        watch(Event::Progress { rows: summary.rows, bytes: done.bytes_read });
        Ok::<(), Error>(())
    };
    let mut chunks = Chunks::new(inputs, params.columns.clone());
    if params.jobs <= 1 {
        while let Some(chunk) = chunks.next(watch)? {
            finish(batch.tag(chunk), out, watch)?;
        }
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
                first
                    .and_then(|r| r.recv().ok())
                    .map_or(Ok(()), |done| finish(done, out, watch))?;
            }
        }
        waiting
            .into_iter()
            .filter_map(|r| r.recv().ok())
            .try_for_each(|done| finish(done, out, watch))
    })?;
    Ok(summary)
}

fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes).map_err(|source| Error::io(PathBuf::from("output"), source))
}

/// Rows to be tagged together, in the order of the input, with the faults
/// found between them.
struct Chunk {
    rows: Vec<Row>,
    fields: Fields,
    errors: Vec<Error>,
    bytes_read: u64,
}

/// Cuts the inputs into chunks.
struct Chunks {
    inputs: std::vec::IntoIter<Rows>,
    columns: Columns,
    current: Option<(Rows, Fields)>,
    /// Hashes of the ids so far.
    ids: HashSet<u64, FixedState>,
}

impl Chunks {
    fn new(inputs: Vec<Rows>, columns: Columns) -> Self {
        Self { inputs: inputs.into_iter(), columns, current: None, ids: HashSet::default() }
    }

    fn next(&mut self, watch: &mut dyn FnMut(Event<'_>)) -> Result<Option<Chunk>> {
        if self.current.is_none() {
            let Some(rows) = self.inputs.next() else { return Ok(None) };
            let fields = Fields::of(&rows, &self.columns)?;
            self.current = Some((rows, fields));
        }
        let Some((rows, fields)) = &mut self.current else { return Ok(None) };
        let mut chunk = Chunk {
            rows: Vec::with_capacity(CHUNK_ROWS),
            fields: fields.clone(),
            errors: Vec::new(),
            bytes_read: 0,
        };
        let start = rows.bytes_read();
        let mut ended = false;
        while chunk.rows.len() < CHUNK_ROWS && rows.bytes_read() - start < CHUNK_BYTES {
            match rows.next() {
                Some(Ok(row)) => {
                    let id = fields.id(&row);
                    if !self.ids.insert(FixedState::default().hash_one(id.as_bytes())) {
                        watch(Event::RepeatedId { id: &id, row: &row });
                    }
                    chunk.rows.push(row);
                }
                Some(Err(error)) if error.is_row() => chunk.errors.push(error),
                Some(Err(error)) => return Err(error),
                None => {
                    ended = true;
                    break;
                }
            }
        }
        chunk.bytes_read = rows.bytes_read();
        if ended {
            self.current = None;
        }
        Ok(Some(chunk))
    }
}

/// A chunk that is tagged and formatted.
struct Done {
    bytes: Vec<u8>,
    errors: Vec<Error>,
    rows: u64,
    review: u64,
    review_of_trend_only: u64,
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
        self.per_trend.iter_mut().zip(&done.per_trend).for_each(|(sum, n)| *sum += n);
    }
}

struct Batch<'m> {
    model: &'m Model,
    writer: RowWriter,
    explain: usize,
    scratches: Mutex<Vec<Scratch>>,
}

impl Batch<'_> {
    fn tag(&self, chunk: Chunk) -> Done {
        let scratches = || self.scratches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = scratches().pop().unwrap_or_default();
        let mut done = Done {
            bytes: Vec::new(),
            rows: (chunk.rows.len() + chunk.errors.len()) as u64,
            errors: chunk.errors,
            review: 0,
            review_of_trend_only: 0,
            per_trend: vec![0; self.model.tagger.taxonomy().len()],
            bytes_read: chunk.bytes_read,
        };
        let mut texts = Vec::new();
        for row in &chunk.rows {
            texts.clear();
            texts.extend(chunk.fields.texts(row));
            let tagged = self.model.tagger.tag(&texts, self.explain, &mut scratch);
            let added = match self.writer.added() {
                [_] => vec![self.suggestions(&tagged, &chunk.fields)],
                _ => self.cells(&tagged),
            };
            match self.writer.write_row(&mut done.bytes, row, &added) {
                Ok(()) => {
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

    /// The cells of a table: see [`added_columns`].
    fn cells(&self, tagged: &Tagged) -> Vec<Value> {
        let taxonomy = self.model.tagger.taxonomy();
        let mut cells = vec![Value::from(taxonomy.format_cell(&tagged.suggested))];
        cells.extend(tagged.probabilities.iter().map(|p| Value::from(format!("{p:.4}"))));
        let reasons: Vec<&str> = tagged.review.iter().map(|r| r.reason()).collect();
        cells.push(Value::from(match reasons.as_slice() {
            [] => "no".to_owned(),
            reasons => format!("yes: {}", reasons.join(", ")),
        }));
        let evidence = tagged.evidence.iter().filter(|(_, evidence)| !evidence.is_empty());
        let evidence = evidence.map(|(id, evidence)| {
            let terms = evidence.iter().map(|e| format!("{} {:+.2}", e.term, e.contribution));
            format!("{}: {}", taxonomy.key(*id), terms.collect::<Vec<_>>().join(", "))
        });
        cells.push(Value::from(evidence.collect::<Vec<_>>().join("; ")));
        cells.push(Value::from(self.model.version.as_str()));
        cells
    }

    /// The same as one JSON object.
    fn suggestions(&self, tagged: &Tagged, fields: &Fields) -> Value {
        let tagger = &self.model.tagger;
        let taxonomy = tagger.taxonomy();
        let rounded = |p: f64| Value::from((p * 1e4).round() / 1e4);
        let keys = taxonomy.iter().map(|(_, trend)| trend.key.clone());
        let probabilities: Map<String, Value> =
            keys.zip(tagged.probabilities.iter().map(|&p| rounded(p))).collect();
        let evidence: Map<String, Value> = tagged
            .evidence
            .iter()
            .map(|(id, evidence)| {
                let evidence = evidence.iter().map(|e| {
                    let spans: Vec<Value> = e
                        .spans
                        .iter()
                        .map(|s| {
                            let field = &fields.text_columns()[s.field].name;
                            json!({ "field": field, "start": s.start, "end": s.end })
                        })
                        .collect();
                    json!({ "term": e.term, "contribution": rounded(e.contribution), "spans": spans })
                });
                (taxonomy.key(*id).to_owned(), Value::Array(evidence.collect()))
            })
            .collect();
        json!({
            "trends": tagged.suggested.iter().map(|id| taxonomy.key(id)).collect::<Vec<_>>(),
            "probabilities": probabilities,
            "needs_review": !tagged.review.is_empty(),
            "review_reasons": tagged.review,
            "evidence": evidence,
            "model": self.model.version,
        })
    }
}

/// The columns that tagging adds.
fn added_columns(model: &Model, write: &WriteOptions) -> Vec<String> {
    if write.format == Format::Jsonl {
        return vec!["suggestions".to_owned()];
    }
    let mut columns = vec!["suggested_trends".to_owned()];
    columns.extend(model.tagger.taxonomy().iter().map(|(_, trend)| format!("p_{}", trend.key)));
    columns.extend(["needs_review", "evidence", "model"].map(str::to_owned));
    columns
}
