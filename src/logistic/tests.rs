//! Tests of the logistic regression as a whole.

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit as _;
use ndarray::{Array1, Array2};
use proptest::prelude::{Strategy, prop_assert, proptest};
use serde_json::Value;

use super::*;
use crate::Result;
use crate::features::SparseRows;

/// scikit-learn 1.7.2, written by `make_fixture.py` beside it.
const REFERENCE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/logistic/reference.json"));

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn flags(value: &Value) -> Vec<bool> {
    value.as_array().unwrap().iter().map(|v| v.as_bool().unwrap()).collect()
}

fn sparse(dense: &[Vec<f64>]) -> SparseRows {
    let mut rows = SparseRows::new(dense[0].len());
    for row in dense {
        let entries = row.iter().enumerate().filter(|(_, v)| **v != 0.0);
        rows.push_row(entries.map(|(column, v)| (column as u32, *v)));
    }
    rows
}

fn labels(has: &[bool]) -> Labels<'_> {
    Labels { has, weights: None }
}

/// Fits a trend on a matrix of its own.
fn fit_on(rows: &SparseRows, params: LogisticParams, labels: Labels<'_>) -> Result<Fit> {
    let rows = FactoredRows::from(rows.clone());
    Fitter::new(&rows, params)?.fit(labels)
}

fn reference() -> (Vec<Vec<f64>>, Vec<Value>) {
    let reference: Value = serde_json::from_str(REFERENCE).unwrap();
    let rows = reference["rows"].as_array().unwrap().iter().map(numbers).collect();
    (rows, reference["fits"].as_array().unwrap().clone())
}

fn params(alpha: f64, solver: Solver) -> LogisticParams {
    LogisticParams { alpha, solver, ..LogisticParams::default() }
}

/// Largest difference of two models, relative to their largest coefficient.
fn difference(a: &Logistic, b: &Logistic) -> f64 {
    let all = |m: &Logistic| m.weights.iter().copied().chain([m.intercept]).collect::<Vec<_>>();
    let (a, b) = (all(a), all(b));
    assert_eq!(a.len(), b.len());
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let apart = largest(&mut a.iter().zip(&b).map(|(a, b)| (a - b).abs()));
    apart / largest(&mut a.iter().map(|v| v.abs()))
}

fn assert_same(a: &Logistic, b: &Logistic, what: &str) {
    let difference = difference(a, b);
    assert!(difference < 1e-5, "{what}: {difference:.1e} apart");
}

/// Returns a small problem with 20 of 60 rows positive and a signal in column 0.
fn small() -> (SparseRows, Vec<bool>) {
    let targets: Vec<bool> = (0..60).map(|i| i % 3 == 0).collect();
    let entry = |i: usize, j: usize| {
        let noise = ((i * 31 + j * 17 + i * j * 7) % 23) as f64 / 23.0;
        if j == 0 { f64::from(u8::from(targets[i])) * 0.3 + noise } else { noise }
    };
    let dense: Vec<Vec<f64>> = (0..60).map(|i| (0..90).map(|j| entry(i, j)).collect()).collect();
    (sparse(&dense), targets)
}

#[test]
fn both_solvers_reach_the_optimum_of_scikit_learn() {
    let (dense, fits) = reference();
    let rows = sparse(&dense);
    for fit in &fits {
        let name = fit["name"].as_str().unwrap();
        let wanted = Logistic {
            weights: numbers(&fit["weights"]),
            intercept: fit["intercept"].as_f64().unwrap(),
        };
        let (alpha, targets) = (fit["alpha"].as_f64().unwrap(), flags(&fit["targets"]));
        let row_weights = fit["row_weights"].is_array().then(|| numbers(&fit["row_weights"]));
        for (solver, by) in
            [(Solver::Newton, SolvedBy::Newton), (Solver::Reduction, SolvedBy::Reduction)]
        {
            let labels = Labels { has: &targets, weights: row_weights.as_deref() };
            let got = fit_on(&rows, params(alpha, solver), labels).unwrap();
            assert_same(&wanted, &got.model, &format!("{name}, {solver:?}"));
            // The rows 3, 7 and 21 are equal: no reason to give up the reduction.
            if row_weights.is_none() {
                assert_eq!((got.solved_by, got.note), (by, None), "{name}");
            }
        }
    }
}

#[test]
fn the_reduction_equals_linfa_on_the_dense_matrix() {
    let (dense, fits) = reference();
    let rows = sparse(&dense);
    let matrix = Array2::from_shape_fn((dense.len(), dense[0].len()), |(i, j)| dense[i][j]);
    for fit in fits.iter().filter(|fit| fit["row_weights"].is_null()) {
        let (alpha, targets) = (fit["alpha"].as_f64().unwrap(), flags(&fit["targets"]));
        let dataset = DatasetBase::new(matrix.view(), Array1::from(targets.clone()));
        let valid = linfa_logistic::LogisticRegression::default()
            .alpha(alpha)
            .max_iterations(1_000)
            .gradient_tolerance(1e-8)
            .check()
            .unwrap();
        let fitted = valid.fit(&dataset).unwrap();
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        let wanted = Logistic {
            weights: fitted.params().iter().map(|w| sign * w).collect(),
            intercept: sign * fitted.intercept(),
        };
        let fit = fit_on(&rows, params(alpha, Solver::Reduction), labels(&targets));
        assert_same(&wanted, &fit.unwrap().model, "dense linfa");
    }
}

#[test]
fn a_trend_that_most_cases_have_still_scores_them_above_the_others() {
    let (rows, mut targets) = small();
    targets.iter_mut().for_each(|t| *t = !*t); // 40 of 60
    for solver in [Solver::Reduction, Solver::Newton] {
        let fit = fit_on(&rows, params(0.1, solver), labels(&targets)).unwrap();
        assert!(fit.model.weights[0] < 0.0);
        let scores = fit.model.scores(&rows.clone().into());
        let mean = |wanted: bool| {
            let with: Vec<usize> = (0..60).filter(|&i| targets[i] == wanted).collect();
            with.iter().map(|&i| scores[i]).sum::<f64>() / with.len() as f64
        };
        assert!(mean(true) > 1.0 && mean(true) > mean(false) + 1.0, "{solver:?}");
    }
}

#[test]
fn a_trend_that_no_case_or_every_case_has_gets_the_smoothed_prevalence() {
    let (rows, _) = small();
    for solver in [Solver::Auto, Solver::Reduction, Solver::Newton] {
        for (targets, intercept) in
            [(vec![false; 60], libm::log(0.5 / 60.5)), (vec![true; 60], libm::log(60.5 / 0.5))]
        {
            let fit = fit_on(&rows, params(0.1, solver), labels(&targets)).unwrap();
            assert_eq!(fit.solved_by, SolvedBy::Prevalence);
            assert_eq!(fit.note, Some(Note::OneClass));
            assert_eq!(fit.model, Logistic { weights: vec![0.0; 90], intercept });
        }
    }
}

#[test]
fn a_corpus_of_duplicates_is_reduced_all_the_same() {
    let (rows, targets) = small();
    let twice: Vec<usize> = (0..60).chain(0..60).collect();
    let targets: Vec<bool> = twice.iter().map(|&i| targets[i]).collect();
    let rows = rows.select(&twice);
    let reduced = fit_on(&rows, params(0.1, Solver::Reduction), labels(&targets)).unwrap();
    assert_eq!((reduced.solved_by, reduced.note), (SolvedBy::Reduction, None));
    let newton = fit_on(&rows, params(0.1, Solver::Newton), labels(&targets)).unwrap();
    assert_same(&newton.model, &reduced.model, "duplicates");
}

#[test]
fn a_fit_that_linfa_cannot_finish_is_done_by_newton_which_is_said() {
    let (rows, targets) = small();
    // linfa needs more than twelve iterations here, Newton does not.
    let short = LogisticParams { max_iterations: 12, ..params(0.01, Solver::Reduction) };
    let fit = fit_on(&rows, short, labels(&targets)).unwrap();
    assert_eq!(fit.solved_by, SolvedBy::Newton);
    let note = fit.note.unwrap();
    assert!(matches!(note, Note::Unconverged { gradient } if gradient > 1e-6), "{note:?}");
    assert!(note.to_string().ends_with("solved by Newton"));
    let newton = fit_on(&rows, params(0.01, Solver::Newton), labels(&targets)).unwrap();
    assert_same(&newton.model, &fit.model, "stepped in");
}

#[test]
fn a_failed_line_search_of_linfa_is_noticed() {
    // The first trial of the line search overflows; linfa then hands out its
    // starting point as if all were well.
    let (rows, targets) = small();
    let fit = fit_on(&rows, params(1e200, Solver::Reduction), labels(&targets)).unwrap();
    assert_eq!(fit.solved_by, SolvedBy::Newton);
    assert!(matches!(fit.note, Some(Note::Unconverged { .. })));
    assert!((fit.model.intercept - libm::log(20.0 / 40.0)).abs() < 1e-12);
    assert!(fit.model.weights.iter().all(|w| w.abs() < 1e-190));
}

#[test]
fn rows_without_entries_leave_only_the_intercept() {
    let mut rows = SparseRows::new(5);
    (0..8).for_each(|_| rows.push_row([]));
    let targets = [true, false, false, false, true, false, false, false];
    let fit = fit_on(&rows, LogisticParams::default(), labels(&targets)).unwrap();
    assert!(matches!(fit.note, Some(Note::Unfactored { .. })));
    assert_eq!(fit.model, Logistic { weights: vec![0.0; 5], intercept: libm::log(2.0 / 6.0) });
}

#[test]
fn a_weight_of_two_equals_the_row_standing_twice() {
    let (rows, targets) = small();
    let newton = params(0.1, Solver::Newton);
    let twice: Vec<usize> = (0..60).chain((0..60).filter(|&i| targets[i])).collect();
    let doubled = rows.select(&twice);
    let doubled_targets: Vec<bool> = twice.iter().map(|&i| targets[i]).collect();
    let wanted = fit_on(&doubled, newton.clone(), labels(&doubled_targets)).unwrap();

    let reduction = |alpha| params(alpha, Solver::Reduction);
    let weights: Vec<f64> = targets.iter().map(|&t| if t { 2.0 } else { 1.0 }).collect();
    let weighted = Labels { has: &targets, weights: Some(&weights) };
    let by_row = fit_on(&rows, reduction(0.1), weighted).unwrap();
    assert_same(&wanted.model, &by_row.model, "weights of rows");
    assert_eq!((by_row.solved_by, &by_row.note), (SolvedBy::Reduction, &None));

    let halves: Vec<f64> = weights.iter().map(|weight| weight / 2.0).collect();
    let halved = Labels { has: &targets, weights: Some(&halves) };
    let halved = fit_on(&rows, reduction(0.05), halved).unwrap();
    assert_same(&wanted.model, &halved.model, "half the weights and half the penalty");
    assert_eq!((halved.solved_by, halved.note), (SolvedBy::Newton, Some(Note::Weighted)));

    let by_class = LogisticParams { positive_weight: 2.0, ..newton };
    let by_class = fit_on(&rows, by_class, labels(&targets)).unwrap();
    assert_same(&wanted.model, &by_class.model, "weight of the class");
}

#[test]
fn a_row_of_weight_zero_does_not_count() {
    let (rows, targets) = small();
    let weights: Vec<f64> = (0..60).map(|i| if i < 50 { 1.0 } else { 0.0 }).collect();
    let weighted = Labels { has: &targets, weights: Some(&weights) };
    let got = fit_on(&rows, params(0.1, Solver::Newton), weighted).unwrap();
    let first: Vec<usize> = (0..50).collect();
    let first = rows.select(&first);
    let wanted = fit_on(&first, params(0.1, Solver::Newton), labels(&targets[..50])).unwrap();
    assert_same(&wanted.model, &got.model, "weight 0");
}

#[test]
fn fits_are_repeatable_to_the_bit_also_through_another_alpha() {
    let (rows, targets) = small();
    for solver in [Solver::Reduction, Solver::Newton] {
        let once = fit_on(&rows, params(0.3, solver), labels(&targets)).unwrap();
        let rows = FactoredRows::from(rows.clone());
        let other = Fitter::new(&rows, params(5.0, solver)).unwrap();
        assert_ne!(other.fit(labels(&targets)).unwrap(), once);
        assert_eq!(other.with_alpha(0.3).unwrap().fit(labels(&targets)).unwrap(), once);
    }
}

#[test]
fn newton_says_when_it_did_not_get_there() {
    let (rows, targets) = small();
    let short = LogisticParams { max_iterations: 1, ..params(0.001, Solver::Newton) };
    let message = fit_on(&rows, short, labels(&targets)).unwrap_err().to_string();
    assert!(message.contains("at most 1 iterations"), "{message}");
}

#[test]
fn what_does_not_fit_the_matrix_is_refused() {
    let (rows, targets) = small();
    let message = |has: &[bool], weights: Option<&[f64]>| {
        let newton = params(0.1, Solver::Newton);
        fit_on(&rows, newton, Labels { has, weights }).unwrap_err().to_string()
    };
    assert_eq!(message(&targets[1..], None), "59 targets for 60 rows; give one per row");
    assert!(message(&targets, Some(&[-1.0; 60])).starts_with("row 1 has the weight -1"));
    assert!(message(&targets, Some(&[f64::NAN; 60])).contains("NaN"));
    assert!(message(&targets, Some(&[1.0])).contains("1 weights for 60 rows"));
    let rows = FactoredRows::from(rows.clone());
    assert!(Fitter::new(&rows, params(0.1, Solver::Newton)).unwrap().with_alpha(-1.0).is_err());
    let none = SparseRows::new(4).into();
    assert!(Fitter::new(&none, LogisticParams::default()).is_err());
}

/// Rows, targets and alpha of a problem with both classes.
fn problem() -> impl Strategy<Value = (Vec<Vec<f64>>, Vec<bool>, f64)> {
    use proptest::collection::vec;
    let value = proptest::prop_oneof![proptest::prelude::Just(0.0), -2.0..2.0_f64];
    (2..12_usize, 1..15_usize).prop_flat_map(move |(rows, columns)| {
        let dense = vec(vec(value.clone(), columns), rows);
        let targets = vec(proptest::bool::ANY, rows).prop_map(|mut targets| {
            targets[0] = true;
            targets[1] = false;
            targets
        });
        (dense, targets, 0.01..10.0_f64)
    })
}

proptest! {
    #[test]
    fn the_gradient_vanishes_at_what_is_found((dense, targets, alpha) in problem()) {
        let rows = sparse(&dense);
        for solver in [Solver::Reduction, Solver::Newton] {
            let fit = fit_on(&rows, params(alpha, solver), labels(&targets)).unwrap();
            // The gradient once more, the plain way.
            let mut gradient: Vec<f64> = fit.model.weights.iter().map(|w| alpha * w).collect();
            gradient.push(0.0);
            for (row, &target) in dense.iter().zip(&targets) {
                let score: f64 =
                    row.iter().zip(&fit.model.weights).map(|(x, w)| x * w).sum::<f64>()
                        + fit.model.intercept;
                let slope = 1.0 / (1.0 + libm::exp(-score)) - f64::from(u8::from(target));
                for (g, x) in gradient.iter_mut().zip(row.iter().chain([&1.0])) {
                    *g += slope * x;
                }
            }
            prop_assert!(gradient.iter().all(|g| g.abs() < 1e-4), "{solver:?}: {gradient:?}");
        }
    }
}

#[test]
fn trends_fitted_together_get_the_very_fits_they_get_alone() {
    let (rows, first) = small();
    // Six trends to be solved, of different difficulty, and one that is not.
    let mut targets: Vec<Vec<bool>> =
        (2..8).map(|step| (0..60).map(|i| i % step == 0).collect()).collect();
    targets.push(first);
    targets.insert(2, vec![true; 60]);
    let weights: Vec<f64> = (0..60).map(|i| 1.0 + f64::from(i % 2)).collect();
    let factored = FactoredRows::from(rows);
    for (solver, weights) in [
        (Solver::Newton, None),
        (Solver::Newton, Some(weights.as_slice())),
        (Solver::Reduction, Some(weights.as_slice())),
    ] {
        let fitter = Fitter::new(&factored, params(0.01, solver)).unwrap();
        let all: Vec<Labels<'_>> = targets.iter().map(|has| Labels { has, weights }).collect();
        let together = fitter.fit_all(&all).unwrap();
        let alone = all.iter().map(|labels| fitter.fit(*labels).unwrap());
        assert_eq!(together, alone.collect::<Vec<_>>(), "{solver:?}");
    }
    let short = LogisticParams { max_iterations: 1, ..params(0.001, Solver::Newton) };
    assert!(Fitter::new(&factored, short).unwrap().fit_all(&[labels(&targets[0])]).is_err());
}
