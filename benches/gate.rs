//! Measures how often the gate accepts honest decisions and refuses bad ones. `cargo
//! bench --bench gate` draws batches of 30, 100 and 300 cases from `data/cases.csv` for
//! 50 seeds; the rest is the labelled corpus, and the cases of the batch come back as
//! decisions: once with their gold, and once with the label set of another random case in
//! 30 % of them. It prints how many of each are promoted and why the others are refused.
//! It fails if fewer than 80 % of the honest batches of 100 are promoted, or fewer than
//! 90 % of the bad ones are refused. The recipe has no character n-grams and the
//! comparison runs once, which takes minutes. With `-- --whole`, both are as shipped,
//! which takes an hour. Numbers after `--` are other sizes of a batch.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use trendtag::tables::ReadOptions;
use trendtag::tagger::Case;
use trendtag::tagger::Corpus;
use trendtag::tagger::Recipe;
use trendtag::tagger::TaggerParams;
use trendtag::versions::retraining::Challenger;
use trendtag::versions::retraining::Champion;
use trendtag::versions::retraining::Decided;
use trendtag::versions::retraining::Decisions;
use trendtag::versions::retraining::RetrainParams;
use trendtag::versions::retraining::Verdict;
use trendtag::{Taxonomy, TrendSet};

const SEEDS: u64 = 50;
const SIZES: [usize; 3] = [30, 100, 300];

/// Share of a bad batch that has another case's label set.
const WRONG: f64 = 0.3;

fn main() {
    let whole = std::env::args().any(|argument| argument == "--whole");
    let mut recipe = TaggerParams::default();
    let mut params = RetrainParams { search: None, ..RetrainParams::default() };
    if !whole {
        recipe.features.subwords = None;
        params.repeats = 1;
    }
    let corpus = corpus(&recipe);
    let recipe = recipe.check().unwrap();
    println!(
        "| decisions | honest: promoted | refused by the check of the batch | bad: refused | by the check of the batch |\n|---|---|---|---|---|"
    );
    let named: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    for size in if named.is_empty() { SIZES.to_vec() } else { named } {
        let verdicts = |wrong: f64| -> Vec<Verdict> {
            let judge = |seed| judged(&corpus, &recipe, &params, size, wrong, seed);
            (0..SEEDS).into_par_iter().map(judge).collect()
        };
        let (honest, bad) = (verdicts(0.0), verdicts(WRONG));
        let share = |verdicts: &[Verdict], of: fn(&Verdict) -> bool| {
            verdicts.iter().filter(|v| of(v)).count() as f64 / SEEDS as f64
        };
        let by_check = |v: &Verdict| v.batch.as_ref().is_some_and(|batch| batch.refused);
        let (promoted, refused) = (share(&honest, Verdict::passes), share(&bad, |v| !v.passes()));
        println!(
            "| {size} | {:.0} % | {:.0} % | {:.0} % | {:.0} % |",
            100.0 * promoted,
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

fn corpus(recipe: &TaggerParams) -> Corpus {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
    let mut options = ReadOptions::default();
    options.columns.text = recipe.fields.iter().map(|field| field.column.clone()).collect();
    Corpus::open(data.join("cases.csv"), &options, Some(taxonomy)).unwrap().0
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
