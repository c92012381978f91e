//! What each part of the recipe gives: cross-validation with one part changed at
//! a time, against the whole recipe on the same folds.
//!
//! `cargo bench --bench ablation` prints a Markdown table: macro F1, mean average
//! precision (MAP) and their paired differences with 95 % bootstrap intervals.
//! Without search, so that what is changed stays changed.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;

use trendtag::Taxonomy;
use trendtag::evaluate::interval::BootstrapParams;
use trendtag::evaluate::paired::differences;
use trendtag::evaluate::protocol;
use trendtag::evaluate::protocol::cross_validation;
use trendtag::metrics::Figure;
use trendtag::metrics::Outcome;
use trendtag::tables::ReadOptions;
use trendtag::tagger::Corpus;
use trendtag::tagger::{TaggerParams, TrainingSet};

const FOLDS: usize = 5;
const REPEATS: u64 = 4;

/// A part of the recipe by name, and how to do without it.
type Variant = (&'static str, fn(&mut TaggerParams));

const VARIANTS: [Variant; 14] = [
    ("without stemming", |p| p.features.text.stemming = false),
    ("with stop words", |p| p.features.text.stop_words = false),
    ("single words only", |p| p.features.words.ngrams = (1, 1)),
    ("word 1-3-grams", |p| p.features.words.ngrams = (1, 3)),
    ("without sublinear tf", |p| p.features.words.sublinear_tf = false),
    ("terms of a single case too (min df 1)", |p| min_df(p, 1)),
    ("terms of three cases on (min df 3)", |p| min_df(p, 3)),
    ("without character n-grams", |p| p.features.subwords = None),
    ("without definitions as rows", |p| p.definitions = 0),
    ("the title once", |p| p.fields.iter_mut().for_each(|field| field.weight = 1.0)),
    ("alpha 0.4", |p| p.logistic.alpha = 0.4),
    ("alpha 1.6", |p| p.logistic.alpha = 1.6),
    ("thresholds not shrunk", |p| p.thresholds.half_way = 0.0),
    ("one threshold for all (shrunk fully)", |p| p.thresholds.half_way = 1e9),
];

fn min_df(params: &mut TaggerParams, least: usize) {
    params.features.words.keep.min_df = least;
    params.features.subwords.iter_mut().for_each(|subwords| subwords.keep.min_df = least);
}

fn main() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
    let whole = TaggerParams::default();
    let mut options = ReadOptions::default();
    options.columns.text = whole.fields.iter().map(|field| field.column.clone()).collect();
    let (corpus, _) = Corpus::open(data.join("cases.csv"), &options, Some(taxonomy)).unwrap();

    let reference = outcomes(&corpus, &whole);
    println!("| recipe | macro F1 | difference | MAP | difference |\n|---|---|---|---|---|");
    row("whole", &reference, &reference, corpus.taxonomy.len());
    for (name, change) in VARIANTS {
        let mut params = whole.clone();
        change(&mut params);
        assert_ne!(params, whole, "{name} changes nothing");
        row(name, &outcomes(&corpus, &params), &reference, corpus.taxonomy.len());
    }
}

fn outcomes(corpus: &Corpus, params: &TaggerParams) -> Vec<Vec<Outcome>> {
    let set = TrainingSet::new(corpus, params.clone().check().unwrap()).unwrap();
    let of_repeat = |repeat| {
        let plan = cross_validation(&set, FOLDS, None, params.seed + repeat).unwrap();
        protocol::run(&set, &plan.splits, 0, &|| {}).unwrap()
    };
    let repeats: Vec<_> = (0..REPEATS).map(of_repeat).collect();
    protocol::outcomes(&repeats, |tested| tested.outcome.clone())
}

fn row(name: &str, changed: &[Vec<Outcome>], reference: &[Vec<Outcome>], trends: usize) {
    let figures = [Figure::MacroF1, Figure::MacroAveragePrecision];
    let found =
        differences(changed, reference, trends, &figures, &BootstrapParams::default()).unwrap();
    let cells = found.iter().map(|d| {
        let difference = format!(
            "{:+.3} [{:+.3}, {:+.3}]",
            d.difference.unwrap(),
            d.lower.unwrap(),
            d.upper.unwrap()
        );
        format!("{:.3} | {difference}", d.challenger.unwrap())
    });
    println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}
