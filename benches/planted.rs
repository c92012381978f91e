//! Measures how many of the top-ranked suspects of the label check are wrong, with
//! planted errors. `cargo bench --bench planted` makes a mistake in 5 % of the cases of
//! `data/cases.csv`, for 10 seeds: one trend of the case is replaced, added or removed,
//! each equally often. It prints the share of the top-ranked suspects with a planted
//! mistake and the share for random cases, and fails if the former is not at least five
//! times as high.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::path::Path;

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trendtag::evaluate::label_check::{LabelCheck, LabelCheckParams};
use trendtag::tables::ReadOptions;
use trendtag::tagger::Corpus;
use trendtag::tagger::TaggerParams;
use trendtag::{Taxonomy, TrendId, TrendSet};

const SEEDS: u64 = 10;
const WRONG: f64 = 0.05;

fn main() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
    let recipe = TaggerParams::default().check().unwrap();
    let (corpus, _) =
        Corpus::open(data.join("cases.csv"), &ReadOptions::default(), Some(taxonomy)).unwrap();
    let count = (WRONG * corpus.cases.len() as f64).round() as usize;
    println!(
        "{count} of {} cases with a planted mistake\n\n| seed | found among the first {count} suspects | among all suspects |\n|---|---|---|",
        corpus.cases.len()
    );
    let mut sum = 0.0;
    for seed in 0..SEEDS {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut planted = corpus.clone();
        let mut rows: Vec<usize> = (0..corpus.cases.len()).collect();
        rows.shuffle(&mut random);
        let mut wrong = BTreeSet::new();
        for &row in &rows[..count] {
            let case = &mut planted.cases[row];
            let gold = case.gold.clone().unwrap();
            case.gold = Some(mistaken(&gold, &corpus.taxonomy, &mut random));
            wrong.insert(case.id.clone());
        }
        let check = LabelCheck::of(&planted, &recipe, &LabelCheckParams::default()).unwrap();
        let found = |first: usize| {
            check.suspects.iter().take(first).filter(|s| wrong.contains(&s.id)).count()
        };
        println!(
            "| {seed} | {} | {} of {} |",
            found(count),
            found(usize::MAX),
            check.suspects.len()
        );
        sum += found(count) as f64 / count as f64;
    }
    let (precision, by_lot) = (sum / SEEDS as f64, count as f64 / corpus.cases.len() as f64);
    println!("\nprecision {precision:.3}, at random {by_lot:.3}");
    assert!(precision >= 5.0 * by_lot, "the suspects are hardly better than random cases");
}

/// Returns a label set with one mistake.
fn mistaken(gold: &TrendSet, taxonomy: &Taxonomy, random: &mut ChaCha8Rng) -> TrendSet {
    let (given, other): (Vec<TrendId>, Vec<TrendId>) =
        taxonomy.iter().map(|(id, _)| id).partition(|&id| gold.contains(id));
    let kind = random.random_range(0..3);
    let lost = given.choose(random).filter(|_| kind != 1 || other.is_empty());
    let added = other.choose(random).filter(|_| kind != 2 || given.is_empty());
    given.iter().filter(|&id| Some(id) != lost).chain(added).copied().collect()
}
