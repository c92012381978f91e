//! Figures of one case over all trends ("samples" in scikit-learn's words).

use crate::metrics::Outcome;
use crate::metrics::counts::Counts;
use crate::metrics::probability::{log_loss, squared_error};
use crate::taxonomy::TrendId;

/// The figures of one case; the overall figure is their mean over cases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaseFigures {
    pub(crate) counts: Counts,
    /// 1 if the suggested set is the gold set, else 0.
    pub(crate) exact: f64,
    /// Share of the trends on which suggestion and gold differ.
    pub(crate) hamming_loss: f64,
    /// See [`CaseFigures::of`].
    pub(crate) ranking_precision: f64,
    pub(crate) coverage: f64,
    pub(crate) ranking_loss: f64,
    /// Means over the trends.
    pub(crate) log_loss: f64,
    pub(crate) brier: f64,
}

impl CaseFigures {
    /// Computes the figures of one outcome. The three ranking figures (Tsoumakas, Katakis
    /// and Vlahavas 2010, section 7) are computed from two numbers of each gold trend:
    /// its rank among all trends and its rank among the gold ones, ties ranking lowest.
    /// If there is nothing to rank (none or all trends are gold), they have
    /// scikit-learn's values: precision 1, loss 0, coverage 0 (none) or all.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let trends = outcome.probabilities.len();
        let total = trends as f64;
        let labelled = || {
            let trend = |(i, &p): (usize, &f64)| (p, outcome.gold.contains(TrendId(i as u16)));
            outcome.probabilities.iter().enumerate().map(trend)
        };

        let mut counts = Counts::default();
        for i in 0..trends {
            let id = TrendId(i as u16);
            counts.add(outcome.gold.contains(id), outcome.suggested.contains(id), 1);
        }

        let (mut shares, mut worst_rank, mut reversed) = (0.0, 0_u32, 0_u32);
        for id in outcome.gold.iter() {
            let own = outcome.probabilities[id.index()];
            let (mut rank, mut rank_in_gold) = (0_u32, 0_u32);
            for (_, gold) in labelled().filter(|&(p, _)| p >= own) {
                rank += 1;
                rank_in_gold += u32::from(gold);
            }
            shares += f64::from(rank_in_gold) / f64::from(rank);
            worst_rank = worst_rank.max(rank);
            reversed += rank - rank_in_gold;
        }
        let gold = outcome.gold.len();
        let rankable = gold > 0 && gold < trends;
        let pairs = (gold * (trends - gold)) as f64;

        Self {
            counts,
            exact: f64::from(u8::from(outcome.gold == outcome.suggested)),
            hamming_loss: (counts.false_alarms + counts.misses) as f64 / total,
            ranking_precision: if rankable { shares / gold as f64 } else { 1.0 },
            coverage: f64::from(worst_rank),
            ranking_loss: if rankable { f64::from(reversed) / pairs } else { 0.0 },
            log_loss: labelled().map(|(p, y)| log_loss(p, y)).sum::<f64>() / total,
            brier: labelled().map(|(p, y)| squared_error(p, y)).sum::<f64>() / total,
        }
    }
}
