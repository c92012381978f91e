//! Outcomes laid out so that figures can be computed again and again under
//! other case weights, as the bootstrap asks for.

use crate::metrics::Outcome;
use crate::metrics::averaged_of;
use crate::metrics::counts::{CountFigure, Counts};
use crate::metrics::mean_of_defined;
use crate::metrics::per_case::CaseFigures;
use crate::metrics::ranking::Ranking;
use crate::stats::ratio;
use crate::taxonomy::TrendId;

/// Outcomes with everything that does not depend on weights done once.
#[derive(Debug)]
pub(crate) struct Prepared {
    trends: usize,
    cases: Vec<CaseFigures>,
    /// (gold, suggested), case by case, `trends` to a case.
    marks: Vec<(bool, bool)>,
    rankings: Vec<Ranking>,
    pooled: Ranking,
    /// The trends that averages are taken over, whatever the weights.
    averaged: Vec<TrendId>,
}

impl Prepared {
    /// Prepares outcomes that [`crate::metrics::check`] has passed.
    pub(crate) fn new<'o>(
        outcomes: impl Iterator<Item = &'o Outcome> + Clone,
        trends: usize,
    ) -> Self {
        let ids = || (0..trends).map(|i| TrendId(i as u16));
        let ranked = |id: TrendId| {
            let triple = move |(case, o): (usize, &Outcome)| {
                (case as u32, o.probabilities[id.index()], o.gold.contains(id))
            };
            outcomes.clone().enumerate().map(triple)
        };
        Self {
            trends,
            cases: outcomes.clone().map(CaseFigures::of).collect(),
            marks: outcomes
                .clone()
                .flat_map(|o| ids().map(|id| (o.gold.contains(id), o.suggested.contains(id))))
                .collect(),
            rankings: ids().map(|id| Ranking::new(ranked(id).collect())).collect(),
            pooled: Ranking::new(ids().flat_map(ranked).collect()),
            averaged: {
                let is_averaged = averaged_of(outcomes.clone(), trends);
                ids().filter(|id| is_averaged[id.index()]).collect()
            },
        }
    }

    /// Returns the number of trends decided wrongly for one case.
    pub(crate) fn wrong(&self, case: usize) -> u64 {
        self.cases[case].counts.false_alarms + self.cases[case].counts.misses
    }

    /// Returns the outcomes in which case `i` occurs `weights[i]` times.
    pub(crate) fn weigh<'p>(&'p self, weights: &'p [u32]) -> Weighed<'p> {
        let mut counts = vec![Counts::default(); self.trends];
        for (marks, &weight) in self.marks.chunks_exact(self.trends).zip(weights) {
            for (counts, &(gold, suggested)) in counts.iter_mut().zip(marks) {
                counts.add(gold, suggested, u64::from(weight));
            }
        }
        Weighed { prepared: self, weights, counts }
    }
}

/// Prepared outcomes under case weights: every figure is read from here.
#[derive(Debug)]
pub(crate) struct Weighed<'p> {
    prepared: &'p Prepared,
    weights: &'p [u32],
    counts: Vec<Counts>,
}

impl Weighed<'_> {
    /// Counts of one trend.
    pub(crate) fn counts(&self, trend: TrendId) -> Counts {
        self.counts[trend.index()]
    }

    /// Returns a figure of the counts of all pairs of case and trend.
    pub(crate) fn micro(&self, figure: CountFigure) -> Option<f64> {
        figure(&self.counts.iter().fold(Counts::default(), |sum, &c| sum.plus(c)))
    }

    /// Returns the trends that averages are taken over.
    pub(crate) fn averaged(&self) -> impl Iterator<Item = TrendId> + '_ {
        self.prepared.averaged.iter().copied()
    }

    /// Returns the mean over the averaged trends that have the figure.
    pub(crate) fn macro_of(&self, figure: CountFigure) -> Option<f64> {
        mean_of_defined(self.averaged().map(|id| figure(&self.counts(id))))
    }

    /// Returns the mean over the averaged trends that have the figure, weighted by support.
    pub(crate) fn weighted(&self, figure: CountFigure) -> Option<f64> {
        let counts = self.averaged().map(|id| self.counts(id));
        let defined = counts.filter_map(|c| Some((figure(&c)?, c.support() as f64)));
        let (sum, support) = defined.fold((0.0, 0.0), |(s, n), (v, w)| (s + v * w, n + w));
        ratio(sum, support)
    }

    /// Returns the mean over the cases that have the figure.
    pub(crate) fn samples(&self, figure: impl Fn(&CaseFigures) -> Option<f64>) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0_u64);
        for (case, &weight) in self.prepared.cases.iter().zip(self.weights) {
            if weight > 0
                && let Some(value) = figure(case)
            {
                sum += f64::from(weight) * value;
                count += u64::from(weight);
            }
        }
        ratio(sum, count as f64)
    }

    /// Average precision of one trend.
    pub(crate) fn average_precision(&self, trend: TrendId) -> Option<f64> {
        self.prepared.rankings[trend.index()].average_precision(self.weights)
    }

    /// ROC-AUC of one trend.
    pub(crate) fn roc_auc(&self, trend: TrendId) -> Option<f64> {
        self.prepared.rankings[trend.index()].roc_auc(self.weights)
    }

    /// Average precision: mean over the averaged trends that have it.
    pub(crate) fn macro_average_precision(&self) -> Option<f64> {
        mean_of_defined(self.averaged().map(|id| self.average_precision(id)))
    }

    /// ROC-AUC: mean over the averaged trends that have it.
    pub(crate) fn macro_roc_auc(&self) -> Option<f64> {
        mean_of_defined(self.averaged().map(|id| self.roc_auc(id)))
    }

    /// Average precision of all pairs in one order.
    pub(crate) fn micro_average_precision(&self) -> Option<f64> {
        self.prepared.pooled.average_precision(self.weights)
    }

    /// ROC-AUC of all pairs in one order.
    pub(crate) fn micro_roc_auc(&self) -> Option<f64> {
        self.prepared.pooled.roc_auc(self.weights)
    }
}
