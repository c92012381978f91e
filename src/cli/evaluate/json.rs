//! The output of `trendtag evaluate --json`.

use std::collections::BTreeMap;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use trendtag::decision::{TriageParams, TriageSummary};
use trendtag::evaluate::interval::Interval;
use trendtag::evaluate::paired::Difference;
use trendtag::evaluate::protocol::ByLimit;
use trendtag::evaluate::reading_plan::ReadingPlan;
use trendtag::evaluate::slices::Slice;
use trendtag::evaluate::{Evaluation, Learned};
use trendtag::metrics::Metrics;
use trendtag::metrics::agreement::AgreementByTrend;
use trendtag::metrics::calibration::CalibrationTest;
use trendtag::stats::Estimate;

use crate::cli::outputs::in_json;

/// An evaluation: the output of `trendtag evaluate --json`. Undefined figures are `null`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Evaluation")]
pub(in crate::cli) struct Printed<'e> {
    /// Version of this format. Keys can be added; none is renamed or removed.
    schema: u32,
    /// What was measured.
    evaluated: &'e str,
    /// Number of repeats; figures are means over them.
    repeats: usize,
    /// Number of cases that were not tested: unlabelled, or without a value that the protocol
    /// needs.
    left_out: usize,
    /// How many of the cases the model learned from.
    learned_from: &'e Learned,
    /// All figures of quality.
    metrics: &'e Metrics,
    /// The headline figures and those of each trend, with 95 % bootstrap intervals over cases.
    intervals: &'e [Interval],
    /// Figures of simple rules on the same splits, by name.
    baselines: BTreeMap<&'e str, &'e Metrics>,
    /// Agreement of two annotators, if the cases have the labels of both.
    human: &'e Option<AgreementByTrend>,
    /// Figures of subsets of the cases.
    slices: &'e [Slice],
    /// How well the probabilities are calibrated.
    calibration: CalibrationFigures<'e>,
    /// The decisions without a reviewer.
    triage: TriageFigures<'e>,
    /// How much reading brings.
    reading_plan: &'e ReadingPlan,
    /// The result of reading the cases that the models themselves marked for doubt.
    by_limit: &'e ByLimit,
}

#[derive(Serialize, JsonSchema)]
struct CalibrationFigures<'e> {
    /// One per trend, in the order of the taxonomy.
    per_trend: Vec<CalibrationOfTrend<'e>>,
    /// Log loss and Brier score of calibrated (challenger) and uncalibrated (champion)
    /// probabilities.
    against_uncalibrated: &'e [Difference],
}

#[derive(Serialize, JsonSchema)]
struct CalibrationOfTrend<'e> {
    /// Key of the trend.
    key: &'e str,
    /// The calibration error with the error expected from chance; `null` if the trend has too
    /// few cases.
    test: &'e Option<CalibrationTest>,
}

#[derive(Serialize, JsonSchema)]
struct TriageFigures<'e> {
    /// The guarantee.
    params: &'e TriageParams,
    /// Counts on the tested cases, once per repeat.
    observed: &'e TriageSummary,
    /// Share of the pairs of case and trend that are decided without a reviewer.
    decided_share: Option<f64>,
    /// Share of the cases with every trend decided.
    decided_cases_share: Option<f64>,
    /// Number of these with exactly the right trends, over all repeats.
    decided_cases_right: Option<usize>,
    /// Their share, with an interval.
    decided_cases_right_share: Option<Estimate>,
    /// Share of the accepted pairs that are gold.
    accept_precision: Option<f64>,
    /// Share of the gold pairs that are rejected.
    miss_rate: Option<f64>,
    /// Share of the gold pairs that are accepted.
    accept_coverage: Option<f64>,
    /// The lowest and the highest probability from which the models accept.
    accept_limits: Option<(f64, f64)>,
    /// The lowest and the highest probability up to which they reject.
    reject_limits: Option<(f64, f64)>,
    /// Estimated number of labelled cases for a useful guarantee, if it is not useful yet.
    cases_needed: Option<usize>,
}

pub(super) fn as_json(evaluation: &Evaluation) -> Result<String> {
    let Evaluation { taxonomy, findings, .. } = evaluation;
    let calibration = &findings.calibration;
    let triage = &findings.triage;
    let per_trend = taxonomy.iter().zip(&calibration.per_trend);
    in_json(&Printed {
        schema: 1,
        evaluated: &evaluation.subject,
        repeats: evaluation.repeats.len(),
        left_out: evaluation.left_out,
        learned_from: &evaluation.learned,
        metrics: &findings.metrics,
        intervals: &findings.intervals,
        baselines: evaluation.baselines.iter().map(|b| (b.name, &b.metrics)).collect(),
        human: &evaluation.human,
        slices: &evaluation.slices,
        calibration: CalibrationFigures {
            per_trend: per_trend
                .map(|((_, trend), test)| CalibrationOfTrend { key: &trend.key, test })
                .collect(),
            against_uncalibrated: &calibration.against_uncalibrated,
        },
        triage: TriageFigures {
            params: &triage.params,
            observed: &triage.observed,
            decided_share: triage.observed.decided_share(),
            decided_cases_share: triage.observed.decided_cases_share(),
            decided_cases_right: triage.observed.right_cases,
            decided_cases_right_share: triage.observed.entirely_right(evaluation.repeats.len()),
            accept_precision: triage.observed.accept_precision(),
            miss_rate: triage.observed.miss_rate(),
            accept_coverage: triage.observed.accept_coverage(),
            accept_limits: triage.accept_limits,
            reject_limits: triage.reject_limits,
            cases_needed: triage.cases_needed,
        },
        reading_plan: &findings.reading_plan,
        by_limit: &findings.by_limit,
    })
}
