//! The findings of a test: figures with intervals, calibration, and triage.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Tested, TestedSplit};
use crate::decision::{
    ReadingFacts, Triage, TriageCase, TriageParams, TriageSummary, expected_errors,
};
use crate::error::{Error, Result};
use crate::evaluate::interval::{BootstrapParams, Interval, intervals};
use crate::evaluate::paired::{Difference, differences};
use crate::evaluate::reading_plan::ReadingPlan;
use crate::metrics::calibration::{CalibrationParams, CalibrationTest, Scope, calibration_test};
use crate::metrics::{Figure, Metrics, MetricsParams};
use crate::metrics::{FinishedBatch, Outcome};
use crate::metrics::{mean_of_defined, mean_over_repeats};
use crate::taxonomy::Taxonomy;

/// Figures of held-out predictions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Findings {
    /// Means over the repeats.
    pub metrics: Metrics,
    /// The headline figures and those of each trend, with bootstrap limits.
    pub intervals: Vec<Interval>,
    /// The calibration of the probabilities.
    pub calibration: CalibrationFindings,
    /// The decisions without a reviewer, and their errors.
    pub triage: TriageFindings,
    /// The reading plan.
    pub reading_plan: ReadingPlan,
    /// The result of reading the cases above the limits of the taggers.
    pub by_limit: ByLimit,
}

/// The result of reading the cases that the taggers themselves marked for doubt.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ByLimit {
    /// The target macro F1 of the limits; `None` if a tagger had no limit.
    pub target_f1: Option<f64>,
    /// Counts over all repeats; figures are means over repeats.
    pub observed: ReadingFacts,
}

/// The calibration of the mean probabilities over repeats.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CalibrationFindings {
    /// One per trend in the order of the taxonomy: the calibration error, with the error
    /// expected from chance.
    pub per_trend: Vec<Option<CalibrationTest>>,
    /// Log loss and Brier score of calibrated (challenger) against uncalibrated
    /// probabilities (champion).
    pub against_uncalibrated: Vec<Difference>,
}

/// The decisions without a reviewer, and their errors.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TriageFindings {
    /// The guarantee.
    pub params: TriageParams,
    /// Results for the tested cases, counted once per repeat.
    pub observed: TriageSummary,
    /// The lowest and the highest limit from which the taggers accept; `None` if
    /// none accepts.
    pub accept_limits: Option<(f64, f64)>,
    /// The lowest and the highest limit up to which they reject.
    pub reject_limits: Option<(f64, f64)>,
    /// Results of other limits, as in [`Triage::curve`].
    pub curve: Vec<Triage>,
    /// Whether half of the pairs are decided, and accepts find three tenths of the
    /// true trends.
    pub pays: bool,
    /// If it does not pay: with about how many labelled cases it would, as
    /// [`Triage::cases_needed`].
    pub cases_needed: Option<usize>,
}

impl TriageFindings {
    /// Returns whether any tagger decides anything without a reviewer.
    pub fn decides(&self) -> bool {
        self.accept_limits.is_some() || self.reject_limits.is_some()
    }
}

/// Triage pays from this share of decided pairs on, ...
const PAYS_FROM_DECIDED: f64 = 0.5;

/// ... if accepts find this share of the true trends.
const PAYS_FROM_COVERAGE: f64 = 0.3;

impl Findings {
    /// Returns the findings of repeats that all tested the same cases, in any
    /// number of splits.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there is nothing tested, or if the repeats differ
    /// in their cases.
    pub fn of(repeats: &[Vec<TestedSplit>], taxonomy: &Taxonomy) -> Result<Self> {
        let outcomes = outcomes(repeats, |tested| tested.outcome.clone());
        let bootstrap = BootstrapParams::default();
        let figures = Figure::headline_and_trends(taxonomy);
        Ok(Self {
            metrics: mean_metrics(&outcomes, taxonomy)?,
            intervals: intervals(&outcomes, taxonomy.len(), &figures, &bootstrap)?,
            calibration: calibration(repeats, &outcomes, taxonomy)?,
            triage: triage(repeats, &outcomes)?,
            reading_plan: ReadingPlan::of(&outcomes, taxonomy.len(), &bootstrap)?,
            by_limit: by_limit(repeats, taxonomy.len()),
        })
    }
}

/// Returns the result of `of` for each tested case, per repeat.
pub fn outcomes(
    repeats: &[Vec<TestedSplit>],
    of: impl Fn(&Tested) -> Outcome + Copy,
) -> Vec<Vec<Outcome>> {
    let of_repeat =
        |splits: &Vec<TestedSplit>| splits.iter().flat_map(|split| &split.cases).map(of).collect();
    repeats.iter().map(of_repeat).collect()
}

/// Returns the outcome with the probabilities before calibration.
pub fn uncalibrated(tested: &Tested) -> Outcome {
    Outcome { probabilities: tested.uncalibrated.clone(), ..tested.outcome.clone() }
}

/// Each metric's mean over the repeats.
///
/// # Errors
/// As [`Metrics::of`] and [`Metrics::mean`].
pub fn mean_metrics(repeats: &[Vec<Outcome>], taxonomy: &Taxonomy) -> Result<Metrics> {
    let of_repeats = repeats.iter().map(|o| Metrics::of(o, taxonomy, &MetricsParams::default()));
    Metrics::mean(&of_repeats.collect::<Result<Vec<_>>>()?)
}

fn calibration(
    repeats: &[Vec<TestedSplit>],
    calibrated: &[Vec<Outcome>],
    taxonomy: &Taxonomy,
) -> Result<CalibrationFindings> {
    let params = CalibrationParams::default();
    let mean = mean_over_repeats(calibrated);
    let test = |(id, _)| calibration_test(&mean, Scope::Trend(id), &params);
    Ok(CalibrationFindings {
        per_trend: taxonomy.iter().map(test).collect::<Result<_>>()?,
        against_uncalibrated: differences(
            calibrated,
            &outcomes(repeats, uncalibrated),
            taxonomy.len(),
            &[Figure::LogLoss, Figure::Brier],
            &BootstrapParams::default(),
        )?,
    })
}

fn triage(repeats: &[Vec<TestedSplit>], outcomes: &[Vec<Outcome>]) -> Result<TriageFindings> {
    let splits = || repeats.iter().flatten();
    let Some(first) = splits().next() else {
        return Err(Error::bad_corpus("no case was tested", "test at least one labelled case"));
    };
    let params = first.triage.params.clone();
    let mut observed = TriageSummary::default();
    for split in splits() {
        for tested in &split.cases {
            observed.add(&tested.verdicts, &tested.outcome.gold, &split.triage.unpromised);
        }
    }
    let cases = triage_cases(outcomes.iter().flatten());
    let pays = observed.decided_share().is_some_and(|share| share >= PAYS_FROM_DECIDED)
        && observed.accept_coverage().is_some_and(|share| share >= PAYS_FROM_COVERAGE);
    let cases_needed = if pays {
        None
    } else {
        let once = triage_cases(outcomes.iter().take(1).flatten());
        Triage::cases_needed(&once, &params, PAYS_FROM_DECIDED, PAYS_FROM_COVERAGE)?
    };
    Ok(TriageFindings {
        observed,
        accept_limits: range(splits().filter_map(|split| split.triage.accept)),
        reject_limits: range(splits().filter_map(|split| split.triage.reject)),
        curve: Triage::curve(&cases, &params)?,
        pays,
        cases_needed,
        params,
    })
}

fn by_limit(repeats: &[Vec<TestedSplit>], trends: usize) -> ByLimit {
    let limits = repeats.iter().flatten().map(|split| split.reading.as_ref());
    let targets: Option<Vec<f64>> = limits.map(|limit| Some(limit?.target_f1)).collect();
    let mut observed = ReadingFacts::default();
    let mut figures = Vec::new();
    for splits in repeats {
        let tested = || splits.iter().flat_map(|s| s.cases.iter().map(move |t| (s, &t.outcome)));
        let mut batch = FinishedBatch::unread(tested().map(|(_, outcome)| (outcome, 1)), trends);
        let unread = batch.macro_f1();
        for (split, outcome) in tested() {
            let errors = expected_errors(&outcome.probabilities, &outcome.suggested);
            observed.cases += 1;
            if split.reading.as_ref().is_none_or(|limit| limit.is_above(errors)) {
                observed.read += 1;
                batch.read(outcome, 1);
            }
        }
        figures.push((unread, batch.figures()));
    }
    observed.f1_unread = mean_of_defined(figures.iter().map(|figures| figures.0));
    observed.f1_finished = mean_of_defined(figures.iter().map(|figures| figures.1.macro_f1));
    observed.wrong_tags_left = mean_of_defined(figures.iter().map(|figures| figures.1.wrong_tags));
    let target_f1 = targets.and_then(|targets| targets.first().copied());
    ByLimit { target_f1, observed }
}

fn triage_cases<'o>(outcomes: impl Iterator<Item = &'o Outcome>) -> Vec<TriageCase<'o>> {
    outcomes
        .map(|outcome| TriageCase { probabilities: &outcome.probabilities, gold: &outcome.gold })
        .collect()
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}
