//! The step of the trust-region Newton method, for several trends at a time.

use super::lanes::{self, Lanes};
use super::objective::Objective;

/// The step of one iteration for each trend, and the memory to find it in.
pub(super) struct Step<'o, 'a, const L: usize> {
    objectives: [&'o Objective<'a>; L],
    /// The step itself, and what it adds to the score of each row.
    pub(super) step: Lanes<L>,
    pub(super) scores: Lanes<L>,
    /// The decrease that the quadratic model promises.
    pub(super) promised: [f64; L],
    /// Length of the step in the norm of the preconditioner.
    pub(super) length: [f64; L],
    /// Whether the trust region cut it short.
    pub(super) at_radius: [bool; L],
    curvatures: Lanes<L>,
    diagonal: Lanes<L>,
    residual: Lanes<L>,
    direction: Lanes<L>,
    /// The second derivatives times the direction, and the direction's scores.
    product: Lanes<L>,
    direction_scores: Lanes<L>,
}

impl<'o, 'a, const L: usize> Step<'o, 'a, L> {
    pub(super) fn new(objectives: [&'o Objective<'a>; L]) -> Self {
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
    pub(super) fn find(
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
