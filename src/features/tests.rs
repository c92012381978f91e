//! Tests of the features.

use serde_json::Value;

use super::*;
use crate::features::SparseRows;
use crate::text::{Analyzer, TextParams};

fn fixture() -> Value {
    serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/features/expected.json"
    )))
    .unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

fn dense(rows: &SparseRows, columns: std::ops::Range<usize>) -> Vec<Vec<f64>> {
    (0..rows.len())
        .map(|row| {
            let mut dense = vec![0.0; rows.columns()];
            let (indices, values) = rows.row(row);
            indices.iter().zip(values).for_each(|(&i, &v)| dense[i as usize] = v);
            dense[columns.clone()].to_vec()
        })
        .collect()
}

/// Expected numbers: `TfidfVectorizer` by `tests/fixtures/features/make_fixture.py`.
#[test]
fn the_matrix_is_that_of_tfidf_vectorizer() {
    let fixture = fixture();
    let texts = strings(&fixture["texts"]);
    for case in fixture["cases"].as_array().unwrap() {
        let keep = |block: &str| TermFilter {
            min_df: case["min_df"].as_u64().unwrap() as usize,
            max_df: case["max_df"].as_f64().unwrap(),
            max_terms: case[block]["max_terms"].as_u64().map(|n| n as usize),
        };
        let params = FeatureParams {
            window: None,
            text: TextParams { stemming: false, stop_words: false, ..TextParams::default() },
            words: WordParams {
                ngrams: (1, 2),
                keep: keep("words"),
                sublinear_tf: case["sublinear_tf"].as_bool().unwrap(),
            },
            subwords: Some(SubwordParams { ngrams: (3, 5), keep: keep("subwords") }),
        };
        let documents = texts.iter().map(|text| [Field::new(text, 1.0)]);
        let corpus = CountedCorpus::new(documents, &params);
        let rows: Vec<usize> = (0..texts.len()).collect();
        let fitted = corpus.fit(&rows, &params);
        let matrix = fitted.matrix(&rows);
        let features = fitted.into_features();
        let split = features.word_terms();
        for (block, range) in [("words", 0..split), ("subwords", split..features.len())] {
            let terms: Vec<String> =
                features.terms().map(str::to_owned).collect::<Vec<_>>()[range.clone()].to_vec();
            assert_eq!(terms, strings(&case[block]["terms"]), "{block}");
            let expected: Vec<Vec<f64>> =
                serde_json::from_value(case[block]["matrix"].clone()).unwrap();
            for (ours, theirs) in
                dense(&matrix, range).iter().flatten().zip(expected.iter().flatten())
            {
                assert!((ours - theirs).abs() < 1e-6, "{block}: {ours} is not {theirs}");
            }
        }
    }
}

#[test]
fn nothing_of_a_document_left_out_reaches_the_features() {
    let texts = ["roads roads bridges", "roads bridges", "marker marker roads bridges marker"];
    let params = FeatureParams {
        words: WordParams {
            keep: TermFilter { min_df: 1, ..Default::default() },
            ..Default::default()
        },
        ..Default::default()
    };
    let count = |texts: &[&str]| {
        let documents: Vec<_> = texts.iter().map(|text| [Field::new(text, 1.0)]).collect();
        CountedCorpus::new(documents, &params).fit(&[0, 1], &params).into_features()
    };
    assert_eq!(count(&texts), count(&texts[..2]));
}

#[test]
fn a_word_broken_at_a_line_end_is_read_with_the_vocabulary() {
    let texts = [
        "user-centred infor-\nmation plans",
        "user-centred information plans",
        "user-\ncentred information plans",
        "user-\ncentred user-centred information plans",
    ];
    let keep = TermFilter { min_df: 1, ..Default::default() };
    let params = FeatureParams {
        words: WordParams { keep: keep.clone(), ngrams: (1, 2), ..Default::default() },
        subwords: Some(SubwordParams { keep, ..Default::default() }),
        ..Default::default()
    };
    let documents = texts.iter().map(|text| [Field::new(text, 1.0)]);
    let corpus = CountedCorpus::new(documents, &params);
    let matrix = corpus.fit(&[0, 1], &params).matrix(&[0, 1, 2, 3]);
    let rows = dense(&matrix, 0..matrix.columns());
    assert_eq!(rows[0], rows[1]);
    assert_eq!(rows[0], rows[2]);
    assert_ne!(rows[0], rows[3]);
    // To a vocabulary that knows neither form the joined word is as good.
    let features = corpus.fit(&[2], &params).into_features();
    assert!(features.terms().any(|term| term == "usercentr"));
    assert!(features.hyphenated.is_empty());
    assert_eq!(corpus.fit(&[1], &params).into_features().hyphenated, ["user-centred"]);
}

#[test]
fn a_word_that_is_written_with_and_without_a_hyphen_is_read_in_the_more_frequent_way() {
    let texts =
        ["ten percent of non-profit work", "percent", "nonprofit", "non-profit", "per cent"];
    let keep = TermFilter { min_df: 1, ..Default::default() };
    let params = FeatureParams {
        words: WordParams { keep, ngrams: (1, 2), ..Default::default() },
        subwords: None,
        ..Default::default()
    };
    let documents = texts.iter().map(|text| [Field::new(text, 1.0)]);
    let corpus = CountedCorpus::new(documents, &params);
    let features = corpus.fit(&[0, 1, 2, 3, 4], &params).into_features();
    let analyzer = Analyzer::new(&params.text);
    let read = |text: &str| features.field(text, 1.0, &analyzer).text.as_str().to_owned();
    assert_eq!(read("ten per-\ncent"), "ten percent");
    assert_eq!(read("non-\nprofit"), "non-\nprofit");
}
