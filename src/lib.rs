//! Tags texts with trends: learns from a few hundred labelled cases, suggests one or more trends
//! for new ones, reports how sure it is and why. Use it where texts are a paragraph to a few pages
//! long, each has one or more labels out of at most a few hundred, some hundred texts are labelled,
//! and people check the suggestions. It is the wrong tool where labels depend on the order of words
//! or on knowledge that is not in the text, and it does not translate: a model reads the language
//! that it was trained on.
//!
//! # Tag a text
//!
//! ```
//! use trendtag::Model;
//!
//! let model = Model::built_in()?;
//! let tagged = model.tag(&["Citizens draft the city's budget in online assemblies."]);
//! for (trend, evidence) in &tagged.evidence {
//!     let name = model.tagger.taxonomy().label(*trend);
//!     println!("{name}: {:.0} %", 100.0 * tagged.probabilities[trend.index()]);
//!     for piece in evidence {
//!         println!("  {} {:+.2}", piece.term, piece.contribution);
//!     }
//! }
//! assert!(!tagged.suggested.is_empty());
//! # Ok::<(), trendtag::Error>(())
//! ```
//!
//! # Train on cases in memory
//!
//! ```
//! use trendtag::{Corpus, Model, TaggerParams, Taxonomy};
//!
//! let roads = ["pothole", "asphalt", "kerb", "bridge", "cycle lane"];
//! let waste = ["rubbish", "bins", "recycling", "litter", "compost"];
//! let cases = (0..40).map(|i| {
//!     let (words, key) = if i % 2 == 0 { (roads, "roads") } else { (waste, "waste") };
//!     let text = format!("{} and {} at house {i}", words[i % 5], words[(i / 10 + i + 1) % 5]);
//!     (format!("case-{i}"), vec![text], vec![key])
//! });
//! let corpus = Corpus::from_cases(Taxonomy::from_keys(["roads", "waste"])?, cases)?;
//! let training = TaggerParams::default().train(&corpus)?;
//! println!("{:?}", training.tagger.training().quality.overall.macro_average.f1);
//!
//! let model = Model::new(training.tagger)?;
//! let tagged = model.tag(&["The pothole in the asphalt is back"]);
//! let trends: Vec<&str> =
//!     tagged.suggested.iter().map(|trend| model.tagger.taxonomy().key(trend)).collect();
//! assert_eq!(trends, ["roads"]);
//! model.save(&std::env::temp_dir().join("complaints.safetensors"), true)?;
//! # Ok::<(), trendtag::Error>(())
//! ```
//!
//! # Modules by task
//!
//! | task | modules |
//! |---|---|
//! | tag, explain, train | [`tagger`]; its parts are [`text`], [`features`], [`logistic`] and [`decision`] |
//! | read and write files, tag a file of any length | [`tables`] |
//! | measure and compare, find label errors, drift, shares of a batch | [`evaluate`], [`metrics`], [`stats`] |
//! | pages for people | [`pages`] |
//! | retrain, keep versions, roll back | [`versions`] |
//! | let people check suggestions | [`review`] |
//!
//! # Guarantees
//!
//! - A text gets the same answer alone, in a batch and with any number of threads, to the byte;
//!   training twice gives the same bytes.
//! - Evidence spans slice the original text, and the contributions and the intercept of a trend add
//!   up to its score.
//! - Output files are written under a temporary name and renamed, and loading a model runs no code.
//! - Functions return typed errors that say what, where and what to do; they do not panic, print or
//!   exit.
//!
//! # Stability
//! The format of model files, the JSON of suggestions and the columns of tagged files change only
//! with a minor version, and the change log says how. The minimum supported Rust version is the
//! `rust-version` of the package.

// Whether private items are used depends on the features. The build with all features
// finds unused items.
#![cfg_attr(not(all(feature = "formats", feature = "review")), allow(dead_code, unused_imports))]

pub mod decision;
pub mod error;
pub mod evaluate;
pub mod features;
pub mod logistic;
pub mod metrics;
pub mod pages;
#[cfg(feature = "review")]
pub mod review;
pub mod stats;
pub mod tables;
pub mod tagger;
pub mod taxonomy;
pub mod text;
pub mod versions;

pub use error::{Error, Place, Result};
pub use tagger::{
    Case, Corpus, Evidence, Model, Recipe, Scratch, Tagged, Tagger, TaggerParams, Training,
    TrainingSet,
};
pub use taxonomy::{Taxonomy, Trend, TrendId, TrendSet};
