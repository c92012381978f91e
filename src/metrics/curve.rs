//! Data for plots and error analyses: precision-recall curves, co-occurrence of gold
//! trends, and confusions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::Outcome;
use crate::metrics::pairs;
use crate::taxonomy::{TrendId, TrendSet};

/// One point of a precision-recall curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// Cases with this probability or more are suggested; `None` at the closing point
    /// (precision 1, recall 0), where none is.
    pub threshold: Option<f64>,
    /// Share of the suggestions that are gold.
    pub precision: f64,
    /// Share of the gold that is suggested.
    pub recall: f64,
}

/// Returns the precision-recall curve of one trend: one point per distinct probability,
/// thresholds rising, then the closing point; empty without gold.
///
/// Equal to scikit-learn's `precision_recall_curve`.
pub fn precision_recall(outcomes: &[Outcome], trend: TrendId) -> Vec<CurvePoint> {
    let mut falling: Vec<(f64, bool)> = pairs(outcomes, trend).collect();
    falling.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let support = falling.iter().filter(|(_, gold)| *gold).count();
    if support == 0 {
        return Vec::new();
    }
    let mut points = vec![CurvePoint { threshold: None, precision: 1.0, recall: 0.0 }];
    let (mut hits, mut suggested) = (0, 0);
    for tie in falling.chunk_by(|a, b| a.0 == b.0) {
        hits += tie.iter().filter(|(_, gold)| *gold).count();
        suggested += tie.len();
        points.push(CurvePoint {
            threshold: Some(tie[0].0),
            precision: hits as f64 / suggested as f64,
            recall: hits as f64 / support as f64,
        });
    }
    points.reverse();
    points
}

/// Returns how many cases have both trends in gold; `trends` rows of `trends` columns,
/// symmetric, with the support of each trend on the diagonal.
///
/// Trends outside the taxonomy are left out.
pub fn co_occurrence<'s>(
    gold: impl IntoIterator<Item = &'s TrendSet>,
    trends: usize,
) -> Vec<Vec<usize>> {
    let mut matrix = vec![vec![0; trends]; trends];
    for set in gold {
        for first in set.iter() {
            for second in set.iter() {
                add_one(&mut matrix, first, second);
            }
        }
    }
    matrix
}

/// In how many cases the gold trend of the row was missed while the trend of the
/// column was suggested wrongly; `trends` rows of `trends` columns, zeros on the
/// diagonal. A case with several of either counts in several cells.
///
/// Trends outside the taxonomy are left out.
pub fn confusion(outcomes: &[Outcome], trends: usize) -> Vec<Vec<usize>> {
    let mut matrix = vec![vec![0; trends]; trends];
    for Outcome { gold, suggested, .. } in outcomes {
        for missed in gold.iter().filter(|&id| !suggested.contains(id)) {
            for wrong in suggested.iter().filter(|&id| !gold.contains(id)) {
                add_one(&mut matrix, missed, wrong);
            }
        }
    }
    matrix
}

fn add_one(matrix: &mut [Vec<usize>], row: TrendId, column: TrendId) {
    if let Some(cell) = matrix.get_mut(row.index()).and_then(|row| row.get_mut(column.index())) {
        *cell += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[u16]) -> TrendSet {
        ids.iter().map(|&id| TrendId(id)).collect()
    }

    #[test]
    fn trends_that_go_together_are_counted_on_both_sides_of_the_diagonal() {
        let gold = [set(&[0, 1]), set(&[0]), set(&[])];
        assert_eq!(co_occurrence(&gold, 3), [[2, 1, 0], [1, 1, 0], [0, 0, 0]]);
    }

    #[test]
    fn a_trend_is_confused_only_when_missed_while_another_is_suggested_wrongly() {
        let case = |gold: &[u16], suggested: &[u16]| Outcome {
            id: String::new(),
            gold: set(gold),
            suggested: set(suggested),
            probabilities: vec![0.5; 3],
        };
        let outcomes = [
            case(&[0], &[1]),       // 0 taken for 1
            case(&[0, 1], &[1, 2]), // 0 taken for 2; 1 is right
            case(&[0], &[]),        // missed, nothing else suggested
            case(&[0], &[0, 1]),    // nothing missed
        ];
        assert_eq!(confusion(&outcomes, 3), [[0, 1, 1], [0, 0, 0], [0, 0, 0]]);
    }
}
