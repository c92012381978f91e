//! Results of simple rules and people on the same cases.

use super::{Split, mean_metrics};
use crate::error::Result;
use crate::evaluate::annotations::annotations;
use crate::evaluate::baselines::{
    Prediction, complement_bayes, keywords, most_frequent, random_by_prevalence,
};
use crate::metrics::agreement::{AgreementByTrend, between};
use crate::metrics::{Metrics, Outcome};
use crate::tagger::Corpus;
use crate::tagger::TrainingSet;
use crate::taxonomy::TrendSet;

/// A simple rule and its figures on the tested cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Name of the rule.
    pub name: &'static str,
    /// Its figures, as means over the repeats.
    pub metrics: Metrics,
}

/// Returns the baselines on the splits of all repeats: each learns from the same cases
/// as the taggers and is tested on the same ones.
///
/// # Errors
/// [`crate::Error::BadCorpus`] if a training side is empty.
pub fn baselines(
    set: &TrainingSet<'_>,
    repeats: &[Vec<Split>],
    seed: u64,
) -> Result<Vec<Baseline>> {
    let trends = set.taxonomy().len();
    let counts = set.word_counts();
    let definitions = set.definition_terms();
    let case_terms = set.case_terms();
    type Rule<'r> = &'r dyn Fn(&Split, u64) -> Result<Vec<Prediction>>;
    let rules: [(&str, Rule<'_>); 4] = [
        ("always the most frequent trend", &|split, _| {
            most_frequent(&golds(set, &split.train), trends, split.test.len())
        }),
        ("random by prevalence", &|split, seed| {
            random_by_prevalence(&golds(set, &split.train), trends, split.test.len(), seed)
        }),
        ("words of the definitions", &|split, _| {
            let tested: Vec<Vec<String>> =
                split.test.iter().map(|&row| case_terms[row].clone()).collect();
            Ok(keywords(&definitions, &tested))
        }),
        ("complement naive Bayes", &|split, _| {
            let (train, test) = (counts.select(&split.train), counts.select(&split.test));
            complement_bayes(&train, &golds(set, &split.train), &test, trends, 1.0)
        }),
    ];
    let has_definitions = definitions.iter().any(|terms| !terms.is_empty());
    let usable =
        rules.into_iter().filter(|(name, _)| has_definitions || !name.contains("definitions"));
    usable
        .map(|(name, rule)| {
            let of_repeat = |(repeat, splits): (usize, &Vec<Split>)| -> Result<Vec<Outcome>> {
                let mut outcomes = Vec::new();
                for (fold, split) in splits.iter().enumerate() {
                    let drawn = seed.wrapping_add((repeat * 1000 + fold) as u64);
                    for (prediction, &row) in rule(split, drawn)?.into_iter().zip(&split.test) {
                        outcomes.push(
                            prediction.into_outcome(&set.case(row).id, set.gold()[row].clone()),
                        );
                    }
                }
                Ok(outcomes)
            };
            let outcomes = repeats.iter().enumerate().map(of_repeat).collect::<Result<Vec<_>>>()?;
            Ok(Baseline { name, metrics: mean_metrics(&outcomes, set.taxonomy())? })
        })
        .collect()
}

/// Returns the agreement of the two annotators of a corpus, if it has their labels in
/// `annotation_1` and `annotation_2`.
pub fn human(corpus: &Corpus) -> Option<AgreementByTrend> {
    let pairs: Vec<(TrendSet, TrendSet)> =
        annotations(corpus).map(|(_, first, second)| (first, second)).collect();
    (!pairs.is_empty()).then(|| between(pairs.iter().map(|(a, b)| (a, b)), corpus.taxonomy.len()))
}

fn golds(set: &TrainingSet<'_>, rows: &[usize]) -> Vec<TrendSet> {
    rows.iter().map(|&row| set.gold()[row].clone()).collect()
}
