//! The quality of a batch while its cases are read one by one: a case that was read has
//! its gold trends, the others keep their suggestions.

use super::counts::Counts;
use super::{Outcome, averaged_of, mean_of_defined};
use crate::stats::ratio;

/// A batch with some cases read. Reading never makes it worse.
#[derive(Debug, Clone)]
pub struct FinishedBatch {
    counts: Vec<Counts>,
    /// Whether macro F1 counts each trend.
    averaged: Vec<bool>,
    cases: u64,
    exact: u64,
}

/// Figures of a batch with some cases read; undefined without cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FinishedFigures {
    /// The mean F1 of the averaged trends that have one.
    pub macro_f1: Option<f64>,
    /// Share of the cases with exactly their gold trends.
    pub exact_sets: Option<f64>,
    /// Wrong tags per case, missing ones included.
    pub wrong_tags: Option<f64>,
}

impl FinishedBatch {
    /// Creates a batch with no case read. Each outcome has the number of times that it counts.
    pub fn unread<'o>(
        outcomes: impl Iterator<Item = (&'o Outcome, u64)> + Clone,
        trends: usize,
    ) -> Self {
        let averaged = averaged_of(outcomes.clone().map(|(outcome, _)| outcome), trends);
        let counts = vec![Counts::default(); trends];
        let mut batch = Self { counts, averaged, cases: 0, exact: 0 };
        for (outcome, times) in outcomes {
            let Outcome { gold, suggested, .. } = outcome;
            batch.cases += times;
            batch.exact += if gold == suggested { times } else { 0 };
            for id in gold.iter() {
                batch.counts[id.index()].add(true, suggested.contains(id), times);
            }
            for id in suggested.iter().filter(|&id| !gold.contains(id)) {
                batch.counts[id.index()].add(false, true, times);
            }
        }
        batch
    }

    /// Counts one of its outcomes as read, this many times.
    pub fn read(&mut self, outcome: &Outcome, times: u64) {
        let Outcome { gold, suggested, .. } = outcome;
        if gold == suggested {
            return;
        }
        self.exact += times;
        for id in gold.iter().filter(|&id| !suggested.contains(id)) {
            self.counts[id.index()].misses -= times;
            self.counts[id.index()].hits += times;
        }
        for id in suggested.iter().filter(|&id| !gold.contains(id)) {
            self.counts[id.index()].false_alarms -= times;
        }
    }

    /// Returns the mean F1 of the averaged trends that have one; `None` if none has.
    pub fn macro_f1(&self) -> Option<f64> {
        mean_of_defined(self.averaged().map(Counts::f1))
    }

    fn averaged(&self) -> impl Iterator<Item = &Counts> {
        let counts = self.counts.iter().zip(&self.averaged);
        counts.filter(|(_, is_averaged)| **is_averaged).map(|(counts, _)| counts)
    }

    /// Its figures.
    pub fn figures(&self) -> FinishedFigures {
        self.after_random(0.0)
    }

    /// Returns the figures to expect if a random share of the cases is read in addition: those
    /// of the numbers of hits, false alarms and misses that are to be expected.
    pub fn after_random(&self, share: f64) -> FinishedFigures {
        let cases = self.cases as f64;
        let left = |count: u64| (1.0 - share) * count as f64;
        let f1 = |counts: &Counts| {
            let hits = counts.hits as f64 + share * counts.misses as f64;
            let wrong = left(counts.misses + counts.false_alarms);
            ratio(2.0 * hits, 2.0 * hits + wrong)
        };
        let wrong: f64 = self.counts.iter().map(|c| left(c.false_alarms + c.misses)).sum();
        let exact = self.exact as f64 + share * (self.cases - self.exact) as f64;
        FinishedFigures {
            macro_f1: mean_of_defined(self.averaged().map(f1)),
            exact_sets: ratio(exact, cases),
            wrong_tags: ratio(wrong, cases),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{TrendId, TrendSet};

    fn outcome(gold: &[u16], suggested: &[u16]) -> Outcome {
        let set = |ids: &[u16]| ids.iter().map(|&id| TrendId(id)).collect::<TrendSet>();
        let (gold, suggested) = (set(gold), set(suggested));
        Outcome { id: String::new(), gold, suggested, probabilities: vec![0.5; 2] }
    }

    #[test]
    fn a_case_that_was_read_has_its_gold_trends() {
        // By hand, trends 0 and 1: (hits, false alarms, misses) are (1, 1, 0), (0, 1, 1); each
        // outcome counts twice, and so has each trend two gold cases.
        let outcomes = [outcome(&[0], &[0]), outcome(&[1], &[0]), outcome(&[], &[1])];
        let mut batch = FinishedBatch::unread(outcomes.iter().chain(&outcomes).map(|o| (o, 1)), 2);
        assert!((batch.macro_f1().unwrap() - 1.0 / 3.0).abs() < 1e-12);
        let found = batch.figures();
        assert_eq!((found.exact_sets, found.wrong_tags), (Some(1.0 / 3.0), Some(1.0)));
        // Half of the cases at random: (1, 0.5, 0) and (0.5, 0.5, 0.5), so 0.8 and 0.5.
        let half = batch.after_random(0.5);
        assert!((half.macro_f1.unwrap() - 0.65).abs() < 1e-12, "{half:?}");
        assert_eq!((half.exact_sets, half.wrong_tags), (Some(2.0 / 3.0), Some(0.5)));
        batch.read(&outcomes[0], 2);
        assert_eq!(batch.figures().wrong_tags, Some(1.0), "it was right already");
        batch.read(&outcomes[1], 2);
        // (1, 0, 0), (1, 1, 0): 1 and 2/3.
        assert!((batch.macro_f1().unwrap() - 5.0 / 6.0).abs() < 1e-12);
        batch.read(&outcomes[2], 2);
        let all =
            FinishedFigures { macro_f1: Some(1.0), exact_sets: Some(1.0), wrong_tags: Some(0.0) };
        assert_eq!(batch.figures(), all);
    }

    #[test]
    fn an_empty_batch_has_no_figures() {
        let found = FinishedBatch::unread(std::iter::empty(), 2).figures();
        assert_eq!((found.macro_f1, found.exact_sets, found.wrong_tags), (None, None, None));
    }
}
