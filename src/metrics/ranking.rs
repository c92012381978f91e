//! Quality of an order by probability: average precision and ROC-AUC, sorted
//! once and read many times with a weight per case.

use crate::stats::ratio;

/// Pairs of case and gold in order of falling probability.
#[derive(Debug, Clone)]
pub(crate) struct Ranking(Vec<Ranked>);

#[derive(Debug, Clone, Copy)]
struct Ranked {
    case: u32,
    gold: bool,
    /// The next pair has a lower probability, or there is none. Within a tie
    /// the order means nothing, so figures are read at its end only.
    ends_tie: bool,
}

impl Ranking {
    /// Sorts (case, probability, gold) triples.
    pub(crate) fn new(mut pairs: Vec<(u32, f64, bool)>) -> Self {
        pairs.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
        let ends = |i: usize, p: f64| pairs.get(i + 1).is_none_or(|next| next.1 != p);
        Self(
            pairs
                .iter()
                .enumerate()
                .map(|(i, &(case, p, gold))| Ranked { case, gold, ends_tie: ends(i, p) })
                .collect(),
        )
    }

    /// Sum over distinct probabilities of (recall gained) x (precision there), without
    /// interpolation; undefined without gold. The definition of scikit-learn's
    /// `average_precision_score`, which returns 0 and a warning if this is undefined.
    pub(crate) fn average_precision(&self, weights: &[u32]) -> Option<f64> {
        let (mut hits, mut seen, mut hits_before, mut sum) = (0_u64, 0_u64, 0_u64, 0.0);
        for pair in &self.0 {
            let weight = u64::from(weights[pair.case as usize]);
            seen += weight;
            hits += weight * u64::from(pair.gold);
            if pair.ends_tie && hits > hits_before {
                sum += (hits - hits_before) as f64 * hits as f64 / seen as f64;
                hits_before = hits;
            }
        }
        ratio(sum, hits as f64)
    }

    /// Chance that a gold pair ranks above a pair that is not gold, a tie
    /// counting half (Hanley and McNeil 1982); undefined unless there are both.
    pub(crate) fn roc_auc(&self, weights: &[u32]) -> Option<f64> {
        let (mut gold, mut other, mut gold_above, mut other_above) = (0_u64, 0_u64, 0_u64, 0_u64);
        let mut twice_won = 0.0;
        for pair in &self.0 {
            let weight = u64::from(weights[pair.case as usize]);
            if pair.gold {
                gold += weight
            } else {
                other += weight
            }
            if pair.ends_tie {
                twice_won += (gold + gold_above) as f64 * (other - other_above) as f64;
                (gold_above, other_above) = (gold, other);
            }
        }
        ratio(twice_won, 2.0 * gold as f64 * other as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_of_two_counts_as_the_case_standing_twice() {
        let pairs = vec![(0, 0.9, true), (1, 0.8, false), (2, 0.8, true), (3, 0.1, true)];
        let mut doubled = pairs.clone();
        doubled.push(pairs[1]);
        doubled.push(pairs[3]);
        let (once, twice) = (Ranking::new(pairs), Ranking::new(doubled));
        let close = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-15;
        assert!(close(once.average_precision(&[1, 2, 1, 2]), twice.average_precision(&[1; 4])));
        assert!(close(once.roc_auc(&[1, 2, 1, 2]), twice.roc_auc(&[1; 4])));
    }

    #[test]
    fn the_order_within_a_tie_changes_nothing() {
        let gold_first = Ranking::new(vec![(0, 0.5, true), (1, 0.5, false), (2, 0.5, false)]);
        let gold_last = Ranking::new(vec![(0, 0.5, false), (1, 0.5, false), (2, 0.5, true)]);
        for ranking in [gold_first, gold_last] {
            assert_eq!(ranking.average_precision(&[1; 3]), Some(1.0 / 3.0));
            assert_eq!(ranking.roc_auc(&[1; 3]), Some(0.5));
        }
    }

    #[test]
    fn an_order_of_one_kind_has_no_area_under_the_curve() {
        let all_gold = Ranking::new(vec![(0, 0.5, true)]);
        assert_eq!(all_gold.roc_auc(&[1]), None);
        assert_eq!(all_gold.average_precision(&[1]), Some(1.0));
        let no_gold = Ranking::new(vec![(0, 0.5, false)]);
        assert_eq!(no_gold.average_precision(&[1]), None);
        assert_eq!(Ranking::new(Vec::new()).roc_auc(&[]), None);
    }
}
