//! Trust-region Newton method with conjugate gradients on sparse rows.
//!
//! The method is that of Lin, Weng and Keerthi, "Trust Region Newton Method for
//! Large-Scale Logistic Regression", JMLR 9 (2008) 627-650, with conjugate
//! gradients preconditioned by the diagonal as in Hsia, Chiang and Lin (2018),
//! "Preconditioned Conjugate Gradient Methods in Truncated Newton Frameworks
//! for Large-scale Linear Classification". The intercept is one more variable,
//! without penalty. The second derivatives are never formed: a product with
//! them is one pass over the rows.

use linfa::dataset::{DatasetBase, Records};
use linfa::traits::Fit;
use ndarray::Array1;

use super::lanes::{self, Lanes};
use super::objective::{Objective, Yardstick};
use super::{Logistic, LogisticParams};
use crate::sparse::SparseRows;
use crate::{Error, Result};

/// The sparse solver, for use on its own through linfa's [`Fit`].
///
/// [`Fitter`](super::Fitter) uses the same code, and takes the rows as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Newton {
    params: LogisticParams,
}

/// Sparse rows as the records of a linfa dataset.
#[derive(Debug, Clone, Copy)]
pub struct SparseRecords<'a>(pub &'a SparseRows);

impl Records for SparseRecords<'_> {
    type Elem = f64;

    fn nsamples(&self) -> usize {
        self.0.len()
    }

    fn nfeatures(&self) -> usize {
        self.0.columns()
    }
}

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::Fit { reason: error.to_string() }
    }
}

impl Fit<SparseRecords<'_>, Array1<bool>, Error> for Newton {
    type Object = Logistic;

    /// Fits the targets of the dataset, with its weights of rows if it has any.
    fn fit(&self, dataset: &DatasetBase<SparseRecords<'_>, Array1<bool>>) -> Result<Logistic> {
        let weights: Option<Vec<f64>> =
            dataset.weights().map(|weights| weights.iter().map(|&w| f64::from(w)).collect());
        let params = LogisticParams { solver: super::Solver::Newton, ..self.params.clone() };
        let fitter = super::Fitter::new(dataset.records().0, params)?;
        let targets = dataset.targets().to_vec();
        Ok(fitter.fit_weighted(&targets, weights.as_deref(), None)?.model)
    }
}

/// A step must bring this share of the decrease that the model promises.
const ENOUGH: f64 = 1e-4;

/// Share of the value below which a decrease drowns in rounding errors; the
/// gradient is then the better judge of a step.
const ROUNDING: f64 = 1e-11;

/// A relative gradient up to this is taken for the optimum if rounding errors
/// or the limit of iterations allow no further step; a larger one is an error.
const STALLED: f64 = 1e-5;

impl Newton {
    /// A solver with these params; `params.solver` is ignored.
    pub fn new(params: &LogisticParams) -> Self {
        Self { params: params.clone() }
    }

    /// Minimises for several trends on the same rows and with the same `alpha`,
    /// each from its start or from the intercept-only model.
    ///
    /// The trends go in step, but none has an influence on another.
    pub(super) fn minimise<const L: usize>(
        &self,
        objectives: [&Objective<'_>; L],
        starts: [Option<Vec<f64>>; L],
    ) -> [Result<Vec<f64>>; L] {
        let rows = objectives[0].rows();
        let (columns, all) = (rows.columns(), [true; L]);
        let intercepts = objectives.map(Objective::best_intercept);
        let mut point: Lanes<L> = vec![[0.0; L]; columns + 1];
        point[columns] = intercepts;
        let mut scores: Lanes<L> = vec![intercepts; rows.len()];
        let mut gradient = point.clone();
        lanes::gradient(&objectives, &all, &point, &scores, &mut gradient);
        let yardsticks: [Yardstick; L] =
            std::array::from_fn(|k| objectives[k].yardstick(weights_of(&gradient, k)));
        if starts.iter().any(Option::is_some) {
            for (k, start) in starts.iter().enumerate().filter_map(|(k, s)| Some((k, s.as_ref()?)))
            {
                point.iter_mut().zip(start).for_each(|(w, start)| w[k] = *start);
            }
            scores = (0..rows.len()).map(|row| lanes::score(rows, row, &point)).collect();
            lanes::gradient(&objectives, &all, &point, &scores, &mut gradient);
        }
        let relative_of = |gradient: &[[f64; L]], k: usize| {
            yardsticks[k].relative(weights_of(gradient, k), gradient[columns][k])
        };
        let value_of = |point: &[[f64; L]], scores: &[[f64; L]], k: usize| {
            let norm = weights_of(point, k).map(|w| w * w).sum();
            objectives[k].value(scores.iter().map(|z| z[k]), norm)
        };
        let mut values: [f64; L] = std::array::from_fn(|k| value_of(&point, &scores, k));
        let mut relatives: [f64; L] = std::array::from_fn(|k| relative_of(&gradient, k));

        let mut step = Step::new(objectives);
        let (mut new_point, mut new_gradient) = (point.clone(), gradient.clone());
        let mut new_scores = scores.clone();
        let mut radii = [f64::INFINITY; L];
        let mut goes_on = all;

        for _ in 0..self.params.max_iterations {
            (0..L).for_each(|k| goes_on[k] &= relatives[k] > self.params.tolerance);
            if goes_on == [false; L] {
                break;
            }
            step.find(&goes_on, &scores, &gradient, &relatives, &radii);
            sum(&mut new_point, &point, &step.step);
            sum(&mut new_scores, &scores, &step.scores);
            let mut new_values = values;
            let mut tiny = [false; L];
            let mut moves = [false; L];
            for k in (0..L).filter(|&k| goes_on[k]) {
                new_values[k] = value_of(&new_point, &new_scores, k);
                tiny[k] = step.promised[k] <= ROUNDING * values[k];
                let kept =
                    if tiny[k] { 1.0 } else { (values[k] - new_values[k]) / step.promised[k] };
                // `max` passes over NaN, so that an overflow shrinks the radius.
                let kept = kept.max(f64::NEG_INFINITY);
                if kept < 0.25 {
                    radii[k] = 0.25 * step.length[k].min(radii[k]);
                } else if kept > 0.75 && step.at_radius[k] {
                    radii[k] *= 4.0;
                }
                moves[k] = kept > ENOUGH;
            }
            lanes::gradient(&objectives, &moves, &new_point, &new_scores, &mut new_gradient);
            for k in 0..L {
                let new_relative = relative_of(&new_gradient, k);
                if moves[k] && tiny[k] && !step.at_radius[k] && new_relative >= relatives[k] {
                    (moves[k], goes_on[k]) = (false, false);
                }
                if moves[k] {
                    (values[k], relatives[k]) = (new_values[k], new_relative);
                } else {
                    put_back(&mut new_point, &point, k);
                    put_back(&mut new_scores, &scores, k);
                    put_back(&mut new_gradient, &gradient, k);
                }
            }
            std::mem::swap(&mut point, &mut new_point);
            std::mem::swap(&mut scores, &mut new_scores);
            std::mem::swap(&mut gradient, &mut new_gradient);
        }
        std::array::from_fn(|k| {
            if relatives[k] <= self.params.tolerance.max(STALLED) {
                return Ok(point.iter().map(|w| w[k]).collect());
            }
            let (relative, limit) = (relatives[k], self.params.max_iterations);
            Err(Error::Fit {
                reason: format!(
                    "the Newton solver stopped at a relative gradient of {relative:.1e} (at most \
                     {limit} iterations); raise alpha, tolerance or max_iterations"
                ),
            })
        })
    }
}

/// The weights of one trend, without the intercept.
fn weights_of<const L: usize>(
    point: &[[f64; L]],
    k: usize,
) -> impl Iterator<Item = f64> + Clone + '_ {
    point[..point.len() - 1].iter().map(move |w| w[k])
}

fn sum<const L: usize>(sums: &mut [[f64; L]], a: &[[f64; L]], b: &[[f64; L]]) {
    for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
        *sum = std::array::from_fn(|k| a[k] + b[k]);
    }
}

fn put_back<const L: usize>(new: &mut [[f64; L]], old: &[[f64; L]], k: usize) {
    new.iter_mut().zip(old).for_each(|(new, old)| new[k] = old[k]);
}

/// The step of one iteration for each trend, and the memory to find it in.
struct Step<'o, 'a, const L: usize> {
    objectives: [&'o Objective<'a>; L],
    /// The step itself, and what it adds to the score of each row.
    step: Lanes<L>,
    scores: Lanes<L>,
    /// The decrease that the quadratic model promises.
    promised: [f64; L],
    /// Length of the step in the norm of the preconditioner.
    length: [f64; L],
    /// Whether the trust region cut it short.
    at_radius: [bool; L],
    curvatures: Lanes<L>,
    diagonal: Lanes<L>,
    residual: Lanes<L>,
    direction: Lanes<L>,
    /// The second derivatives times the direction, and the direction's scores.
    product: Lanes<L>,
    direction_scores: Lanes<L>,
}

impl<'o, 'a, const L: usize> Step<'o, 'a, L> {
    fn new(objectives: [&'o Objective<'a>; L]) -> Self {
        let rows = objectives[0].rows();
        let of_rows = || vec![[0.0; L]; rows.len()];
        let of_columns = || vec![[0.0; L]; rows.columns() + 1];
        Self {
            objectives,
            step: of_columns(),
            scores: of_rows(),
            promised: [0.0; L],
            length: [0.0; L],
            at_radius: [false; L],
            curvatures: of_rows(),
            diagonal: of_columns(),
            residual: of_columns(),
            direction: of_columns(),
            product: of_columns(),
            direction_scores: of_rows(),
        }
    }

    /// Conjugate gradients (Steihaug 1983) on the quadratic model at a point
    /// with these scores and gradient, within each trend's radius; the step of a
    /// trend that does not go on is zero.
    ///
    /// Lengths are in the norm of the preconditioner; they are carried along
    /// by recurrences rather than computed anew.
    fn find(
        &mut self,
        goes_on: &[bool; L],
        scores: &[[f64; L]],
        gradient: &[[f64; L]],
        relatives: &[f64; L],
        radii: &[f64; L],
    ) {
        self.curve(goes_on, scores);
        self.step.fill([0.0; L]);
        self.scores.fill([0.0; L]);
        self.at_radius = [false; L];
        let mut searches = *goes_on;

        let mut fit = [0.0; L]; // residual . diagonal^-1 . residual
        let parts = self.residual.iter_mut().zip(&mut self.direction);
        for (((r, d), g), m) in parts.zip(gradient).zip(&self.diagonal) {
            for k in 0..L {
                r[k] = -g[k];
                d[k] = if searches[k] { r[k] / m[k] } else { 0.0 };
                fit[k] -= d[k] * g[k];
            }
        }
        // Closer to the optimum a closer solution pays: convergence is then
        // faster than linear.
        let enough: [f64; L] = std::array::from_fn(|k| {
            let share = relatives[k].sqrt().clamp(1e-4, 0.1);
            share * share * fit[k]
        });
        let (mut step_step, mut step_direction) = ([0.0; L], [0.0; L]);
        let mut direction_direction = fit;

        for _ in 0..self.step.len() {
            let bend = self.multiply();
            let mut strides = [0.0; L];
            for k in (0..L).filter(|&k| searches[k]) {
                let mut stride = fit[k] / bend[k];
                let at = |t: f64| {
                    step_step[k] + t * (2.0 * step_direction[k] + t * direction_direction[k])
                };
                let radius = radii[k];
                if at(stride) >= radius * radius {
                    self.at_radius[k] = true;
                    let room = radius * radius - step_step[k];
                    let square =
                        step_direction[k] * step_direction[k] + direction_direction[k] * room;
                    stride = room / (step_direction[k] + square.sqrt());
                }
                step_step[k] = at(stride);
                strides[k] = stride;
            }
            let new_fit = self.advance(&strides);
            for (k, searches) in searches.iter_mut().enumerate() {
                let found = self.at_radius[k] || new_fit[k] <= enough[k] || new_fit[k].is_nan();
                *searches &= !found;
            }
            if searches == [false; L] {
                break;
            }
            let mut keep = [0.0; L];
            for k in (0..L).filter(|&k| searches[k]) {
                keep[k] = new_fit[k] / fit[k];
                step_direction[k] =
                    keep[k] * (step_direction[k] + strides[k] * direction_direction[k]);
                direction_direction[k] = new_fit[k] + keep[k] * keep[k] * direction_direction[k];
                fit[k] = new_fit[k];
            }
            let parts = self.direction.iter_mut().zip(&self.residual).zip(&self.diagonal);
            for ((d, r), m) in parts {
                for k in 0..L {
                    d[k] = if searches[k] { r[k] / m[k] + keep[k] * d[k] } else { 0.0 };
                }
            }
        }
        self.length = step_step.map(f64::sqrt);
        self.promised = [0.0; L];
        for ((s, g), r) in self.step.iter().zip(gradient).zip(&self.residual) {
            for k in 0..L {
                self.promised[k] += s[k] * (r[k] - g[k]);
            }
        }
        self.promised = self.promised.map(|promised| 0.5 * promised);
    }

    /// The second derivatives by the scores, and the diagonal of those by the
    /// weights.
    fn curve(&mut self, goes_on: &[bool; L], scores: &[[f64; L]]) {
        let rows = self.objectives[0].rows();
        self.diagonal.fill([self.objectives[0].alpha(); L]);
        let mut totals = [0.0; L];
        for (row, (z, curvatures)) in scores.iter().zip(&mut self.curvatures).enumerate() {
            for k in 0..L {
                let curvature = || self.objectives[k].curvature(row, z[k]);
                curvatures[k] = if goes_on[k] { curvature() } else { 0.0 };
                totals[k] += curvatures[k];
            }
            let (indices, values) = rows.row(row);
            for (&i, v) in indices.iter().zip(values) {
                let diagonal = &mut self.diagonal[i as usize];
                diagonal.iter_mut().zip(&*curvatures).for_each(|(d, c)| *d += c * v * v);
            }
        }
        self.diagonal[rows.columns()] = totals.map(|total| total.max(f64::MIN_POSITIVE));
    }

    /// Writes the second derivatives times the direction; returns the product
    /// of that with the direction.
    fn multiply(&mut self) -> [f64; L] {
        let (rows, alpha) = (self.objectives[0].rows(), self.objectives[0].alpha());
        let (columns, intercepts) = (rows.columns(), self.direction[rows.columns()]);
        let mut bend = [0.0; L];
        for (h, d) in self.product.iter_mut().zip(&self.direction) {
            for k in 0..L {
                h[k] = alpha * d[k];
                bend[k] += h[k] * d[k];
            }
        }
        (0..L).for_each(|k| bend[k] -= alpha * intercepts[k] * intercepts[k]);
        let mut totals = [0.0; L];
        for (row, curvatures) in self.curvatures.iter().enumerate() {
            let z = lanes::score(rows, row, &self.direction);
            self.direction_scores[row] = z;
            let curved = std::array::from_fn(|k| curvatures[k] * z[k]);
            for k in 0..L {
                totals[k] += curved[k];
                bend[k] += curved[k] * z[k];
            }
            lanes::add_row(rows, row, &curved, &mut self.product);
        }
        self.product[columns] = totals;
        bend
    }

    /// Goes so far in the direction; returns the new fit of the residual.
    fn advance(&mut self, strides: &[f64; L]) -> [f64; L] {
        let mut fit = [0.0; L];
        let parts = self.step.iter_mut().zip(&mut self.residual).zip(&self.direction);
        for (((s, r), d), (h, m)) in parts.zip(self.product.iter().zip(&self.diagonal)) {
            for k in 0..L {
                s[k] += strides[k] * d[k];
                r[k] -= strides[k] * h[k];
                fit[k] += r[k] * r[k] / m[k];
            }
        }
        for (s, d) in self.scores.iter_mut().zip(&self.direction_scores) {
            for k in 0..L {
                s[k] += strides[k] * d[k];
            }
        }
        fit
    }
}
