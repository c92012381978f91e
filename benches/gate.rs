//! How often the gate lets honest decisions through and points bad ones out.
//!
//! `cargo bench --bench gate` takes out-of-fold probabilities once per set of cases, and
//! draws batches of 30, 100 and 300 decisions from them for the check of their direction;
//! the other cases are the gold. The sets are `data/cases.csv`; its longer cases, and those
//! worded like submissions, with a champion that has seen no such case; municipal complaints;
//! and long complaints, with a champion that has seen short ones. Of 200 honest batches at most 10 % may be pointed out and at most 2 %
//! refused. Of 50 batches of 100 decisions with a mistake that is made on purpose, it
//! prints how many are pointed out or refused, and fails below the share that is wanted.
//!
//! `-- --retrain` trains instead: 50 seeds draw batches from `data/cases.csv`, the rest is
//! the labelled corpus, and the cases of the batch come back as decisions, once with their
//! gold, and once with the label set of another random case in 30 % of them. It prints how
//! many are promoted and by what the others are refused, and fails if of the
//! batches of 100 fewer than 80 % of the honest ones are promoted or fewer than 90 % of the
//! bad ones refused. The recipe is without character n-grams and the comparison is
//! done once, which takes minutes; with `--whole` both are as they ship, which
//! takes an hour. Numbers after `--` are other sizes of a batch.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "gate/direction.rs"]
mod direction;
#[path = "gate/retrain.rs"]
mod retrain;

use std::path::Path;

use trendtag::Taxonomy;
use trendtag::tables::{ReadOptions, open_examples};
use trendtag::tagger::{Corpus, TaggerParams, TextField};

/// Sizes of a batch.
const SIZES: [usize; 3] = [30, 100, 300];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--retrain") || has("--whole") {
        let sizes: Vec<usize> = arguments.iter().filter_map(|a| a.parse().ok()).collect();
        retrain::run(if sizes.is_empty() { &SIZES } else { &sizes }, has("--whole"));
    } else {
        direction::run();
    }
}

/// Returns the cases of the five trends.
fn five_trends() -> (Corpus, TaggerParams) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    read(&folder, "cases.csv", ReadOptions::default(), TaggerParams::default())
}

/// Cases of a second domain.
fn complaints() -> (Corpus, TaggerParams) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/complaints");
    let mut options = ReadOptions::default();
    options.columns.trends = "Categories".into();
    options.columns.id = "Reference".into();
    let fields = TextField::of_columns(&["Subject", "Complaint"]);
    read(&folder, "complaints.csv", options, TaggerParams { fields, ..TaggerParams::default() })
}

fn read(
    folder: &Path,
    file: &str,
    mut options: ReadOptions,
    params: TaggerParams,
) -> (Corpus, TaggerParams) {
    let taxonomy = Taxonomy::open(&folder.join("taxonomy.toml")).unwrap();
    options.columns.text = params.text_columns();
    let (mut corpus, _) = Corpus::open(folder.join(file), &options, Some(taxonomy)).unwrap();
    (corpus.examples, _) = open_examples(folder.join("examples.csv"), &corpus.taxonomy).unwrap();
    (corpus, params)
}
