//! Outcomes: gold, suggestion and probabilities of one case.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::taxonomy::{TrendId, TrendSet};

/// The gold trends, the suggestion and the probabilities of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The case's id.
    pub id: String,
    /// The trends taken as true; empty if none applies.
    pub gold: TrendSet,
    /// The trends suggested.
    pub suggested: TrendSet,
    /// One probability in `0..=1` per trend, in the order of the taxonomy.
    pub probabilities: Vec<f64>,
}

/// Checks that outcomes can be evaluated against `trends` trends.
///
/// # Errors
/// [`Error::BadCorpus`] naming the first case that is a duplicate, has another
/// number of probabilities, a probability outside `0..=1` (or none at all: NaN),
/// or a trend outside the taxonomy; or if there is no trend at all.
pub fn check(outcomes: &[Outcome], trends: usize) -> Result<()> {
    if trends == 0 {
        let (reason, remedy) = ("there are no trends to evaluate".into(), "give a taxonomy".into());
        return Err(Error::BadCorpus { reason, remedy });
    }
    let mut seen = BTreeSet::new();
    for outcome in outcomes {
        let bad = |what: String, remedy: &'static str| {
            let reason = format!("the outcome of case \"{}\" {what}", outcome.id);
            Err(Error::BadCorpus { reason, remedy: remedy.into() })
        };
        let outside = |id: &TrendId| id.index() >= trends;
        if outcome.probabilities.len() != trends {
            let count = outcome.probabilities.len();
            return bad(
                format!("has {count} probabilities for {trends} trends"),
                "evaluate with the taxonomy the outcomes were made with",
            );
        }
        if let Some(p) = outcome.probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return bad(format!("has the probability {p}"), "probabilities lie between 0 and 1");
        }
        if let Some(id) = outcome.gold.iter().chain(outcome.suggested.iter()).find(outside) {
            return bad(
                format!("names trend number {} of {trends}", id.index()),
                "evaluate with the taxonomy the outcomes were made with",
            );
        }
        if !seen.insert(outcome.id.as_str()) {
            return bad("is a duplicate".into(), "give each case one outcome, or separate repeats");
        }
    }
    Ok(())
}

/// Returns one outcome per case of the first repeat: the mean over all repeats of its
/// probabilities, with the suggestion of the first. A case that a repeat lacks
/// has the mean of the others.
pub fn mean_over_repeats(repeats: &[Vec<Outcome>]) -> Vec<Outcome> {
    let mut sums: BTreeMap<&str, (Vec<f64>, u32)> = BTreeMap::new();
    for outcome in repeats.iter().flatten() {
        let none = || (vec![0.0; outcome.probabilities.len()], 0);
        let (sum, count) = sums.entry(&outcome.id).or_insert_with(none);
        sum.iter_mut().zip(&outcome.probabilities).for_each(|(sum, p)| *sum += p);
        *count += 1;
    }
    let mean = |outcome: &Outcome| {
        let (sum, count) = &sums[outcome.id.as_str()];
        let probabilities = sum.iter().map(|sum| sum / f64::from(*count)).collect();
        Outcome { probabilities, ..outcome.clone() }
    };
    repeats.iter().take(1).flatten().map(mean).collect()
}

/// Returns the mean of the values that are defined, `None` if none is.
pub(crate) fn mean_of_defined(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values.into_iter().flatten() {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(probabilities: &[f64]) -> Outcome {
        Outcome {
            id: "c-1".into(),
            gold: TrendSet::from_iter([TrendId(1)]),
            suggested: TrendSet::default(),
            probabilities: probabilities.to_vec(),
        }
    }

    #[test]
    fn an_outcome_that_cannot_be_evaluated_is_refused_with_the_name_of_its_case() {
        for (outcomes, what) in [
            (vec![outcome(&[0.5])], "1 probabilities for 2 trends"),
            (vec![outcome(&[0.5, f64::NAN])], "probability NaN"),
            (vec![outcome(&[0.5, 1.5])], "probability 1.5"),
            (vec![outcome(&[0.5, 0.5]), outcome(&[0.5, 0.5])], "is a duplicate"),
        ] {
            let error = check(&outcomes, 2).unwrap_err().to_string();
            assert!(error.contains("\"c-1\"") && error.contains(what), "{error}");
        }
        assert!(check(&[outcome(&[0.5])], 1).unwrap_err().to_string().contains("number 1 of 1"));
        assert!(check(&[outcome(&[0.0, 1.0])], 2).is_ok());
    }

    #[test]
    fn the_mean_over_repeats_takes_a_case_by_its_id_and_keeps_the_first_suggestion() {
        let other = |id: &str, p| Outcome { id: id.into(), ..outcome(&[p]) };
        let suggested = TrendSet::from_iter([TrendId(0)]);
        let second = Outcome { suggested, ..other("b", 0.6) };
        let repeats = [vec![other("a", 0.1), other("b", 0.2)], vec![second, other("a", 0.3)]];
        assert_eq!(mean_over_repeats(&repeats), [other("a", 0.2), other("b", 0.4)]);
        assert_eq!(mean_over_repeats(&[]), []);
    }
}
