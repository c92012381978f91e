//! The texts of a training set, counted in every way that its recipe can request.

use rayon::prelude::*;

use super::params::TaggerParams;
use super::recipe::Recipe;
use crate::features::{CountedCorpus, FeatureParams, Field};

/// The params that affect how texts are counted. If they change, texts must be counted
/// again.
#[derive(Debug, Clone, PartialEq)]
struct Reading {
    stop_words: bool,
    weights: Vec<f64>,
}

/// The texts of a training set, counted for the params of its recipe and for all
/// variations of its search.
pub(super) struct Readings {
    own: CountedCorpus,
    others: Vec<(Reading, CountedCorpus)>,
}

impl Reading {
    fn of(params: &TaggerParams) -> Self {
        let weights = params.fields.iter().map(|field| field.weight).collect();
        Self { stop_words: params.features.text.stop_words, weights }
    }
}

impl Readings {
    /// Counts `cases`, given as the texts of the fields, then `lessons`, which have one
    /// text each.
    pub(super) fn new(cases: &[&[String]], lessons: &[&str], recipe: &Recipe) -> Self {
        let counted = |params: &TaggerParams| {
            let cases = cases.iter().map(|texts| -> Vec<Field<'_>> {
                let weighed = texts.iter().zip(&params.fields);
                weighed.map(|(text, field)| Field::new(text, field.weight)).collect()
            });
            let documents = cases.chain(lessons.iter().map(|text| vec![Field::new(text, 1.0)]));
            CountedCorpus::new(documents, &widest(params, recipe))
        };
        let own = recipe.params();
        let mut wanted: Vec<TaggerParams> = Vec::new();
        for params in recipe.read_otherwise() {
            let known = wanted.iter().chain([own]).any(|p| Reading::of(p) == Reading::of(&params));
            if !known {
                wanted.push(params);
            }
        }
        let others = wanted.par_iter().map(|params| (Reading::of(params), counted(params)));
        Self { own: counted(own), others: others.collect() }
    }

    /// Returns the count for params of the recipe or its search.
    pub(super) fn of(&self, params: &TaggerParams) -> &CountedCorpus {
        let wanted = Reading::of(params);
        let found = self.others.iter().find(|(reading, _)| *reading == wanted);
        found.map_or(&self.own, |(_, counted)| counted)
    }
}

/// Returns the features that contain everything that these params and the search can
/// request.
fn widest(params: &TaggerParams, recipe: &Recipe) -> FeatureParams {
    let mut widest = params.features.clone();
    if let Some(space) = recipe.search() {
        for &(low, high) in &space.word_ngrams {
            let ngrams = &mut widest.words.ngrams;
            *ngrams = (ngrams.0.min(low), ngrams.1.max(high));
        }
        if space.subwords.contains(&true) {
            widest.subwords.get_or_insert_default();
        }
    }
    widest
}
