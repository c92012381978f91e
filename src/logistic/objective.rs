//! The function that both solvers minimise, over sparse rows.
//!
//! A point is a vector of one weight per column, followed by the intercept.

use super::{Logistic, LogisticParams};
use crate::features::SparseRows;
use crate::stats::{sigmoid, softplus};

/// Most times that a row is repeated rather than weighted.
const MOST_REPEATS: f64 = 100.0;

/// The penalised loss of one trend on one matrix.
pub(super) struct Objective<'a> {
    rows: &'a SparseRows,
    /// +1 for a row with the trend, -1 for one without.
    signs: Vec<f64>,
    /// How much each row counts.
    weights: Vec<f64>,
    alpha: f64,
}

impl<'a> Objective<'a> {
    /// Returns the sizes must have been checked.
    pub(super) fn new(
        rows: &'a SparseRows,
        targets: &[bool],
        weights: Option<&[f64]>,
        params: &LogisticParams,
    ) -> Self {
        let signs = targets.iter().map(|&t| if t { 1.0 } else { -1.0 }).collect();
        let weight = |(row, &positive): (usize, &bool)| {
            weights.map_or(1.0, |w| w[row]) * if positive { params.positive_weight } else { 1.0 }
        };
        let weights = targets.iter().enumerate().map(weight).collect();
        Self { rows, signs, weights, alpha: params.alpha }
    }

    pub(super) fn rows(&self) -> &'a SparseRows {
        self.rows
    }

    pub(super) fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Returns how often each row counts, if that is a whole number of times for all,
    /// and a small one: repeating rows costs time.
    pub(super) fn repeats(&self) -> Option<Vec<usize>> {
        let whole = |&weight: &f64| {
            (weight.fract() == 0.0 && weight <= MOST_REPEATS).then_some(weight as usize)
        };
        self.weights.iter().map(whole).collect()
    }

    /// Total weight of the rows with the trend and of those without.
    fn totals(&self) -> (f64, f64) {
        let mut totals = (0.0, 0.0);
        for (sign, weight) in self.signs.iter().zip(&self.weights) {
            *if *sign > 0.0 { &mut totals.0 } else { &mut totals.1 } += weight;
        }
        totals
    }

    /// Returns the smoothed prevalence, if one of the two classes has no weight: the
    /// loss then has no minimum.
    pub(super) fn one_class(&self) -> Option<Logistic> {
        let (positive, negative) = self.totals();
        (positive == 0.0 || negative == 0.0).then(|| Logistic {
            weights: vec![0.0; self.rows.columns()],
            intercept: libm::log((positive + 0.5) / (negative + 0.5)),
        })
    }

    /// Returns the best point with all weights zero, and the gradient there.
    pub(super) fn intercept_only(&self) -> (Vec<f64>, Vec<f64>) {
        let columns = self.rows.columns();
        let (positive, negative) = self.totals();
        let mut point = vec![0.0; columns + 1];
        point[columns] = libm::log(positive / negative);
        let mut gradient = vec![0.0; columns + 1];
        self.gradient(&point, &vec![point[columns]; self.rows.len()], &mut gradient);
        (point, gradient)
    }

    /// Scores of all rows at `point`.
    pub(super) fn scores(&self, point: &[f64]) -> Vec<f64> {
        let mut scores = vec![0.0; self.rows.len()];
        self.write_scores(point, &mut scores);
        scores
    }

    /// Writes the scores of all rows at `point`.
    pub(super) fn write_scores(&self, point: &[f64], scores: &mut [f64]) {
        self.rows.times(point, scores);
        let intercept = point[self.rows.columns()];
        scores.iter_mut().for_each(|score| *score += intercept);
    }

    /// Value at a point with these scores, and with `norm` the squared length
    /// of its weights.
    pub(super) fn value(&self, scores: &[f64], norm: f64) -> f64 {
        let rows = scores.iter().zip(&self.signs).zip(&self.weights);
        let loss: f64 = rows.map(|((z, y), c)| c * softplus(-y * z)).sum();
        loss + 0.5 * self.alpha * norm
    }

    /// Writes the gradient at `point`, which has these scores.
    pub(super) fn gradient(&self, point: &[f64], scores: &[f64], gradient: &mut [f64]) {
        let columns = self.rows.columns();
        for (g, w) in gradient.iter_mut().zip(point) {
            *g = self.alpha * w;
        }
        let rows = scores.iter().zip(&self.signs).zip(&self.weights);
        let slopes: Vec<f64> = rows.map(|((z, y), c)| -y * c * sigmoid(-y * z)).collect();
        self.rows.add_rows(&slopes, gradient);
        gradient[columns] = slopes.iter().sum();
    }

    /// Writes the second derivatives of the loss by the scores.
    pub(super) fn curvatures(&self, scores: &[f64], curvatures: &mut [f64]) {
        for ((h, z), c) in curvatures.iter_mut().zip(scores).zip(&self.weights) {
            let p = sigmoid(-z.abs());
            *h = c * p * (1.0 - p);
        }
    }

    /// Returns the scale of a gradient, given that of the intercept-only model.
    pub(super) fn yardstick(&self, intercept_only: &[f64]) -> Yardstick {
        let (positive, negative) = self.totals();
        Yardstick {
            weights: largest(&intercept_only[..self.rows.columns()]),
            intercept: 2.0 * positive * negative / (positive + negative),
        }
    }
}

/// The natural size of a gradient, so that a tolerance means the same for any
/// number of rows and any unit of the values.
pub(super) struct Yardstick {
    /// Largest component of the gradient of the weights at the intercept-only
    /// model.
    weights: f64,
    /// Sum of the absolute residuals of that model.
    intercept: f64,
}

impl Yardstick {
    /// Returns a gradient that is `relative` to its natural size in every component.
    pub(super) fn absolute(&self, relative: f64) -> f64 {
        (relative * self.weights.min(self.intercept)).max(f64::MIN_POSITIVE)
    }

    /// Largest component of `gradient`, relative to its natural size.
    pub(super) fn relative(&self, gradient: &[f64]) -> f64 {
        let (intercept, weights) = gradient.split_last().unwrap_or((&0.0, &[]));
        // The smallest positive number keeps 0 / 0 (a matrix of zeros) at 0.
        let weights = largest(weights) / self.weights.max(f64::MIN_POSITIVE);
        weights.max(intercept.abs() / self.intercept.max(f64::MIN_POSITIVE))
    }
}

/// Largest absolute value; NaN if there is one, so that it never looks small.
fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest: f64, v| {
        if v.is_nan() || largest.is_nan() { f64::NAN } else { largest.max(v.abs()) }
    })
}
