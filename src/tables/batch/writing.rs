//! Writes tagged chunks in order, counts rows, and records complete parts.

use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Event, Summary};
use crate::error::{Error, Place, Remedy, Result};
use crate::tables::output::Resumable;
use crate::tables::{Formatter, PartSize, Piece, Row, Sink};
use crate::tagger::Suggestion;

/// The destination of tagged rows.
pub(super) enum Target<'o> {
    Stream(&'o mut dyn Write),
    Parts(&'o mut Resumable),
    Each(&'o mut dyn FnMut(&Row, &Suggestion)),
}

/// Tagged rows, either formatted or as values.
pub(super) enum Made {
    Piece(Piece),
    Rows(Vec<(Row, Suggestion)>),
}

/// A chunk that is tagged.
pub(super) struct Done {
    pub(super) made: Made,
    pub(super) errors: Vec<Error>,
    pub(super) summary: Summary,
    /// Bytes of the rows.
    pub(super) size: u64,
    pub(super) bytes_read: u64,
    pub(super) input: u64,
    /// Whether writing may wait for the reader.
    pub(super) flush: bool,
}

/// The position of a run in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Rows read.
    pub(super) rows: u64,
    /// A hash of these rows.
    pub(super) input: u64,
}

/// The state that is recorded with each complete part.
#[derive(Serialize, Deserialize)]
struct State {
    position: Position,
    summary: Summary,
    failed: Vec<FailedRow>,
    /// The argument of [`Sink::go_on`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    part: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct FailedRow {
    place: Place,
    reason: String,
    remedy: Remedy,
}

/// An output that is being written.
pub(super) struct Writing<'o> {
    target: Target<'o>,
    /// `None` if nothing is written.
    sink: Option<Sink>,
    size: PartSize,
    /// Bytes written since the last cut.
    part: PartSize,
    summary: Summary,
    /// Rows that failed in the parts of an interrupted run or in this part.
    failed: Vec<FailedRow>,
}

impl<'o> Writing<'o> {
    /// Starts an output, or resumes an interrupted one and returns its position.
    pub(super) fn begin(
        mut target: Target<'o>,
        formatter: Option<&Formatter>,
        nothing: Summary,
        identity: &Map<String, Value>,
    ) -> Result<(Self, Option<Position>)> {
        let part = PartSize { rows: 0, bytes: 0 };
        let Some(formatter) = formatter else {
            let (summary, failed) = (nothing, Vec::new());
            return Ok((Self { target, sink: None, size: part, part, summary, failed }, None));
        };
        let mut sink = formatter.sink()?;
        let states = match &mut target {
            Target::Parts(output) => output.begin(identity)?,
            Target::Stream(_) | Target::Each(_) => Vec::new(),
        };
        let states = states.into_iter().map(serde_json::from_value::<State>);
        let mut states = states.collect::<Result<Vec<_>, _>>().map_err(journal_failed)?;
        let failed = states.iter_mut().flat_map(|state| state.failed.drain(..)).collect();
        let (position, summary) = match states.pop() {
            Some(last) => {
                let parts = states.into_iter().map(|state| state.part).chain([last.part]);
                sink.go_on(&parts.collect::<Vec<_>>())?;
                (Some(last.position), last.summary)
            }
            None => {
                target.writer().map_or(Ok(()), |out| sink.start(out))?;
                (None, nothing)
            }
        };
        let (sink, size) = (Some(sink), formatter.part_size());
        Ok((Self { target, sink, size, part, summary, failed }, position))
    }

    /// Reports the rows again that had failed in an interrupted run.
    pub(super) fn tell_failed(&mut self, watch: &mut dyn FnMut(Event<'_>)) {
        for FailedRow { place, reason, remedy } in self.failed.drain(..) {
            watch(Event::Failed(Error::BadRow { place: Box::new(place), reason, remedy }));
        }
    }

    /// Writes the next chunk.
    pub(super) fn write(&mut self, done: Done, watch: &mut dyn FnMut(Event<'_>)) -> Result<()> {
        self.summary.add(&done.summary);
        match (done.made, &mut self.target) {
            (Made::Rows(rows), Target::Each(each)) => {
                rows.iter().for_each(|(row, suggestion)| each(row, suggestion));
            }
            (Made::Piece(piece), _) => self.write_by(|sink, out| sink.write(piece, out))?,
            (Made::Rows(_), _) => {}
        }
        for error in done.errors {
            if let (Target::Parts(_), Error::BadRow { place, reason, remedy }) =
                (&self.target, &error)
            {
                let (reason, remedy) = (reason.clone(), remedy.clone());
                self.failed.push(FailedRow { place: Place::clone(place), reason, remedy });
            }
            watch(Event::Failed(error));
        }
        if done.flush {
            self.write_by(Sink::flush)?;
        }
        self.part.rows += done.summary.rows;
        self.part.bytes += done.size;
        if self.part.rows >= self.size.rows || self.part.bytes >= self.size.bytes {
            self.cut(Position { rows: self.summary.rows, input: done.input })?;
        }
        watch(Event::Progress { rows: self.summary.rows, bytes: done.bytes_read });
        Ok(())
    }

    /// Calls `write` on the sink, if there is an output.
    fn write_by<T: Default>(
        &mut self,
        write: impl FnOnce(&mut Sink, &mut dyn Write) -> Result<T>,
    ) -> Result<T> {
        match (&mut self.sink, self.target.writer()) {
            (Some(sink), Some(out)) => write(sink, out),
            _ => Ok(T::default()),
        }
    }

    fn cut(&mut self, position: Position) -> Result<()> {
        self.part = PartSize { rows: 0, bytes: 0 };
        let part = self.write_by(Sink::cut)?;
        let Target::Parts(output) = &mut self.target else { return Ok(()) };
        let failed = std::mem::take(&mut self.failed);
        let state = State { position, summary: self.summary.clone(), failed, part };
        output.record(serde_json::to_value(state).map_err(journal_failed)?)
    }

    /// Completes the output.
    pub(super) fn finish(mut self) -> Result<Summary> {
        if let (Some(sink), Some(out)) = (self.sink, self.target.writer()) {
            sink.finish(out)?;
        }
        Ok(self.summary)
    }
}

impl Target<'_> {
    fn writer(&mut self) -> Option<&mut dyn Write> {
        match self {
            Self::Stream(out) => Some(out),
            Self::Parts(output) => Some(*output),
            Self::Each(_) => None,
        }
    }
}

fn journal_failed(error: serde_json::Error) -> Error {
    Error::internal("the journal of the run is invalid", error)
}
