//! Measures a model before there are many labelled cases. `cargo bench --bench
//! first_cases` trains on the definitions of `data/taxonomy.toml` and the sentences of
//! `data/examples.csv`, with no labelled case and with 50, 100 and 200 drawn at random
//! from the training side of each fold (5 folds, 4 repeats, no search), and tests on cases
//! that the model has not seen. It prints macro F1 and mean average precision (MAP) with
//! 95 % bootstrap intervals over cases, and fails if the MAP without a case is below 0.86
//! or the macro F1 with 100 cases below 0.78.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use trendtag::evaluate::interval::{BootstrapParams, intervals};
use trendtag::evaluate::protocol::{self, Split, cross_validation, on_corpus};
use trendtag::metrics::{Figure, Outcome};
use trendtag::tables::{ReadOptions, open_examples};
use trendtag::{Corpus, TaggerParams, Taxonomy, TrainingSet};

const FOLDS: usize = 5;
const REPEATS: u64 = 4;
const SIZES: [usize; 3] = [50, 100, 200];

fn main() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
    let cases = data.join("cases.csv");
    let mut corpus = Corpus::open(cases, &ReadOptions::default(), Some(taxonomy)).unwrap().0;
    corpus.examples = open_examples(data.join("examples.csv"), &corpus.taxonomy).unwrap().0;

    println!("| labelled cases | macro F1 | MAP |\n|---|---|---|");
    let without = Corpus { cases: Vec::new(), ..corpus.clone() };
    let tagger = TaggerParams::default().train(&without).unwrap().tagger;
    let tested = on_corpus(&tagger, &corpus, 0).unwrap();
    let [_, ranking] = row(0, &[tested.cases.into_iter().map(|t| t.outcome).collect()], &corpus);
    for size in SIZES {
        let [macro_f1, _] = row(size, &with_cases(&corpus, size), &corpus);
        assert!(size != 100 || macro_f1 >= 0.78, "macro F1 with {size} cases is {macro_f1}");
    }
    assert!(ranking >= 0.86, "MAP without a case is {ranking}");
}

/// Returns the predictions for the test sides from models trained on this number of cases
/// of each training side.
fn with_cases(corpus: &Corpus, size: usize) -> Vec<Vec<Outcome>> {
    let set = TrainingSet::new(corpus, TaggerParams::default().check().unwrap()).unwrap();
    let of_repeat = |repeat: u64| {
        let plan = cross_validation(&set, FOLDS, None, repeat + 1).unwrap();
        let drawn = plan.splits.into_iter().enumerate().map(|(fold, split)| {
            let mut train = split.train;
            train.shuffle(&mut ChaCha8Rng::seed_from_u64(100 * repeat + fold as u64));
            train.truncate(size);
            train.sort_unstable();
            Split { train, test: split.test }
        });
        protocol::run(&set, &drawn.collect::<Vec<_>>(), 0, &|| {}).unwrap()
    };
    let repeats: Vec<_> = (0..REPEATS).map(of_repeat).collect();
    protocol::outcomes(&repeats, |tested| tested.outcome.clone())
}

/// Prints a row of the table; returns its figures.
fn row(size: usize, outcomes: &[Vec<Outcome>], corpus: &Corpus) -> [f64; 2] {
    let figures = [Figure::MacroF1, Figure::MacroAveragePrecision];
    let trends = corpus.taxonomy.len();
    let found = intervals(outcomes, trends, &figures, &BootstrapParams::default()).unwrap();
    let cells = found.iter().map(|interval| {
        let [value, lower, upper] =
            [interval.value, interval.lower, interval.upper].map(Option::unwrap);
        format!("{value:.3} [{lower:.3}, {upper:.3}]")
    });
    println!("| {size} | {} |", cells.collect::<Vec<_>>().join(" | "));
    [found[0].value.unwrap(), found[1].value.unwrap()]
}
