//! Baselines: scores that any model should beat.

mod complement_bayes;
mod keywords;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

pub use complement_bayes::complement_bayes;
pub use keywords::keywords;

use crate::error::{Error, Result};
use crate::metrics::Outcome;
use crate::stats::ratio;
use crate::taxonomy::{TrendId, TrendSet};

/// The prediction of a baseline for one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The trends suggested.
    pub suggested: TrendSet,
    /// One number in `0..=1` per trend; as documented at each baseline, not
    /// always meant as a probability.
    pub probabilities: Vec<f64>,
}

impl Prediction {
    /// Combines the prediction with the truth.
    pub fn into_outcome(self, id: impl Into<String>, gold: TrendSet) -> Outcome {
        let Self { suggested, probabilities } = self;
        Outcome { id: id.into(), gold, suggested, probabilities }
    }
}

/// Suggests, for each of `cases` cases, the trend that is most frequent in the
/// training gold (the first of equals); the probabilities are the prevalences.
///
/// # Errors
/// [`Error::BadCorpus`] without training gold or trends, or if gold names a trend
/// outside the taxonomy.
pub fn most_frequent(
    train_gold: &[TrendSet],
    trends: usize,
    cases: usize,
) -> Result<Vec<Prediction>> {
    let probabilities = prevalences(train_gold, trends)?;
    let mut most = 0;
    for (i, &share) in probabilities.iter().enumerate() {
        if share > probabilities[most] {
            most = i;
        }
    }
    let suggested = TrendSet::from_iter([TrendId(most as u16)]);
    Ok(vec![Prediction { suggested, probabilities }; cases])
}

/// Suggests each trend at random, as often as it occurs in the training gold;
/// the probabilities are the prevalences, the best there are without the text.
///
/// Trends are drawn independently, case by case; the same seed gives the same
/// suggestions.
///
/// # Errors
/// As [`most_frequent`].
pub fn random_by_prevalence(
    train_gold: &[TrendSet],
    trends: usize,
    cases: usize,
    seed: u64,
) -> Result<Vec<Prediction>> {
    let probabilities = prevalences(train_gold, trends)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || {
        let ids = (0..trends).filter(|&i| random.random::<f64>() < probabilities[i]);
        let suggested = ids.map(|i| TrendId(i as u16)).collect();
        Prediction { suggested, probabilities: probabilities.clone() }
    };
    Ok((0..cases).map(|_| draw()).collect())
}

/// Share of the training cases that have each trend.
fn prevalences(train_gold: &[TrendSet], trends: usize) -> Result<Vec<f64>> {
    let counts = supports(train_gold, trends)?;
    let total = train_gold.len() as f64;
    let shares: Option<Vec<f64>> = counts.iter().map(|&n| ratio(n as f64, total)).collect();
    shares.ok_or_else(|| {
        Error::bad_corpus("a baseline has no training gold", "give at least one labelled case")
    })
}

/// Returns the number of training cases that have each trend.
fn supports(train_gold: &[TrendSet], trends: usize) -> Result<Vec<usize>> {
    let mut counts = vec![0; trends];
    let bad = |reason: String| Error::BadCorpus {
        reason,
        remedy: "give the taxonomy that the cases are labelled with".into(),
    };
    if trends == 0 {
        return Err(bad("a baseline has no trends".into()));
    }
    for id in train_gold.iter().flat_map(TrendSet::iter) {
        let count = counts.get_mut(id.index());
        let outside = || bad(format!("gold names trend number {} of {trends}", id.index()));
        *count.ok_or_else(outside)? += 1;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(sets: &[&[u16]]) -> Vec<TrendSet> {
        sets.iter().map(|ids| ids.iter().map(|&id| TrendId(id)).collect()).collect()
    }

    #[test]
    fn the_most_frequent_trend_is_suggested_to_everyone() {
        let found = most_frequent(&sets(&[&[1], &[1, 2], &[2], &[0]]), 3, 2).unwrap();
        let expected =
            Prediction { suggested: sets(&[&[1]]).remove(0), probabilities: vec![0.25, 0.5, 0.5] };
        assert_eq!(found, [expected.clone(), expected]);
    }

    #[test]
    fn random_suggestions_come_as_often_as_in_training_and_again_with_the_seed() {
        let gold = sets(&[&[0], &[], &[0], &[0, 1]]);
        let found = random_by_prevalence(&gold, 3, 4000, 9).unwrap();
        for (trend, share) in [0.75, 0.25, 0.0].into_iter().enumerate() {
            let id = TrendId(trend as u16);
            let n = found.iter().filter(|p| p.suggested.contains(id)).count() as f64;
            assert!((n / 4000.0 - share).abs() < 0.03, "trend {trend}: {n}");
        }
        assert_eq!(found, random_by_prevalence(&gold, 3, 4000, 9).unwrap());
        assert_ne!(found, random_by_prevalence(&gold, 3, 4000, 10).unwrap());
    }

    #[test]
    fn no_gold_and_unknown_trends_are_refused() {
        assert!(most_frequent(&[], 3, 2).unwrap_err().to_string().contains("no training gold"));
        let error = most_frequent(&sets(&[&[3]]), 3, 2).unwrap_err().to_string();
        assert!(error.contains("number 3 of 3"), "{error}");
        assert!(most_frequent(&sets(&[&[]]), 0, 2).is_err());
    }
}
