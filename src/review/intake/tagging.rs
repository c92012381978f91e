//! Tagging a kept file: its cases become a batch of the review, and what was found is kept
//! with it.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::preview::{NAMED_FAILURES, Said};
use crate::error::{Error, Result};
use crate::evaluate::drift::{Drift, DriftParams};
use crate::review::Added;
use crate::review::db::kept_file::KeptFile;
use crate::review::db::refusal::Refusal;
use crate::review::db::store::Store;
use crate::review::views::cases_file::BatchCases;
use crate::tables::batch::{
    BatchParams, Content, EVIDENCE, Event, LOOK_AHEAD, Summary, tag_batch, tag_each,
};
use crate::tables::{Fields, Format, MissingText, ReadOptions, Rows, WriteOptions};
use crate::tagger::{Corpus, Model, Suggestion};

/// What is needed to tag files.
pub(crate) struct Tagging<'t> {
    pub(crate) store: &'t Store,
    pub(crate) model: &'t Model,
    /// The training cases of the model, if they are known.
    pub(crate) learned_from: Option<&'t Corpus>,
    /// The bytes that a file may expand to.
    pub(crate) max_expanded: u64,
    /// Set to end the work.
    pub(crate) stop: &'t Arc<AtomicBool>,
}

/// A file with the cases of a batch, and how it is read.
pub(crate) struct Source {
    copy: NamedTempFile,
    name: String,
    options: ReadOptions,
}

/// What was found when a file was tagged, and its texts.
pub(crate) struct Found {
    facts: Value,
    texts: Vec<Vec<String>>,
}

/// What was found when a file was tagged.
#[derive(Debug, Serialize)]
struct Facts<'f> {
    /// The name of the file; `None` if a command has added the cases.
    file: Option<&'f str>,
    model: &'f str,
    rows: u64,
    tagged: u64,
    failed: u64,
    without_text: u64,
    /// Cases that were in the review already.
    known: u64,
    blind_check: u64,
    overlap: u64,
    needs_review: u64,
    only_unsure: u64,
    reasons: BTreeMap<&'static str, u64>,
    f1_unread: Option<f64>,
    f1_finished: Option<f64>,
    target_f1: Option<f64>,
    wrong_tags_left: f64,
    repairs: Vec<String>,
    notes: Vec<Said>,
    failures: Vec<Said>,
    /// Set once it is measured.
    drift: Option<Value>,
    /// Why it was not measured.
    no_drift: Option<String>,
}

/// Maximum number of cases whose drift is measured, which bounds memory.
const MOST_COMPARED: usize = 100_000;

impl Tagging<'_> {
    /// Adds the cases of a kept file as its batch, and stores what was found. `progress`
    /// receives the number of rows read.
    ///
    /// # Errors
    /// Whatever is wrong with the file as a whole, [`Error::Interrupted`] if the work was
    /// ended: then it can be begun again.
    pub(crate) fn run(
        &self,
        file: &KeptFile,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Found, Refusal> {
        let source = self.sent(file)?;
        let rows = self.rows(&source)?;
        let notes = rows.notes().iter().map(Said::of_note).collect();
        let (summary, texts, mut failures) = self.summarise(rows, &source.options, progress)?;
        let rows = self.rows(&source)?;
        let mut params = file.plan.params(&file.batch);
        params.columns = source.options.columns;
        let before = failures.len();
        let mut failed = |error: Error| {
            let said = Said::of(&error);
            if failures.len() < before + NAMED_FAILURES && !failures.contains(&said) {
                failures.push(said);
            }
        };
        let added = self.store.add(self.model, rows, &params, &mut failed)?;
        // An interrupted run may have added all cases already.
        if added.added == 0 && !self.store.has_batch(&file.batch)? {
            return Err(nothing_added(file, &added, &failures));
        }
        let facts = json!(self.facts(Some(&file.name), &summary, &added, notes, failures));
        self.store.note_tagged(file, &facts)?;
        Ok(Found { facts, texts })
    }

    /// Measures how far a tagged file is from the training cases, which takes longer than
    /// tagging it, and stores that too.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if the batch was withdrawn since.
    pub(crate) fn measure(&self, file: &KeptFile, found: Found) -> Result<(), Refusal> {
        self.store.note_tagged(file, &self.with_drift(found))
    }

    /// Returns what is found in a batch that a command has added.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub(crate) fn look_at(&self, batch: &str) -> Result<Value, Refusal> {
        let (source, cases) = self.cases(batch)?;
        let rows = self.rows(&source)?;
        let (summary, texts, failures) = self.summarise(rows, &source.options, &mut |_| {})?;
        let (blind_check, overlap) = (cases.blind_check, cases.overlap);
        let added = Added { added: summary.rows, blind_check, overlap, ..Added::default() };
        let facts = json!(self.facts(None, &summary, &added, Vec::new(), failures));
        Ok(self.with_drift(Found { facts, texts }))
    }

    fn with_drift(&self, found: Found) -> Value {
        let Found { mut facts, texts } = found;
        match self.drift(&texts) {
            Ok(drift) => facts["drift"] = drift,
            Err(why) => facts["no_drift"] = why.into(),
        }
        facts
    }

    /// Writes the tagged form of a file, with the bytes that the command writes.
    pub(crate) fn write(
        &self,
        source: &Source,
        format: Format,
        out: &mut dyn Write,
    ) -> Result<(), Refusal> {
        let mut rows = self.rows(source)?;
        let write = WriteOptions::for_rows(format, &rows);
        if format != Format::Jsonl {
            rows.look_ahead(LOOK_AHEAD);
        }
        let params = BatchParams { write, ..self.params(&source.options) };
        tag_batch(self.model, [Ok(rows)], &params, out, &mut |_| {})?;
        Ok(())
    }

    /// Returns a kept file as it was sent.
    pub(crate) fn sent(&self, file: &KeptFile) -> Result<Source, Refusal> {
        let mut copy = temporary()?;
        self.store.write_file(file.number, &mut copy)?;
        Ok(Source { copy, name: file.name.clone(), options: self.options(file)? })
    }

    /// Returns the cases of a batch as they were added, and what is known of them.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub(crate) fn cases(&self, batch: &str) -> Result<(Source, BatchCases), Refusal> {
        let mut copy = temporary()?;
        let mut out = BufWriter::new(copy.as_file_mut());
        let cases = self.store.write_cases(batch, &mut out)?;
        out.flush().map_err(|source| Error::Output { source })?;
        drop(out);
        let mut options = ReadOptions { format: Some(Format::Jsonl), ..ReadOptions::default() };
        options.columns.text.clone_from(&cases.text_columns);
        // The command may have allowed it.
        options.columns.missing_text = MissingText::Allow;
        Ok((Source { copy, name: batch.to_owned(), options }, cases))
    }

    pub(super) fn options(&self, file: &KeptFile) -> Result<ReadOptions> {
        file.plan.read.options(self.model, self.max_expanded)
    }

    fn rows(&self, source: &Source) -> Result<Rows> {
        let rows = Rows::open_as(source.copy.path(), &source.name, &source.options)?;
        Ok(rows.stop_when(self.stop.clone()))
    }

    fn params(&self, options: &ReadOptions) -> BatchParams {
        BatchParams {
            columns: options.columns.clone(),
            write: WriteOptions::new(Format::Jsonl),
            content: Content { explain: EVIDENCE, ..Content::default() },
            ranking: None,
            stream: false,
            jobs: rayon::current_num_threads(),
        }
    }

    /// Counts the suggestions, and collects the texts.
    fn summarise(
        &self,
        rows: Rows,
        options: &ReadOptions,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Summary, Vec<Vec<String>>, Vec<Said>)> {
        let fields = Fields::of(&rows, &options.columns)?;
        let (mut texts, mut failures) = (Vec::new(), Vec::new());
        let mut each = |row: &crate::tables::Row, _: &Suggestion| {
            if texts.len() <= MOST_COMPARED {
                texts.push(fields.owned_texts(row));
            }
        };
        let mut watch = |event: Event<'_>| match event {
            Event::Failed(error) if failures.len() < NAMED_FAILURES => {
                failures.push(Said::of(&error));
            }
            Event::Progress { rows, .. } => progress(rows),
            _ => {}
        };
        let content = Content { explain: 0, ..self.params(options).content };
        let params = BatchParams { content, ..self.params(options) };
        let summary = tag_each(self.model, [Ok(rows)], &params, &mut each, &mut watch)?;
        Ok((summary, texts, failures))
    }

    /// Returns the drift of the texts from the training cases, or why it is not measured.
    fn drift(&self, texts: &[Vec<String>]) -> Result<Value, String> {
        let Some(corpus) = self.learned_from else {
            return Err("the cases that the model learned from are not known here".into());
        };
        if texts.len() > MOST_COMPARED {
            return Err(format!("there are more than {MOST_COMPARED} cases"));
        }
        let drift = Drift::of(&self.model.tagger, corpus, texts, &DriftParams::default());
        let drift = drift.map_err(|error| error.to_string())?;
        let mut said = json!(drift);
        said["causes"] = drift.causes.iter().map(|cause| cause.in_words()).collect();
        for (finding, said) in
            drift.findings.iter().zip(said["findings"].as_array_mut().into_iter().flatten())
        {
            said["measure"] = finding.measure.label().into();
        }
        Ok(said)
    }

    fn facts<'f>(
        &'f self,
        file: Option<&'f str>,
        summary: &Summary,
        added: &Added,
        notes: Vec<Said>,
        failures: Vec<Said>,
    ) -> Facts<'f> {
        let limit = self.model.tagger.decision().reading.as_ref();
        let known = |value: Option<f64>| value.filter(|_| limit.is_some());
        Facts {
            file,
            model: &self.model.version,
            rows: summary.rows,
            tagged: summary.tagged,
            failed: summary.rows - added.added - added.known,
            without_text: summary.no_text,
            known: added.known,
            blind_check: added.blind_check,
            overlap: added.overlap,
            needs_review: summary.review,
            only_unsure: summary.only_unsure,
            reasons: summary.reasons.iter().map(|(reason, n)| (reason.code(), *n)).collect(),
            f1_unread: known(summary.forecast.f1_unread()),
            f1_finished: known(summary.forecast.f1_finished()),
            target_f1: limit.map(|limit| limit.target_f1),
            wrong_tags_left: summary.forecast.wrong_tags_left,
            repairs: summary.repairs.in_words(),
            notes,
            failures,
            drift: None,
            no_drift: None,
        }
    }
}

fn temporary() -> Result<NamedTempFile> {
    NamedTempFile::new().map_err(|source| Error::internal("no temporary file can be made", source))
}

/// The refusal of a file without new cases.
fn nothing_added(file: &KeptFile, added: &Added, failures: &[Said]) -> Refusal {
    if added.known > 0 && added.failed == 0 {
        let reason = format!("{}: all of its cases are in the review already", file.name);
        return Refusal::NotAllowed(reason);
    }
    let first = failures.first().map_or("there is no row with a case", |said| &said.words);
    Refusal::NotAllowed(format!("{}: no case can be added: {first}", file.name))
}
