//! Retraining: a challenger learns from the labelled corpus and from the decisions of
//! reviewers, and is compared with the champion on equal terms. Both recipes, each with
//! its own params, are trained again in each fold on the data that each would have had.
//! They are scored on cases that neither has seen: the original gold labels, and the
//! decisions of the blind check. Without gold labels, the blind check alone decides, once
//! it has enough answers. Other decisions, including those that were merged into the
//! corpus before, are used for training and never for scoring, so that errors that
//! reviewers overlook cannot make a model look better than it is.

mod comparison;
mod decisions;
mod direction;
mod merge;
mod origin;
mod verdict;

pub use decisions::{Decided, Decisions};
pub use direction::{
    Direction, DirectionFinding, GroupDirection, Judged, Tally, TrendCount, Unlikely,
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

/// Params for training and judging a challenger.
#[derive(Debug, Clone, PartialEq)]
pub struct RetrainParams {
    /// Tolerated losses of a challenger.
    pub gate: GateParams,
    /// Folds of the comparison.
    pub folds: usize,
    /// Repeats of the comparison on other folds.
    pub repeats: usize,
    /// Seed of the folds.
    pub seed: u64,
    /// Search for the challenger's params, starting from the champion's; `None` keeps the
    /// champion's params.
    pub search: Option<SearchSpace>,
}

impl Default for RetrainParams {
    fn default() -> Self {
        Self {
            gate: GateParams::default(),
            folds: 5,
            repeats: 3,
            seed: 1,
            search: Some(SearchSpace::default()),
        }
    }
}

/// The facts about the model in use that retraining needs.
#[derive(Debug, Clone, Copy)]
pub struct Champion<'c> {
    /// Its version; may be empty.
    pub version: &'c str,
    /// Its recipe, which is also that of the challenger or the start of its search.
    pub recipe: &'c Recipe,
    /// Its training data. If unknown, it is `None`, and the champion is assumed to have
    /// learned from the labelled corpus and no decision.
    pub cases: Option<&'c Corpus>,
    /// Trends of the labelled cases that it does not know. The comparison uses the other
    /// trends.
    pub new_trends: &'c TrendSet,
}

/// A challenger, trained on cases and decisions, before the comparison.
pub struct Challenger {
    /// The new model.
    pub model: Model,
    /// Its training data, in order.
    pub corpus: Corpus,
    /// The origin of each of those labels.
    pub origins: Vec<LabelOrigin>,
    /// Decisions that could not be used.
    pub left_out: Vec<LeftOut>,
    /// Decisions that the champion learned from and that are kept, although they are
    /// missing in the given ones.
    pub kept: usize,
    /// Number of other cases of the champion that are missing in the labelled corpus. The
    /// challenger does not learn from them.
    pub forgotten: usize,
    merged: Merged,
}

/// The result of comparing a challenger with the champion.
pub struct Compared {
    /// The verdict on whether it may replace the champion, with reasons.
    pub verdict: Verdict,
    /// Predictions of the challenger's recipe for the scored cases, one per repeat; empty
    /// if there was too little to compare on.
    pub challenger_outcomes: Vec<Vec<Outcome>>,
    /// Predictions of the champion's recipe.
    pub champion_outcomes: Vec<Vec<Outcome>>,
}

impl Challenger {
    /// Trains a challenger on `gold` and `decisions`.
    ///
    /// # Errors
    /// As [`TrainingSet::train`]; [`crate::Error::BadParam`] for invalid params, and
    /// [`crate::Error::BadCorpus`] if the champion learned other trends than the gold has.
    pub fn train(
        gold: &Corpus,
        decisions: &Decisions,
        champion: Champion<'_>,
        params: &RetrainParams,
        watch: &mut dyn FnMut(Event),
    ) -> Result<Self> {
        params.gate.check()?;
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

    /// Returns whether it is identical to the champion, so that there is nothing to
    /// compare or promote.
    pub fn is_champion(&self, champion: Champion<'_>) -> bool {
        self.model.version == champion.version
    }

    /// Compares it with the champion; calls `done` after each training.
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
                "the champion has none of the trends of the labelled cases",
                Action::Train.to("train a new model on them"),
            ));
        }
        let compared = Comparison::run(&self.merged, &recipes, &plan, &shared, done)?;
        let verdict = Verdict::of(&compared, champion.version, (taxonomy, new), &params.gate)?;
        Ok(Compared {
            verdict,
            challenger_outcomes: compared.challenger,
            champion_outcomes: compared.champion,
        })
    }
}

#[cfg(test)]
mod tests;
