//! One-vs-rest logistic regression with an L2 penalty over sparse rows.
//!
//! Every trend is fitted on its own by minimising
//!
//! ```text
//! sum_i c_i log(1 + exp(-y_i z_i)) + alpha/2 |w|^2,   z_i = w . x_i + b
//! ```
//!
//! over the weights `w` and the intercept `b`, which is not penalised; `y_i` is
//! +1 or -1 and `c_i` the weight of the row. `alpha` is `1 / C` of scikit-learn.
//!
//! Two solvers reach the same optimum: the reduction turns a matrix of few
//! rows and many columns into a small dense one and has `linfa-logistic` fit
//! it; [`Solver::Newton`] works on the sparse rows as they are, at any size.

mod newton;
mod objective;
mod params;
mod reduction;

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::SparseRows;
use crate::{Error, Result};
use newton::Newton;
use objective::Objective;
pub use params::{LogisticParams, Solver};
use reduction::Reduction;

/// The parameters learned for one trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// One weight per column of the matrix it was fitted on.
    pub weights: Vec<f64>,
    /// The score of a row without entries.
    pub intercept: f64,
}

impl Logistic {
    /// Score (logit) of row `row`: its dot product with the weights plus the
    /// intercept.
    ///
    /// `rows` must have the columns the model was fitted on.
    pub fn score(&self, rows: &SparseRows, row: usize) -> f64 {
        rows.dot(row, &self.weights) + self.intercept
    }

    /// Scores (logits) of all rows, which must have the columns the model was fitted on.
    pub fn scores(&self, rows: &SparseRows) -> Vec<f64> {
        let mut scores = vec![0.0; rows.len()];
        rows.times(&self.weights, &mut scores);
        scores.iter_mut().for_each(|score| *score += self.intercept);
        scores
    }

    /// Splits a vector of weights followed by the intercept.
    fn from_point(mut point: Vec<f64>) -> Self {
        let intercept = point.pop().unwrap_or_default();
        Self { weights: point, intercept }
    }
}

/// The fit of one trend, with the details of the solver.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The weights and the intercept.
    pub model: Logistic,
    /// The solver of the model.
    pub solved_by: SolvedBy,
    /// The reason if it was not the requested solver.
    pub note: Option<Note>,
}

/// The origin of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SolvedBy {
    /// No solver: all targets are equal, so only their share is known.
    Prevalence,
    /// `linfa-logistic` on the reduced matrix.
    Reduction,
    /// The sparse Newton solver.
    Newton,
}

/// The reason why a model is not from the requested solver.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// Every row has the trend, or none has; there is nothing to separate.
    OneClass,
    /// The reduction supports integer row weights only, so Newton was used.
    Weighted,
    /// The products of the rows could not be factored, so Newton stepped in.
    Unfactored {
        /// The error of the factorisation.
        reason: String,
    },
    /// `linfa-logistic` gave up with an error, so Newton stepped in.
    GaveUp {
        /// The error of `linfa-logistic`.
        reason: String,
    },
    /// `linfa-logistic` stopped short of the optimum (it ran out of iterations
    /// or its line search failed), so Newton stepped in.
    Unconverged {
        /// The relative gradient at which it stopped.
        gradient: f64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneClass => {
                f.write_str("all cases have the same label, so only its share was used")
            }
            Self::Weighted => f.write_str("fractional weights need the Newton solver"),
            Self::Unfactored { reason } => {
                write!(f, "the rows could not be reduced ({reason}); solved by Newton")
            }
            Self::GaveUp { reason } => write!(f, "linfa gave up ({reason}); solved by Newton"),
            Self::Unconverged { gradient } => write!(
                f,
                "linfa stopped at a relative gradient of {gradient:.1e}; solved by Newton"
            ),
        }
    }
}

/// Fits any number of trends on one matrix. Data that do not depend on the targets are
/// prepared once and shared by the fitters that [`with_alpha`](Self::with_alpha) derives.
/// Each fit runs on one thread, and many threads can share a fitter.
#[derive(Debug, Clone)]
pub struct Fitter<'a> {
    rows: &'a SparseRows,
    params: LogisticParams,
    /// `None` if Newton is used from the start.
    reduction: Option<Arc<Result<Reduction, Note>>>,
}

impl<'a> Fitter<'a> {
    /// Prepares the fits on `rows`; costs `n^3 / 3` operations for `n` rows if
    /// the solver is the reduction, else next to nothing.
    ///
    /// # Errors
    /// [`Error::BadParam`] if the params cannot work and [`Error::BadCorpus`]
    /// if there is no row.
    pub fn new(rows: &'a SparseRows, params: LogisticParams) -> Result<Self> {
        params.check()?;
        if rows.is_empty() {
            return Err(Error::bad_corpus("there are no cases to fit on", "give labelled cases"));
        }
        let reduced = params.reduces(rows.len());
        let reduction = reduced.then(|| Arc::new(Reduction::new(rows)));
        Ok(Self { rows, params, reduction })
    }

    /// Returns a fitter for the same matrix with another `alpha`, sharing the prepared
    /// data.
    ///
    /// # Errors
    /// [`Error::BadParam`] if `alpha` is not a positive number.
    pub fn with_alpha(&self, alpha: f64) -> Result<Self> {
        let params = LogisticParams { alpha, ..self.params.clone() };
        params.check()?;
        Ok(Self { params, ..self.clone() })
    }

    /// Returns the params in use.
    pub fn params(&self) -> &LogisticParams {
        &self.params
    }

    /// Fits one trend: `targets[i]` is whether row `i` has it.
    ///
    /// # Errors
    /// As [`fit_weighted`](Self::fit_weighted).
    pub fn fit(&self, targets: &[bool]) -> Result<Fit> {
        self.fit_weighted(targets, None, None)
    }

    /// Fits one trend with a weight per row (`None`: all 1), optionally from a `start`
    /// near the optimum, such as the fit for a neighbouring `alpha`. Only Newton uses it.
    /// A weight of 2 equals a repeated row. The reduction supports integer weights (times
    /// `positive_weight`), others need Newton. If no row of any weight has the trend, or
    /// none is without it, the weights are zero and the intercept is the smoothed log
    /// odds `ln((positive + 0.5) / (negative + 0.5))`.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if targets, weights or start do not have the size of the
    /// matrix, or a weight is negative or not finite; [`Error::Fit`] if Newton does not
    /// converge.
    pub fn fit_weighted(
        &self,
        targets: &[bool],
        weights: Option<&[f64]>,
        start: Option<&Logistic>,
    ) -> Result<Fit> {
        self.check_sizes(targets, weights, start)?;
        let objective = Objective::new(self.rows, targets, weights, &self.params);
        if let Some(model) = objective.one_class() {
            let (solved_by, note) = (SolvedBy::Prevalence, Some(Note::OneClass));
            return Ok(Fit { model, solved_by, note });
        }
        let mut start = start.map(|model| {
            let mut point = model.weights.clone();
            point.push(model.intercept);
            point
        });
        let note = match self.reduction.as_deref() {
            None => None,
            Some(Err(note)) => Some(note.clone()),
            Some(Ok(reduction)) => match objective
                .repeats()
                .ok_or(Note::Weighted)
                .and_then(|repeats| reduction.fit(&objective, targets, &repeats, &self.params))
            {
                Err(note) => Some(note),
                Ok((point, gradient)) if gradient <= self.params.accepted() => {
                    let model = Logistic::from_point(point);
                    return Ok(Fit { model, solved_by: SolvedBy::Reduction, note: None });
                }
                Ok((point, gradient)) => {
                    // A point that is worse than none would only mislead Newton.
                    start = (gradient < 0.01).then_some(point);
                    Some(Note::Unconverged { gradient })
                }
            },
        };
        let point = Newton::new(&self.params).minimise(&objective, start)?;
        Ok(Fit { model: Logistic::from_point(point), solved_by: SolvedBy::Newton, note })
    }

    /// Fits several trends, each by itself, on as many threads as there are.
    ///
    /// # Errors
    /// As [`fit_weighted`](Self::fit_weighted).
    pub fn fit_all(&self, targets: &[Vec<bool>], weights: Option<&[f64]>) -> Result<Vec<Fit>> {
        targets.par_iter().map(|targets| self.fit_weighted(targets, weights, None)).collect()
    }

    fn check_sizes(
        &self,
        targets: &[bool],
        weights: Option<&[f64]>,
        start: Option<&Logistic>,
    ) -> Result<()> {
        let rows = self.rows.len();
        let bad = |reason: String, remedy: &'static str| {
            Err(Error::BadCorpus { reason, remedy: remedy.into() })
        };
        if targets.len() != rows {
            return bad(format!("{} targets for {rows} rows", targets.len()), "give one per row");
        }
        if let Some(weights) = weights {
            if weights.len() != rows {
                return bad(
                    format!("{} weights for {rows} rows", weights.len()),
                    "give one per row",
                );
            }
            if let Some(row) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
                return bad(
                    format!("row {} has the weight {}", row + 1, weights[row]),
                    "give a finite weight of 0 or more",
                );
            }
        }
        match start {
            Some(start) if start.weights.len() != self.rows.columns() => bad(
                format!(
                    "the start has {} weights for {} columns",
                    start.weights.len(),
                    self.rows.columns()
                ),
                "start from a fit on the same columns",
            ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
