//! The check of the direction of a batch, on batches drawn from out-of-fold probabilities.

use std::cmp::Ordering;

use rand::seq::{IndexedRandom, SliceRandom, index};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use trendtag::evaluate::protocol;
use trendtag::tagger::{Case, Corpus, TaggerParams, TrainingSet};
use trendtag::versions::retraining::{Direction, DirectionFinding, Judged};
use trendtag::{Taxonomy, TrendId, TrendSet};

use super::{SIZES, complaints, five_trends};

/// Draws of honest batches of each size.
const DRAWS: u64 = 200;

/// Draws of batches of each mistake.
const SEEDS: u64 = 50;

/// Their number of decisions.
const DECISIONS: usize = 100;

/// Reviewers, who take turns.
const REVIEWERS: usize = 3;

/// Cases of more words than this are the longer ones.
const LONG: usize = 230;

/// The same of complaints, which are shorter.
const LONG_COMPLAINT: usize = 70;

/// From this id on, the cases of the five trends are worded like submissions.
const LIKE_SUBMISSIONS: &str = "case-558";

const FOLDS: usize = 5;
const REPEATS: u64 = 1;

/// What a champion says of cases that it has not seen.
struct Set {
    name: &'static str,
    taxonomy: Taxonomy,
    /// The gold; batches are drawn from it too if there is nothing else.
    gold: Vec<Judged>,
    /// Cases of another kind; batches are drawn from them with replacement.
    others: Vec<Judged>,
}

/// Makes a mistake in a batch.
type Mistake = fn(&mut [Judged], &[TrendId], &mut ChaCha8Rng);

/// Mistakes, with the share of batches that is to be pointed out where that is asked for.
const MISTAKES: [(&str, Mistake, Option<f64>); 13] = [
    ("one reviewer in three adds a label to everything", adds, Some(0.9)),
    ("only the first label kept", first, Some(0.9)),
    ("two labels swapped", swapped, Some(0.9)),
    ("every label flipped to another", flipped, Some(0.9)),
    ("20 % of the labels dropped", |batch, _, random| dropped(batch, 0.2, random), Some(0.6)),
    ("10 % of the labels dropped", |batch, _, random| dropped(batch, 0.1, random), None),
    ("one reviewer in three never gives a label", never, None),
    ("one reviewer in three keeps only the first label", first_of_one, None),
    ("label sets of other cases in 30 % of the cases", exchanged, Some(0.9)),
    ("one reviewer in three gives no label at all", nothing, Some(0.9)),
    ("one reviewer in three gives what the others are given", inverted, Some(0.9)),
    ("one reviewer in three gives the labels of their case before", slipped, Some(0.9)),
    ("one reviewer in three copies the more probable side", copied, Some(0.9)),
];

pub(super) fn run() {
    let (cases, params) = five_trends();
    let (others, of_others) = complaints();
    let sets = [
        exchangeable("five trends", &cases, &params),
        shifted("five trends, longer cases", &cases, &params, |case| words(case) > LONG),
        shifted("five trends, worded like submissions", &cases, &params, |case| {
            case.id.as_str().cmp(LIKE_SUBMISSIONS) != Ordering::Less
        }),
        exchangeable("complaints", &others, &of_others),
        shifted("complaints, longer cases", &others, &of_others, |case| {
            words(case) > LONG_COMPLAINT
        }),
    ];
    println!("| honest batches of | decisions | pointed out | refused |\n|---|---|---|---|");
    let mut is_fine = true;
    for set in &sets {
        for size in SIZES {
            let (warned, refused) = shares(set, size, DRAWS, |_, _, _| {});
            println!(
                "| {} | {size} | {} | {} |",
                set.name,
                percent(warned, DRAWS),
                percent(refused, DRAWS)
            );
            is_fine &= warned <= 0.1 && refused <= 0.02;
        }
    }
    println!(
        "\n| mistake, {DECISIONS} decisions | cases | pointed out | refused |\n|---|---|---|---|"
    );
    for (name, mistake, least) in MISTAKES {
        for set in &sets {
            let (warned, refused) = shares(set, DECISIONS, SEEDS, mistake);
            let [warned_in, refused_in] = [warned, refused].map(|share| percent(share, SEEDS));
            println!("| {name} | {} | {warned_in} | {refused_in} |", set.name);
            is_fine &= least.is_none_or(|least| warned >= least);
        }
    }
    assert!(is_fine, "honest batches are pointed out too often, or mistakes too seldom");
}

/// Returns a share of draws with its 95 % interval (Wilson).
fn percent(share: f64, draws: u64) -> String {
    let (n, z) = (draws as f64, 1.96);
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt() / (1.0 + z * z / n);
    let [low, high] = [middle - half, middle + half].map(|limit| 100.0 * limit);
    format!("{:.1} % [{:.0}, {:.0}]", 100.0 * share, low.max(0.0), high)
}

/// Shares of batches that are pointed out at least, and that are refused.
fn shares(
    set: &Set,
    size: usize,
    draws: u64,
    mistake: impl Fn(&mut [Judged], &[TrendId], &mut ChaCha8Rng) + Sync,
) -> (f64, f64) {
    let trends: Vec<TrendId> = set.taxonomy.iter().map(|(id, _)| id).collect();
    let worst = |seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut batch, gold) = set.drawn(size, &mut random);
        for (i, case) in batch.iter_mut().enumerate() {
            case.reviewer = Some(format!("r{}", i % REVIEWERS));
        }
        mistake(&mut batch, &trends, &mut random);
        Direction::of(&batch, &gold, &set.taxonomy).unwrap().worst()
    };
    let found: Vec<DirectionFinding> = (0..draws).into_par_iter().map(worst).collect();
    let share = |least| found.iter().filter(|f| **f >= least).count() as f64 / draws as f64;
    (share(DirectionFinding::Warn), share(DirectionFinding::Refuse))
}

impl Set {
    /// Returns a batch, and the gold.
    fn drawn(&self, size: usize, random: &mut ChaCha8Rng) -> (Vec<Judged>, Vec<Judged>) {
        if !self.others.is_empty() {
            let draw = |_| self.others[random.random_range(0..self.others.len())].clone();
            return ((0..size).map(draw).collect(), self.gold.clone());
        }
        // Enough gold must be left.
        let size = size.min(self.gold.len() * 2 / 3);
        let mut in_batch = vec![false; self.gold.len()];
        let chosen = index::sample(random, self.gold.len(), size).into_vec();
        chosen.iter().for_each(|&i| in_batch[i] = true);
        let batch = chosen.iter().map(|&i| self.gold[i].clone()).collect();
        let rest = self.gold.iter().zip(in_batch).filter(|(_, in_batch)| !in_batch);
        (batch, rest.map(|(case, _)| case.clone()).collect())
    }
}

fn exchangeable(name: &'static str, corpus: &Corpus, params: &TaggerParams) -> Set {
    let gold = out_of_fold(corpus, params);
    Set { name, taxonomy: corpus.taxonomy.clone(), gold, others: Vec::new() }
}

/// Returns a champion that has seen none of the cases of another kind.
fn shifted(
    name: &'static str,
    corpus: &Corpus,
    params: &TaggerParams,
    is_other: impl Fn(&Case) -> bool,
) -> Set {
    let (mut known, mut others) = (corpus.clone(), corpus.clone());
    known.cases.retain(|case| !is_other(case));
    others.cases.retain(is_other);
    let recipe = params.clone().check().unwrap().without_search().quick();
    let set = TrainingSet::new(&known, recipe).unwrap();
    let tagger = set.train(&set.rows(), &mut |_| {}).unwrap().tagger;
    let tested = protocol::on_corpus(&tagger, &others, 0).unwrap().cases;
    let judged = |(case, tested): (&Case, protocol::Tested)| {
        judged(case, vec![tested.outcome.probabilities])
    };
    Set {
        name,
        taxonomy: corpus.taxonomy.clone(),
        gold: out_of_fold(&known, params),
        others: others.cases.iter().zip(tested).map(judged).collect(),
    }
}

/// What the recipe says of the cases in cross-validation.
fn out_of_fold(corpus: &Corpus, params: &TaggerParams) -> Vec<Judged> {
    let recipe = params.clone().check().unwrap().without_search().quick();
    let set = TrainingSet::new(corpus, recipe).unwrap();
    let mut said: Vec<Vec<Vec<f64>>> = vec![Vec::new(); set.len()];
    for repeat in 0..REPEATS {
        let plan = protocol::cross_validation(&set, FOLDS, None, 1 + repeat).unwrap();
        let tested = protocol::run(&set, &plan.splits, 0, &|| {}).unwrap();
        for (split, tested) in plan.splits.iter().zip(tested) {
            for (&row, tested) in split.test.iter().zip(tested.cases) {
                said[row].push(tested.outcome.probabilities);
            }
        }
    }
    said.into_iter().enumerate().map(|(row, said)| judged(set.case(row), said)).collect()
}

/// Returns a case with its mean predictions.
fn judged(case: &Case, said: Vec<Vec<f64>>) -> Judged {
    let mean = |k: usize| said.iter().map(|p| p[k]).sum::<f64>() / said.len() as f64;
    Judged {
        id: case.id.clone(),
        probabilities: (0..said[0].len()).map(mean).collect(),
        truth: case.gold.clone().unwrap(),
        reviewer: None,
    }
}

fn words(case: &Case) -> usize {
    case.texts.iter().map(|text| text.split_whitespace().count()).sum()
}

/// Changes the label sets of a batch.
fn change(batch: &mut [Judged], of: impl Fn(usize, &TrendSet) -> TrendSet) {
    for (i, case) in batch.iter_mut().enumerate() {
        case.truth = of(i, &case.truth);
    }
}

fn is_of_one(i: usize) -> bool {
    i.is_multiple_of(REVIEWERS)
}

fn one(trends: &[TrendId], random: &mut ChaCha8Rng) -> TrendId {
    *trends.choose(random).unwrap()
}

fn adds(batch: &mut [Judged], trends: &[TrendId], random: &mut ChaCha8Rng) {
    let added = one(trends, random);
    change(batch, |i, set| set.iter().chain(is_of_one(i).then_some(added)).collect());
}

fn never(batch: &mut [Judged], trends: &[TrendId], random: &mut ChaCha8Rng) {
    let lost = one(trends, random);
    change(batch, |i, set| set.iter().filter(|&id| !is_of_one(i) || id != lost).collect());
}

fn first(batch: &mut [Judged], _: &[TrendId], _: &mut ChaCha8Rng) {
    change(batch, |_, set| set.iter().take(1).collect());
}

fn first_of_one(batch: &mut [Judged], _: &[TrendId], _: &mut ChaCha8Rng) {
    change(batch, |i, set| set.iter().take(if is_of_one(i) { 1 } else { usize::MAX }).collect());
}

fn swapped(batch: &mut [Judged], trends: &[TrendId], random: &mut ChaCha8Rng) {
    let pair: Vec<&TrendId> = trends.choose_multiple(random, 2).collect();
    let (a, b) = (*pair[0], *pair[1]);
    let other = |id| match id {
        id if id == a => b,
        id if id == b => a,
        id => id,
    };
    change(batch, |_, set| set.iter().map(other).collect());
}

fn flipped(batch: &mut [Judged], trends: &[TrendId], random: &mut ChaCha8Rng) {
    for case in batch {
        let all = trends.iter().copied();
        let others: Vec<TrendId> = all.filter(|&id| !case.truth.contains(id)).collect();
        case.truth = others.choose(random).copied().into_iter().collect();
    }
}

fn dropped(batch: &mut [Judged], share: f64, random: &mut ChaCha8Rng) {
    for case in batch {
        case.truth = case.truth.iter().filter(|_| random.random::<f64>() >= share).collect();
    }
}

fn exchanged(batch: &mut [Judged], _: &[TrendId], random: &mut ChaCha8Rng) {
    let mut sets: Vec<TrendSet> = batch.iter().map(|case| case.truth.clone()).collect();
    sets.shuffle(random);
    let bad = index::sample(random, batch.len(), batch.len() * 3 / 10).into_vec();
    bad.into_iter().for_each(|i| batch[i].truth = sets[i].clone());
}

fn nothing(batch: &mut [Judged], _: &[TrendId], _: &mut ChaCha8Rng) {
    change(batch, |i, set| if is_of_one(i) { TrendSet::default() } else { set.clone() });
}

fn inverted(batch: &mut [Judged], trends: &[TrendId], _: &mut ChaCha8Rng) {
    change(batch, |i, set| {
        trends.iter().copied().filter(|&id| set.contains(id) != is_of_one(i)).collect()
    });
}

fn slipped(batch: &mut [Judged], _: &[TrendId], _: &mut ChaCha8Rng) {
    for i in (REVIEWERS..batch.len()).rev().filter(|&i| is_of_one(i)) {
        batch[i].truth = batch[i - REVIEWERS].truth.clone();
    }
}

fn copied(batch: &mut [Judged], trends: &[TrendId], _: &mut ChaCha8Rng) {
    for case in batch.iter_mut().step_by(REVIEWERS) {
        let is_suggested = |id: &TrendId| case.probabilities[id.index()] > 0.5;
        case.truth = trends.iter().copied().filter(is_suggested).collect();
    }
}
