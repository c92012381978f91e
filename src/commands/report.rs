//! The page that `trendtag evaluate --report` writes, from what was tested.

use std::collections::BTreeMap;

use anyhow::Result;
use trendtag::evaluation::Outcome;
use trendtag::evaluation::calibration::{CalibrationParams, Scope, calibration_test, reliability};
use trendtag::evaluation::curve::{co_occurrence, confusion, precision_recall};
use trendtag::evaluation::interval::Interval;
use trendtag::evaluation::metrics::Metrics;
use trendtag::evaluation::report::{
    self, Baseline, LearningPoint, Mistake, Report, TrendDetail, WrongTrend,
};
use trendtag::protocol::Tested;
use trendtag::{TrendId, TrendSet};

use super::evaluate::{Evaluation, mean_metrics};

/// Mistakes shown on the page.
const MISTAKES: usize = 12;

/// Characters of a text shown with a mistake.
const EXCERPT: usize = 280;

pub(crate) fn render(
    evaluation: &Evaluation,
    metrics: &Metrics,
    intervals: &[Interval],
) -> Result<String> {
    let taxonomy = &evaluation.taxonomy;
    let outcomes = mean_outcomes(evaluation, |tested| &tested.outcome.probabilities);
    let uncalibrated = mean_outcomes(evaluation, |tested| &tested.uncalibrated);
    let bins = metrics.params.bins;
    let detail = |id: TrendId| -> Result<TrendDetail> {
        let scope = Scope::Trend(id);
        Ok(TrendDetail {
            threshold: evaluation.thresholds.get(id.index()).copied(),
            curve: precision_recall(&outcomes, id),
            reliability: reliability(&outcomes, scope, bins)?,
            reliability_before: reliability(&uncalibrated, scope, bins)?,
            calibration: calibration_test(&outcomes, scope, &CalibrationParams::default())?,
        })
    };
    let baseline = |b: &trendtag::protocol::Baseline| -> Result<Baseline> {
        Ok(Baseline { name: b.name.to_owned(), metrics: mean_metrics(&b.repeats, taxonomy)? })
    };
    let point = |p: &trendtag::protocol::LearningPoint| LearningPoint {
        cases: p.cases,
        macro_f1: p.macro_f1,
        lower: p.lower,
        upper: p.upper,
        mean_average_precision: p.mean_average_precision,
    };
    Ok(report::render(&Report {
        title: "Evaluation".to_owned(),
        subject: evaluation.what.clone(),
        file: evaluation.file.clone(),
        taxonomy: taxonomy.clone(),
        metrics: metrics.clone(),
        intervals: intervals.to_vec(),
        baselines: evaluation.baselines.iter().map(baseline).collect::<Result<_>>()?,
        human_line: evaluation.human.clone(),
        per_trend: taxonomy.iter().map(|(id, _)| detail(id)).collect::<Result<_>>()?,
        triage: None,
        learning_curve: evaluation.learning_curve.iter().map(point).collect(),
        co_occurrence: co_occurrence(outcomes.iter().map(|o| &o.gold), taxonomy.len()),
        confusion: confusion(&outcomes, taxonomy.len()),
        terms: evaluation.terms.clone(),
        mistakes: mistakes(evaluation),
        warnings: Vec::new(),
    })?)
}

/// One outcome per case: the mean over repeats of what `probabilities` gives,
/// with the suggestion of the first repeat.
fn mean_outcomes(evaluation: &Evaluation, probabilities: fn(&Tested) -> &Vec<f64>) -> Vec<Outcome> {
    let mut sums: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (_, tested) in evaluation.repeats.iter().flatten() {
        let of_case = probabilities(tested);
        let sum = sums.entry(&tested.outcome.id).or_insert_with(|| vec![0.0; of_case.len()]);
        sum.iter_mut().zip(of_case).for_each(|(sum, p)| *sum += p);
    }
    let repeats = evaluation.repeats.len() as f64;
    let first = evaluation.repeats.iter().take(1).flatten();
    first
        .map(|(_, tested)| Outcome {
            probabilities: sums[tested.outcome.id.as_str()]
                .iter()
                .map(|sum| sum / repeats)
                .collect(),
            ..tested.outcome.clone()
        })
        .collect()
}

/// The cases of the first repeat on which the tagger was surest and wrong.
fn mistakes(evaluation: &Evaluation) -> Vec<Mistake> {
    let taxonomy = &evaluation.taxonomy;
    let mut worst: Vec<(f64, &Tested)> = Vec::new();
    for (_, tested) in evaluation.repeats.iter().take(1).flatten() {
        let off = wrong_trends(tested).map(|id| {
            let p = tested.outcome.probabilities[id.index()];
            if tested.outcome.gold.contains(id) { 1.0 - p } else { p }
        });
        if let Some(most) = off.max_by(f64::total_cmp) {
            worst.push((most, tested));
        }
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.outcome.id.cmp(&b.1.outcome.id)));
    let keys = |set: &TrendSet| set.iter().map(|id| taxonomy.key(id).to_owned()).collect();
    let mistake = |(_, tested): &(f64, &Tested)| {
        let outcome = &tested.outcome;
        let texts = evaluation.texts.get(&outcome.id);
        let wrong = |id: TrendId| {
            let evidence =
                tested.evidence.iter().filter(|(trend, _)| *trend == id).flat_map(|(_, e)| e);
            WrongTrend {
                key: taxonomy.key(id).to_owned(),
                probability: outcome.probabilities[id.index()],
                evidence: evidence.map(|e| (e.term.clone(), e.contribution)).collect(),
            }
        };
        Mistake {
            id: outcome.id.clone(),
            title: texts.and_then(|texts| texts.first()).cloned().unwrap_or_default(),
            gold: keys(&outcome.gold),
            suggested: keys(&outcome.suggested),
            wrong: wrong_trends(tested).map(wrong).collect(),
            excerpt: texts
                .map(|texts| {
                    texts
                        .iter()
                        .skip(1)
                        .flat_map(|t| t.chars().chain([' ']))
                        .take(EXCERPT)
                        .collect()
                })
                .unwrap_or_default(),
        }
    };
    worst.iter().take(MISTAKES).map(mistake).collect()
}

/// The trends that are suggested and not gold, or gold and not suggested.
fn wrong_trends(tested: &Tested) -> impl Iterator<Item = TrendId> + '_ {
    let ids = (0..tested.outcome.probabilities.len()).map(|i| TrendId(i as u16));
    ids.filter(|&id| tested.outcome.gold.contains(id) != tested.outcome.suggested.contains(id))
}
