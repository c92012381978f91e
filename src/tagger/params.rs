//! The params of a tagger.

use serde::{Deserialize, Serialize};

use crate::decision::{CalibrationParams, ThresholdParams, TriageParams, check_target};
use crate::error::{Error, Result};
use crate::features::FeatureParams;
use crate::logistic::{LogisticParams, Solver};

/// Everything that is chosen before training. Saved inside the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaggerParams {
    /// The columns that are read, and how often their words count.
    pub fields: Vec<TextField>,
    /// Text to vectors.
    pub features: FeatureParams,
    /// Vectors to scores.
    pub logistic: LogisticParams,
    /// How many cases each definition of the taxonomy counts for as a training
    /// row (positive for its trend, negative for the others); 0 leaves the
    /// definitions out. They never stand among the cases that are scored.
    pub definitions: u32,
    /// How many cases each example counts for as a training row; 0 leaves the
    /// examples out. They are never among the cases that are scored.
    #[serde(default = "example_weight")]
    pub examples: f64,
    /// Scores to probabilities.
    pub calibration: CalibrationParams,
    /// Probabilities to thresholds.
    pub thresholds: ThresholdParams,
    /// What is promised of trends that are decided without a person.
    pub triage: TriageParams,
    /// Macro F1 that a batch is to have once the cases that need review are read.
    #[serde(default = "target_f1")]
    pub target_f1: f64,
    /// Whether the number of trends of a case is used as a prior on its set of
    /// trends; models before format 3 do without.
    #[serde(default)]
    pub set_prior: bool,
    /// Whether a case for which no trend passes gets the nearest one; if not
    /// said, so it is when every training case has a trend.
    pub at_least_one: Option<bool>,
    /// Folds of the cross-validation within training.
    pub folds: usize,
    /// How often that cross-validation is repeated, on other folds, for
    /// calibration and thresholds.
    pub repeats: usize,
    /// Seed of the folds.
    pub seed: u64,
}

/// A text column and its weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextField {
    /// Name of the column.
    pub column: String,
    /// Its words count this many times.
    pub weight: f64,
}

impl Default for TaggerParams {
    fn default() -> Self {
        Self {
            fields: TextField::default_fields(),
            features: FeatureParams::default(),
            logistic: LogisticParams { alpha: 0.8, ..LogisticParams::default() },
            definitions: 8,
            examples: example_weight(),
            calibration: CalibrationParams::default(),
            thresholds: ThresholdParams::default(),
            triage: TriageParams::default(),
            target_f1: target_f1(),
            set_prior: true,
            at_least_one: None,
            folds: 5,
            repeats: 1,
            seed: 1,
        }
    }
}

fn example_weight() -> f64 {
    1.0
}

fn target_f1() -> f64 {
    0.9
}

impl TextField {
    /// Title, summary and description; the words of the title count three times,
    /// those of the summary twice.
    pub fn default_fields() -> Vec<Self> {
        [("title", 3.0), ("summary", 2.0), ("description", 1.0)]
            .map(|(column, weight)| Self { column: column.to_owned(), weight })
            .into()
    }

    /// Fields of the named columns: the default weight where the column is one
    /// of the default fields, otherwise 1.
    pub fn of_columns<S: AsRef<str>>(columns: &[S]) -> Vec<Self> {
        let defaults = Self::default_fields();
        let weight = |c: &str| defaults.iter().find(|f| f.column == c).map_or(1.0, |f| f.weight);
        columns
            .iter()
            .map(|c| Self { column: c.as_ref().to_owned(), weight: weight(c.as_ref()) })
            .collect()
    }
}

/// Repeats of cross-validation beyond which training would not end.
const MOST_REPEATS: usize = 1000;

impl TaggerParams {
    /// The names of the text columns, in their order.
    pub fn text_columns(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.column.clone()).collect()
    }

    /// The same params with every term kept, however few the texts that have it.
    pub(super) fn keeping_all_terms(&self) -> Self {
        let mut params = self.clone();
        params.features.words.keep.min_df = 1;
        params.features.subwords.iter_mut().for_each(|subwords| subwords.keep.min_df = 1);
        params
    }

    /// The same params for taggers that are thrown away once they have been
    /// tested: by the quicker solver, and to no more digits than a test shows.
    pub(super) fn quick(&self) -> Self {
        let logistic =
            LogisticParams { solver: Solver::Newton, tolerance: 1e-3, ..self.logistic.clone() };
        Self { logistic, ..self.clone() }
    }

    /// Names the first value that cannot work.
    pub(super) fn check_values(&self) -> Result<()> {
        let bad = |name, value: String, remedy: &'static str| {
            Err(Error::BadParam { name, value, remedy: remedy.into() })
        };
        if self.fields.is_empty() {
            return bad("fields", "none".into(), "name at least one text column");
        }
        if let Some(field) = self.fields.iter().find(|f| !(f.weight > 0.0 && f.weight.is_finite()))
        {
            let value = format!("{} ({})", field.weight, field.column);
            return bad("weight", value, "give a field a positive weight");
        }
        if self.folds < 2 {
            return bad("folds", self.folds.to_string(), "use at least 2 folds");
        }
        if !(1..=MOST_REPEATS).contains(&self.repeats) {
            return bad("repeats", self.repeats.to_string(), "use 1 to 1,000 repeats");
        }
        if !(self.examples >= 0.0 && self.examples.is_finite()) {
            let value = self.examples.to_string();
            return bad("examples", value, "give examples a weight of 0 or more");
        }
        self.calibration.check()?;
        self.triage.check()?;
        check_target(self.target_f1)?;
        self.features.check()?;
        self.logistic.check()
    }
}
