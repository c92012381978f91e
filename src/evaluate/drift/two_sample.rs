//! Tests whether a classifier can distinguish two sets of cases.

use super::words::Words;
use crate::error::Result;
use crate::features::FactoredRows;
use crate::logistic::{Fitter, Labels, LogisticParams, Solver};
use crate::metrics::Ranking;

const FOLDS: usize = 3;

/// Returns the area under the ROC curve of a logistic regression on words that separates
/// `batch` from `corpus`. Each document is scored by a regression that has not seen it;
/// mean over the folds.
pub(super) fn auc(words: &Words, corpus: &[usize], batch: &[usize]) -> Result<f64> {
    let rows: Vec<usize> = corpus.iter().chain(batch).copied().collect();
    let matrix = words.vectors(&rows);
    let is_batch = |i: usize| i >= corpus.len();
    let params = LogisticParams {
        alpha: 1.0,
        solver: Solver::Newton,
        tolerance: 1e-2,
        ..LogisticParams::default()
    };
    let mut sum = 0.0;
    for fold in 0..FOLDS {
        // The rows are already in random order.
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..rows.len()).partition(|i| i % FOLDS == fold);
        let [learned, tested] = [&train, &test].map(|rows| FactoredRows::from(matrix.select(rows)));
        let has: Vec<bool> = train.iter().map(|&i| is_batch(i)).collect();
        let labels = Labels { has: &has, weights: None };
        let model = Fitter::new(&learned, params.clone())?.fit(labels)?.model;
        let scores = model.scores(&tested).into_iter();
        sum += area(scores.zip(test.iter().map(|&i| is_batch(i))).collect());
    }
    Ok(sum / FOLDS as f64)
}

/// Chance that one of the second kind scores above one of the first, a tie
/// counting half (Hanley and McNeil 1982); 0.5 if a kind is missing.
fn area(scores: Vec<(f64, bool)>) -> f64 {
    let once = vec![1; scores.len()];
    let cases = (0..).zip(scores).map(|(case, (score, is_second))| (case, score, is_second));
    Ranking::new(cases.collect()).roc_auc(&once).unwrap_or(0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_counts_pairs_in_order_and_ties_half() {
        // Pairs by hand: (0.1, 0.4) in order, (0.4, 0.4) a tie: 1.5 of 2.
        assert_eq!(area(vec![(0.4, true), (0.1, false), (0.4, false)]), 0.75);
        assert_eq!(area(vec![(0.4, true)]), 0.5);
    }
}
