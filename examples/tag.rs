//! Tags one text with the model that ships with the library and shows why.
//!
//! Run it with `cargo run --release --example tag`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // An example shows its results.

use trendtag::{Model, Result};

fn main() -> Result<()> {
    let model = Model::built_in()?;
    let tagged = model.tag(&[
        "Open data for flood protection",
        "Sensors measure the rivers, and a model warns each household a day ahead.",
    ]);
    let taxonomy = model.tagger.taxonomy();
    for (trend, evidence) in &tagged.evidence {
        let probability = tagged.probabilities[trend.index()];
        println!("{}: {:.0} %", taxonomy.label(*trend), 100.0 * probability);
        for piece in evidence {
            println!("    {} {:+.2}", piece.term, piece.contribution);
        }
    }
    Ok(())
}
