//! Tests the false-alarm rate of the limits on random values.

use rand::Rng;

use super::*;
use crate::tables::MissingText;
use crate::tables::ReadOptions;
use crate::tables::Rows;
use crate::tagger::TaggerParams;

fn drawn(count: usize, seed: u64) -> Vec<Values> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut value = |scale: f64| scale * (0..12).map(|_| random.random::<f64>() - 0.5).sum::<f64>();
    (0..count)
        .map(|_| {
            Values::from([
                value(0.01),
                value(0.1),
                value(0.05),
                0.5 + value(0.02),
                0.8 + value(0.03),
            ])
        })
        .collect()
}

#[test]
fn batches_like_the_corpus_pass_all_measures_together_as_often_as_promised() {
    let usual = drawn(200, 1);
    let worst =
        |values: &Values| findings(&usual, values, 0.05).iter().map(|f| f.verdict).max().unwrap();
    let alarms = drawn(400, 2).iter().filter(|v| worst(v) != DriftVerdict::Fine).count();
    // 20 of 400 are promised; the limits rest on 200 draws themselves.
    assert!((5..=40).contains(&alarms), "{alarms} of 400");
}

#[test]
fn each_measure_alarms_in_its_own_bad_direction() {
    let usual = drawn(200, 1);
    for (i, sign) in [1.0, 1.0, 1.0, 1.0, -1.0].into_iter().enumerate() {
        for (step, expected) in [(20.0, DriftVerdict::Retrain), (-20.0, DriftVerdict::Fine)] {
            let mut values = [0.0, 0.0, 0.0, 0.5, 0.8];
            values[i] += sign * step * 0.05;
            let found = findings(&usual, &Values::from(values), 0.05);
            assert_eq!(found[i].verdict, expected, "{:?}", found[i]);
        }
    }
}

#[test]
fn a_limit_lies_on_the_bad_side_of_what_is_usual() {
    for finding in findings(&drawn(200, 3), &drawn(1, 4)[0], 0.05) {
        let sign = finding.measure.sign();
        assert!(sign * (finding.limit - finding.usual) > 0.0, "{finding:?}");
    }
}

#[test]
fn params_that_cannot_work_are_named() {
    let of = |change: fn(&mut DriftParams)| {
        let mut params = DriftParams::default();
        change(&mut params);
        params.check().unwrap_err().to_string()
    };
    assert!(of(|params| params.draws = 0).starts_with("draws = 0"));
    assert!(of(|params| params.repeats = 0).starts_with("repeats = 0"));
    assert!(of(|params| params.most = 5).starts_with("most = 5"));
    assert!(of(|params| params.false_alarms = 1.0).starts_with("false_alarms = 1"));
}

#[test]
fn all_cases_of_a_batch_are_counted_though_only_some_are_compared() {
    let mut csv = String::from("id,title,trends\n");
    for i in 0..70 {
        let [word, trend] = [["ballot", "a"], ["sensor", "b"]][i % 2];
        // No two have three words in a row in common, or they would be near-duplicates.
        csv += &format!("c{i},{word} n{i} {word} m{i} {word} k{i},{trend}\n");
    }
    let mut options = ReadOptions::default();
    options.columns.missing_text = MissingText::Allow;
    let rows = Rows::from_reader(std::io::Cursor::new(csv), "cases.csv", &options).unwrap();
    let corpus = Corpus::from_rows(rows, &options, None).unwrap().0;
    let tagger = TaggerParams::default().train(&corpus).unwrap().tagger;
    let batch: Vec<Vec<String>> = corpus.cases[..40].iter().map(|c| c.texts.clone()).collect();
    let params = DriftParams { draws: 3, repeats: 1, most: 25, ..DriftParams::default() };
    let found = Drift::of(&tagger, &corpus, &batch, &params).unwrap();
    assert_eq!((found.cases, found.compared), (40, 25));
}
