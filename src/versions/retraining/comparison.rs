//! Champion and challenger on identical folds, each trained on what it would
//! have had of them.

use super::batch_check::{BatchCheck, BatchCheckParams, Disagreement};
use super::merge::{Member, Merged};
use crate::error::Result;
use crate::evaluate::protocol;
use crate::evaluate::protocol::Split;
use crate::metrics::Outcome;
use crate::tagger::Corpus;
use crate::tagger::split::stratified_folds;
use crate::tagger::split::train_and_test;
use crate::tagger::{Recipe, TrainingSet};
use crate::taxonomy::TrendSet;

/// The folds of the comparison.
pub(super) struct Plan {
    pub(super) folds: usize,
    pub(super) repeats: usize,
    pub(super) seed: u64,
}

/// The recipes of both sides. Their params were chosen beforehand, each on all cases that
/// its side has: choosing them anew in each fold would compare the luck of two
/// searches.
pub(super) struct Recipes<'p> {
    pub(super) champion: &'p Recipe,
    pub(super) challenger: &'p Recipe,
}

/// What both said of cases they had not seen.
pub(super) struct Comparison {
    /// Outcomes of the scored cases, once per repeat.
    pub(super) champion: Vec<Vec<Outcome>>,
    pub(super) challenger: Vec<Vec<Outcome>>,
    /// How many of the scored cases are decisions drawn by lot.
    pub(super) audit: usize,
    /// How the champion's suggestions stand to the gold, and to what reviewers
    /// decided.
    gold: Vec<Disagreement>,
    batch: Vec<Disagreement>,
}

/// What one side said of a member of the merged corpus.
type Said = (usize, Outcome);

impl Comparison {
    /// Trains both sides in every fold. `done` hears after each training.
    ///
    /// # Errors
    /// As [`protocol::run`] and [`stratified_folds`].
    pub(super) fn run(
        merged: &Merged,
        recipes: &Recipes<'_>,
        plan: &Plan,
        done: &(dyn Fn() + Sync),
    ) -> Result<Self> {
        // Both sides hold all cases in the same order; which of them a side
        // learns from is for the splits to say.
        let corpus = |own: fn(&Member) -> &Option<TrendSet>| {
            merged.corpus(|member| Some(own(member).clone().unwrap_or_else(|| member.label())))
        };
        let learned = |own: fn(&Member) -> &Option<TrendSet>| -> Vec<bool> {
            merged.members.iter().map(|member| own(member).is_some()).collect()
        };
        let is_scored = |member: &Member| member.scored.is_some();
        let is_asked = |member: &Member| member.scored.is_some() || member.decided.is_some();

        let (of_champion, of_challenger) = (corpus(|m| &m.champion), corpus(|m| &m.challenger));
        let side = |corpus: &Corpus,
                    recipe: &Recipe,
                    learned: Vec<bool>,
                    tested: &dyn Fn(&Member) -> bool| {
            let set = TrainingSet::new(corpus, recipe.quick())?;
            let folds = folds(merged, set.groups(), plan)?;
            let splits: Vec<Split> = folds
                .iter()
                .flat_map(|folds| (0..plan.folds).map(|fold| train_and_test(folds, fold)))
                .map(|(mut train, mut test)| {
                    train.retain(|&row| learned[row]);
                    test.retain(|&row| tested(&merged.members[row]));
                    Split { train, test }
                })
                .collect();
            let tested = protocol::run(&set, &splits, 0, done)?;
            let said = splits.iter().zip(tested).map(|(split, tested)| {
                let outcomes = tested.cases.into_iter().map(|tested| tested.outcome);
                split.test.iter().copied().zip(outcomes).collect::<Vec<Said>>()
            });
            let said: Vec<Vec<Said>> = said.collect();
            Ok::<_, crate::Error>(said.chunks(plan.folds).map(<[_]>::concat).collect::<Vec<_>>())
        };
        let champion = side(&of_champion, recipes.champion, learned(|m| &m.champion), &is_asked)?;
        let challenger =
            side(&of_challenger, recipes.challenger, learned(|m| &m.challenger), &is_scored)?;
        Ok(Self {
            gold: disagreements(&champion, |row| {
                let member = &merged.members[row];
                member.scored.as_ref().filter(|_| !member.audit)
            }),
            batch: disagreements(&champion, |row| merged.members[row].decided.as_ref()),
            champion: scored(&champion, merged),
            challenger: scored(&challenger, merged),
            audit: merged.members.iter().filter(|m| m.audit).count(),
        })
    }

    /// Holds the new decisions against the champion's suggestions; `None`
    /// without new decisions.
    ///
    /// # Errors
    /// [`crate::Error::BadParam`] for params that cannot work.
    pub(super) fn check_batch(&self, params: &BatchCheckParams) -> Result<Option<BatchCheck>> {
        BatchCheck::of(&self.batch, &self.gold, params)
    }
}

/// For each repeat the fold of each member, near-duplicates in one fold.
pub(super) fn folds(merged: &Merged, groups: &[usize], plan: &Plan) -> Result<Vec<Vec<usize>>> {
    let labels: Vec<TrendSet> = merged.members.iter().map(Member::label).collect();
    (0..plan.repeats as u64)
        .map(|repeat| stratified_folds(&labels, groups, plan.folds, plan.seed.wrapping_add(repeat)))
        .collect()
}

/// The outcomes of the scored members, beside what they are scored by.
fn scored(repeats: &[Vec<Said>], merged: &Merged) -> Vec<Vec<Outcome>> {
    let outcome = |(row, outcome): &Said| {
        let gold = merged.members[*row].scored.clone()?;
        Some(Outcome { gold, ..outcome.clone() })
    };
    repeats.iter().map(|said| said.iter().filter_map(outcome).collect()).collect()
}

/// How suggestions stand to the label sets that `truth` gives, mean over repeats.
fn disagreements<'m>(
    repeats: &[Vec<Said>],
    truth: impl Fn(usize) -> Option<&'m TrendSet>,
) -> Vec<Disagreement> {
    let mut by_row: std::collections::BTreeMap<usize, Vec<Disagreement>> = Default::default();
    for (row, outcome) in repeats.iter().flatten() {
        if let Some(truth) = truth(*row) {
            by_row.entry(*row).or_default().push(Disagreement::of(outcome, truth));
        }
    }
    by_row.into_values().map(|of_repeats| Disagreement::mean(&of_repeats)).collect()
}
