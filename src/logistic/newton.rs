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
use super::step::Step;
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
