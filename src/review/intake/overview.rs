//! The overview of a batch: how frequent its trends are; and its report.

use std::collections::BTreeMap;
use std::fs::File;

use serde::Serialize;
use serde_json::Value;

use super::settings::NO_COLUMN;
use super::tagging::Tagging;
use crate::error::{Error, Result};
use crate::evaluate::landscape::quantify::Counting;
use crate::evaluate::landscape::{Batch, BatchCase, HeldOut, Labels, Landscape, LandscapeParams};
use crate::pages::Cover;
use crate::pages::landscape::{self, BatchOptions};
use crate::review::db::refusal::Refusal;
use crate::review::{ExportParams, ExportedCases};
use crate::stats::Estimate;
use crate::tables::{Columns, Format, ReadOptions, WriteOptions};
use crate::tagger::Model;

/// The overview of a batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Overview {
    /// Its name.
    pub(crate) batch: String,
    /// Its cases.
    pub(crate) cases: usize,
    /// Whether any of its trends were decided by people.
    pub(crate) labels: Labels,
    /// How frequent each trend is, in the order of the taxonomy.
    pub(crate) trends: Vec<TrendShare>,
    /// Cases whose suggestion nobody may see before they are answered.
    pub(crate) hidden: u64,
    /// What was found when its file was tagged; `None` if no file is kept.
    pub(crate) facts: Option<Value>,
}

/// How frequent a trend is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TrendShare {
    /// Its key.
    pub(crate) key: String,
    /// Cases that have it.
    pub(crate) count: usize,
    /// Its share of the cases, corrected for the errors of the model where they are known.
    pub(crate) share: Option<Estimate>,
    /// Whether it is corrected.
    pub(crate) is_corrected: bool,
}

impl Tagging<'_> {
    /// Returns the cases of a batch with their final trends so far; `None` if no case has
    /// trends that may be shown.
    fn batch(&self, name: &str) -> Result<Option<Batch>, Refusal> {
        let folder = tempfile::tempdir().map_err(|e| Error::internal("no temporary folder", e))?;
        let path = folder.path().join("batch.jsonl");
        let params = ExportParams {
            write: WriteOptions::new(Format::Jsonl),
            batch: Some(name.to_owned()),
            cases: ExportedCases::Finished,
            with_reviewers: false,
            one_column_per_trend: false,
            without_waiting: true,
        };
        let mut out = File::create(&path).map_err(|source| Error::io(&path, source))?;
        self.store.export(&params, &mut out)?;
        let file = self.store.file_of(name)?;
        let mut read = ReadOptions::default();
        match &file {
            Some(file) => read.columns = self.options(file)?.columns,
            None => read.columns.text = self.store.text_columns_of(name)?,
        }
        if read.columns.id == NO_COLUMN {
            read.columns.id = Columns::default().id;
        }
        let options = BatchOptions {
            read,
            known: vec![self.model.tagger.taxonomy().clone()],
            ..BatchOptions::default()
        };
        let (mut batch, _) = match Batch::open(&[path], &options) {
            Err(Error::BadFile { .. } | Error::BadCorpus { .. }) => return Ok(None),
            opened => opened?,
        };
        if batch.cases.is_empty() {
            return Ok(None);
        }
        batch.files = vec![name.to_owned()];
        Ok(Some(batch))
    }

    /// Returns the overview of a batch.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub(crate) fn overview(&self, name: &str) -> Result<Overview, Refusal> {
        let facts = self.store.file_of(name)?.and_then(|file| file.facts);
        let hidden = self.store.hidden_in(name)?;
        let batch = name.to_owned();
        let Some(found) = self.batch(name)? else {
            let (cases, labels, trends) = (0, Labels::Finished, Vec::new());
            return Ok(Overview { batch, cases, labels, trends, hidden, facts });
        };
        let counting = Counting::of(&found, &held_out(self.model, &found));
        let cases: Vec<&BatchCase> = found.cases.iter().collect();
        let share = |(id, trend): (_, &crate::taxonomy::Trend)| {
            let frequency = counting.frequency(id, &cases);
            TrendShare {
                key: trend.key.clone(),
                count: frequency.count,
                share: frequency.best(),
                is_corrected: frequency.corrected.is_some(),
            }
        };
        let trends = found.taxonomy.iter().map(share).collect();
        Ok(Overview { batch, cases: cases.len(), labels: found.labels, trends, hidden, facts })
    }

    /// Renders the report of a batch.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub(crate) fn report(&self, name: &str) -> Result<String, Refusal> {
        let batch = self.batch(name)?.ok_or_else(|| {
            Refusal::NotAllowed("no case of the batch has trends that may be shown yet".into())
        })?;
        let params = LandscapeParams {
            text: self.model.tagger.params().features.text.clone(),
            ..LandscapeParams::default()
        };
        let landscape = Landscape::of(&batch, &held_out(self.model, &batch), &params)?;
        Ok(landscape::page::render(&landscape, &Cover::default())?)
    }
}

/// Returns the error rates of the model on unseen cases by the key of the trend, if it alone
/// tagged the batch.
fn held_out(model: &Model, batch: &Batch) -> BTreeMap<String, HeldOut> {
    if batch.models != [model.version.clone()] {
        return BTreeMap::new();
    }
    let quality = &model.tagger.training().quality;
    let of_trends = quality.per_trend.iter();
    of_trends.map(|trend| (trend.key.clone(), HeldOut::of(trend, quality.cases))).collect()
}
