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
mod direction;
mod merge;
mod origin;
mod verdict;

pub use batch_check::{BatchCheck, BatchCheckParams};
pub use decisions::{Decided, Decisions};
pub use direction::{
    AgainstText, Direction, DirectionFinding, GroupDirection, Judged, TrendCount, Unlikely,
};
pub use merge::LeftOut;
pub use origin::{LabelOrigin, ORIGIN_COLUMN};
pub use verdict::{GateParams, Verdict};

use crate::error::{Action, Error, Result};
use crate::evaluate::shared::SharedTrends;
use crate::metrics::Outcome;
use crate::tagger::Corpus;
use crate::tagger::Model;
use crate::tagger::{Event, Recipe, SearchSpace, TrainingSet};
use crate::taxonomy::TrendSet;
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
    /// Its version; may be empty.
    pub version: &'c str,
    /// Its recipe: that of the challenger too, or where its search starts.
    pub recipe: &'c Recipe,
    /// What it learned from; `None` if that is not known: then it is taken to
    /// have had the labelled corpus and no decision.
    pub cases: Option<&'c Corpus>,
    /// Trends of the labelled cases that it does not know: the two are compared on the
    /// others.
    pub new_trends: &'c TrendSet,
}

/// A challenger that learned from cases and decisions, before it is compared.
pub struct Challenger {
    /// The new model.
    pub model: Model,
    /// What it learned from, in order.
    pub corpus: Corpus,
    /// Where each of those labels comes from.
    pub origins: Vec<LabelOrigin>,
    /// Decisions that could not be used.
    pub left_out: Vec<LeftOut>,
    /// Decisions that the champion learned from and that are kept, although they are not
    /// among those given.
    pub kept: usize,
    /// How many other cases that the champion learned from are not in the labelled corpus:
    /// the challenger does not learn from them.
    pub forgotten: usize,
    merged: Merged,
}

/// What came of the comparison of a challenger with the champion.
pub struct Compared {
    /// Whether it may take the champion's place, and why not.
    pub verdict: Verdict,
    /// What was said of the scored cases by the challenger's recipe, once per repeat;
    /// empty if there was too little to compare on.
    pub challenger_outcomes: Vec<Vec<Outcome>>,
    /// The same of the champion's recipe.
    pub champion_outcomes: Vec<Vec<Outcome>>,
}

impl Challenger {
    /// Trains a challenger on `gold` and `decisions`.
    ///
    /// # Errors
    /// As [`TrainingSet::train`]; [`crate::Error::BadParam`] for params that cannot
    /// work, and [`crate::Error::BadCorpus`] if the champion learned other trends than the
    /// gold has.
    pub fn train(
        gold: &Corpus,
        decisions: &Decisions,
        champion: Champion<'_>,
        params: &RetrainParams,
        watch: &mut dyn FnMut(Event),
    ) -> Result<Self> {
        params.gate.check()?;
        params.check.check()?;
        if let Some(cases) = champion.cases {
            cases.refuse_other_taxonomy(&gold.taxonomy)?;
        }
        let mut merged = Merged::new(gold, decisions, champion.cases);
        let (corpus, origins) = merged.challenger_corpus();
        let recipe = match &params.search {
            Some(space) => champion.recipe.without_search().with_search(space.clone())?,
            None => champion.recipe.without_search(),
        };
        let set = TrainingSet::new(&corpus, recipe)?;
        let tagger = set.train(&set.rows(), watch)?.tagger;
        Ok(Self {
            model: Model::new(tagger)?,
            corpus,
            origins,
            left_out: std::mem::take(&mut merged.left_out),
            kept: merged.kept,
            forgotten: merged.forgotten,
            merged,
        })
    }

    /// Whether it is the champion again: there is nothing to compare or to promote.
    pub fn is_champion(&self, champion: Champion<'_>) -> bool {
        self.model.version == champion.version
    }

    /// Compares it with the champion; `done` hears after each training.
    ///
    /// # Errors
    /// As [`TrainingSet::train`] and [`crate::evaluate::paired::differences`].
    pub fn compare(
        &self,
        champion: Champion<'_>,
        params: &RetrainParams,
        done: &(dyn Fn() + Sync),
    ) -> Result<Compared> {
        let (gold_cases, answers) = self.merged.yardsticks();
        if gold_cases == 0 && answers < params.gate.least_answers {
            return Ok(Compared {
                verdict: Verdict::undecided(answers, champion.version, &params.gate),
                challenger_outcomes: Vec::new(),
                champion_outcomes: Vec::new(),
            });
        }
        let plan = Plan { folds: params.folds, repeats: params.repeats, seed: params.seed };
        let recipes = Recipes { champion: champion.recipe, challenger: self.model.tagger.recipe() };
        let (taxonomy, new) = (&self.corpus.taxonomy, champion.new_trends);
        let shared = SharedTrends::without(taxonomy, new);
        if shared.taxonomy.is_empty() {
            return Err(Error::bad_corpus(
                "the champion knows none of the trends of the labelled cases",
                Action::Train.to("train a new model on them"),
            ));
        }
        let compared = Comparison::run(&self.merged, &recipes, &plan, &shared, done)?;
        let check = compared.check_batch(&params.check)?;
        let verdict =
            Verdict::of(&compared, champion.version, check, (taxonomy, new), &params.gate)?;
        Ok(Compared {
            verdict,
            challenger_outcomes: compared.challenger,
            champion_outcomes: compared.champion,
        })
    }
}

#[cfg(test)]
mod tests;
