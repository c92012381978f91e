//! The stages of tagging and training, one by one: tokenize, vectorize, score, train.
//!
//! `cargo bench --bench stages`; with a word behind, only the stages that have it
//! in their names. Texts are those of `data/cases.csv`, and made-up ones with the
//! same words in another order and more of them that are seen once.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trendtag::Taxonomy;
use trendtag::artifact::Model;
use trendtag::case::{Corpus, ReadOptions};
use trendtag::features::{CountedCorpus, FeatureParams, Field};
use trendtag::logistic::{Fitter, LogisticParams, Solver};
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

/// As many texts of the same lengths, of the same words drawn anew; one word in
/// twenty gets a number, so that it was never seen before.
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

fn reading(c: &mut Criterion) {
    let texts = texts(&corpus());
    let tagger = Model::built_in().unwrap().tagger;
    for (name, texts) in [("cases", &texts), ("made-up texts", &made_up(&texts))] {
        let bytes: usize = texts.iter().map(String::len).sum();
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function("tokenize", |b| {
            b.iter(|| {
                texts.iter().map(|text| Normalised::new(text).tokens().count()).sum::<usize>()
            });
        });
        group.bench_function("vectorize", |b| b.iter(|| vectors(texts)));
        for (stage, evidence) in [("score", 0), ("score with evidence", 3)] {
            group.bench_function(stage, |b| {
                b.iter_batched_ref(
                    Scratch::default,
                    |scratch| {
                        let tag = |text| tagger.tag(&[text], evidence, scratch).suggested.len();
                        texts.iter().map(tag).sum::<usize>()
                    },
                    BatchSize::LargeInput,
                );
            });
        }
    }
}

/// Number of entries of the vectors of all texts.
fn vectors(texts: &[String]) -> usize {
    let documents = texts.iter().map(|text| [Field::new(text, 1.0)]);
    let params = FeatureParams::default();
    let rows: Vec<usize> = (0..texts.len()).collect();
    CountedCorpus::new(documents, &params).fit(&rows, &params).matrix(&rows).stored()
}

fn training(c: &mut Criterion) {
    let corpus = corpus();
    let texts = texts(&corpus);
    let params = FeatureParams::default();
    let documents = texts.iter().map(|text| [Field::new(text, 1.0)]);
    let rows: Vec<usize> = (0..texts.len()).collect();
    let matrix = CountedCorpus::new(documents, &params).fit(&rows, &params).matrix(&rows);
    let of_trend = |id| -> Vec<bool> {
        corpus.cases.iter().map(|c| c.gold.as_ref().is_some_and(|gold| gold.contains(id))).collect()
    };
    let targets: Vec<Vec<bool>> = corpus.taxonomy.iter().map(|(id, _)| of_trend(id)).collect();
    let mut group = c.benchmark_group("train");
    for (name, solver) in [("newton", Solver::Newton), ("reduction", Solver::Reduction)] {
        let params = LogisticParams { alpha: 0.8, solver, ..LogisticParams::default() };
        group.bench_function(name, |b| {
            b.iter(|| {
                let fitter = Fitter::new(&matrix, params.clone()).unwrap();
                let fits = fitter.fit_all(&targets, None).unwrap();
                assert!(fits.iter().all(|fit| fit.note.is_none()));
            });
        });
    }
}

criterion_group! {
    name = stages;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1));
    targets = reading, training
}
criterion_main!(stages);
