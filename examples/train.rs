//! Trains a model on cases that are in memory, saves it and tags with it.
//!
//! Run it with `cargo run --release --example train`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // An example shows its results.

use trendtag::{Corpus, Model, Result, TaggerParams, Taxonomy};

fn main() -> Result<()> {
    let corpus = Corpus::from_cases(Taxonomy::from_keys(["roads", "waste"])?, complaints())?;
    let training = TaggerParams::default().train(&corpus)?;
    let f1 = training.tagger.training().quality.overall.macro_average.f1;
    println!("out-of-fold macro F1: {:.2}", f1.unwrap_or_default());

    let model = Model::new(training.tagger)?;
    let path = std::env::temp_dir().join("complaints.safetensors");
    model.save(&path, true)?;

    let model = Model::open(&path)?;
    let tagged = model.tag(&["Nobody has emptied the bins in our street"]);
    for trend in tagged.suggested.iter() {
        println!("suggested: {}", model.tagger.taxonomy().key(trend));
    }
    Ok(())
}

/// Made-up complaints with their labels: `(id, texts, keys)`.
fn complaints() -> Vec<(String, Vec<String>, Vec<&'static str>)> {
    let places = ["the market", "the school", "our street", "the station", "the park"];
    let faults = [
        ("There is a deep pothole at", "roads"),
        ("The asphalt is broken near", "roads"),
        ("The bins overflow at", "waste"),
        ("Rubbish was not collected near", "waste"),
    ];
    let pairs = faults.iter().flat_map(|fault| places.iter().map(move |place| (fault, place)));
    pairs
        .enumerate()
        .map(|(i, (&(fault, key), place))| {
            (format!("c{i}"), vec![format!("{fault} {place}")], vec![key])
        })
        .collect()
}
