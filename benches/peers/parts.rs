//! Parts of the work, measured separately to compare them with the whole. `segment FILE`
//! splits a plain text into words with `unicode-segmentation` and does nothing else. `fit
//! TRAIN TEST words|subwords THREADS OUT` vectorises the cases of a CSV file (columns
//! `text`, `labels`), fits one logistic regression per label with fixed params, and
//! writes the probabilities of the cases of another: the part of training that other
//! libraries also do. `cargo run --release --example parts -- segment FILE`

// A step that fails here ends the program.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fmt::Write;

use trendtag::features::{CountedCorpus, FeatureParams, Field};
use trendtag::logistic::{Fitter, Labels, LogisticParams, Solver};
use trendtag::tables::ReadOptions;
use trendtag::tagger::Corpus;
use trendtag::text::TextParams;
use unicode_segmentation::UnicodeSegmentation;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["segment", file] => segment(file),
        ["fit", train, test, features, threads, out] => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse().unwrap());
            pool.build_global().unwrap();
            fit([train, test], *features == "subwords", out);
        }
        _ => panic!("give segment FILE, or fit TRAIN TEST words|subwords THREADS OUT"),
    }
}

fn segment(file: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    println!(
        "{}",
        text.unicode_word_indices().map(|(at, word)| at ^ word.len()).fold(0, usize::max)
    );
}

fn fit(files: [&str; 2], subwords: bool, out: &str) {
    let mut options = ReadOptions::default();
    options.columns.text = vec!["text".into()];
    options.columns.trends = "labels".into();
    let (train, _) = Corpus::open(files[0], &options, None).unwrap();
    let (test, _) = Corpus::open(files[1], &options, Some(train.taxonomy.clone())).unwrap();

    let mut params = FeatureParams::default();
    // Words as in `TfidfVectorizer`.
    params.text = TextParams { stemming: false, stop_words: false, ..params.text };
    params.subwords = params.subwords.filter(|_| subwords);
    // The test cases are counted as well, but not used for learning.
    let cases = train.cases.iter().chain(&test.cases);
    let documents = cases.map(|case| [Field::new(&case.texts[0], 1.0)]);
    let counted = CountedCorpus::new(documents, &params);
    let rows: Vec<usize> = (0..train.cases.len()).collect();
    let fitted = counted.fit(&rows, &params);
    let matrix = fitted.factored(&rows);

    let logistic = LogisticParams {
        alpha: 0.8,
        solver: Solver::Newton,
        tolerance: 1e-3,
        ..LogisticParams::default()
    };
    let of_trend = |id| -> Vec<bool> {
        let has = train.cases.iter().map(|case| case.gold.as_ref().is_some_and(|g| g.contains(id)));
        has.collect()
    };
    let targets: Vec<Vec<bool>> = train.taxonomy.iter().map(|(id, _)| of_trend(id)).collect();
    let labels: Vec<Labels<'_>> = targets.iter().map(|has| Labels { has, weights: None }).collect();
    let fits = Fitter::new(&matrix, logistic).unwrap().fit_all(&labels).unwrap();

    let test_rows: Vec<usize> = (train.cases.len()..counted.len()).collect();
    let scored = fitted.factored(&test_rows);
    let scores: Vec<Vec<f64>> = fits.iter().map(|fit| fit.model.scores(&scored)).collect();
    let mut csv = String::from("id");
    train.taxonomy.iter().for_each(|(_, trend)| write!(csv, ",p_{}", trend.key).unwrap());
    for (row, case) in test.cases.iter().enumerate() {
        write!(csv, "\n\"{}\"", case.id).unwrap();
        for scores in &scores {
            let p = 1.0 / (1.0 + libm::exp(-scores[row]));
            write!(csv, ",{p:.6}").unwrap();
        }
    }
    std::fs::write(out, csv + "\n").unwrap();
}
