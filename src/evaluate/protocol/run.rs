//! Training on the one side of a split and tagging the other.

use rayon::prelude::*;

use super::Split;
use crate::decision::{ReadingLimit, Triage, Verdict};
use crate::error::{Error, Result};
use crate::metrics::Outcome;
use crate::stats::sigmoid;
use crate::tagger::Case;
use crate::tagger::Corpus;
use crate::tagger::{Decision, Evidence, Scratch, Tagger, TrainingSet};
use crate::taxonomy::{TrendId, TrendSet};

/// The prediction of a tagger that has not seen the case.
#[derive(Debug, Clone, PartialEq)]
pub struct Tested {
    /// The prediction with the gold trends.
    pub outcome: Outcome,
    /// Uncalibrated probabilities: scores treated as log-odds.
    pub uncalibrated: Vec<f64>,
    /// The verdict of the tagger's triage on each trend.
    pub verdicts: Vec<Verdict>,
    /// The evidence for the suggested trends, as much as was asked for.
    pub evidence: Vec<(TrendId, Vec<Evidence>)>,
}

/// A tagger tested on cases.
#[derive(Debug, Clone, PartialEq)]
pub struct TestedSplit {
    /// The limits of the tagger's triage.
    pub triage: Triage,
    /// From how many expected errors on a case is to be read by the tagger; without it,
    /// every case is.
    pub reading: Option<ReadingLimit>,
    /// Its predictions for the cases.
    pub cases: Vec<Tested>,
}

impl TestedSplit {
    fn new(tagger: &Tagger, cases: Vec<Tested>) -> Self {
        let Decision { triage, reading, .. } = tagger.decision();
        Self { triage: triage.clone(), reading: reading.clone(), cases }
    }
}

/// Trains on the one side of each split and tags the other, with up to `explain` pieces
/// of evidence per suggested trend; in the order of the splits.
///
/// Everything is learned again from each training side: vocabulary, idf, search,
/// weights, calibration, thresholds, triage. `done` hears after each split.
///
/// # Errors
/// As [`TrainingSet::train`].
pub fn run(
    set: &TrainingSet<'_>,
    splits: &[Split],
    explain: usize,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<TestedSplit>> {
    splits
        .par_iter()
        .map(|split| {
            let training = set.train(&split.train, &mut |_| {})?;
            let mut scratch = Scratch::default();
            let test = |&row: &usize| {
                test(&training.tagger, set.case(row), &set.gold()[row], explain, &mut scratch)
            };
            let cases = split.test.iter().map(test).collect();
            done();
            Ok(TestedSplit::new(&training.tagger, cases))
        })
        .collect()
}

/// Returns the predictions of a tagger for all labelled cases of a corpus that was read
/// with the tagger's own taxonomy and text columns.
///
/// # Errors
/// [`Error::BadCorpus`] if no case is labelled, or the cases were read with another
/// taxonomy.
pub fn on_corpus(tagger: &Tagger, corpus: &Corpus, explain: usize) -> Result<TestedSplit> {
    corpus.refuse_other_taxonomy(tagger.taxonomy())?;
    let mut scratch = Scratch::default();
    let labelled = corpus.cases.iter().filter_map(|case| Some((case, case.gold.as_ref()?)));
    let cases: Vec<Tested> =
        labelled.map(|(case, gold)| test(tagger, case, gold, explain, &mut scratch)).collect();
    if cases.is_empty() {
        return Err(Error::bad_corpus(
            "no case is labelled",
            "give cases whose trends column is filled",
        ));
    }
    Ok(TestedSplit::new(tagger, cases))
}

fn test(
    tagger: &Tagger,
    case: &Case,
    gold: &TrendSet,
    explain: usize,
    scratch: &mut Scratch,
) -> Tested {
    let tagged = tagger.tag(&case.texts, explain, scratch);
    Tested {
        verdicts: tagger.decision().triage.verdicts(&tagged.probabilities),
        uncalibrated: tagged.scores.iter().map(|score| sigmoid(*score)).collect(),
        outcome: Outcome {
            id: case.id.clone(),
            gold: gold.clone(),
            suggested: tagged.suggested,
            probabilities: tagged.probabilities,
        },
        evidence: tagged.evidence,
    }
}
