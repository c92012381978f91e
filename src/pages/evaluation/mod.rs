//! The evaluation as one HTML page: summary in words, tables, charts, mistakes.
//!
//! [`render`] is a pure function of a [`Report`]: the page needs no network and
//! no script, and the same data give the same bytes.

mod charts;
mod matrices;
mod page;
mod sentences;
mod tables;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::evaluate::interval::Interval;
use crate::metrics::Metrics;
use crate::metrics::agreement::AgreementByTrend;
use crate::metrics::calibration::{Bin, CalibrationTest};
use crate::metrics::curve::CurvePoint;
use crate::taxonomy::Taxonomy;

/// All that the page shows. What is `None` or empty was not measured, and the
/// page says so. "One per trend" means in the order of the taxonomy.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Heading of the page.
    pub title: String,
    /// What was evaluated: a model with its version, or a cross-validation with
    /// its folds, repeats and seed.
    pub subject: String,
    /// Name of the file with the labelled cases.
    pub file: String,
    /// The trends.
    pub taxonomy: Taxonomy,
    /// The figures.
    pub metrics: Metrics,
    /// Bootstrap limits of some of the figures.
    pub intervals: Vec<Interval>,
    /// The same cases tagged by simpler means.
    pub baselines: Vec<Baseline>,
    /// How far two annotators agree.
    pub human_line: Option<AgreementByTrend>,
    /// What the charts of each trend show; one per trend, or empty.
    pub per_trend: Vec<TrendDetail>,
    /// What can be decided without a person.
    pub triage: Option<TriageFigures>,
    /// Quality by number of training cases, their number rising.
    pub learning_curve: Vec<LearningPoint>,
    /// As [`crate::metrics::curve::co_occurrence`], or empty.
    pub co_occurrence: Vec<Vec<usize>>,
    /// As [`crate::metrics::curve::confusion`], or empty.
    pub confusion: Vec<Vec<usize>>,
    /// The terms with the largest weights.
    pub terms: Vec<TrendTerms>,
    /// The worst mistakes, worst first.
    pub mistakes: Vec<Mistake>,
    /// What to bear in mind beside the warnings of the metrics: sentences.
    pub warnings: Vec<String>,
}

/// The figures of a simpler means.
#[derive(Debug, Clone, Serialize)]
pub struct Baseline {
    /// Its name for people.
    pub name: String,
    /// Its figures on the same cases.
    pub metrics: Metrics,
}

/// What the charts of one trend show.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TrendDetail {
    /// The smallest probability at which the trend is suggested, if there is one
    /// for all cases.
    pub threshold: Option<f64>,
    /// As [`crate::metrics::curve::precision_recall`].
    pub curve: Vec<CurvePoint>,
    /// As [`crate::metrics::calibration::reliability`].
    pub reliability: Vec<Bin>,
    /// The same of the probabilities before calibration.
    pub reliability_before: Vec<Bin>,
    /// Whether chance explains the calibration error.
    pub calibration: Option<CalibrationTest>,
}

/// What can be decided without a person.
#[derive(Debug, Clone, Serialize)]
pub struct TriageFigures {
    /// What each pair of limits would give.
    pub curve: Vec<TriagePoint>,
    /// What the limits in use decided; `None` if there are none.
    pub chosen: Option<TriageChoice>,
    /// Whether half of the pairs are decided and accepts find three tenths of the
    /// gold.
    pub pays: bool,
    /// If not: with about how many labelled cases they would; `None` if even a
    /// hundred times as many are too few.
    pub cases_needed: Option<usize>,
}

/// What one pair of limits gives; shares within `0..=1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TriagePoint {
    /// Share of the pairs of case and trend decided without a person.
    pub share_decided: f64,
    /// Share of the accepted that are gold; undefined if none is accepted.
    pub accept_precision: Option<f64>,
    /// Share of the gold that is rejected; undefined without gold.
    pub miss_rate: Option<f64>,
    /// From this probability on a trend is accepted; `None`: none is.
    pub accept_limit: Option<f64>,
    /// Up to this probability a trend is rejected; `None`: none is.
    pub reject_limit: Option<f64>,
}

/// What triage decided on the tested cases, and what it was asked to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TriageChoice {
    /// Pairs of case and trend accepted, over all repeats.
    pub accepted: usize,
    /// Pairs rejected.
    pub rejected: usize,
    /// Pairs a person is asked about.
    pub asked: usize,
    /// Cases of which no pair is asked about.
    pub decided_cases: usize,
    /// Cases, each counted once a repeat.
    pub cases: usize,
    /// Share of the accepted that are gold; undefined if none is accepted.
    pub accept_precision: Option<f64>,
    /// Share of the gold that is rejected; undefined without gold.
    pub miss_rate: Option<f64>,
    /// Share of the gold that is accepted; undefined without gold.
    pub accept_coverage: Option<f64>,
    /// The lowest and highest probability from which the models tested accept;
    /// `None`: none is accepted.
    pub accept_limits: Option<(f64, f64)>,
    /// The lowest and highest probability up to which they reject.
    pub reject_limits: Option<(f64, f64)>,
    /// The least precision of accepts asked for.
    pub least_precision: f64,
    /// The highest miss rate allowed.
    pub most_missed: f64,
    /// With which confidence both hold for cases of the same kind.
    pub confidence: f64,
}

impl TriageChoice {
    /// Share of the pairs decided without a person.
    pub(crate) fn share_decided(&self) -> f64 {
        let decided = self.accepted + self.rejected;
        decided as f64 / (decided + self.asked).max(1) as f64
    }
}

/// Quality after training on some of the cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LearningPoint {
    /// Number of training cases.
    pub cases: usize,
    /// Macro F1.
    pub macro_f1: Option<f64>,
    /// Lower limit of macro F1.
    pub lower: Option<f64>,
    /// Upper limit of macro F1.
    pub upper: Option<f64>,
    /// Macro average precision.
    pub mean_average_precision: Option<f64>,
}

/// The terms that speak most for a trend.
#[derive(Debug, Clone, Serialize)]
pub struct TrendTerms {
    /// Key of the trend.
    pub key: String,
    /// Terms with their weights, strongest first.
    pub terms: Vec<(String, f64)>,
}

/// A case that was tagged wrongly.
#[derive(Debug, Clone, Serialize)]
pub struct Mistake {
    /// The case's id.
    pub id: String,
    /// The case's title; may be empty.
    pub title: String,
    /// Keys of the gold trends.
    pub gold: Vec<String>,
    /// Keys of the suggested trends.
    pub suggested: Vec<String>,
    /// The trends missed or suggested wrongly, worst first.
    pub wrong: Vec<WrongTrend>,
    /// The beginning of the text; may be empty.
    pub excerpt: String,
}

/// A trend on which a case was tagged wrongly.
#[derive(Debug, Clone, Serialize)]
pub struct WrongTrend {
    /// Key of the trend.
    pub key: String,
    /// Its probability.
    pub probability: f64,
    /// The terms behind it with what they contribute to the score.
    pub evidence: Vec<(String, f64)>,
}

/// Renders the report as one self-contained HTML page.
///
/// Of more than twelve trends, those with the most support are drawn; the table
/// of figures holds all.
///
/// # Errors
/// [`Error::Report`] if a part does not have the number of trends of the
/// taxonomy.
pub fn render(report: &Report) -> Result<String> {
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
