//! Compares the metrics with scikit-learn's, on figures written by
//! `tests/fixtures/evaluation/make_fixture.py` (scikit-learn 1.9.1).

use proptest::prelude::{Strategy, any, prop, proptest};
use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::metrics::curve::precision_recall;
use crate::taxonomy::TrendSet;

#[derive(Deserialize)]
struct Scenario {
    name: String,
    outcomes: Vec<Outcome>,
    expected: Value,
}

fn scenarios() -> Vec<Scenario> {
    let text = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/evaluation/metrics.json"
    ));
    serde_json::from_str(text).unwrap()
}

fn taxonomy(outcomes: &[Outcome]) -> Taxonomy {
    let keys: Vec<String> = (0..outcomes[0].probabilities.len()).map(|i| format!("t{i}")).collect();
    Taxonomy::from_keys(keys.iter().map(String::as_str)).unwrap()
}

fn metrics(outcomes: &[Outcome]) -> Metrics {
    Metrics::of(outcomes, &taxonomy(outcomes), &MetricsParams::default()).unwrap()
}

fn assert_same(found: &Value, expected: &Value, place: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let keys = |map: &serde_json::Map<String, Value>| {
                let mut keys: Vec<String> = map.keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(found), keys(expected), "{place}");
            for (key, value) in expected {
                assert_same(&found[key], value, &format!("{place}.{key}"));
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{place}");
            for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_same(found, expected, &format!("{place}[{i}]"));
            }
        }
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            let close = (found - expected).abs() <= 1e-12 * (1.0 + expected.abs());
            assert!(close, "{place}: {found} instead of {expected}");
        }
        _ => assert_eq!(found, expected, "{place}"),
    }
}

#[test]
fn every_figure_equals_that_of_scikit_learn_or_is_undefined_with_it() {
    for Scenario { name, outcomes, mut expected } in scenarios() {
        let mut found = serde_json::to_value(metrics(&outcomes)).unwrap();
        if average_over_enough_gold(&mut expected) {
            found["overall"]["calibration_error"]["micro"] = Value::Null;
        }
        assert_same(&found["overall"], &expected["overall"], &name);
        assert_same(&found["per_trend"], &expected["per_trend"], &name);
    }
}

/// Takes the averages of scikit-learn's figures per trend over the trends with at least two
/// gold cases; says whether that leaves one out. The pooled calibration error does not follow
/// from the figures per trend.
fn average_over_enough_gold(expected: &mut Value) -> bool {
    let per_trend = expected["per_trend"].as_array().unwrap();
    let support = |trend: &Value| trend["support"].as_u64().unwrap();
    let averaged: Vec<Value> = per_trend.iter().filter(|t| support(t) >= 2).cloned().collect();
    if averaged.len() == per_trend.len() {
        return false;
    }
    let defined = |figure: &str| -> Vec<(f64, f64)> {
        averaged.iter().filter_map(|t| Some((t[figure].as_f64()?, support(t) as f64))).collect()
    };
    let mean = |figure: &str| {
        let values = defined(figure);
        Value::from(values.iter().map(|(value, _)| value).sum::<f64>() / values.len() as f64)
    };
    let weighted = |figure: &str| {
        let values = defined(figure);
        let total: f64 = values.iter().map(|(_, weight)| weight).sum();
        Value::from(values.iter().map(|(value, weight)| value * weight).sum::<f64>() / total)
    };
    let f1 = defined("f1");
    // The Jaccard index of a trend is F1 / (2 - F1).
    let jaccard = f1.iter().map(|(f1, _)| f1 / (2.0 - f1)).sum::<f64>() / f1.len() as f64;
    let overall = &mut expected["overall"];
    overall["jaccard_macro"] = jaccard.into();
    for figure in ["precision", "recall", "f1"] {
        overall["macro"][figure] = mean(figure);
        overall["weighted"][figure] = weighted(figure);
    }
    for figure in ["average_precision", "roc_auc", "calibration_error"] {
        overall[figure]["macro"] = mean(figure);
    }
    overall["calibration_error"]["micro"] = Value::Null;
    true
}

#[test]
fn the_precision_recall_curve_equals_that_of_scikit_learn() {
    for Scenario { name, outcomes, expected } in scenarios() {
        for (i, curve) in expected["curves"].as_array().unwrap().iter().enumerate() {
            let points = precision_recall(&outcomes, TrendId(i as u16));
            if curve.is_null() {
                assert!(points.is_empty(), "{name}, trend {i}");
                continue;
            }
            let found = serde_json::json!({
                "precision": points.iter().map(|p| p.precision).collect::<Vec<_>>(),
                "recall": points.iter().map(|p| p.recall).collect::<Vec<_>>(),
                "threshold": points.iter().map(|p| p.threshold).collect::<Vec<_>>(),
            });
            assert_same(&found, curve, &format!("{name}, trend {i}"));
        }
    }
}

#[test]
fn the_order_of_the_cases_changes_no_figure() {
    for Scenario { name, mut outcomes, .. } in scenarios() {
        let before = serde_json::to_value(metrics(&outcomes)).unwrap();
        outcomes.reverse();
        assert_same(&serde_json::to_value(metrics(&outcomes)).unwrap(), &before, &name);
    }
}

#[test]
fn weighted_figures_equal_those_of_repeated_cases() {
    for Scenario { name, outcomes, .. } in scenarios() {
        let taxonomy = taxonomy(&outcomes);
        let weights: Vec<u32> = (0..outcomes.len() as u32).map(|i| i * 7 % 4).collect();
        let repeated = outcomes
            .iter()
            .zip(&weights)
            .flat_map(|(o, &weight)| std::iter::repeat_n(o, weight as usize));
        let (once, many) = (
            Prepared::new(outcomes.iter(), taxonomy.len()),
            Prepared::new(repeated, taxonomy.len()),
        );
        let ones = vec![1; weights.iter().sum::<u32>() as usize];
        let (found, expected) = (once.weigh(&weights), many.weigh(&ones));
        for figure in Figure::headline_and_trends(&taxonomy) {
            let value = |w| serde_json::to_value(figure.of(w)).unwrap();
            assert_same(&value(&found), &value(&expected), &format!("{name}, {figure:?}"));
        }
    }
}

#[test]
fn no_outcomes_give_undefined_figures_and_never_a_number() {
    let taxonomy = Taxonomy::from_keys(["a", "b"]).unwrap();
    let metrics = Metrics::of(&[], &taxonomy, &MetricsParams::default()).unwrap();
    fn all_null(value: &Value) -> bool {
        match value {
            Value::Object(map) => map.values().all(all_null),
            other => other.is_null(),
        }
    }
    let overall = serde_json::to_value(&metrics.overall).unwrap();
    assert!(all_null(&overall), "{overall}");
}

#[test]
fn thin_trends_and_cases_without_gold_are_warned_of() {
    let edges = scenarios().pop().unwrap().outcomes;
    let warnings = metrics(&edges).warnings;
    assert!(warnings.contains(&Warning::NotAveraged { key: "t0".into(), support: 0 }));
    assert!(!warnings.iter().any(|w| matches!(w, Warning::LowSupport { key, .. } if key == "t3")));
    let empty = edges.iter().filter(|o| o.gold.is_empty()).count();
    assert!(warnings.contains(&Warning::CasesWithoutGold { cases: empty }), "{warnings:?}");
}

#[test]
fn metrics_survive_writing_and_reading_as_json() {
    let before = metrics(&scenarios().pop().unwrap().outcomes);
    let text = serde_json::to_string(&before).unwrap();
    assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), before);
}

#[test]
fn zero_bins_are_refused() {
    let taxonomy = Taxonomy::from_keys(["a"]).unwrap();
    let params = MetricsParams { bins: 0, ..MetricsParams::default() };
    assert!(Metrics::of(&[], &taxonomy, &params).is_err());
}

/// Up to 12 cases of 4 trends with few distinct probabilities.
fn any_outcomes() -> impl Strategy<Value = Vec<Outcome>> {
    let mark = (any::<bool>(), any::<bool>(), 0..=4_u8);
    prop::collection::vec(prop::collection::vec(mark, 4), 0..12).prop_map(|cases| {
        let ids = |marks: &[bool]| -> TrendSet {
            (0..).zip(marks).filter(|(_, mark)| **mark).map(|(i, _)| TrendId(i)).collect()
        };
        let outcome = |(i, marks): (usize, Vec<(bool, bool, u8)>)| Outcome {
            id: i.to_string(),
            gold: ids(&marks.iter().map(|m| m.0).collect::<Vec<_>>()),
            suggested: ids(&marks.iter().map(|m| m.1).collect::<Vec<_>>()),
            probabilities: marks.iter().map(|m| f64::from(m.2) / 4.0).collect(),
        };
        cases.into_iter().enumerate().map(outcome).collect()
    })
}

proptest! {
    #[test]
    fn every_figure_of_any_outcomes_is_undefined_or_within_its_range(outcomes in any_outcomes()) {
        let taxonomy = Taxonomy::from_keys(["a", "b", "c", "d"]).unwrap();
        let prepared = Prepared::new(outcomes.iter(), 4);
        let ones = vec![1; outcomes.len()];
        let weighed = prepared.weigh(&ones);
        for figure in Figure::headline_and_trends(&taxonomy) {
            let most = if figure == Figure::LogLoss { 37.0 } else { 1.0 + 1e-12 };
            let value = figure.of(&weighed);
            assert!(value.is_none_or(|v| (0.0..=most).contains(&v)), "{figure:?}: {value:?}");
        }
        let metrics = Metrics::of(&outcomes, &taxonomy, &MetricsParams::default()).unwrap();
        let text = serde_json::to_string(&metrics).unwrap();
        // JSON has no NaN: it would be read back as undefined instead of a number.
        assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), metrics);
    }
}
