//! What testing found: figures with intervals, what probabilities are worth, and
//! what triage decided.

use serde::{Deserialize, Serialize};

use super::{Tested, TestedSplit};
use crate::decision::{Triage, TriageCase, TriageParams, TriageSummary, Verdict};
use crate::error::{Error, Result};
use crate::evaluate::interval::{BootstrapParams, Interval, intervals};
use crate::evaluate::paired::{Difference, differences};
use crate::metrics::Outcome;
use crate::metrics::calibration::{CalibrationParams, CalibrationTest, Scope, calibration_test};
use crate::metrics::mean_over_repeats;
use crate::metrics::{Figure, Metrics, MetricsParams};
use crate::stats::{Estimate, wilson};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// Figures of held-out predictions.
#[derive(Debug, Clone, Serialize)]
pub struct Findings {
    /// Means over the repeats.
    pub metrics: Metrics,
    /// The headline figures and those of each trend, with bootstrap limits.
    pub intervals: Vec<Interval>,
    /// What the probabilities are worth.
    pub calibration: CalibrationFindings,
    /// What was decided without a person, and how wrongly.
    pub triage: TriageFindings,
}

/// What the probabilities are worth; of each case the mean over repeats.
#[derive(Debug, Clone, Serialize)]
pub struct CalibrationFindings {
    /// One per trend in the order of the taxonomy: the calibration error beside
    /// what chance alone would show.
    pub per_trend: Vec<Option<CalibrationTest>>,
    /// Log loss and Brier score of calibrated (challenger) against uncalibrated
    /// probabilities (champion).
    pub against_uncalibrated: Vec<Difference>,
}

/// Cases that are decided wholly without a person: pairs are promised, but people read
/// whole rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedRows {
    /// How many there are.
    pub decided: usize,
    /// How many of them are entirely right.
    pub right: usize,
}

impl DecidedRows {
    /// Counts one more case, with one verdict per trend.
    pub fn add(&mut self, verdicts: &[Verdict], gold: &TrendSet) {
        if verdicts.contains(&Verdict::Ask) {
            return;
        }
        let is_right = |(k, verdict): (usize, &Verdict)| {
            gold.contains(TrendId(k as u16)) == (*verdict == Verdict::Accept)
        };
        self.decided += 1;
        self.right += usize::from(verdicts.iter().enumerate().all(is_right));
    }

    /// What a triage does to outcomes.
    pub fn of(triage: &Triage, outcomes: &[Outcome]) -> Self {
        let mut rows = Self::default();
        for outcome in outcomes {
            rows.add(&triage.verdicts(&outcome.probabilities), &outcome.gold);
        }
        rows
    }

    /// Share of them that are entirely right, with its interval; `repeats` is how often
    /// each case was counted.
    pub fn share_right(&self, repeats: usize) -> Option<Estimate> {
        let times = repeats.max(1) as f64;
        (self.decided > 0)
            .then(|| wilson(self.right as f64 / self.decided as f64, self.decided as f64 / times))
    }

    /// "12 of 15 (80 % [55 %, 93 %])", or that there is none.
    pub fn in_words(&self, repeats: usize) -> String {
        let Some(Estimate { value, lower, upper }) = self.share_right(repeats) else {
            return "none".to_owned();
        };
        let [value, lower, upper] = [value, lower, upper].map(|share| 100.0 * share);
        let (right, decided) = (self.right, self.decided);
        format!("{right} of {decided} ({value:.0} % [{lower:.0} %, {upper:.0} %])")
    }
}

/// What was decided without a person, and how wrongly.
#[derive(Debug, Clone, Serialize)]
pub struct TriageFindings {
    /// What was promised.
    pub params: TriageParams,
    /// What happened to the tested cases, each counted once a repeat.
    pub observed: TriageSummary,
    /// How many of the wholly decided cases are entirely right, each counted once a
    /// repeat.
    pub rows: DecidedRows,
    /// The lowest and the highest limit from which the taggers accept; `None` if
    /// none accepts.
    pub accept_limits: Option<(f64, f64)>,
    /// The lowest and the highest limit up to which they reject.
    pub reject_limits: Option<(f64, f64)>,
    /// What other limits would have given, as [`Triage::curve`].
    pub curve: Vec<Triage>,
    /// Whether half of the pairs are decided, and accepts find three tenths of the
    /// true trends.
    pub pays: bool,
    /// If it does not pay: with about how many labelled cases it would, as
    /// [`Triage::cases_needed`].
    pub cases_needed: Option<usize>,
}

impl TriageFindings {
    /// Whether any tagger decides anything without a person.
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
        })
    }
}

/// Per repeat, what `of` makes of each tested case.
pub fn outcomes(
    repeats: &[Vec<TestedSplit>],
    of: impl Fn(&Tested) -> Outcome + Copy,
) -> Vec<Vec<Outcome>> {
    let of_repeat =
        |splits: &Vec<TestedSplit>| splits.iter().flat_map(|split| &split.cases).map(of).collect();
    repeats.iter().map(of_repeat).collect()
}

/// The outcome with the probabilities before calibration.
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
    let mut rows = DecidedRows::default();
    for tested in splits().flat_map(|split| &split.cases) {
        observed.add(&tested.verdicts, &tested.outcome.gold);
        rows.add(&tested.verdicts, &tested.outcome.gold);
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
        rows,
        accept_limits: range(splits().filter_map(|split| split.triage.accept)),
        reject_limits: range(splits().filter_map(|split| split.triage.reject)),
        curve: Triage::curve(&cases, &params)?,
        pays,
        cases_needed,
        params,
    })
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
