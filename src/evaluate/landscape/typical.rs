//! The cases that are most, and those that are least, like the others of their
//! trend.

use schemars::JsonSchema;
use serde::Serialize;

use super::batch::Batch;
use super::similarity::with_others;
use crate::features::SparseRows;
use crate::taxonomy::TrendId;

/// Maximum number of example cases per kind.
const SHOWN: usize = 5;

/// Typical and unusual cases of one trend.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TrendExamples {
    /// Key of the trend.
    pub key: String,
    /// The most typical cases, most typical first.
    pub typical: Vec<Example>,
    /// The most unusual cases, most unusual first; none of them is typical too.
    pub unusual: Vec<Example>,
}

/// A case as an example.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Example {
    /// Its id.
    pub id: String,
    /// Its title; may be empty.
    pub title: String,
    /// Mean cosine of its words with those of the other cases of the trend.
    pub likeness: f64,
    /// Its probability of the trend, if known.
    pub probability: Option<f64>,
}

/// Returns the examples of each trend, given the tf-idf vectors of the cases.
pub(crate) fn examples(batch: &Batch, vectors: &SparseRows) -> Vec<TrendExamples> {
    batch.taxonomy.iter().map(|(id, trend)| of_trend(batch, vectors, id, &trend.key)).collect()
}

fn of_trend(batch: &Batch, vectors: &SparseRows, trend: TrendId, key: &str) -> TrendExamples {
    let has_words = |&case: &usize| !vectors.row(case).0.is_empty();
    let members: Vec<usize> = batch.members(trend).into_iter().filter(has_words).collect();
    let all = vectors.sum(&members);
    let mut falling: Vec<(usize, f64)> = members
        .iter()
        .filter_map(|&case| Some((case, with_others(vectors, case, &all, members.len())?)))
        .collect();
    // Stable: ties keep the order of the file.
    falling.sort_by(|a, b| b.1.total_cmp(&a.1));
    let example = |&(index, likeness): &(usize, f64)| {
        let case = &batch.cases[index];
        let probability = case.probabilities.as_ref().map(|p| p[trend.index()]);
        Example { id: case.id.clone(), title: case.title().to_owned(), likeness, probability }
    };
    let shown = SHOWN.min(falling.len().div_ceil(2));
    let typical = falling.iter().take(shown).map(example).collect();
    let unusual = falling.iter().skip(shown).rev().take(SHOWN).map(example).collect();
    TrendExamples { key: key.to_owned(), typical, unusual }
}
