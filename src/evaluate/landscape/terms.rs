//! The words of the cases: which of them set some cases apart from others.

use schemars::JsonSchema;
use serde::Serialize;

use super::batch::Batch;
use crate::evaluate::surfaces::Surfaces;
use crate::features::SparseRows;
use crate::features::{CountedCorpus, FeatureParams, Field, WordParams};
use crate::stats::Z;
use crate::text::TextParams;

/// A term that occurs more often in some cases than in others.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Term {
    /// The word, as it is written most often.
    pub term: String,
    /// Cases of the first kind that have it.
    pub inside: usize,
    /// Cases of the other kind that have it.
    pub outside: usize,
    /// Difference of the log-odds in units of its standard deviation.
    pub z: f64,
}

/// Minimum deviation of a distinctive term, in standard deviations.
const LEAST_Z: f64 = Z;

/// Minimum number of cases with a term.
const LEAST_CASES: usize = 3;

/// The words of all cases of a batch.
pub(crate) struct Words {
    counted: CountedCorpus,
    /// Cases by terms; 1 if the case contains the term, however often.
    present: SparseRows,
    /// How many of all cases have each term.
    everywhere: Vec<f64>,
    /// Of each term the word that is written most often.
    surfaces: Vec<String>,
    params: FeatureParams,
}

impl Words {
    /// Reads the texts of a batch.
    pub(crate) fn of(batch: &Batch, text: &TextParams) -> Self {
        let words = WordParams { ngrams: (1, 1), ..WordParams::default() };
        let params = FeatureParams { text: text.clone(), words, subwords: None, window: None };
        let fields = batch
            .cases
            .iter()
            .map(|case| case.texts.iter().map(|text| Field::new(text, 1.0)).collect::<Vec<_>>());
        let counted = CountedCorpus::new(fields, &params);
        let counts = counted.word_counts();
        let mut present = SparseRows::new(counts.columns());
        for row in 0..counts.len() {
            present.push_row(counts.row(row).0.iter().map(|&term| (term, 1.0)));
        }
        let texts = batch.cases.iter().flat_map(|case| &case.texts).map(String::as_str);
        let surfaces = Surfaces::of(texts, text);
        let surfaces = counted.vocabulary().iter().map(|term| surfaces.words(term)).collect();
        let all: Vec<usize> = (0..present.len()).collect();
        let everywhere = count(&present, &all);
        Self { counted, present, everywhere, surfaces, params }
    }

    /// Returns whether no case has a word.
    pub(crate) fn is_empty(&self) -> bool {
        self.present.stored() == 0
    }

    /// Returns the tf-idf vectors of the cases, each of length one (or empty): sublinear
    /// tf, terms of one case left out.
    pub(crate) fn vectors(&self) -> SparseRows {
        let rows: Vec<usize> = (0..self.counted.len()).collect();
        self.counted.fit(&rows, &self.params).matrix(&rows)
    }

    /// Returns the terms that set the first cases apart from the second, strongest
    /// first: log-odds with an informative Dirichlet prior (Monroe, Colaresi and
    /// Quinn 2008, "Fightin' Words", equations 16, 22 and 23). Each case counts a
    /// term once, so that no single text makes a term; the prior has the
    /// frequencies of the terms in all cases of the batch and weighs as much as
    /// the smaller of the two kinds.
    pub(crate) fn apart(&self, inside: &[usize], outside: &[usize], most: usize) -> Vec<Term> {
        let [first, second] = [inside, outside].map(|cases| count(&self.present, cases));
        let scores = log_odds(&first, &second, &self.everywhere);
        let mut terms: Vec<(usize, f64)> = scores
            .into_iter()
            .enumerate()
            .filter(|&(term, z)| z >= LEAST_Z && first[term] >= LEAST_CASES as f64)
            // Numbers are mostly years, which add no information.
            .filter(|&(term, _)| self.surfaces[term].contains(char::is_alphabetic))
            .collect();
        // Terms are in alphabetical order: so ties are resolved alphabetically.
        terms.sort_by(|a, b| b.1.total_cmp(&a.1));
        terms.truncate(most);
        let term = |(term, z): (usize, f64)| Term {
            term: self.surfaces[term].clone(),
            inside: first[term] as usize,
            outside: second[term] as usize,
            z,
        };
        terms.into_iter().map(term).collect()
    }
}

/// Returns how many of some cases have each term.
fn count(present: &SparseRows, cases: &[usize]) -> Vec<f64> {
    let mut counts = vec![0.0; present.columns()];
    for &case in cases {
        present.row(case).0.iter().for_each(|&term| counts[term as usize] += 1.0);
    }
    counts
}

/// Returns the z-scores of the log-odds of each term, from its counts in two kinds of
/// cases and in the background that the prior is made from.
fn log_odds(first: &[f64], second: &[f64], background: &[f64]) -> Vec<f64> {
    let sum = |counts: &[f64]| counts.iter().sum::<f64>();
    let (n, m, all) = (sum(first), sum(second), sum(background));
    let size = n.min(m);
    let score = |term: usize| {
        let prior = size * background[term] / all;
        let odds = |count: f64, n: f64| libm::log((count + prior) / (n + size - count - prior));
        let delta = odds(first[term], n) - odds(second[term], m);
        let variance = 1.0 / (first[term] + prior) + 1.0 / (second[term] + prior);
        let z = delta / variance.sqrt();
        // A term of no case, or the only term, carries no information.
        if z.is_finite() { z } else { 0.0 }
    };
    (0..background.len()).map(score).collect()
}

/// Distinctive terms of each trend, and rising terms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct TermFigures {
    /// One per trend: terms of its cases, against the cases without it.
    pub apart: Vec<Vec<Term>>,
    /// Terms of the recent years, against the earlier ones; empty if there is no
    /// change that can be measured.
    pub rising: Vec<Term>,
    /// Terms of the earlier years, against the recent ones.
    pub falling: Vec<Term>,
    /// One per trend: the same within its cases, if there are enough.
    pub rising_in: Vec<Vec<Term>>,
}

/// Number of terms listed for each kind of cases.
const SHOWN: usize = 15;

impl TermFigures {
    /// Returns the terms of a batch; `periods` are the earlier and the recent cases.
    pub(crate) fn of(
        batch: &Batch,
        words: &Words,
        periods: Option<&[Vec<usize>; 2]>,
        least_cases: usize,
    ) -> Self {
        let has = |case: usize, trend| batch.cases[case].trends.contains(trend);
        let apart = batch.taxonomy.iter().map(|(id, _)| {
            let (with, without): (Vec<usize>, Vec<usize>) =
                (0..batch.cases.len()).partition(|&case| has(case, id));
            if with.is_empty() || without.is_empty() {
                return Vec::new();
            }
            words.apart(&with, &without, SHOWN)
        });
        let apart = apart.collect();
        let Some([earlier, recent]) = periods else {
            return Self { apart, ..Self::default() };
        };
        let rising_in = batch.taxonomy.iter().map(|(id, _)| {
            let [before, now] = [earlier, recent].map(|cases| {
                cases.iter().copied().filter(|&case| has(case, id)).collect::<Vec<_>>()
            });
            if before.len().min(now.len()) < least_cases {
                return Vec::new();
            }
            words.apart(&now, &before, SHOWN)
        });
        Self {
            apart,
            rising: words.apart(recent, earlier, SHOWN),
            falling: words.apart(earlier, recent, SHOWN),
            rising_in: rising_in.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use serde_json::Value;

    use super::*;

    /// Made by `tests/fixtures/landscape/make_fixture.py`, written after the
    /// paper's equations with numpy.
    #[test]
    fn log_odds_are_those_of_the_paper() {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/landscape/landscape.json"
        ));
        let reference: Value = serde_json::from_str(text).unwrap();
        let reference = &reference["log_odds"];
        let numbers = |key: &str| -> Vec<f64> {
            reference[key].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
        };
        let [first, second, background] = ["first", "second", "background"].map(numbers);
        let ours = log_odds(&first, &second, &background);
        for (ours, expected) in ours.iter().zip(numbers("z")) {
            assert_relative_eq!(*ours, expected, max_relative = 1e-9);
        }
    }

    #[test]
    fn a_term_that_tells_nothing_has_no_score() {
        assert_eq!(log_odds(&[0.0], &[0.0], &[0.0]), [0.0]);
        assert_eq!(log_odds(&[3.0], &[2.0], &[5.0]), [0.0]);
    }
}
