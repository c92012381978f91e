//! The stages of tagging and training, one by one: tokenize, vectorize, score, train.
//! `cargo bench --bench stages` prints the median, the fastest and the slowest of 20 runs
//! of each stage; with a word added, only stages with that word in their names. The texts
//! are those of `data/cases.csv`, and synthetic ones with the same words in another order
//! and more words that occur once.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trendtag::Taxonomy;
use trendtag::features::{CountedCorpus, FeatureParams, Field};
use trendtag::logistic::{Fitter, Labels, LogisticParams, Solver};
use trendtag::tables::ReadOptions;
use trendtag::tagger::Corpus;
use trendtag::tagger::Model;
use trendtag::tagger::{Scratch, TaggerParams};
use trendtag::text::Normalised;

fn corpus() -> Corpus {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
    let mut options = ReadOptions::default();
    options.columns.text =
        TaggerParams::default().fields.iter().map(|field| field.column.clone()).collect();
    Corpus::open(data.join("cases.csv"), &options, Some(taxonomy)).unwrap().0
}

fn texts(corpus: &Corpus) -> Vec<String> {
    corpus.cases.iter().map(|case| case.texts.join("\n")).collect()
}

/// Creates as many texts of the same lengths from the same words, drawn at random. One
/// word in twenty gets a number, so that it is new.
fn made_up(texts: &[String]) -> Vec<String> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let words: Vec<&str> = texts.iter().flat_map(|text| text.split_whitespace()).collect();
    let mut word = || {
        let word = words[random.random_range(0..words.len())];
        let unseen = random.random_ratio(1, 20);
        if unseen { format!("{word}{}", random.random::<u32>()) } else { word.to_owned() }
    };
    let of_length = |text: &String| text.split_whitespace().map(|_| word()).collect::<Vec<_>>();
    texts.iter().map(of_length).map(|words| words.join(" ")).collect()
}

/// Runs and times all stages, or those with a word of the command line in their names.
struct Stages {
    wanted: Vec<String>,
}

impl Stages {
    /// Number of timed runs of a stage, after one that is not counted.
    const RUNS: usize = 20;

    fn run<T>(&self, name: &str, bytes: Option<usize>, mut stage: impl FnMut() -> T) {
        if !self.wanted.is_empty() && !self.wanted.iter().any(|word| name.contains(word)) {
            return;
        }
        black_box(stage());
        let mut times: Vec<Duration> = (0..Self::RUNS)
            .map(|_| {
                let start = Instant::now();
                black_box(stage());
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        let median = times[Self::RUNS / 2];
        let rate = bytes.map(|bytes| bytes as f64 / 1e6 / median.as_secs_f64());
        let rate = rate.map(|rate| format!("{rate:8.1} MB/s")).unwrap_or_default();
        let [fastest, slowest] = [times[0], times[Self::RUNS - 1]];
        println!("{name:<36} {median:>10.2?} ({fastest:.2?} to {slowest:.2?}) {rate}");
    }
}

fn reading(stages: &Stages) {
    let texts = texts(&corpus());
    let tagger = Model::built_in().unwrap().tagger;
    for (name, texts) in [("cases", &texts), ("made-up texts", &made_up(&texts))] {
        let bytes = Some(texts.iter().map(String::len).sum::<usize>());
        stages.run(&format!("{name}: tokenize"), bytes, || {
            texts.iter().map(|text| Normalised::new(text).tokens().count()).sum::<usize>()
        });
        stages.run(&format!("{name}: vectorize"), bytes, || vectors(texts));
        for (stage, evidence) in [("score", 0), ("score with evidence", 3)] {
            stages.run(&format!("{name}: {stage}"), bytes, || {
                let mut scratch = Scratch::default();
                let mut tag = |text| tagger.tag(&[text], evidence, &mut scratch).suggested.len();
                texts.iter().map(&mut tag).sum::<usize>()
            });
        }
    }
}

/// Returns the number of entries of the vectors of all texts.
fn vectors(texts: &[String]) -> usize {
    let documents = texts.iter().map(|text| [Field::new(text, 1.0)]);
    let params = FeatureParams::default();
    let rows: Vec<usize> = (0..texts.len()).collect();
    CountedCorpus::new(documents, &params).fit(&rows, &params).matrix(&rows).stored()
}

fn training(stages: &Stages) {
    let corpus = corpus();
    let texts = texts(&corpus);
    let params = FeatureParams::default();
    let documents = texts.iter().map(|text| [Field::new(text, 1.0)]);
    let rows: Vec<usize> = (0..texts.len()).collect();
    let matrix = CountedCorpus::new(documents, &params).fit(&rows, &params).factored(&rows);
    let of_trend = |id| -> Vec<bool> {
        corpus.cases.iter().map(|c| c.gold.as_ref().is_some_and(|gold| gold.contains(id))).collect()
    };
    let targets: Vec<Vec<bool>> = corpus.taxonomy.iter().map(|(id, _)| of_trend(id)).collect();
    let labels: Vec<Labels<'_>> = targets.iter().map(|has| Labels { has, weights: None }).collect();
    for (name, solver) in [("newton", Solver::Newton), ("reduction", Solver::Reduction)] {
        let params = LogisticParams { alpha: 0.8, solver, ..LogisticParams::default() };
        stages.run(&format!("train: {name}"), None, || {
            let fitter = Fitter::new(&matrix, params.clone()).unwrap();
            let fits = fitter.fit_all(&labels).unwrap();
            assert!(fits.iter().all(|fit| fit.note.is_none()));
        });
    }
}

fn main() {
    let is_word = |word: &String| !word.starts_with('-');
    let stages = Stages { wanted: std::env::args().skip(1).filter(is_word).collect() };
    reading(&stages);
    training(&stages);
}
