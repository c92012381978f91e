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
    let roads = ["pothole", "asphalt", "kerb", "bridge", "cycle lane"];
    let waste = ["rubbish", "bins", "recycling", "litter", "compost"];
    let complaint = |i: usize| {
        let (words, key) = if i.is_multiple_of(2) { (roads, "roads") } else { (waste, "waste") };
        let (first, second) = (words[i % 5], words[(i / 10 + i + 1) % 5]);
        (format!("c{i}"), vec![format!("{first} and {second} at house {i}")], vec![key])
    };
    (0..40).map(complaint).collect()
}
