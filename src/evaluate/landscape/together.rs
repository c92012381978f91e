//! Which trends go together in one case, and which keep apart, beside cases that have as many
//! trends each.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::batch::Batch;
use super::shuffled::Shuffled;
use crate::metrics::curve::co_occurrence;
use crate::stats::holm_of_some;
use crate::taxonomy::TrendId;

/// Which trends go together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Together {
    /// All pairs of trends, in the order of the taxonomy.
    pub pairs: Vec<Pair>,
    /// The combinations of trends that cases have, the most frequent first; the
    /// cases without a trend are one of them.
    pub combinations: Vec<Combination>,
}

/// Two trends.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pair {
    /// Key of the one that comes first in the taxonomy.
    pub first: String,
    /// Key of the other.
    pub second: String,
    /// Cases with both.
    pub both: usize,
    /// How many there would be if trends were given to the cases at random, each case keeping
    /// its number of trends and each trend its number of cases.
    pub expected: f64,
    /// How many times as many there are: above 1 they occur together more often than
    /// expected; `None` if none is expected.
    pub lift: Option<f64>,
    /// How probable a number so far from the expected one is under such a random choice.
    pub p: Option<f64>,
    /// The same, corrected for all pairs (Holm 1979).
    pub p_corrected: Option<f64>,
}

/// The cases with exactly these trends.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Combination {
    /// Keys of the trends, in the order of the taxonomy.
    pub trends: Vec<String>,
    /// Number of cases.
    pub cases: usize,
}

impl Together {
    /// Counts a batch.
    pub(crate) fn of(batch: &Batch) -> Self {
        let matrix =
            co_occurrence(batch.cases.iter().map(|case| &case.trends), batch.taxonomy.len());
        let shuffled = Shuffled::of(batch);
        let key = |trend: usize| batch.taxonomy.key(TrendId(trend as u16)).to_owned();
        let pair = |first: usize, second: usize| {
            let both = matrix[first][second];
            let expected = shuffled.expected(first, second);
            Pair {
                first: key(first),
                second: key(second),
                both,
                expected,
                lift: (expected > 0.0).then(|| both as f64 / expected),
                p: shuffled.p(first, second, both),
                p_corrected: None,
            }
        };
        let trends = batch.taxonomy.len();
        let mut pairs: Vec<Pair> = (0..trends)
            .flat_map(|first| (first + 1..trends).map(move |second| (first, second)))
            .map(|(first, second)| pair(first, second))
            .collect();
        let corrected = holm_of_some(&pairs.iter().map(|pair| pair.p).collect::<Vec<_>>());
        pairs.iter_mut().zip(corrected).for_each(|(pair, p)| pair.p_corrected = p);
        Self { pairs, combinations: combinations(batch) }
    }

    /// Returns the pair of two trends, given in any order.
    pub(crate) fn pair(&self, one: &str, other: &str) -> Option<&Pair> {
        let is = |pair: &&Pair| {
            (pair.first == one && pair.second == other)
                || (pair.first == other && pair.second == one)
        };
        self.pairs.iter().find(is)
    }
}

fn combinations(batch: &Batch) -> Vec<Combination> {
    let mut counts: BTreeMap<Vec<TrendId>, usize> = BTreeMap::new();
    for case in &batch.cases {
        *counts.entry(case.trends.iter().collect()).or_default() += 1;
    }
    // Stable: ties are resolved by the fewest and then the first trends.
    let mut counts: Vec<(Vec<TrendId>, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.len().cmp(&b.0.len())));
    let keys = |trends: Vec<TrendId>| {
        trends.into_iter().map(|id| batch.taxonomy.key(id).to_owned()).collect()
    };
    counts.into_iter().map(|(trends, cases)| Combination { trends: keys(trends), cases }).collect()
}
