//! Compares champion and challenger on identical folds, each trained on the data that it
//! would have had.

use std::collections::BTreeMap;

use super::direction::{Direction, Judged, Unlikely};
use super::merge::{Member, Merged};

use crate::decision::{TriageParams, TriageSummary};
use crate::error::Result;
use crate::evaluate::protocol;
use crate::evaluate::protocol::Split;
use crate::evaluate::shared::SharedTrends;
use crate::metrics::Outcome;
use crate::tagger::Corpus;
use crate::tagger::split::stratified_folds;
use crate::tagger::split::train_and_test;
use crate::tagger::{Recipe, TrainingSet};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// The folds of the comparison.
pub(super) struct Plan {
    pub(super) folds: usize,
    pub(super) repeats: usize,
    pub(super) seed: u64,
}

/// The recipes of both sides. Their params were chosen before, each on all cases of its
/// side. Choosing them again in each fold would compare the luck of two searches.
pub(super) struct Recipes<'p> {
    pub(super) champion: &'p Recipe,
    pub(super) challenger: &'p Recipe,
}

/// The predictions of both sides for cases that they had not seen.
pub(super) struct Comparison {
    /// Outcomes of the scored cases, one per repeat.
    pub(super) champion: Vec<Vec<Outcome>>,
    pub(super) challenger: Vec<Vec<Outcome>>,
    /// Number of scored cases from a random sample (the blind check).
    pub(super) audit: usize,
    /// Decisions on the text of a labelled case of another id, with other trends.
    pub(super) repeats: Vec<(String, String)>,
    /// The gold labels and the decisions, with the champion's probabilities.
    gold_judged: Vec<Judged>,
    batch_judged: Vec<Judged>,
    /// Results of the triage of champion and challenger on the scored cases, counted once
    /// per repeat.
    pub(super) triage: [TriageSummary; 2],
    /// Predictions of champion and challenger for the decided cases, one per repeat, with
    /// the decisions.
    pub(super) decisions: [Vec<Vec<Outcome>>; 2],
    pub(super) promise: TriageParams,
}

/// The prediction of one side for a member of the merged corpus.
type Said = (usize, Outcome);

impl Comparison {
    /// Trains both sides in every fold. Calls `done` after each training.
    ///
    /// # Errors
    /// As [`protocol::run`] and [`stratified_folds`].
    pub(super) fn run(
        merged: &Merged,
        recipes: &Recipes<'_>,
        plan: &Plan,
        shared: &SharedTrends,
        done: &(dyn Fn() + Sync),
    ) -> Result<Self> {
        // Both sides hold all cases in the same order; the splits determine which of them
        // a side learns from.
        let corpus = |own: fn(&Member) -> &Option<TrendSet>| {
            merged.corpus(|member| Some(own(member).clone().unwrap_or_else(|| member.label())))
        };
        let learned = |own: fn(&Member) -> &Option<TrendSet>| -> Vec<bool> {
            merged.members.iter().map(|member| own(member).is_some()).collect()
        };
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
            let mut triage = TriageSummary::default();
            for (split, outcome) in splits.iter().zip(&tested) {
                for (&row, tested) in split.test.iter().zip(&outcome.cases) {
                    if let Some(gold) = &merged.members[row].scored {
                        triage.add(&tested.verdicts, gold, &outcome.triage.unpromised);
                    }
                }
            }
            let said = splits.iter().zip(tested).map(|(split, tested)| {
                let outcomes = tested.cases.into_iter().map(|tested| tested.outcome);
                split.test.iter().copied().zip(outcomes).collect::<Vec<Said>>()
            });
            let said: Vec<Vec<Said>> = said.collect();
            let said: Vec<Vec<Said>> = said.chunks(plan.folds).map(<[_]>::concat).collect();
            Ok::<_, crate::Error>((said, triage, set.groups().to_vec()))
        };
        let (champion, of_champion, groups) =
            side(&of_champion, recipes.champion, learned(|m| &m.champion), &is_asked)?;
        let (challenger, of_challenger, _) =
            side(&of_challenger, recipes.challenger, learned(|m| &m.challenger), &is_asked)?;
        let is_gold = |row: usize| {
            let member = &merged.members[row];
            member.scored.as_ref().filter(|_| !member.audit)
        };
        let decided = |row: usize| merged.members[row].decided.as_ref();
        let scored = |row: usize| merged.members[row].scored.as_ref();
        let asked = |row: usize| merged.members[row].asked.as_ref();
        let scored_asked = |row: usize| merged.members[row].scored_asked.as_ref();
        Ok(Self {
            gold_judged: judged(&champion, merged, shared, is_gold, scored_asked),
            batch_judged: judged(&champion, merged, shared, decided, asked),
            decisions: [&champion, &challenger].map(|said| beside(said, decided, asked)),
            triage: [of_champion, of_challenger],
            promise: recipes.champion.params().triage.clone(),
            repeats: repeats(merged, &groups),
            champion: beside(&champion, scored, scored_asked),
            challenger: beside(&challenger, scored, scored_asked),
            audit: merged.members.iter().filter(|m| m.audit).count(),
        })
    }

    /// Returns the direction of the new decisions; `None` without new decisions or with
    /// too little gold.
    pub(super) fn direction(&self, taxonomy: &Taxonomy) -> Option<Direction> {
        Direction::of(&self.batch_judged, &self.gold_judged, taxonomy)
    }

    /// Says that new decisions could not be checked, if so.
    pub(super) fn unchecked(&self, direction: &Option<Direction>) -> Option<String> {
        (!self.batch_judged.is_empty() && direction.is_none()).then(|| {
            format!(
                "the new decisions were not checked for mistakes: that needs {} labelled cases, and \
                 there are {}",
                Direction::LEAST,
                self.gold_judged.len()
            )
        })
    }

    /// Returns the decisions to look at first: those named, then the least likely ones
    /// under the champion's probabilities.
    pub(super) fn to_look_at(
        &self,
        named: &[String],
        count: usize,
        taxonomy: &Taxonomy,
    ) -> Vec<Unlikely> {
        let place = |case: &Judged| named.iter().position(|id| *id == case.id);
        let mut rated: Vec<(Option<usize>, f64, &Judged)> = (self.batch_judged.iter())
            .map(|case| (place(case), case.unlikeliness(), case))
            .collect();
        rated.sort_by(|a, b| {
            let of_named = a.0.unwrap_or(usize::MAX).cmp(&b.0.unwrap_or(usize::MAX));
            of_named.then(b.1.total_cmp(&a.1)).then(a.2.id.cmp(&b.2.id))
        });
        rated.into_iter().take(count).map(|(_, _, case)| Unlikely::of(case, taxonomy)).collect()
    }
}

/// Returns the fold of each member for each repeat, with near-duplicates in one fold.
pub(super) fn folds(merged: &Merged, groups: &[usize], plan: &Plan) -> Result<Vec<Vec<usize>>> {
    let labels: Vec<TrendSet> = merged.members.iter().map(Member::label).collect();
    (0..plan.repeats as u64)
        .map(|repeat| stratified_folds(&labels, groups, plan.folds, plan.seed.wrapping_add(repeat)))
        .collect()
}

/// Returns the outcomes of the members for which `truth` returns a label set, with that
/// set. Of trends that it says nothing of, nothing is suggested.
fn beside<'m>(
    repeats: &[Vec<Said>],
    truth: impl Fn(usize) -> Option<&'m TrendSet>,
    asked: impl Fn(usize) -> Option<&'m TrendSet>,
) -> Vec<Vec<Outcome>> {
    let outcome = |(row, outcome): &Said| {
        let mut outcome = Outcome { gold: truth(*row)?.clone(), ..outcome.clone() };
        if let Some(asked) = asked(*row) {
            outcome.suggested = outcome.suggested.iter().filter(|id| asked.contains(*id)).collect();
            leave_out(&mut outcome.probabilities, asked);
        }
        Some(outcome)
    };
    repeats.iter().map(|said| said.iter().filter_map(outcome).collect()).collect()
}

/// Sets the probabilities of trends that were not asked about to 0: not given, as expected.
fn leave_out(probabilities: &mut [f64], asked: &TrendSet) {
    for (k, p) in probabilities.iter_mut().enumerate() {
        if !asked.contains(TrendId(k as u16)) {
            *p = 0.0;
        }
    }
}

/// Returns the decisions on cases with nearly the text of a labelled case of another id, and
/// that id, where their trends differ.
fn repeats(merged: &Merged, groups: &[usize]) -> Vec<(String, String)> {
    let mut labelled: BTreeMap<usize, Vec<&Member>> = BTreeMap::new();
    for (member, group) in merged.members.iter().zip(groups) {
        if member.scored.is_some() && !member.audit {
            labelled.entry(*group).or_default().push(member);
        }
    }
    let among = |set: &TrendSet, member: &Member| -> TrendSet {
        let is_asked = |id: &TrendId| member.asked.as_ref().is_none_or(|a| a.contains(*id));
        set.iter().filter(is_asked).collect()
    };
    let differs = |member: &Member, decided: &TrendSet, other: &&&Member| {
        other.case.id != member.case.id
            && other
                .scored
                .as_ref()
                .is_some_and(|gold| among(gold, member) != among(decided, member))
    };
    let mut found = Vec::new();
    for (member, group) in merged.members.iter().zip(groups) {
        if let (Some(decided), Some(known)) = (&member.decided, labelled.get(group))
            && let Some(other) = known.iter().find(|other| differs(member, decided, other))
        {
            found.push((member.case.id.clone(), other.case.id.clone()));
        }
    }
    found
}

/// Returns the members for which `truth` returns a label set, with the mean probabilities
/// over repeats.
fn judged<'m>(
    repeats: &[Vec<Said>],
    merged: &'m Merged,
    shared: &SharedTrends,
    truth: impl Fn(usize) -> Option<&'m TrendSet>,
    asked: impl Fn(usize) -> Option<&'m TrendSet>,
) -> Vec<Judged> {
    let mut sums: BTreeMap<usize, (Vec<f64>, u32)> = BTreeMap::new();
    for (row, outcome) in repeats.iter().flatten() {
        let outcome = shared.outcome(outcome);
        let none = || (vec![0.0; outcome.probabilities.len()], 0);
        let (sum, count) = sums.entry(*row).or_insert_with(none);
        sum.iter_mut().zip(&outcome.probabilities).for_each(|(sum, p)| *sum += p);
        *count += 1;
    }
    let judged = |(row, (sum, count)): (usize, (Vec<f64>, u32))| {
        let member = &merged.members[row];
        let mut probabilities: Vec<f64> = sum.iter().map(|sum| sum / f64::from(count)).collect();
        if let Some(asked) = asked(row) {
            leave_out(&mut probabilities, &shared.set(asked));
        }
        Some(Judged {
            id: member.case.id.clone(),
            probabilities,
            truth: shared.set(truth(row)?),
            reviewer: member.reviewer.clone(),
        })
    };
    sums.into_iter().filter_map(judged).collect()
}
