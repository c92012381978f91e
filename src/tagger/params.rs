//! Params of a tagger.

use serde::{Deserialize, Serialize};

use crate::decision::{CalibrationParams, ThresholdParams, TriageParams, check_target};
use crate::error::{Error, Result};
use crate::features::FeatureParams;
use crate::logistic::{LogisticParams, Solver};

/// Everything that is chosen before training. It is saved inside the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaggerParams {
    /// The text columns and the weight of their words.
    pub fields: Vec<TextField>,
    /// Features: from texts to vectors.
    pub features: FeatureParams,
    /// Regression: from vectors to scores.
    pub logistic: LogisticParams,
    /// Weight of each definition of the taxonomy as a training row, in cases (positive
    /// for its trend, negative for the others); 0 excludes the definitions. They are
    /// never among the cases that are scored.
    pub definitions: u32,
    /// Weight of each example as a training row, in cases; 0 excludes the examples. They
    /// are never among the cases that are scored.
    #[serde(default = "example_weight")]
    pub examples: f64,
    /// Calibration: from scores to probabilities.
    pub calibration: CalibrationParams,
    /// Thresholds: from probabilities to suggestions.
    pub thresholds: ThresholdParams,
    /// The guarantee for trends that are decided without a reviewer.
    pub triage: TriageParams,
    /// Target macro F1 of a batch after the cases that need review have been read.
    #[serde(default = "target_f1")]
    pub target_f1: f64,
    /// Whether the number of trends of a case is used as a prior on its set of trends.
    /// False in models before format 3.
    #[serde(default)]
    pub set_prior: bool,
    /// Whether a case without a trend above its threshold gets the nearest one. If
    /// absent, it does when every training case has a trend.
    pub at_least_one: Option<bool>,
    /// Folds of the cross-validation within training.
    pub folds: usize,
    /// Repeats of that cross-validation on other folds, for calibration and thresholds.
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
    /// Title, summary and description. Words of the title count three times, words of the
    /// summary twice.
    pub fn default_fields() -> Vec<Self> {
        [("title", 3.0), ("summary", 2.0), ("description", 1.0)]
            .map(|(column, weight)| Self { column: column.to_owned(), weight })
            .into()
    }

    /// Returns fields for the named columns: with the default weight if the column is a
    /// default field, otherwise 1.
    pub fn of_columns<S: AsRef<str>>(columns: &[S]) -> Vec<Self> {
        let defaults = Self::default_fields();
        let weight = |c: &str| defaults.iter().find(|f| f.column == c).map_or(1.0, |f| f.weight);
        columns
            .iter()
            .map(|c| Self { column: c.as_ref().to_owned(), weight: weight(c.as_ref()) })
            .collect()
    }
}

/// Maximum number of repeats of cross-validation.
const MOST_REPEATS: usize = 1000;

impl TaggerParams {
    /// Returns the names of the text columns, in their order.
    pub fn text_columns(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.column.clone()).collect()
    }

    /// Returns the same params, keeping every term however rare it is.
    pub(super) fn keeping_all_terms(&self) -> Self {
        let mut params = self.clone();
        params.features.words.keep.min_df = 1;
        params.features.subwords.iter_mut().for_each(|subwords| subwords.keep.min_df = 1);
        params
    }

    /// Returns the same params for taggers that are discarded after a test: with the
    /// faster solver, and with no more digits than a test shows.
    pub(super) fn quick(&self) -> Self {
        let logistic =
            LogisticParams { solver: Solver::Newton, tolerance: 1e-3, ..self.logistic.clone() };
        Self { logistic, ..self.clone() }
    }

    /// Returns an error for the first invalid value.
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
