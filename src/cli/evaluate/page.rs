//! The page that `trendtag evaluate --report` writes, from what was tested.

use anyhow::Result;
use trendtag::decision::Triage;
use trendtag::evaluation::calibration::{Scope, reliability};
use trendtag::evaluation::curve::{co_occurrence, confusion, precision_recall};
use trendtag::evaluation::mean_over_repeats;
use trendtag::evaluation::report::{
    self, Baseline, LearningPoint, Mistake, Report, TrendDetail, TriageChoice, TriageFigures,
    TriagePoint, WrongTrend,
};
use trendtag::protocol::{self, Tested, TestedSplit, TriageFindings, mean_metrics};
use trendtag::{TrendId, TrendSet};

use super::Evaluation;

/// Mistakes shown on the page.
const MISTAKES: usize = 12;

/// Characters of a text shown with a mistake.
const EXCERPT: usize = 280;

pub(super) fn render(evaluation: &Evaluation) -> Result<String> {
    let Evaluation { taxonomy, repeats, findings, .. } = evaluation;
    let mean = |of: fn(&Tested) -> _| mean_over_repeats(&protocol::outcomes(repeats, of));
    let outcomes = mean(|tested| tested.outcome.clone());
    let uncalibrated = mean(protocol::uncalibrated);
    let bins = findings.metrics.params.bins;
    let detail = |(id, calibration): (TrendId, &_)| -> Result<TrendDetail> {
        let scope = Scope::Trend(id);
        Ok(TrendDetail {
            threshold: evaluation.thresholds.get(id.index()).copied(),
            curve: precision_recall(&outcomes, id),
            reliability: reliability(&outcomes, scope, bins)?,
            reliability_before: reliability(&uncalibrated, scope, bins)?,
            calibration: *calibration,
        })
    };
    let details = taxonomy.iter().map(|(id, _)| id).zip(&findings.calibration.per_trend);
    let baseline = |b: &protocol::Baseline| -> Result<Baseline> {
        Ok(Baseline { name: b.name.to_owned(), metrics: mean_metrics(&b.repeats, taxonomy)? })
    };
    let point = |p: &protocol::LearningPoint| LearningPoint {
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
        metrics: findings.metrics.clone(),
        intervals: findings.intervals.clone(),
        baselines: evaluation.baselines.iter().map(baseline).collect::<Result<_>>()?,
        human_line: evaluation.human.clone(),
        per_trend: details.map(detail).collect::<Result<_>>()?,
        triage: Some(triage(&findings.triage)),
        learning_curve: evaluation.learning_curve.iter().map(point).collect(),
        co_occurrence: co_occurrence(outcomes.iter().map(|o| &o.gold), taxonomy.len()),
        confusion: confusion(&outcomes, taxonomy.len()),
        terms: evaluation.terms.clone(),
        mistakes: mistakes(evaluation),
        warnings: evaluation.warnings.clone(),
    })?)
}

fn triage(findings: &TriageFindings) -> TriageFigures {
    let point = |triage: &Triage| TriagePoint {
        share_decided: triage.expected.decided_share().unwrap_or(0.0),
        accept_precision: triage.expected.accept_precision(),
        miss_rate: triage.expected.miss_rate(),
        accept_limit: triage.accept,
        reject_limit: triage.reject,
    };
    let TriageFindings { params, observed, accept_limits, reject_limits, .. } = findings;
    let decides = accept_limits.is_some() || reject_limits.is_some();
    TriageFigures {
        curve: findings.curve.iter().map(point).collect(),
        pays: findings.pays,
        cases_needed: findings.cases_needed,
        chosen: decides.then(|| TriageChoice {
            accepted: observed.accepted,
            rejected: observed.rejected,
            asked: observed.asked,
            decided_cases: observed.decided_cases,
            cases: observed.cases,
            accept_precision: observed.accept_precision(),
            miss_rate: observed.miss_rate(),
            accept_coverage: observed.accept_coverage(),
            accept_limits: *accept_limits,
            reject_limits: *reject_limits,
            least_precision: params.accept_precision,
            most_missed: params.miss_rate,
            confidence: params.confidence,
        }),
    }
}

/// The cases of the first repeat on which the tagger was surest and wrong.
fn mistakes(evaluation: &Evaluation) -> Vec<Mistake> {
    let taxonomy = &evaluation.taxonomy;
    let mut worst: Vec<(f64, &Tested)> = Vec::new();
    let first = evaluation.repeats.iter().take(1).flatten();
    for tested in first.flat_map(|split: &TestedSplit| &split.cases) {
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
