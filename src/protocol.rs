//! Protocols of evaluation: which cases are learned from and which are tested,
//! and what taggers trained that way say of the tested ones.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::evaluation::Outcome;
use crate::split::{stratified_folds, train_and_test};
use crate::tagger::{Scratch, SearchSpace, Tagger, TaggerParams, TrainingSet};
use crate::taxonomy::TrendSet;

/// Cases to train on and cases to test on, by their numbers in the training
/// set; no near-duplicates are on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Learned from.
    pub train: Vec<usize>,
    /// Tested on.
    pub test: Vec<usize>,
}

/// K-fold cross-validation, stratified by trend, near-duplicates in one fold.
///
/// # Errors
/// As [`stratified_folds`].
pub fn cross_validation(set: &TrainingSet<'_>, folds: usize, seed: u64) -> Result<Vec<Split>> {
    let fold_of = stratified_folds(set.gold(), set.groups(), folds, seed)?;
    let split = |fold| {
        let (train, test) = train_and_test(&fold_of, fold);
        Split { train, test }
    };
    Ok((0..folds).map(split).collect())
}

/// Trains on the one side of each split and tags the other; outcomes in the
/// order of the splits.
///
/// Everything is learned anew from each training side: vocabulary, idf, search,
/// weights, calibration, thresholds. `done` hears after each split.
///
/// # Errors
/// As [`TrainingSet::train`].
pub fn run(
    set: &TrainingSet<'_>,
    splits: &[Split],
    params: &TaggerParams,
    search: Option<&SearchSpace>,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Outcome>> {
    let outcomes = splits
        .par_iter()
        .map(|split| {
            let training = set.train(&split.train, params, search, &mut |_| {})?;
            let mut scratch = Scratch::default();
            let tag = |&row: &usize| {
                let case = set.case(row);
                outcome(&training.tagger, &case.id, &case.texts, &set.gold()[row], &mut scratch)
            };
            let outcomes: Vec<Outcome> = split.test.iter().map(tag).collect();
            done();
            Ok(outcomes)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(outcomes.concat())
}

/// What a tagger says of a case, beside the case's gold.
pub fn outcome(
    tagger: &Tagger,
    id: &str,
    texts: &[String],
    gold: &TrendSet,
    scratch: &mut Scratch,
) -> Outcome {
    let tagged = tagger.tag(texts, 0, scratch);
    Outcome {
        id: id.to_owned(),
        gold: gold.clone(),
        suggested: tagged.suggested,
        probabilities: tagged.probabilities,
    }
}

/// What a tagger says of all labelled cases of a corpus read with the tagger's
/// own taxonomy and text columns.
///
/// # Errors
/// [`Error::BadCorpus`] if no case is labelled.
pub fn on_corpus(tagger: &Tagger, corpus: &crate::case::Corpus) -> Result<Vec<Outcome>> {
    let mut scratch = Scratch::default();
    let labelled = corpus.cases.iter().filter_map(|case| Some((case, case.gold.as_ref()?)));
    let outcomes: Vec<Outcome> = labelled
        .map(|(case, gold)| outcome(tagger, &case.id, &case.texts, gold, &mut scratch))
        .collect();
    if outcomes.is_empty() {
        return Err(Error::BadCorpus {
            reason: "no case is labelled".into(),
            remedy: "give cases whose trends column is filled".into(),
        });
    }
    Ok(outcomes)
}
