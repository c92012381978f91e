//! The record of a version: its data, its quality, and the result of its comparison with
//! the champion at that time.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bad;
use crate::decision::{Triage, TriageCase, TriageSummary};
use crate::error::{Error, Result};
use crate::evaluate::interval::{BootstrapParams, Interval, intervals};
use crate::evaluate::protocol::mean_metrics;
use crate::evaluate::slices::{Judged, Slice, slices};
use crate::metrics::Outcome;
use crate::metrics::agreement::AgreementByTrend;
use crate::metrics::{Figure, Metrics};
use crate::tagger::Model;
use crate::tagger::{Case, Corpus};
use crate::taxonomy::Taxonomy;
use crate::versions::retraining::LabelOrigin;
use crate::versions::retraining::Verdict;

/// Version of the record format.
const SCHEMA: u32 = 1;

/// Metadata columns with values to count, if a corpus has them.
const COUNTED: [&str; 2] = ["year", "country"];

/// The record of a version: the content of its `evaluation.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Version of this format.
    pub schema: u32,
    /// Id of the version.
    pub version: String,
    /// Its training data.
    pub data: DataSummary,
    /// Quality of its recipe on cases that the tested models had not seen; `None` if not
    /// measured.
    pub quality: Option<Quality>,
    /// Agreement of two annotators on the corpus, if it has the labels of both.
    pub human: Option<AgreementByTrend>,
    /// Result of the comparison with the champion, if there was one.
    pub verdict: Option<Verdict>,
    /// Who created it, and when; `None` if unknown.
    #[serde(default)]
    pub made: Option<Made>,
    /// Licence of the model, as an SPDX identifier; `None` if nobody stated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
}

/// Counts of labelled cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataSummary {
    /// SHA-256 over ids, texts and gold trends, as in the model.
    pub fingerprint: String,
    /// Number of cases.
    pub cases: usize,
    /// Number of examples, which are also used for training.
    #[serde(default)]
    pub examples: usize,
    /// Cases by origin of their labels.
    pub by_origin: BTreeMap<LabelOrigin, usize>,
    /// Cases by trend, in the order of the taxonomy; a case can have several.
    pub by_trend: Vec<(String, usize)>,
    /// Number of words in the texts of a case: the 10 %, 50 % and 90 % quantiles.
    #[serde(default)]
    pub words: Option<[usize; 3]>,
    /// Cases by value of the columns `year` and `country`, if the corpus has them.
    pub by_column: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Measured quality, and how it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// The protocol, in words.
    pub protocol: String,
    /// The figures: means over repeats.
    pub metrics: Metrics,
    /// Bootstrap limits of some of them.
    pub intervals: Vec<Interval>,
    /// Figures of subsets of the cases: by length of the texts, agreement of the
    /// annotators, year and country.
    #[serde(default)]
    pub parts: Vec<Slice>,
    /// Number of cases that triage decides completely, and number of these that are
    /// exactly right.
    #[serde(default)]
    pub rows: Option<TriageSummary>,
}

/// Who created a version, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Made {
    /// Name of the person.
    pub by: String,
    /// Time in UTC, as RFC 3339.
    pub time: String,
}

impl Quality {
    /// Computes the figures of outcomes, one per repeat, on cases that the taggers had
    /// not seen. `protocol` describes the protocol in words.
    ///
    /// # Errors
    /// As [`intervals`].
    pub fn of(outcomes: &[Vec<Outcome>], taxonomy: &Taxonomy, protocol: String) -> Result<Self> {
        let figures = Figure::headline_and_trends(taxonomy);
        Ok(Self {
            protocol,
            metrics: mean_metrics(outcomes, taxonomy)?,
            intervals: intervals(outcomes, taxonomy.len(), &figures, &BootstrapParams::default())?,
            parts: Vec::new(),
            rows: None,
        })
    }

    /// Adds the figures of subsets of the cases, by length, annotators, year and country,
    /// and the effect of a model's triage on whole cases.
    ///
    /// # Errors
    /// As [`slices`].
    pub fn in_parts(
        mut self,
        outcomes: &[Vec<Outcome>],
        corpus: &Corpus,
        triage: &Triage,
    ) -> Result<Self> {
        let judged: Vec<Vec<Judged<'_>>> =
            outcomes.iter().map(|outcomes| Judged::all(outcomes, Some(triage))).collect();
        self.parts = slices(&judged, corpus, &COUNTED)?;
        self.rows = outcomes.first().map(|outcomes| {
            let cases = outcomes.iter();
            let cases =
                cases.map(|o| TriageCase { probabilities: &o.probabilities, gold: &o.gold });
            TriageSummary::of(triage, &cases.collect::<Vec<_>>())
        });
        Ok(self)
    }
}

impl Record {
    /// Creates the record of a model that learned from the labelled cases of `corpus`.
    /// `origins` has one entry per case.
    pub fn new(model: &Model, corpus: &Corpus, origins: &[LabelOrigin]) -> Self {
        Self {
            schema: SCHEMA,
            version: model.version.clone(),
            data: DataSummary::of(model, corpus, origins),
            quality: None,
            human: crate::evaluate::protocol::human(corpus),
            verdict: None,
            made: None,
            license: None,
        }
    }

    /// Creates a record from a model alone, if none was stored with it.
    pub fn of_model(model: &Model) -> Self {
        let training = model.tagger.training();
        let support = training.quality.per_trend.iter();
        Self {
            schema: SCHEMA,
            version: model.version.clone(),
            data: DataSummary {
                fingerprint: training.fingerprint.clone(),
                cases: training.cases,
                examples: 0,
                by_origin: BTreeMap::new(),
                by_trend: support.map(|t| (t.key.clone(), t.support as usize)).collect(),
                by_column: BTreeMap::new(),
                words: None,
            },
            quality: None,
            human: None,
            verdict: None,
            made: None,
            license: (model.is_built_in()).then(|| Model::BUILT_IN_LICENSE.to_owned()),
        }
    }

    /// Returns whether it was created from a model file alone ([`Record::of_model`]).
    pub(super) fn is_of_model_alone(&self) -> bool {
        self.data.cases > 0 && self.data.by_origin.is_empty()
    }

    /// Macro F1, if quality was measured.
    pub fn macro_f1(&self) -> Option<f64> {
        self.quality.as_ref()?.metrics.overall.macro_average.f1
    }

    pub(super) fn to_json(&self) -> Result<String> {
        let json = serde_json::to_string_pretty(self);
        Ok(json.map_err(|e| Error::internal("a record cannot be written", e))? + "\n")
    }

    pub(super) fn from_json(text: &str, path: &Path) -> Result<Self> {
        let again = "get the file again, or train the version again";
        let unreadable = |e: serde_json::Error| bad(path, format!("it cannot be read: {e}"), again);
        let record: serde_json::Value = serde_json::from_str(text).map_err(unreadable)?;
        // Another format can have other fields, so the format number is read first.
        match record.get("schema").and_then(serde_json::Value::as_u64) {
            Some(schema) if schema != u64::from(SCHEMA) => {
                let reason = format!("its form is {schema}, this version reads {SCHEMA}");
                Err(bad(path, reason, "use the version of trendtag that wrote it"))
            }
            _ => serde_json::from_value(record).map_err(unreadable),
        }
    }
}

impl DataSummary {
    fn of(model: &Model, corpus: &Corpus, origins: &[LabelOrigin]) -> Self {
        let labelled = || corpus.cases.iter().filter(|case| case.gold.is_some());
        let mut by_trend: Vec<(String, usize)> =
            corpus.taxonomy.iter().map(|(_, trend)| (trend.key.clone(), 0)).collect();
        for id in labelled().filter_map(|case| case.gold.as_ref()).flat_map(|gold| gold.iter()) {
            by_trend[id.index()].1 += 1;
        }
        let mut by_origin = BTreeMap::new();
        for (case, origin) in corpus.cases.iter().zip(origins) {
            if case.gold.is_some() {
                *by_origin.entry(*origin).or_default() += 1;
            }
        }
        let column = |wanted: &str| {
            let name =
                corpus.columns.iter().find(|name| name.trim().eq_ignore_ascii_case(wanted))?;
            let mut counts = BTreeMap::new();
            for case in labelled() {
                let value = case.record.get(name).unwrap_or_default().trim().to_owned();
                *counts.entry(value).or_default() += 1;
            }
            Some((wanted.to_owned(), counts))
        };
        Self {
            fingerprint: model.tagger.training().fingerprint.clone(),
            cases: labelled().count(),
            examples: corpus.examples.len(),
            by_origin,
            by_trend,
            words: {
                let count = |case: &Case| -> usize {
                    case.texts.iter().map(|text| text.split_whitespace().count()).sum()
                };
                let mut words: Vec<usize> = labelled().map(count).collect();
                words.sort_unstable();
                let at = |tenths: usize| words.get(words.len() * tenths / 10).copied();
                at(1).zip(at(5)).zip(at(9)).map(|((low, middle), high)| [low, middle, high])
            },
            by_column: COUNTED.iter().filter_map(|wanted| column(wanted)).collect(),
        }
    }
}
