//! Trust-region Newton method with conjugate gradients on sparse rows.
//!
//! The method is that of Lin, Weng and Keerthi, "Trust Region Newton Method for
//! Large-Scale Logistic Regression", JMLR 9 (2008) 627-650, with conjugate
//! gradients preconditioned by the diagonal as in Hsia, Chiang and Lin (2018),
//! "Preconditioned Conjugate Gradient Methods in Truncated Newton Frameworks
//! for Large-scale Linear Classification". The intercept is one more variable,
//! without penalty. The second derivatives are never formed: a product with
//! them is one pass over the rows.

use super::LogisticParams;
use super::objective::Objective;
use crate::{Error, Result};

/// The sparse solver.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Newton {
    params: LogisticParams,
}

/// A step must bring this share of the decrease that the model promises.
const ENOUGH: f64 = 1e-4;

/// Share of the value below which a decrease drowns in rounding errors; the
/// gradient is then the better judge of a step.
const ROUNDING: f64 = 1e-11;

/// A relative gradient up to this counts as the optimum if rounding errors or the limit
/// of iterations allow no further step; a larger one is an error.
const STALLED: f64 = 1e-5;

impl Newton {
    /// Creates a solver with these params; `params.solver` is ignored.
    pub(super) fn new(params: &LogisticParams) -> Self {
        Self { params: params.clone() }
    }

    /// Minimises from `start`, or from the intercept-only model.
    pub(super) fn minimise(
        &self,
        objective: &Objective<'_>,
        start: Option<Vec<f64>>,
    ) -> Result<Vec<f64>> {
        let (mut point, mut gradient) = objective.intercept_only();
        let yardstick = objective.yardstick(&gradient);
        let size = point.len();
        let mut scores = vec![point[size - 1]; objective.rows().len()];
        if let Some(start) = start {
            point = start;
            scores = objective.scores(&point);
            objective.gradient(&point, &scores, &mut gradient);
        }
        let mut value = objective.value(&scores, squared_length(&point));
        let mut relative = yardstick.relative(&gradient);

        let mut step = Step::new(objective);
        let (mut new_point, mut new_gradient) = (vec![0.0; size], vec![0.0; size]);
        let mut new_scores = vec![0.0; scores.len()];
        let mut radius = f64::INFINITY;

        for _ in 0..self.params.max_iterations {
            if relative <= self.params.tolerance {
                return Ok(point);
            }
            step.find(&scores, &gradient, relative, radius);
            for ((new, old), s) in new_point.iter_mut().zip(&point).zip(&step.step) {
                *new = old + s;
            }
            for ((new, old), s) in new_scores.iter_mut().zip(&scores).zip(&step.scores) {
                *new = old + s;
            }
            let new_value = objective.value(&new_scores, squared_length(&new_point));
            let tiny = step.promised <= ROUNDING * value;
            let kept = if tiny { 1.0 } else { (value - new_value) / step.promised };
            // `max` ignores NaN, so that an overflow shrinks the radius.
            let kept = kept.max(f64::NEG_INFINITY);

            if kept < 0.25 {
                radius = 0.25 * step.length.min(radius);
            } else if kept > 0.75 && step.at_radius {
                radius *= 4.0;
            }
            if kept <= ENOUGH {
                continue;
            }
            objective.gradient(&new_point, &new_scores, &mut new_gradient);
            let new_relative = yardstick.relative(&new_gradient);
            if tiny && !step.at_radius && new_relative >= relative {
                break;
            }
            std::mem::swap(&mut point, &mut new_point);
            std::mem::swap(&mut scores, &mut new_scores);
            std::mem::swap(&mut gradient, &mut new_gradient);
            (value, relative) = (new_value, new_relative);
        }
        if relative <= self.params.tolerance.max(STALLED) {
            return Ok(point);
        }
        let limit = self.params.max_iterations;
        Err(Error::Fit {
            reason: format!(
                "the Newton solver stopped at a relative gradient of {relative:.1e} (at most \
                 {limit} iterations); raise alpha, tolerance or max_iterations"
            ),
        })
    }
}

/// The step of one iteration, and the memory to find it in.
struct Step<'o, 'a> {
    objective: &'o Objective<'a>,
    /// The step, and its change of the score of each row.
    step: Vec<f64>,
    scores: Vec<f64>,
    /// The decrease that the quadratic model promises.
    promised: f64,
    /// Length of the step in the norm of the preconditioner.
    length: f64,
    /// Whether the trust region cut it short.
    at_radius: bool,
    curvatures: Vec<f64>,
    diagonal: Vec<f64>,
    residual: Vec<f64>,
    direction: Vec<f64>,
    /// The second derivatives times the direction, and the direction's scores.
    product: Vec<f64>,
    direction_scores: Vec<f64>,
    /// The scores of the direction, each times its curvature.
    pulls: Vec<f64>,
}

impl<'o, 'a> Step<'o, 'a> {
    fn new(objective: &'o Objective<'a>) -> Self {
        let (rows, size) = (objective.rows().len(), objective.rows().columns() + 1);
        Self {
            objective,
            step: vec![0.0; size],
            scores: vec![0.0; rows],
            promised: 0.0,
            length: 0.0,
            at_radius: false,
            curvatures: vec![0.0; rows],
            diagonal: vec![0.0; size],
            residual: vec![0.0; size],
            direction: vec![0.0; size],
            product: vec![0.0; size],
            direction_scores: vec![0.0; rows],
            pulls: vec![0.0; rows],
        }
    }

    /// Conjugate gradients (Steihaug 1983) on the quadratic model at a point
    /// with these scores and gradient, within `radius`.
    ///
    /// Lengths are in the norm of the preconditioner; they are carried along
    /// by recurrences instead of computed again.
    fn find(&mut self, scores: &[f64], gradient: &[f64], relative: f64, radius: f64) {
        self.objective.curvatures(scores, &mut self.curvatures);
        self.fill_diagonal();
        self.step.fill(0.0);
        self.scores.fill(0.0);
        self.at_radius = false;

        let mut fit = 0.0; // residual . diagonal^-1 . residual
        let parts = self.residual.iter_mut().zip(&mut self.direction);
        for (((r, d), g), m) in parts.zip(gradient).zip(&self.diagonal) {
            *r = -g;
            *d = *r / m;
            fit -= *d * g;
        }
        // Closer to the optimum a closer solution pays: convergence is then
        // faster than linear.
        let share = relative.sqrt().clamp(1e-4, 0.1);
        let enough = share * share * fit;
        let (mut step_step, mut step_direction, mut direction_direction) = (0.0, 0.0, fit);

        for _ in 0..self.step.len() {
            let bend = self.multiply();
            let mut stride = fit / bend;
            let at = |t: f64| step_step + t * (2.0 * step_direction + t * direction_direction);
            if at(stride) >= radius * radius {
                self.at_radius = true;
                let room = radius * radius - step_step;
                let root = (step_direction * step_direction + direction_direction * room).sqrt();
                stride = room / (step_direction + root);
            }
            step_step = at(stride);
            let mut new_fit = 0.0;
            let parts = self.step.iter_mut().zip(&mut self.residual).zip(&self.direction);
            for (((s, r), d), (h, m)) in parts.zip(self.product.iter().zip(&self.diagonal)) {
                *s += stride * d;
                *r -= stride * h;
                new_fit += *r * *r / m;
            }
            for (s, d) in self.scores.iter_mut().zip(&self.direction_scores) {
                *s += stride * d;
            }
            if self.at_radius || new_fit <= enough || new_fit.is_nan() {
                break;
            }
            let keep = new_fit / fit;
            step_direction = keep * (step_direction + stride * direction_direction);
            direction_direction = new_fit + keep * keep * direction_direction;
            fit = new_fit;
            let parts = self.direction.iter_mut().zip(&self.residual).zip(&self.diagonal);
            for ((d, r), m) in parts {
                *d = r / m + keep * *d;
            }
        }
        self.length = step_step.sqrt();
        let parts = self.step.iter().zip(gradient).zip(&self.residual);
        self.promised = 0.5 * parts.map(|((s, g), r)| s * (r - g)).sum::<f64>();
    }

    /// The diagonal of the second derivatives.
    fn fill_diagonal(&mut self) {
        let rows = self.objective.rows();
        self.diagonal.fill(self.objective.alpha());
        let mut total = 0.0;
        for (row, &curvature) in self.curvatures.iter().enumerate() {
            total += curvature;
            let (indices, values) = rows.row(row);
            for (&i, v) in indices.iter().zip(values) {
                self.diagonal[i as usize] += curvature * v * v;
            }
        }
        self.diagonal[rows.columns()] = total.max(f64::MIN_POSITIVE);
    }

    /// Writes the second derivatives times the direction; returns the product
    /// of that with the direction.
    fn multiply(&mut self) -> f64 {
        let (rows, alpha) = (self.objective.rows(), self.objective.alpha());
        let columns = rows.columns();
        let mut bend = 0.0;
        for (h, d) in self.product.iter_mut().zip(&self.direction) {
            *h = alpha * d;
            bend += *h * d;
        }
        bend -= alpha * self.direction[columns] * self.direction[columns];
        self.objective.write_scores(&self.direction, &mut self.direction_scores);
        let mut total = 0.0;
        let parts = self.pulls.iter_mut().zip(&self.direction_scores).zip(&self.curvatures);
        for ((pull, z), curvature) in parts {
            *pull = curvature * z;
            total += *pull;
            bend += *pull * z;
        }
        rows.add_rows(&self.pulls, &mut self.product);
        self.product[columns] = total;
        bend
    }
}

/// Squared length of the weights of a point, which the intercept is not part of.
fn squared_length(point: &[f64]) -> f64 {
    point.split_last().map_or(0.0, |(_, weights)| weights.iter().map(|w| w * w).sum())
}
