//! The loss of one trend as a function of the scores of the rows, which both solvers use.

use super::{Labels, LogisticParams};
use crate::stats::{sigmoid, softplus};

/// Most times that a row is repeated rather than weighted.
const MOST_REPEATS: f64 = 100.0;

/// Most steps in which the best intercept is sought: each doubles its digits.
const MOST_STEPS: usize = 30;

/// The loss of one trend, without the penalty.
pub(super) struct Objective {
    /// +1 for a row with the trend, -1 for one without.
    signs: Vec<f64>,
    /// How much each row counts.
    weights: Vec<f64>,
}

/// The loss at some scores, with its derivatives by them.
pub(super) struct Slopes {
    /// First derivatives.
    pub(super) first: Vec<f64>,
    /// Second derivatives.
    pub(super) second: Vec<f64>,
}

impl Objective {
    /// The sizes must have been checked.
    pub(super) fn new(labels: &Labels<'_>, params: &LogisticParams) -> Self {
        let Labels { has, weights } = labels;
        let signs = has.iter().map(|&t| if t { 1.0 } else { -1.0 }).collect();
        let weight = |(row, &positive): (usize, &bool)| {
            weights.map_or(1.0, |w| w[row]) * if positive { params.positive_weight } else { 1.0 }
        };
        Self { signs, weights: has.iter().enumerate().map(weight).collect() }
    }

    /// Returns the number of rows.
    pub(super) fn rows(&self) -> usize {
        self.signs.len()
    }

    /// Returns how often each row counts, if that is a whole number of times for all,
    /// and a small one: repeating rows costs time.
    pub(super) fn repeats(&self) -> Option<Vec<usize>> {
        let whole = |&weight: &f64| {
            (weight.fract() == 0.0 && weight <= MOST_REPEATS).then_some(weight as usize)
        };
        self.weights.iter().map(whole).collect()
    }

    /// Returns the total weight of the rows with the trend and of those without.
    pub(super) fn totals(&self) -> (f64, f64) {
        let mut totals = (0.0, 0.0);
        for (sign, weight) in self.signs.iter().zip(&self.weights) {
            *if *sign > 0.0 { &mut totals.0 } else { &mut totals.1 } += weight;
        }
        totals
    }

    /// Returns the best intercept if all weights are zero.
    pub(super) fn log_odds(&self) -> f64 {
        let (positive, negative) = self.totals();
        libm::log(positive / negative)
    }

    /// Returns the loss of rows with these scores before the intercept.
    pub(super) fn loss(&self, scores: &[f64], intercept: f64) -> f64 {
        let rows = scores.iter().zip(&self.signs).zip(&self.weights);
        rows.map(|((z, y), c)| c * softplus(-y * (z + intercept))).sum()
    }

    /// Returns the derivatives by the scores, which are given before the intercept.
    pub(super) fn slopes(&self, scores: &[f64], intercept: f64) -> Slopes {
        let (mut first, mut second) =
            (Vec::with_capacity(self.rows()), Vec::with_capacity(self.rows()));
        for ((z, y), c) in scores.iter().zip(&self.signs).zip(&self.weights) {
            let wrong = sigmoid(-y * (z + intercept));
            first.push(-y * c * wrong);
            second.push(c * wrong * (1.0 - wrong));
        }
        Slopes { first, second }
    }

    /// Returns the best intercept for rows with these scores, sought from a `near` one until
    /// the sum of the slopes is `enough`, and the slopes there.
    ///
    /// Newton's method in one variable: the loss is convex, and a step that goes too far, where
    /// it is nearly flat, is cut.
    pub(super) fn best_intercept(&self, scores: &[f64], near: f64, enough: f64) -> (f64, Slopes) {
        let mut intercept = near;
        let mut slopes = self.slopes(scores, intercept);
        for _ in 0..MOST_STEPS {
            let slope: f64 = slopes.first.iter().sum();
            let bend: f64 = slopes.second.iter().sum();
            if slope.abs() <= enough || !slope.is_finite() {
                break;
            }
            intercept -= (slope / bend.max(f64::MIN_POSITIVE)).clamp(-2.0, 2.0);
            slopes = self.slopes(scores, intercept);
        }
        (intercept, slopes)
    }
}
