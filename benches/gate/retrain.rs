//! The whole gate, with a challenger trained for each batch.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use trendtag::TrendSet;
use trendtag::tagger::{Case, Corpus, Recipe};
use trendtag::versions::retraining::{
    Challenger, Champion, Decided, Decisions, DirectionFinding, RetrainParams, Verdict,
};

use super::five_trends;

const SEEDS: u64 = 50;

/// Share of a bad batch that has another case's label set.
const WRONG: f64 = 0.3;

pub(super) fn run(sizes: &[usize], whole: bool) {
    let (corpus, mut recipe) = five_trends();
    let mut params = RetrainParams { search: None, ..RetrainParams::default() };
    if !whole {
        recipe.features.subwords = None;
        params.repeats = 1;
    }
    let recipe = recipe.check().unwrap();
    println!(
        "| decisions | honest: promoted | pointed out | refused by the check of the batch | bad: refused | by the check of the batch |\n|---|---|---|---|---|---|"
    );
    for &size in sizes {
        let verdicts = |wrong: f64| -> Vec<Verdict> {
            let judge = |seed| judged(&corpus, &recipe, &params, size, wrong, seed);
            (0..SEEDS).into_par_iter().map(judge).collect()
        };
        let (honest, bad) = (verdicts(0.0), verdicts(WRONG));
        let share = |verdicts: &[Verdict], of: fn(&Verdict) -> bool| {
            verdicts.iter().filter(|v| of(v)).count() as f64 / SEEDS as f64
        };
        let by_check = |v: &Verdict| {
            v.direction.as_ref().is_some_and(|found| found.worst() == DirectionFinding::Refuse)
        };
        let (promoted, refused) = (share(&honest, Verdict::passes), share(&bad, |v| !v.passes()));
        println!(
            "| {size} | {:.0} % | {:.0} % | {:.0} % | {:.0} % | {:.0} % |",
            100.0 * promoted,
            100.0 * share(&honest, |v| !v.warnings.is_empty()),
            100.0 * share(&honest, by_check),
            100.0 * refused,
            100.0 * share(&bad, by_check),
        );
        if size == 100 {
            assert!(promoted >= 0.8, "honest batches of {size} are promoted too seldom");
            assert!(refused >= 0.9, "bad batches of {size} are refused too seldom");
        }
    }
}

/// Returns the verdict on one batch.
fn judged(
    corpus: &Corpus,
    recipe: &Recipe,
    params: &RetrainParams,
    size: usize,
    wrong: f64,
    seed: u64,
) -> Verdict {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut cases: Vec<Case> = corpus.cases.clone();
    cases.shuffle(&mut random);
    let rest = cases.split_off(size);
    let bad = (wrong * size as f64).round() as usize;
    for case in cases.iter_mut().take(bad) {
        case.gold.clone_from(&corpus.cases[random.random_range(0..corpus.cases.len())].gold);
    }
    let decided = |case| Decided { case, audit: false, reviewer: None, asked: None };
    let decisions = Decisions {
        settled: cases.into_iter().map(decided).collect(),
        conflicts: Vec::new(),
        columns: corpus.columns.clone(),
    };
    let gold = Corpus { cases: rest, ..corpus.clone() };
    let champion = Champion { version: "", recipe, cases: None, new_trends: &TrendSet::default() };
    let found = Challenger::train(&gold, &decisions, champion, params, &mut |_| {}).unwrap();
    found.compare(champion, params, &|| {}).unwrap().verdict
}
