//! Retraining: a challenger learns from the labelled corpus and from what
//! reviewers decided, and is held against the champion on equal terms.
//!
//! Both recipes, each with its own params, are trained anew in each fold, on what
//! each would have had, and are scored on cases that neither has seen: the
//! original gold, and the decisions of the blind check. As long as there is no gold, the
//! blind check alone decides, once it has enough answers. Other decisions, also those that
//! were merged into the corpus before, train and are never a yardstick, so that what
//! reviewers let pass cannot make a model look better than it is.

mod batch_check;
mod comparison;
mod decisions;
mod merge;
mod origin;
mod verdict;

pub use batch_check::{BatchCheck, BatchCheckParams};
pub use decisions::{Decided, Decisions};
pub use merge::LeftOut;
pub use origin::{LabelOrigin, ORIGIN_COLUMN};
pub use verdict::{GateParams, Verdict};

use crate::error::Result;
use crate::metrics::Outcome;
use crate::tagger::Corpus;
use crate::tagger::Model;
use crate::tagger::{Event, Recipe, SearchSpace, TrainingSet};
use comparison::{Comparison, Plan, Recipes};
use merge::Merged;

/// How a challenger is made and judged.
#[derive(Debug, Clone, PartialEq)]
pub struct RetrainParams {
    /// What a challenger may be worse by.
    pub gate: GateParams,
    /// What a batch of decisions may disagree by.
    pub check: BatchCheckParams,
    /// Folds of the comparison.
    pub folds: usize,
    /// Repeats of the comparison on other folds.
    pub repeats: usize,
    /// Seed of the folds.
    pub seed: u64,
    /// What is searched for the challenger's params, beginning with the
    /// champion's; `None` keeps those.
    pub search: Option<SearchSpace>,
}

impl Default for RetrainParams {
    fn default() -> Self {
        Self {
            gate: GateParams::default(),
            check: BatchCheckParams::default(),
            folds: 5,
            repeats: 3,
            seed: 1,
            search: Some(SearchSpace::default()),
        }
    }
}

/// The model in use, as far as retraining needs it.
#[derive(Debug, Clone, Copy)]
pub struct Champion<'c> {
    /// Its recipe: that of the challenger too, or where its search starts.
    pub recipe: &'c Recipe,
    /// What it learned from; `None` if that is not known: then it is taken to
    /// have had the labelled corpus and no decision.
    pub cases: Option<&'c Corpus>,
}

/// What came of retraining.
pub struct Retraining {
    /// The new model.
    pub challenger: Model,
    /// What it learned from, in order.
    pub corpus: Corpus,
    /// Where each of those labels comes from.
    pub origins: Vec<LabelOrigin>,
    /// Decisions that could not be used.
    pub left_out: Vec<LeftOut>,
    /// How many cases that the champion learned from are neither in the labelled
    /// corpus nor among the decisions: the challenger does not learn from them.
    pub forgotten: usize,
    /// Whether it may take the champion's place, and why not.
    pub verdict: Verdict,
    /// What was said of the scored cases by the challenger's recipe and by the
    /// champion's, once per repeat; empty if there was too little to compare on.
    pub challenger_outcomes: Vec<Vec<Outcome>>,
    /// The same of the champion's recipe.
    pub champion_outcomes: Vec<Vec<Outcome>>,
}

/// Trains a challenger on `gold` and `decisions` and compares it with the
/// champion; changes nothing outside.
///
/// # Errors
/// As [`TrainingSet::train`] and
/// [`crate::evaluate::paired::differences`];
/// [`crate::Error::BadParam`] for params that cannot work, and
/// [`crate::Error::BadCorpus`] if the champion learned other trends than the gold has.
pub fn retrain(
    gold: &Corpus,
    decisions: &Decisions,
    champion: Champion<'_>,
    params: &RetrainParams,
    watch: &mut dyn FnMut(Event),
    done: &(dyn Fn() + Sync),
) -> Result<Retraining> {
    params.gate.check()?;
    params.check.check()?;
    if let Some(cases) = champion.cases {
        cases.refuse_other_taxonomy(&gold.taxonomy)?;
    }
    let merged = Merged::new(gold, decisions, champion.cases);
    let (corpus, origins) = merged.challenger_corpus();
    let recipe = match &params.search {
        Some(space) => champion.recipe.without_search().with_search(space.clone())?,
        None => champion.recipe.without_search(),
    };
    let set = TrainingSet::new(&corpus, recipe)?;
    let tagger = set.train(&set.rows(), watch)?.tagger;

    let (gold_cases, answers) = merged.yardsticks();
    if gold_cases == 0 && answers < params.gate.least_answers {
        return Ok(Retraining {
            challenger: Model::new(tagger)?,
            corpus,
            origins,
            left_out: merged.left_out,
            forgotten: merged.forgotten,
            verdict: Verdict::undecided(answers, &params.gate),
            challenger_outcomes: Vec::new(),
            champion_outcomes: Vec::new(),
        });
    }
    let plan = Plan { folds: params.folds, repeats: params.repeats, seed: params.seed };
    let recipes = Recipes { champion: champion.recipe, challenger: tagger.recipe() };
    let compared = Comparison::run(&merged, &recipes, &plan, done)?;
    let check = compared.check_batch(&params.check)?;
    let verdict = Verdict::of(&compared, check, &gold.taxonomy, &params.gate)?;
    Ok(Retraining {
        challenger: Model::new(tagger)?,
        corpus,
        origins,
        left_out: merged.left_out,
        forgotten: merged.forgotten,
        verdict,
        challenger_outcomes: compared.challenger,
        champion_outcomes: compared.champion,
    })
}

#[cfg(test)]
mod tests;
