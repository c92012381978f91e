//! Measures how much the guarantee accepts of what could be accepted: the pairs accepted
//! without a reviewer, compared with those above the best limit in hindsight, which is the
//! lowest one with 90 % right accepts on the same cases. `cargo bench --bench guarantee`
//! prints a line for the municipal complaints and for 240, 400 and all of the cases of the
//! five trends (means over draws of the cases), from out-of-fold probabilities, without
//! search.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use trendtag::Taxonomy;
use trendtag::decision::{Triage, TriageCase, TriageParams, TriageSummary};
use trendtag::metrics::Outcome;
use trendtag::tables::{ReadOptions, open_examples};
use trendtag::tagger::{Corpus, TaggerParams, TextField};

/// Draws of part of the cases.
const DRAWS: u64 = 5;

/// Minimum mean share of the best limit in hindsight.
const LEAST: f64 = 0.7;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    println!("| cases | accepted | best limit in hindsight | share | right accepts |");
    println!("|---|---|---|---|---|");
    let complaints = root.join("tests/fixtures/complaints");
    let (corpus, params) = read(&complaints, "complaints.csv", |options, params| {
        options.columns.trends = "Categories".into();
        options.columns.id = "Reference".into();
        params.fields = TextField::of_columns(&["Subject", "Complaint"]);
    });
    line("complaints", &[out_of_fold(&corpus, &params)]);
    let (corpus, params) = read(&root.join("data"), "cases.csv", |_, _| {});
    for count in [240, 400] {
        let draws: Vec<Vec<Outcome>> =
            (0..DRAWS).map(|seed| out_of_fold(&part(&corpus, count, seed), &params)).collect();
        line("five trends", &draws);
    }
    line("five trends", &[out_of_fold(&corpus, &params)]);
}

fn read(
    folder: &Path,
    file: &str,
    change: impl FnOnce(&mut ReadOptions, &mut TaggerParams),
) -> (Corpus, TaggerParams) {
    let taxonomy = Taxonomy::open(&folder.join("taxonomy.toml")).unwrap();
    let (mut options, mut params) = (ReadOptions::default(), TaggerParams::default());
    change(&mut options, &mut params);
    options.columns.text = params.text_columns();
    let (mut corpus, _) = Corpus::open(folder.join(file), &options, Some(taxonomy)).unwrap();
    (corpus.examples, _) = open_examples(folder.join("examples.csv"), &corpus.taxonomy).unwrap();
    (corpus, params)
}

fn part(corpus: &Corpus, count: usize, seed: u64) -> Corpus {
    let mut part = corpus.clone();
    part.cases.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    part.cases.truncate(count);
    part
}

fn out_of_fold(corpus: &Corpus, params: &TaggerParams) -> Vec<Outcome> {
    params.train(corpus).unwrap().out_of_fold
}

fn line(name: &str, draws: &[Vec<Outcome>]) {
    let (mut accepted, mut right, mut best) = (0, 0, 0);
    for outcomes in draws {
        let cases: Vec<TriageCase<'_>> = outcomes
            .iter()
            .map(|o| TriageCase { probabilities: &o.probabilities, gold: &o.gold })
            .collect();
        let expected = Triage::fit(&cases, &TriageParams::default()).unwrap().expected;
        accepted += expected.accepted;
        right += expected.accepted - expected.false_accepts;
        best += in_hindsight(&cases);
    }
    let count = draws.len();
    let share = accepted as f64 / best as f64;
    println!(
        "| {} {name} | {:.0} | {:.0} | {share:.2} | {:.1} % |",
        draws[0].len(),
        accepted as f64 / count as f64,
        best as f64 / count as f64,
        100.0 * right as f64 / accepted as f64,
    );
    assert!(share >= LEAST, "only {share:.2} of what could be accepted");
}

/// Returns the largest number of pairs with enough right ones.
fn in_hindsight(cases: &[TriageCase<'_>]) -> usize {
    let params = TriageParams::default();
    let mut limits: Vec<f64> = cases.iter().flat_map(|case| case.probabilities.to_vec()).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    let summary = |&limit: &f64| {
        let triage = Triage { accept: Some(limit), ..Triage::undecided(params.clone()) };
        TriageSummary::of(&triage, cases)
    };
    let enough = |found: &TriageSummary| {
        found.accept_precision().is_some_and(|share| share >= params.accept_precision)
    };
    limits.iter().map(summary).find(enough).map_or(0, |found| found.accepted)
}
