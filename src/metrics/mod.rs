//! All figures of quality of a set of outcomes, per trend and overall. A figure with a
//! zero denominator is undefined: `None`, `null` in JSON, a dash in tables. Figures equal
//! scikit-learn's wherever both are defined.
//!
//! Averages over trends are taken over those with at least [`FEWEST_POSITIVES`] gold cases.
//! Figures per case, and pooled precision, recall and F1, count every trend.

pub mod agreement;
mod averaged;
pub mod calibration;
mod counts;
pub mod curve;
mod figure;
mod finished;
mod outcome;
mod per_case;
mod prepared;
mod probability;
mod ranking;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use averaged::averaged_of;
pub use averaged::{FEWEST_POSITIVES, averaged};
use counts::CountFigure;
pub use counts::Counts;
pub use figure::Figure;
pub use finished::{FinishedBatch, FinishedFigures};
pub(crate) use outcome::mean_of_defined;
pub use outcome::{Outcome, check, mean_over_repeats};
pub(crate) use prepared::Prepared;
use prepared::Weighed;
use probability::{calibration_error, log_loss, squared_error};
pub(crate) use ranking::Ranking;

use crate::error::{Error, Result};
use crate::taxonomy::{Taxonomy, TrendId};

/// Options of [`Metrics`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsParams {
    /// Number of equal-mass bins of the calibration error.
    pub bins: usize,
    /// A trend with less gold than this is named in the warnings.
    pub least_support: u64,
}

impl Default for MetricsParams {
    fn default() -> Self {
        Self { bins: 10, least_support: 20 }
    }
}

/// The quality of a set of outcomes; serialises to a stable JSON schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metrics {
    /// Number of cases.
    pub cases: usize,
    /// How the figures were made.
    pub params: MetricsParams,
    /// Figures over all trends.
    pub overall: Overall,
    /// Figures of each trend, in the order of the taxonomy.
    pub per_trend: Vec<TrendMetrics>,
    /// Cautions for the reader.
    pub warnings: Vec<Warning>,
}

/// Figures over all trends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overall {
    /// From the counts of all pairs of case and trend.
    pub micro: Shares,
    /// Means over the averaged trends that have the figure. Macro F1 is the mean of the
    /// F1s, not the F1 of the means (Opitz and Burst 2019).
    #[serde(rename = "macro")]
    pub macro_average: Shares,
    /// As macro, weighted by support.
    pub weighted: Shares,
    /// Means over the cases that have the figure: a case without suggestion has
    /// no precision, one without gold no recall, one with neither no F1.
    pub samples: Shares,
    /// Average precision, see [`TrendMetrics::average_precision`].
    pub average_precision: Averages,
    /// Area under the ROC curve, see [`TrendMetrics::roc_auc`].
    pub roc_auc: Averages,
    /// Expected calibration error, see [`TrendMetrics::calibration_error`].
    pub calibration_error: Averages,
    /// Mean over cases of `|gold and suggested| / |gold or suggested|`; a case
    /// with neither is left out.
    pub jaccard_samples: Option<f64>,
    /// The same per trend over its cases, mean over the averaged trends that have it.
    pub jaccard_macro: Option<f64>,
    /// Mean over cases of the mean, over the gold trends, of the share of gold
    /// among the trends ranked as high (Schapire and Singer 2000); ties rank
    /// low. A case with none or all trends gold counts 1, as in scikit-learn.
    pub label_ranking_average_precision: Option<f64>,
    /// How far down the order one must go, on average, to cover all gold trends
    /// of a case (Tsoumakas et al. 2010); a case without gold counts 0.
    pub coverage_error: Option<f64>,
    /// Mean over cases of the share of (gold, other) pairs in the wrong order or
    /// tied (Tsoumakas et al. 2010); a case without such pairs counts 0.
    pub ranking_loss: Option<f64>,
    /// Share of the cases with exactly the gold trends suggested.
    pub subset_accuracy: Option<f64>,
    /// Share of the pairs of case and trend decided wrongly.
    pub hamming_loss: Option<f64>,
    /// Mean over pairs of case and trend, see [`TrendMetrics::log_loss`].
    pub log_loss: Option<f64>,
    /// Mean over pairs of case and trend, see [`TrendMetrics::brier`].
    pub brier: Option<f64>,
}

/// Precision, recall and F1 under one way of averaging.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shares {
    /// Share of the suggestions that are gold.
    pub precision: Option<f64>,
    /// Share of the gold that is suggested.
    pub recall: Option<f64>,
    /// `2 hits / (2 hits + false alarms + misses)`.
    pub f1: Option<f64>,
}

/// A figure averaged in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Averages {
    /// Over all pairs of case and trend, pooled.
    pub micro: Option<f64>,
    /// Mean over the averaged trends that have the figure.
    #[serde(rename = "macro")]
    pub macro_average: Option<f64>,
}

/// Figures of one trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendMetrics {
    /// Key of the trend.
    pub key: String,
    /// Number of cases with the trend in gold.
    pub support: u64,
    /// Number of cases with the trend suggested.
    pub suggested: u64,
    /// Share of the suggestions that are gold; undefined without suggestions.
    pub precision: Option<f64>,
    /// Share of the gold that is suggested; undefined without gold.
    pub recall: Option<f64>,
    /// `2 hits / (2 hits + false alarms + misses)`; undefined without both.
    pub f1: Option<f64>,
    /// Sum over distinct probabilities of (recall gained) x (precision there),
    /// not interpolated, as scikit-learn's; undefined without gold (there 0).
    pub average_precision: Option<f64>,
    /// Chance that a gold case ranks above another, a tie counting half (Hanley
    /// and McNeil 1982); undefined unless there are both kinds.
    pub roc_auc: Option<f64>,
    /// Mean negative natural logarithm of the probability of the truth, probabilities
    /// kept 2.2e-16 away from 0 and 1.
    pub log_loss: Option<f64>,
    /// Mean squared distance of probability and truth (Brier 1950).
    pub brier: Option<f64>,
    /// Mean over equal-mass bins of the distance between mean probability and share of
    /// gold, weighted by size (Naeini et al. 2015; equal mass as in Nixon et al. 2019).
    /// Ties share a bin. Never 0 for a finite sample, even if the model is calibrated:
    /// [`calibration_test`](calibration::calibration_test) estimates its size by chance alone.
    pub calibration_error: Option<f64>,
}

/// A caution for the reader of the figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Warning {
    /// The trend has fewer gold cases than [`FEWEST_POSITIVES`], so that averages leave it
    /// out.
    NotAveraged {
        /// Key of the trend.
        key: String,
        /// Its number of gold cases.
        support: u64,
    },
    /// The trend has less gold than [`MetricsParams::least_support`].
    LowSupport {
        /// Key of the trend.
        key: String,
        /// Its number of gold cases.
        support: u64,
    },
    /// Cases have no gold trend: they have no recall, and count as perfectly
    /// ranked in the label-ranking figures.
    CasesWithoutGold {
        /// Their number.
        cases: usize,
    },
}

impl Metrics {
    /// Computes all figures of `outcomes`.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] as [`check`]; [`Error::BadParam`] for zero bins.
    pub fn of(outcomes: &[Outcome], taxonomy: &Taxonomy, params: &MetricsParams) -> Result<Self> {
        check(outcomes, taxonomy.len())?;
        check_bins(params.bins)?;
        let prepared = Prepared::new(outcomes.iter(), taxonomy.len());
        let ones = vec![1; outcomes.len()];
        let weighed = prepared.weigh(&ones);

        let per_trend: Vec<TrendMetrics> = taxonomy
            .iter()
            .map(|(id, trend)| TrendMetrics::of(&weighed, outcomes, id, &trend.key, params.bins))
            .collect();
        let mut warnings: Vec<Warning> =
            per_trend.iter().filter_map(|t| t.warning(params.least_support)).collect();
        let without_gold = outcomes.iter().filter(|o| o.gold.is_empty()).count();
        if without_gold > 0 {
            warnings.push(Warning::CasesWithoutGold { cases: without_gold });
        }
        Ok(Self {
            cases: outcomes.len(),
            params: params.clone(),
            overall: Overall::of(&weighed, outcomes, &per_trend, params.bins),
            per_trend,
            warnings,
        })
    }
}

impl Metrics {
    /// Returns the means of the figures over repeats with the same cases; undefined if a repeat
    /// has none, counts rounded. Warnings are those of the first.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there is no repeat, or they have other trends.
    pub fn mean(repeats: &[Self]) -> Result<Self> {
        let trends = |metrics: &Self| metrics.per_trend.iter().map(|t| t.key.clone()).collect();
        let keys: Vec<Vec<String>> = repeats.iter().map(trends).collect();
        let first = match repeats.first() {
            Some(first) if keys.iter().all(|of| *of == keys[0]) => first,
            _ => {
                return Err(Error::bad_corpus(
                    "the repeats of an evaluation differ in their form",
                    "average figures of the same cases and trends",
                ));
            }
        };
        let of_trend = |i: usize| {
            TrendMetrics::mean(&repeats.iter().map(|m| &m.per_trend[i]).collect::<Vec<_>>())
        };
        Ok(Self {
            cases: rounded_mean(repeats.iter().map(|m| m.cases as u64)) as usize,
            params: first.params.clone(),
            overall: Overall::mean(&repeats.iter().map(|m| &m.overall).collect::<Vec<_>>()),
            per_trend: (0..first.per_trend.len()).map(of_trend).collect(),
            warnings: first.warnings.clone(),
        })
    }
}

/// Returns the mean of a count, rounded.
fn rounded_mean(counts: impl ExactSizeIterator<Item = u64>) -> u64 {
    let n = counts.len() as f64;
    (counts.map(|count| count as f64).sum::<f64>() / n).round() as u64
}

/// Returns the mean of a figure over repeats; undefined if one of them lacks it.
fn mean_figure(figures: impl ExactSizeIterator<Item = Option<f64>>) -> Option<f64> {
    let n = figures.len() as f64;
    figures.sum::<Option<f64>>().map(|sum| sum / n)
}

/// Builds a struct from the means of its figures over repeats and other given fields.
macro_rules! means {
    ($name:ident of $repeats:ident: $($figure:ident),* $(; $($field:ident: $value:expr),*)?) => {
        $name {
            $($figure: mean_figure($repeats.iter().map(|repeat| repeat.$figure)),)*
            $($($field: $value,)*)?
        }
    };
}

impl Shares {
    fn mean(repeats: &[Self]) -> Self {
        means!(Shares of repeats: precision, recall, f1)
    }
}

impl Averages {
    fn mean(repeats: &[Self]) -> Self {
        means!(Averages of repeats: micro, macro_average)
    }
}

impl Overall {
    fn mean(repeats: &[&Self]) -> Self {
        let shares = |of: fn(&Self) -> Shares| {
            Shares::mean(&repeats.iter().map(|repeat| of(repeat)).collect::<Vec<_>>())
        };
        let averages = |of: fn(&Self) -> Averages| {
            Averages::mean(&repeats.iter().map(|repeat| of(repeat)).collect::<Vec<_>>())
        };
        means!(
            Overall of repeats: jaccard_samples, jaccard_macro, label_ranking_average_precision,
            coverage_error, ranking_loss, subset_accuracy, hamming_loss, log_loss, brier;
            micro: shares(|overall| overall.micro),
            macro_average: shares(|overall| overall.macro_average),
            weighted: shares(|overall| overall.weighted),
            samples: shares(|overall| overall.samples),
            average_precision: averages(|overall| overall.average_precision),
            roc_auc: averages(|overall| overall.roc_auc),
            calibration_error: averages(|overall| overall.calibration_error)
        )
    }
}

impl TrendMetrics {
    fn mean(repeats: &[&Self]) -> Self {
        means!(
            TrendMetrics of repeats: precision, recall, f1, average_precision, roc_auc, log_loss,
            brier, calibration_error;
            key: repeats.first().map(|repeat| repeat.key.clone()).unwrap_or_default(),
            support: rounded_mean(repeats.iter().map(|repeat| repeat.support)),
            suggested: rounded_mean(repeats.iter().map(|repeat| repeat.suggested))
        )
    }
}

impl Overall {
    fn of(w: &Weighed<'_>, outcomes: &[Outcome], trends: &[TrendMetrics], bins: usize) -> Self {
        let shares = |average: &dyn Fn(CountFigure) -> Option<f64>| Shares {
            precision: average(Counts::precision),
            recall: average(Counts::recall),
            f1: average(Counts::f1),
        };
        let averaged = || w.averaged().map(|id| &trends[id.index()]);
        let pooled = w.averaged().flat_map(|id| pairs(outcomes, id));
        Self {
            micro: shares(&|figure| w.micro(figure)),
            macro_average: shares(&|figure| w.macro_of(figure)),
            weighted: shares(&|figure| w.weighted(figure)),
            samples: shares(&|figure| w.samples(|case| figure(&case.counts))),
            average_precision: Averages {
                micro: w.micro_average_precision(),
                macro_average: w.macro_average_precision(),
            },
            roc_auc: Averages { micro: w.micro_roc_auc(), macro_average: w.macro_roc_auc() },
            calibration_error: Averages {
                micro: calibration_error(pooled.collect(), bins),
                macro_average: mean_of_defined(averaged().map(|t| t.calibration_error)),
            },
            jaccard_samples: Figure::SamplesJaccard.of(w),
            jaccard_macro: w.macro_of(Counts::jaccard),
            label_ranking_average_precision: Figure::LabelRankingAveragePrecision.of(w),
            coverage_error: w.samples(|case| Some(case.coverage)),
            ranking_loss: Figure::RankingLoss.of(w),
            subset_accuracy: Figure::SubsetAccuracy.of(w),
            hamming_loss: Figure::HammingLoss.of(w),
            log_loss: Figure::LogLoss.of(w),
            brier: Figure::Brier.of(w),
        }
    }
}

impl TrendMetrics {
    /// What makes its figures mean little.
    fn warning(&self, least_support: u64) -> Option<Warning> {
        let (key, support) = (self.key.clone(), self.support);
        match support {
            0..FEWEST_POSITIVES => Some(Warning::NotAveraged { key, support }),
            _ if support < least_support => Some(Warning::LowSupport { key, support }),
            _ => None,
        }
    }

    fn of(w: &Weighed<'_>, outcomes: &[Outcome], id: TrendId, key: &str, bins: usize) -> Self {
        let counts = w.counts(id);
        let mean = |loss: fn(f64, bool) -> f64| {
            mean_of_defined(pairs(outcomes, id).map(|(p, gold)| Some(loss(p, gold))))
        };
        Self {
            key: key.to_owned(),
            support: counts.support(),
            suggested: counts.suggested(),
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            average_precision: w.average_precision(id),
            roc_auc: w.roc_auc(id),
            log_loss: mean(log_loss),
            brier: mean(squared_error),
            calibration_error: calibration_error(pairs(outcomes, id).collect(), bins),
        }
    }
}

/// Probability and gold of one trend, case by case.
pub(crate) fn pairs(outcomes: &[Outcome], id: TrendId) -> impl Iterator<Item = (f64, bool)> + '_ {
    outcomes.iter().map(move |o| (o.probabilities[id.index()], o.gold.contains(id)))
}

/// Refuses zero bins.
pub(crate) fn check_bins(bins: usize) -> Result<()> {
    if bins == 0 {
        let remedy = "at least one bin is needed".into();
        return Err(Error::BadParam { name: "bins", value: "0".into(), remedy });
    }
    Ok(())
}
