//! Newton's method in the space of the rows, for several trends at once.
//!
//! The optimal weights are a linear combination `w = X' a` of the rows (Kimeldorf and Wahba
//! 1971, the representer theorem), so that a trend is solved for its shares `a`, one per
//! row. The intercept is always the best one for the weights, which leaves a function of
//! the weights alone. Its second derivatives are `alpha + X' D X`, with the curvatures of the
//! loss in `D`, centred by the intercept. A step solves for them by conjugate gradients,
//! stops early (Dembo and Steihaug 1983), and is halved until it pays.
//!
//! The only costly operation is the product of `X X'` with a vector. A search asks for one
//! product after another, so that a pass over the rows serves the searches of many trends,
//! and each gets the very digits that it would get alone.

use super::LogisticParams;
use super::objective::{Objective, Slopes};
use super::products::{Memory, Product};
use crate::features::FactoredRows;
use crate::{Error, Result};

/// A step must bring this share of the decrease that its slope promises.
const ENOUGH: f64 = 1e-4;

/// Share of the value below which a decrease drowns in rounding errors; the
/// gradient is then the better judge of a step.
const ROUNDING: f64 = 1e-11;

/// A relative gradient up to this counts as the optimum if rounding errors or the limit
/// of iterations allow no further step; a larger one is an error.
const STALLED: f64 = 1e-5;

/// How often a step is halved before no decrease is expected any more.
const MOST_HALVINGS: usize = 60;

/// The point that a search found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// How much of each row the weights have.
    pub(super) shares: Vec<f64>,
    pub(super) intercept: f64,
}

/// Minimises the losses of several trends, at most [`super::products::MOST_LANES`].
///
/// # Errors
/// [`Error::Fit`] if one does not converge.
pub(super) fn minimise(
    rows: &FactoredRows,
    objectives: &[&Objective],
    params: &LogisticParams,
) -> Result<Vec<Point>> {
    let mut memory = Memory::default();
    let mut searches: Vec<Search<'_>> =
        objectives.iter().map(|objective| Search::new(objective, params)).collect();
    loop {
        let mut open: Vec<&mut Search<'_>> = searches.iter_mut().filter(|s| !s.is_done).collect();
        if open.is_empty() {
            return searches.into_iter().map(Search::found).collect();
        }
        let asked: Vec<&[f64]> = open.iter().map(|search| &search.residual[..]).collect();
        let products = memory.squares(rows, &asked);
        open.iter_mut().zip(products).for_each(|(search, product)| search.advance(product));
    }
}

/// The search for the optimum of one trend.
struct Search<'o> {
    objective: &'o Objective,
    params: &'o LogisticParams,
    is_done: bool,
    shares: Vec<f64>,
    /// The scores that they give, before the intercept.
    scores: Vec<f64>,
    intercept: f64,
    /// Where the sum of the slopes is near enough to zero.
    enough_slope: f64,
    slopes: Slopes,
    value: f64,
    /// The largest component of the gradient of the intercept-only model.
    yardstick: f64,
    /// The largest component of the gradient, by that yardstick.
    relative: f64,
    steps: usize,
    /// What the shares lack, whose product is asked for.
    residual: Vec<f64>,
    step: Step,
}

/// The step that is being sought.
#[derive(Default)]
struct Step {
    /// Number of conjugate directions so far.
    directions: usize,
    shares: Vec<f64>,
    scores: Vec<f64>,
    direction: Vec<f64>,
    direction_scores: Vec<f64>,
    /// Squared length of the residual, and one that is short enough.
    fit: f64,
    enough: f64,
    /// How steeply the value falls along the step.
    slope: f64,
    /// Whether the last one was lost in rounding errors.
    was_tiny: bool,
}

impl<'o> Search<'o> {
    fn new(objective: &'o Objective, params: &'o LogisticParams) -> Self {
        let (positive, negative) = objective.totals();
        let (intercept, scores) = (objective.log_odds(), vec![0.0; objective.rows()]);
        let slopes = objective.slopes(&scores, intercept);
        let natural = 2.0 * positive * negative / (positive + negative);
        let mut search = Self {
            objective,
            params,
            is_done: false,
            shares: scores.clone(),
            value: objective.loss(&scores, intercept),
            scores,
            intercept,
            enough_slope: 0.01 * params.tolerance * natural,
            slopes,
            yardstick: f64::NAN,
            relative: f64::NAN,
            steps: 0,
            residual: Vec::new(),
            step: Step::default(),
        };
        search.ask();
        search
    }

    /// Asks for the gradient at the present point.
    fn ask(&mut self) {
        let alpha = self.params.alpha;
        let lacks = |(share, slope): (&f64, &f64)| -(alpha * share + slope);
        self.residual = self.shares.iter().zip(&self.slopes.first).map(lacks).collect();
        self.step.directions = 0;
    }

    /// Continues with the product of the residual.
    fn advance(&mut self, Product { scores, largest }: Product) {
        let fit = dot(&self.residual, &scores);
        if self.step.directions == 0 {
            if self.yardstick.is_nan() {
                self.yardstick = largest.max(f64::MIN_POSITIVE);
            }
            let before = std::mem::replace(&mut self.relative, largest / self.yardstick);
            let is_stuck = self.step.was_tiny && self.relative >= before;
            if self.relative <= self.params.tolerance
                || is_stuck
                || self.steps >= self.params.max_iterations
                || !(fit > 0.0 && fit.is_finite())
            {
                self.is_done = true;
                return;
            }
            // Closer to the optimum a closer solution pays: convergence is then faster than
            // linear.
            let share = self.relative.sqrt().clamp(1e-4, 0.1);
            self.step = Step {
                shares: vec![0.0; scores.len()],
                scores: vec![0.0; scores.len()],
                direction: self.residual.clone(),
                direction_scores: scores,
                fit,
                enough: share * share * fit,
                ..Step::default()
            };
        } else {
            if !(fit > self.step.enough && fit.is_finite())
                || self.step.directions > self.residual.len()
            {
                return self.take_step();
            }
            let keep = fit / self.step.fit;
            let Step { direction, direction_scores, .. } = &mut self.step;
            add_to(direction, keep, &self.residual);
            add_to(direction_scores, keep, &scores);
            self.step.fit = fit;
        }
        self.follow_direction();
    }

    /// Moves the step along the direction as far as the second derivatives say.
    fn follow_direction(&mut self) {
        let (alpha, curvatures) = (self.params.alpha, &self.slopes.second);
        let Step { direction, direction_scores, fit, .. } = &self.step;
        let centre = weighted_mean(direction_scores, curvatures);
        let bent = |((p, z), d): ((&f64, &f64), &f64)| alpha * p + d * (z - centre);
        let bent: Vec<f64> =
            direction.iter().zip(direction_scores).zip(curvatures).map(bent).collect();
        let stride = fit / dot(&bent, direction_scores);
        let step = &mut self.step;
        step.directions += 1;
        step.slope += stride * step.fit;
        for (to, along) in
            [(&mut step.shares, &step.direction), (&mut step.scores, &step.direction_scores)]
        {
            to.iter_mut().zip(along).for_each(|(to, along)| *to += stride * along);
        }
        self.residual.iter_mut().zip(&bent).for_each(|(r, bent)| *r -= stride * bent);
    }

    /// Takes the step, or a part of it.
    fn take_step(&mut self) {
        self.steps += 1;
        self.step.was_tiny = 0.5 * self.step.slope <= ROUNDING * self.value;
        let shift = weighted_mean(&self.step.scores, &self.slopes.second);
        let mut part = 1.0;
        for _ in 0..MOST_HALVINGS {
            let after = |from: &[f64], step: &[f64]| -> Vec<f64> {
                from.iter().zip(step).map(|(from, step)| from + part * step).collect()
            };
            let shares = after(&self.shares, &self.step.shares);
            let scores = after(&self.scores, &self.step.scores);
            let near = self.intercept - part * shift;
            let (intercept, slopes) =
                self.objective.best_intercept(&scores, near, self.enough_slope);
            let value = self.objective.loss(&scores, intercept)
                + 0.5 * self.params.alpha * dot(&shares, &scores);
            if self.step.was_tiny || value <= self.value - ENOUGH * part * self.step.slope {
                (self.shares, self.scores, self.intercept) = (shares, scores, intercept);
                (self.slopes, self.value) = (slopes, value);
                return self.ask();
            }
            part *= 0.5;
        }
        self.is_done = true;
    }

    fn found(self) -> Result<Point> {
        if self.relative <= self.params.tolerance.max(STALLED) {
            return Ok(Point { shares: self.shares, intercept: self.intercept });
        }
        let (relative, limit) = (self.relative, self.params.max_iterations);
        Err(Error::Fit {
            reason: format!(
                "the Newton solver stopped at a relative gradient of {relative:.1e} (at most \
                 {limit} iterations); raise alpha, tolerance or max_iterations"
            ),
        })
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Replaces a vector by `keep` times itself plus another.
fn add_to(vector: &mut [f64], keep: f64, other: &[f64]) {
    vector.iter_mut().zip(other).for_each(|(v, o)| *v = o + keep * *v);
}

fn weighted_mean(values: &[f64], weights: &[f64]) -> f64 {
    dot(values, weights) / weights.iter().sum::<f64>().max(f64::MIN_POSITIVE)
}
