//! What is known of a version beside the model: its data, its quality, and what
//! came of the comparison with the champion of its time.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::bad;
use crate::decision::{Triage, TriageCase, TriageSummary};
use crate::error::{Error, Result};
use crate::evaluate::interval::{BootstrapParams, Interval, intervals};
use crate::evaluate::protocol::mean_metrics;
use crate::metrics::Outcome;
use crate::metrics::agreement::AgreementByTrend;
use crate::metrics::{Figure, Metrics};
use crate::tagger::Model;
use crate::tagger::{Case, Corpus};
use crate::taxonomy::Taxonomy;
use crate::versions::retraining::LabelOrigin;
use crate::versions::retraining::Verdict;

/// Version of the form of a record.
const SCHEMA: u32 = 1;

/// Metadata columns whose values are counted, where a corpus has them.
const COUNTED: [&str; 2] = ["year", "country"];

/// What is known of a version: the content of its `evaluation.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this form.
    pub schema: u32,
    /// Id of the version.
    pub version: String,
    /// What it learned from.
    pub data: DataSummary,
    /// How good its recipe is on cases that the models tested had not seen;
    /// `None` if that was not measured.
    pub quality: Option<Quality>,
    /// How far two annotators agree on the corpus, where it has both their labels.
    pub human: Option<AgreementByTrend>,
    /// What came of the comparison with the champion, if there was one.
    pub verdict: Option<Verdict>,
    /// Who made it, and when; `None` if that is not known.
    #[serde(default)]
    pub made: Option<Made>,
}

/// Counts of labelled cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// SHA-256 over ids, texts and gold trends, as in the model.
    pub fingerprint: String,
    /// Number of cases.
    pub cases: usize,
    /// Number of examples, which are learned from too.
    #[serde(default)]
    pub examples: usize,
    /// By origin of their labels.
    pub by_origin: BTreeMap<LabelOrigin, usize>,
    /// By trend, in the order of the taxonomy; a case can have several.
    pub by_trend: Vec<(String, usize)>,
    /// Number of words of the texts of a case: a tenth of the cases have fewer than the
    /// first, half fewer than the second, nine tenths fewer than the third.
    #[serde(default)]
    pub words: Option<[usize; 3]>,
    /// By value of the columns `year` and `country`, where the corpus has them.
    pub by_column: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Measured quality, and how it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The protocol, in words.
    pub protocol: String,
    /// The figures: means over repeats.
    pub metrics: Metrics,
    /// Bootstrap limits of some of them.
    pub intervals: Vec<Interval>,
    /// The same for parts of the cases with enough of them.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Cases that triage decides wholly, and how many of them are entirely right.
    #[serde(default)]
    pub rows: Option<TriageSummary>,
}

/// Quality on a part of the cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// By what the cases are parted, and which they are.
    pub name: String,
    /// Number of cases.
    pub cases: usize,
    /// Macro F1.
    pub macro_f1: Option<f64>,
    /// Share of the cases with exactly the gold trends suggested.
    pub exact: Option<f64>,
}

/// Who made a version, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Name of the person.
    pub by: String,
    /// Time in UTC, as RFC 3339.
    pub time: String,
}

/// Parts with fewer cases have no figures.
const LEAST_OF_PART: usize = 30;

/// Texts with fewer words are short, those with at least the second number long.
const LENGTHS: [usize; 2] = [60, 350];

impl Quality {
    /// The figures of outcomes, once per repeat, on cases that the taggers had
    /// not seen; `protocol` says in words how that came about.
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

    /// Adds the figures of parts of the cases, by length, year and country, and what the
    /// triage of a model does to whole cases.
    ///
    /// # Errors
    /// As [`mean_metrics`].
    pub fn in_parts(
        mut self,
        outcomes: &[Vec<Outcome>],
        corpus: &Corpus,
        triage: &Triage,
    ) -> Result<Self> {
        let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for case in &corpus.cases {
            let words: usize = case.texts.iter().map(|t| t.split_whitespace().count()).sum();
            let [short, long] = LENGTHS;
            let length = match words {
                n if n < short => format!("short texts (below {short} words)"),
                n if n < long => format!("texts of {short} to {} words", long - 1),
                _ => format!("long texts (from {long} words)"),
            };
            let of_column = |column: &str| {
                let cell = case.record.get(column)?.trim().to_owned();
                (!cell.is_empty()).then(|| format!("{column} {cell}"))
            };
            let parts = COUNTED.iter().filter_map(|column| of_column(column));
            names.insert(&case.id, std::iter::once(length).chain(parts).collect());
        }
        let mut of_part: BTreeMap<&String, Vec<Vec<Outcome>>> = BTreeMap::new();
        for (repeat, outcomes) in outcomes.iter().enumerate() {
            for outcome in outcomes {
                for name in names.get(outcome.id.as_str()).into_iter().flatten() {
                    let repeats = of_part.entry(name).or_default();
                    repeats.resize_with(repeats.len().max(repeat + 1), Vec::new);
                    repeats[repeat].push(outcome.clone());
                }
            }
        }
        for (name, outcomes) in of_part {
            let cases = outcomes.first().map_or(0, Vec::len);
            if cases < LEAST_OF_PART {
                continue;
            }
            let overall = mean_metrics(&outcomes, &corpus.taxonomy)?.overall;
            self.parts.push(Part {
                name: name.clone(),
                cases,
                macro_f1: overall.macro_average.f1,
                exact: overall.subset_accuracy,
            });
        }
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
    /// The record of a model that learned from the labelled cases of `corpus`;
    /// `origins` holds one entry per case.
    pub fn new(model: &Model, corpus: &Corpus, origins: &[LabelOrigin]) -> Self {
        Self {
            schema: SCHEMA,
            version: model.version.clone(),
            data: DataSummary::of(model, corpus, origins),
            quality: None,
            human: crate::evaluate::protocol::human(corpus),
            verdict: None,
            made: None,
        }
    }

    /// What a model itself tells, where nothing was recorded beside it.
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
        }
    }

    /// Whether it is of a model file without cases beside it ([`Record::of_model`]).
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
        let again = "get the file anew, or train the version again";
        let unreadable = |e: serde_json::Error| bad(path, format!("it cannot be read: {e}"), again);
        let record: serde_json::Value = serde_json::from_str(text).map_err(unreadable)?;
        // Another form need not have the same fields, so the number comes first.
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
