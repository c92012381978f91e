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
//! it; [`newton`] works on the sparse rows as they are, at any size.

mod fitter;
mod lanes;
pub mod newton;
mod objective;
mod params;
mod reduction;
mod step;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sparse::SparseRows;
pub use fitter::Fitter;
pub use params::{LogisticParams, Solver};

/// What was learned for one trend.
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

    /// Splits a vector of weights followed by the intercept.
    fn from_point(mut point: Vec<f64>) -> Self {
        let intercept = point.pop().unwrap_or_default();
        Self { weights: point, intercept }
    }
}

/// A fitted trend, and how it was come by.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The weights and the intercept.
    pub model: Logistic,
    /// What gave the model.
    pub solved_by: SolvedBy,
    /// Why it was not the solver that was asked for, where it was not.
    pub note: Option<Note>,
}

/// What gave a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SolvedBy {
    /// No solver: the targets are all alike, only their share is known.
    Prevalence,
    /// `linfa-logistic` on the reduced matrix.
    Reduction,
    /// The sparse Newton solver.
    Newton,
}

/// Why a model does not come from the solver that was asked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// Every row has the trend, or none has; there is nothing to separate.
    OneClass,
    /// The reduction takes whole weights of rows only, so Newton stepped in.
    Weighted,
    /// The products of the rows could not be factored, so Newton stepped in.
    Unfactored {
        /// What the factorisation said.
        reason: String,
    },
    /// `linfa-logistic` gave up with an error, so Newton stepped in.
    GaveUp {
        /// What `linfa-logistic` said.
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
            Self::OneClass => f.write_str("all cases are alike, so only their share was used"),
            Self::Weighted => f.write_str("weights that are not whole need the Newton solver"),
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

#[cfg(test)]
mod tests;
