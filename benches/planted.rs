//! How many of the labels that the label check suspects first are wrong, where it is
//! known which are.
//!
//! `cargo bench --bench planted` makes mistakes of one kind in 5 % of the cases of
//! `data/cases.csv`, for 10 seeds: the last of several trends is dropped, one trend is
//! replaced by another, one is added, or the case gets the trends of a random other case. It
//! prints which share of the top-ranked suspects has a planted mistake, and fails if, of all
//! kinds together, it is not at least five times as high as in random cases.
//!
//! A number after `--` is another number of seeds. `-- --probabilities FILE` writes the labels
//! and the out-of-fold probabilities as JSON Lines, one line per kind and seed;
//! `benches/peers/labels.py` gives them to cleanlab.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use trendtag::evaluate::label_check::{LabelCheckParams, suspects};
use trendtag::evaluate::protocol::{cross_validation, run};
use trendtag::metrics::Outcome;
use trendtag::tables::ReadOptions;
use trendtag::tagger::{Corpus, Recipe, TaggerParams, TrainingSet};
use trendtag::{Taxonomy, TrendId, TrendSet};

const SEEDS: u64 = 10;
const WRONG: f64 = 0.05;

/// How many of the top-ranked suspects are looked at, beside as many as there are mistakes.
const FIRST: usize = 10;

/// A kind of mistake: the wrong trends of a case, or `None` if it cannot have that mistake.
type Mistake = fn(&TrendSet, &Corpus, &mut ChaCha8Rng) -> Option<TrendSet>;

const KINDS: [(&str, Mistake); 4] =
    [("dropped second", dropped), ("swapped", swapped), ("added", added), ("random", random)];

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--probabilities");
    let mut file = arguments.nth(1).map(|path| File::create(path).unwrap());
    let seeds = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let seeds: u64 = seeds.unwrap_or(SEEDS);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
    let recipe = TaggerParams::default().check().unwrap().without_search();
    let (corpus, _) =
        Corpus::open(data.join("cases.csv"), &ReadOptions::default(), Some(taxonomy)).unwrap();
    let cases = corpus.cases.len();
    let count = (WRONG * cases as f64).round() as usize;
    println!("{count} of {cases} cases with a planted mistake, {seeds} seeds\n");
    println!(
        "| mistake | right of the first {FIRST} | of the first {count} | of the first {} | suspects |",
        2 * count
    );
    println!("|---|---|---|---|---|");
    let mut sum = 0.0;
    for (kind, mistake) in KINDS {
        let mut found = [0.0; 4];
        for seed in 0..seeds {
            let (planted, wrong) = planted(&corpus, mistake, count, seed);
            let outcomes = out_of_fold(&planted, &recipe);
            let suspects = suspects(&outcomes, &planted.taxonomy);
            let precision = |first: usize| {
                let found = suspects.iter().take(first).filter(|s| wrong.contains(&s.id)).count();
                found as f64 / first as f64
            };
            let of_seed = [FIRST, count, 2 * count].map(precision);
            found.iter_mut().zip(of_seed).for_each(|(sum, found)| *sum += found / seeds as f64);
            found[3] += suspects.len() as f64 / seeds as f64;
            if let Some(file) = &mut file {
                writeln!(file, "{}", line(kind, seed, &outcomes, &wrong)).unwrap();
            }
        }
        let [first, as_many, twice, all] = found;
        println!("| {kind} | {first:.2} | {as_many:.2} | {twice:.2} | {all:.0} |");
        sum += as_many / KINDS.len() as f64;
    }
    let by_lot = count as f64 / cases as f64;
    println!("\nof the first {count}, all kinds: {sum:.3}; at random {by_lot:.3}");
    assert!(sum >= 5.0 * by_lot, "the suspects are hardly better than random cases");
}

/// Returns the corpus with mistakes, and the ids of the cases that have one.
fn planted(
    corpus: &Corpus,
    mistake: Mistake,
    count: usize,
    seed: u64,
) -> (Corpus, BTreeSet<String>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut planted, mut wrong) = (corpus.clone(), BTreeSet::new());
    let mut rows: Vec<usize> = (0..corpus.cases.len()).collect();
    rows.shuffle(&mut random);
    for row in rows {
        let case = &mut planted.cases[row];
        let set = mistake(case.gold.as_ref().unwrap(), corpus, &mut random);
        if let Some(set) = set.filter(|set| wrong.len() < count && Some(set) != case.gold.as_ref())
        {
            case.gold = Some(set);
            wrong.insert(case.id.clone());
        }
    }
    assert_eq!(wrong.len(), count, "too few cases can have this mistake");
    (planted, wrong)
}

/// Means over the repeats of the label check.
fn out_of_fold(corpus: &Corpus, recipe: &Recipe) -> Vec<Outcome> {
    let params = LabelCheckParams::default();
    let set = TrainingSet::new(corpus, recipe.quick()).unwrap();
    let repeats = (0..params.repeats as u64).map(|repeat| {
        let plan = cross_validation(&set, params.folds, None, params.seed + repeat).unwrap();
        let tested = run(&set, &plan.splits, 0, &|| {}).unwrap();
        let cases = tested.into_iter().flat_map(|split| split.cases);
        cases.map(|tested| tested.outcome).collect()
    });
    let repeats: Vec<Vec<Outcome>> = repeats.collect();
    trendtag::metrics::mean_over_repeats(&repeats)
}

fn line(kind: &str, seed: u64, outcomes: &[Outcome], wrong: &BTreeSet<String>) -> String {
    let labels: Vec<Vec<usize>> =
        outcomes.iter().map(|o| o.gold.iter().map(TrendId::index).collect()).collect();
    let probabilities: Vec<&[f64]> = outcomes.iter().map(|o| &o.probabilities[..]).collect();
    let wrong: Vec<bool> = outcomes.iter().map(|o| wrong.contains(&o.id)).collect();
    let line = serde_json::json!({
        "kind": kind, "seed": seed, "labels": labels, "probabilities": probabilities,
        "wrong": wrong,
    });
    line.to_string()
}

fn dropped(gold: &TrendSet, _: &Corpus, _: &mut ChaCha8Rng) -> Option<TrendSet> {
    (gold.len() > 1).then(|| gold.iter().take(gold.len() - 1).collect())
}

fn swapped(gold: &TrendSet, corpus: &Corpus, random: &mut ChaCha8Rng) -> Option<TrendSet> {
    let lost = gold.iter().collect::<Vec<_>>().choose(random).copied()?;
    let other = another(gold, corpus, random)?;
    Some(gold.iter().filter(|&id| id != lost).chain([other]).collect())
}

fn added(gold: &TrendSet, corpus: &Corpus, random: &mut ChaCha8Rng) -> Option<TrendSet> {
    Some(gold.iter().chain([another(gold, corpus, random)?]).collect())
}

fn random(_: &TrendSet, corpus: &Corpus, random: &mut ChaCha8Rng) -> Option<TrendSet> {
    corpus.cases.choose(random)?.gold.clone()
}

/// Returns a trend that the case does not have.
fn another(gold: &TrendSet, corpus: &Corpus, random: &mut ChaCha8Rng) -> Option<TrendId> {
    let others = corpus.taxonomy.iter().map(|(id, _)| id).filter(|&id| !gold.contains(id));
    others.collect::<Vec<_>>().choose(random).copied()
}
