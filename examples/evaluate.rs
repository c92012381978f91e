//! Measures the default recipe on a labelled file by nested cross-validation.
//!
//! Run it with `cargo run --release --example evaluate data/cases.csv`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // An example shows its results.

use trendtag::evaluate::interval::{BootstrapParams, intervals};
use trendtag::evaluate::protocol::{cross_validation, outcomes, run};
use trendtag::metrics::Figure;
use trendtag::tables::ReadOptions;
use trendtag::{Corpus, Result, TaggerParams, TrainingSet};

fn main() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "data/cases.csv".to_owned());
    let (corpus, errors) = Corpus::open(file, &ReadOptions::default(), None)?;
    for error in errors {
        eprintln!("left out: {error}");
    }
    let set = TrainingSet::new(&corpus, TaggerParams::default().check()?)?;
    let plan = cross_validation(&set, 5, None, 0)?;
    let tested = run(&set, &plan.splits, 0, &|| {})?;
    let repeats = outcomes(&[tested], |case| case.outcome.clone());
    let bootstrap = BootstrapParams::default();
    for found in intervals(&repeats, corpus.taxonomy.len(), &[Figure::MacroF1], &bootstrap)? {
        if let (Some(value), Some(lower), Some(upper)) = (found.value, found.lower, found.upper) {
            println!("macro F1: {value:.3} [{lower:.3}, {upper:.3}]");
        }
    }
    Ok(())
}
