//! The learning curve: how good a model gets with how many cases.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Split, run};
use crate::error::Result;
use crate::evaluate::interval::{BootstrapParams, intervals};
use crate::metrics::Figure;
use crate::metrics::Outcome;
use crate::tagger::TrainingSet;

/// Quality at one size of the training side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearningPoint {
    /// Mean number of cases learned from.
    pub cases: usize,
    /// Macro F1 on the tested cases.
    pub macro_f1: Option<f64>,
    /// Lower bootstrap limit of macro F1.
    pub lower: Option<f64>,
    /// Upper bootstrap limit of macro F1.
    pub upper: Option<f64>,
    /// Mean average precision.
    pub mean_average_precision: Option<f64>,
}

/// Trains on growing random shares of each training side, without a search, and tests on
/// the whole test sides. The larger shares contain the smaller ones.
///
/// # Errors
/// As [`run`].
pub fn learning_curve(
    set: &TrainingSet<'_>,
    splits: &[Split],
    shares: &[f64],
) -> Result<Vec<LearningPoint>> {
    let set = &set.without_search();
    let seed = set.recipe().params().seed;
    let shuffled: Vec<Split> = splits
        .iter()
        .enumerate()
        .map(|(i, split)| {
            let mut train = split.train.clone();
            train.shuffle(&mut ChaCha8Rng::seed_from_u64(seed.wrapping_add(i as u64)));
            Split { train, test: split.test.clone() }
        })
        .collect();
    shares.iter().map(|&share| point(set, &shuffled, share)).collect()
}

fn point(set: &TrainingSet<'_>, splits: &[Split], share: f64) -> Result<LearningPoint> {
    let part = |split: &Split| {
        let size = (share * split.train.len() as f64).round() as usize;
        let mut train = split.train[..size.min(split.train.len())].to_vec();
        train.sort_unstable();
        Split { train, test: split.test.clone() }
    };
    let parts: Vec<Split> = splits.iter().map(part).collect();
    let outcomes: Vec<Outcome> = run(set, &parts, 0, &|| {})?
        .into_iter()
        .flat_map(|split| split.cases)
        .map(|tested| tested.outcome)
        .collect();
    let figures = [Figure::MacroF1, Figure::MacroAveragePrecision];
    let found =
        intervals(&[outcomes], set.taxonomy().len(), &figures, &BootstrapParams::default())?;
    let learned: usize = parts.iter().map(|split| split.train.len()).sum();
    Ok(LearningPoint {
        cases: learned / parts.len().max(1),
        macro_f1: found[0].value,
        lower: found[0].lower,
        upper: found[0].upper,
        mean_average_precision: found[1].value,
    })
}
