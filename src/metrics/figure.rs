//! The figures by name, for intervals and comparisons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::counts::Counts;
use crate::metrics::prepared::Weighed;
use crate::taxonomy::{Taxonomy, TrendId};

/// One figure of quality, as [`Overall`](super::Overall) and
/// [`TrendMetrics`](super::TrendMetrics) define it. Averaged trends have at least
/// [`FEWEST_POSITIVES`](super::FEWEST_POSITIVES) gold cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Figure {
    /// Precision over all pairs of case and trend.
    MicroPrecision,
    /// Recall over all pairs of case and trend.
    MicroRecall,
    /// F1 over all pairs of case and trend.
    MicroF1,
    /// Mean precision of the averaged trends that have one.
    MacroPrecision,
    /// Mean recall of the averaged trends that have one.
    MacroRecall,
    /// Mean F1 of the averaged trends that have one.
    MacroF1,
    /// Mean F1 of the cases that have one.
    SamplesF1,
    /// Mean Jaccard index of the cases that have one.
    SamplesJaccard,
    /// Mean average precision (MAP) of the averaged trends that have one.
    MacroAveragePrecision,
    /// Average precision of all pairs in one order.
    MicroAveragePrecision,
    /// Mean ROC-AUC of the averaged trends that have one.
    MacroRocAuc,
    /// Mean over cases of how purely gold trends rank on top.
    LabelRankingAveragePrecision,
    /// Share of the cases with exactly the gold trends suggested.
    SubsetAccuracy,
    /// Share of the pairs of case and trend decided wrongly.
    HammingLoss,
    /// Mean over cases of the share of pairs of trends in the wrong order.
    RankingLoss,
    /// Mean log loss of the pairs of case and trend.
    LogLoss,
    /// Mean squared error of the probabilities.
    Brier,
    /// Precision of one trend.
    TrendPrecision(TrendId),
    /// Recall of one trend.
    TrendRecall(TrendId),
    /// F1 of one trend.
    TrendF1(TrendId),
    /// Average precision of one trend.
    TrendAveragePrecision(TrendId),
}

impl Figure {
    /// The figures reported first, the leading one ahead.
    pub const HEADLINE: [Self; 9] = [
        Self::MacroF1,
        Self::MicroF1,
        Self::SamplesF1,
        Self::MacroAveragePrecision,
        Self::LabelRankingAveragePrecision,
        Self::SubsetAccuracy,
        Self::HammingLoss,
        Self::LogLoss,
        Self::Brier,
    ];

    /// Returns the headline figures, then F1 and average precision of every trend.
    pub fn headline_and_trends(taxonomy: &Taxonomy) -> Vec<Self> {
        let of_trend = |(id, _)| [Self::TrendF1(id), Self::TrendAveragePrecision(id)];
        Self::HEADLINE.into_iter().chain(taxonomy.iter().flat_map(of_trend)).collect()
    }

    /// Returns whether a greater value is the better one.
    pub fn higher_is_better(self) -> bool {
        !matches!(self, Self::HammingLoss | Self::RankingLoss | Self::LogLoss | Self::Brier)
    }

    /// Name for people.
    pub fn label(self, taxonomy: &Taxonomy) -> String {
        match self {
            Self::MicroPrecision => "micro precision".into(),
            Self::MicroRecall => "micro recall".into(),
            Self::MicroF1 => "micro F1".into(),
            Self::MacroPrecision => "macro precision".into(),
            Self::MacroRecall => "macro recall".into(),
            Self::MacroF1 => "macro F1".into(),
            Self::SamplesF1 => "F1 per case".into(),
            Self::SamplesJaccard => "Jaccard per case".into(),
            Self::MacroAveragePrecision => "macro average precision".into(),
            Self::MicroAveragePrecision => "micro average precision".into(),
            Self::MacroRocAuc => "macro ROC-AUC".into(),
            Self::LabelRankingAveragePrecision => "label-ranking average precision".into(),
            Self::SubsetAccuracy => "subset accuracy".into(),
            Self::HammingLoss => "Hamming loss".into(),
            Self::RankingLoss => "ranking loss".into(),
            Self::LogLoss => "log loss".into(),
            Self::Brier => "Brier score".into(),
            Self::TrendPrecision(id) => format!("{}: precision", taxonomy.label(id)),
            Self::TrendRecall(id) => format!("{}: recall", taxonomy.label(id)),
            Self::TrendF1(id) => format!("{}: F1", taxonomy.label(id)),
            Self::TrendAveragePrecision(id) => format!("{}: average precision", taxonomy.label(id)),
        }
    }

    /// Returns the trend that the figure is about, if it is about one.
    pub fn trend(self) -> Option<TrendId> {
        match self {
            Self::TrendPrecision(id)
            | Self::TrendRecall(id)
            | Self::TrendF1(id)
            | Self::TrendAveragePrecision(id) => Some(id),
            _ => None,
        }
    }

    /// Returns the figure of weighted outcomes.
    pub(crate) fn of(self, outcomes: &Weighed<'_>) -> Option<f64> {
        match self {
            Self::MicroPrecision => outcomes.micro(Counts::precision),
            Self::MicroRecall => outcomes.micro(Counts::recall),
            Self::MicroF1 => outcomes.micro(Counts::f1),
            Self::MacroPrecision => outcomes.macro_of(Counts::precision),
            Self::MacroRecall => outcomes.macro_of(Counts::recall),
            Self::MacroF1 => outcomes.macro_of(Counts::f1),
            Self::SamplesF1 => outcomes.samples(|case| case.counts.f1()),
            Self::SamplesJaccard => outcomes.samples(|case| case.counts.jaccard()),
            Self::MacroAveragePrecision => outcomes.macro_average_precision(),
            Self::MicroAveragePrecision => outcomes.micro_average_precision(),
            Self::MacroRocAuc => outcomes.macro_roc_auc(),
            Self::LabelRankingAveragePrecision => {
                outcomes.samples(|case| Some(case.ranking_precision))
            }
            Self::SubsetAccuracy => outcomes.samples(|case| Some(case.exact)),
            Self::HammingLoss => outcomes.samples(|case| Some(case.hamming_loss)),
            Self::RankingLoss => outcomes.samples(|case| Some(case.ranking_loss)),
            Self::LogLoss => outcomes.samples(|case| Some(case.log_loss)),
            Self::Brier => outcomes.samples(|case| Some(case.brier)),
            Self::TrendPrecision(id) => outcomes.counts(id).precision(),
            Self::TrendRecall(id) => outcomes.counts(id).recall(),
            Self::TrendF1(id) => outcomes.counts(id).f1(),
            Self::TrendAveragePrecision(id) => outcomes.average_precision(id),
        }
    }
}
