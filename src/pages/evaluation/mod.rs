//! The evaluation as one HTML page: summary in words, tables, charts, mistakes.
//!
//! [`render`] is a pure function of an [`Evaluation`]: the page needs no network
//! and no script, and the same evaluation gives the same bytes.

mod charts;
mod matrices;
mod mistakes;
mod page;
mod sentences;
mod tables;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::evaluate::interval::Interval;
use crate::evaluate::protocol::{
    Baseline, ByLimit, LearningPoint, Tested, TriageFindings, outcomes, uncalibrated,
};
use crate::evaluate::reading_plan::ReadingPlan;
use crate::evaluate::slices::Slice;
use crate::evaluate::{Evaluation, TrendTerms};
use crate::metrics::agreement::AgreementByTrend;
use crate::metrics::calibration::{Bin, CalibrationTest, Scope, reliability};
use crate::metrics::curve::{CurvePoint, co_occurrence, confusion, precision_recall};
use crate::metrics::{Metrics, mean_over_repeats};
use crate::pages::kit::{Cover, FigureFile};
use crate::taxonomy::{Taxonomy, TrendId};

/// All data of the page. Fields that are `None` or empty were not measured, which the
/// page states. "One per trend" means in the order of the taxonomy.
#[derive(Debug, Clone)]
struct Report {
    /// Heading of the page.
    title: String,
    /// The date on the page.
    date: Option<String>,
    /// Description of what was evaluated.
    subject: String,
    /// A warning before all figures.
    caution: Option<String>,
    /// How often each case was tested.
    repeats: usize,
    /// Name of the file with the labelled cases.
    file: String,
    /// The trends.
    taxonomy: Taxonomy,
    /// The figures.
    metrics: Metrics,
    /// Bootstrap limits of some of the figures.
    intervals: Vec<Interval>,
    /// The figures by length of the texts and by agreement of the annotators.
    slices: Vec<Slice>,
    /// The same cases tagged by simpler means.
    baselines: Vec<Baseline>,
    /// How far two annotators agree.
    human_line: Option<AgreementByTrend>,
    /// Data for the charts of each trend; one per trend, or empty.
    per_trend: Vec<TrendDetail>,
    /// The decisions without a reviewer.
    triage: Option<TriageFindings>,
    /// The reading plan.
    reading_plan: Option<ReadingPlan>,
    /// Results of the limits of the models.
    by_limit: Option<ByLimit>,
    /// Quality by number of training cases, their number rising.
    learning_curve: Vec<LearningPoint>,
    /// As [`crate::metrics::curve::co_occurrence`], or empty.
    co_occurrence: Vec<Vec<usize>>,
    /// As [`crate::metrics::curve::confusion`], or empty.
    confusion: Vec<Vec<usize>>,
    /// The terms with the largest weights.
    terms: Vec<TrendTerms>,
    /// The worst mistakes, worst first.
    mistakes: Vec<Mistake>,
    /// Warnings in addition to those of the metrics, one sentence each.
    warnings: Vec<String>,
}

impl Report {
    /// Returns the name of a trend for people, given its key.
    fn name<'r>(&'r self, key: &'r str) -> &'r str {
        self.taxonomy.id(key).map_or(key, |id| self.taxonomy.label(id))
    }

    /// Collects the data of the page from an evaluation.
    ///
    /// # Errors
    /// As [`reliability`].
    fn of(evaluation: &Evaluation, cover: &Cover) -> Result<Self> {
        let Evaluation { taxonomy, repeats, findings, .. } = evaluation;
        let mean = |of: fn(&Tested) -> _| mean_over_repeats(&outcomes(repeats, of));
        let calibrated = mean(|tested| tested.outcome.clone());
        let uncalibrated = mean(uncalibrated);
        let bins = findings.metrics.params.bins;
        let detail = |(id, calibration): (TrendId, &_)| -> Result<TrendDetail> {
            let scope = Scope::Trend(id);
            Ok(TrendDetail {
                threshold: evaluation.thresholds.get(id.index()).copied(),
                curve: precision_recall(&calibrated, id),
                reliability: reliability(&calibrated, scope, bins)?,
                reliability_before: reliability(&uncalibrated, scope, bins)?,
                calibration: *calibration,
            })
        };
        let details = taxonomy.iter().map(|(id, _)| id).zip(&findings.calibration.per_trend);
        Ok(Self {
            title: cover.title.clone().unwrap_or_else(|| "Evaluation".to_owned()),
            date: cover.date.clone(),
            subject: evaluation.subject.clone(),
            caution: evaluation.caution.clone(),
            repeats: repeats.len(),
            file: evaluation.file.clone(),
            taxonomy: taxonomy.clone(),
            metrics: findings.metrics.clone(),
            intervals: findings.intervals.clone(),
            slices: evaluation.slices.clone(),
            baselines: evaluation.baselines.clone(),
            human_line: evaluation.human.clone(),
            per_trend: details.map(detail).collect::<Result<_>>()?,
            triage: Some(findings.triage.clone()),
            reading_plan: Some(findings.reading_plan.clone()),
            by_limit: Some(findings.by_limit.clone()),
            learning_curve: evaluation.learning_curve.clone(),
            co_occurrence: co_occurrence(calibrated.iter().map(|o| &o.gold), taxonomy.len()),
            confusion: confusion(&calibrated, taxonomy.len()),
            terms: evaluation.terms.clone(),
            mistakes: mistakes::worst(evaluation),
            warnings: evaluation.warnings.clone(),
        })
    }
}

/// Data for the charts of one trend.
#[derive(Debug, Clone, Default)]
struct TrendDetail {
    /// The smallest probability at which the trend is suggested, if there is one
    /// for all cases.
    threshold: Option<f64>,
    /// As [`crate::metrics::curve::precision_recall`].
    curve: Vec<CurvePoint>,
    /// As [`crate::metrics::calibration::reliability`].
    reliability: Vec<Bin>,
    /// The same of the probabilities before calibration.
    reliability_before: Vec<Bin>,
    /// Whether chance explains the calibration error.
    calibration: Option<CalibrationTest>,
}

/// A case that was tagged wrongly.
#[derive(Debug, Clone)]
struct Mistake {
    /// The case's id.
    id: String,
    /// The case's title; may be empty.
    title: String,
    /// Names of the gold trends.
    gold: Vec<String>,
    /// Names of the suggested trends.
    suggested: Vec<String>,
    /// The trends missed or suggested wrongly, worst first.
    wrong: Vec<WrongTrend>,
    /// The beginning of the text; may be empty.
    excerpt: String,
}

/// A trend on which a case was tagged wrongly.
#[derive(Debug, Clone)]
struct WrongTrend {
    /// Name of the trend.
    name: String,
    /// Its probability.
    probability: f64,
    /// The evidence terms, with their contributions to the score.
    evidence: Vec<(String, f64)>,
}

/// Renders an evaluation as one self-contained HTML page. Of more than twelve trends,
/// those with the most support are drawn; the table of figures contains all.
///
/// # Errors
/// [`Error::Report`] if a part does not have the number of trends of the
/// taxonomy.
pub fn render(evaluation: &Evaluation, cover: &Cover) -> Result<String> {
    rendered(&Report::of(evaluation, cover)?)
}

/// Returns the charts of the page as files, in their order.
///
/// # Errors
/// As [`render`].
pub fn figures(evaluation: &Evaluation) -> Result<Vec<FigureFile>> {
    let report = Report::of(evaluation, &Cover::default())?;
    check(&report)?;
    Ok(page::Page::of(&report).figures().map(FigureFile::of).collect())
}

fn rendered(report: &Report) -> Result<String> {
    check(report)?;
    crate::pages::kit::render(&page::Page::of(report))
}

fn check(report: &Report) -> Result<()> {
    let trends = report.taxonomy.len();
    let square = |matrix: &[Vec<usize>]| {
        matrix.is_empty() || matrix.len() == trends && matrix.iter().all(|row| row.len() == trends)
    };
    let parts = [
        ("the metrics", report.metrics.per_trend.len() == trends),
        ("a baseline", report.baselines.iter().all(|b| b.metrics.per_trend.len() == trends)),
        ("the human line", report.human_line.iter().all(|h| h.per_trend.len() == trends)),
        ("the detail", report.per_trend.is_empty() || report.per_trend.len() == trends),
        ("the co-occurrence", square(&report.co_occurrence)),
        ("the confusion", square(&report.confusion)),
    ];
    match parts.iter().find(|(_, fits)| !fits) {
        None => Ok(()),
        Some((part, _)) => Err(Error::Report {
            reason: format!("{part} is not about the {trends} trends of the taxonomy"),
            remedy: "make all parts with the same taxonomy".into(),
        }),
    }
}
