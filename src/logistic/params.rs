//! The params of the logistic regression.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Maximum number of rows for which [`Solver::Auto`] uses the reduction. Beyond it, the
/// cubic cost of the factorisation outweighs the savings of a small matrix.
const AUTO_REDUCTION_ROWS: usize = 2_000;

/// Which solver fits the trends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solver {
    /// The reduction up to 2,000 rows, Newton beyond or with weights.
    #[default]
    Auto,
    /// `linfa-logistic` on the reduced matrix; Newton steps in if it fails.
    Reduction,
    /// The sparse trust-region Newton solver.
    Newton,
}

/// Hyperparameters of a logistic regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogisticParams {
    /// Strength of the L2 penalty, above 0; `1 / C` of scikit-learn.
    pub alpha: f64,
    /// The fit has converged when no component of the gradient exceeds this share of the
    /// largest one at the intercept-only model. If the solver makes no more progress, the
    /// reduction accepts 1e-6 and Newton 1e-5.
    pub tolerance: f64,
    /// Most iterations of a solver.
    pub max_iterations: usize,
    /// Which solver to use.
    pub solver: Solver,
    /// How much a row that has the trend counts, against 1 for one that does
    /// not; other than 1 it needs Newton.
    pub positive_weight: f64,
}

impl Default for LogisticParams {
    fn default() -> Self {
        Self {
            alpha: 0.1,
            tolerance: 1e-8,
            max_iterations: 1_000,
            solver: Solver::Auto,
            positive_weight: 1.0,
        }
    }
}

impl LogisticParams {
    /// Checks that the values can work together.
    ///
    /// # Errors
    /// [`Error::BadParam`] naming the first that cannot.
    pub fn check(&self) -> Result<()> {
        positive("alpha", self.alpha)?;
        positive("tolerance", self.tolerance)?;
        positive("positive_weight", self.positive_weight)?;
        if self.max_iterations == 0 {
            return Err(Error::bad_param("max_iterations", "0", "allow at least one iteration"));
        }
        Ok(())
    }

    /// Returns whether a matrix of `rows` rows is to be reduced.
    pub(super) fn reduces(&self, rows: usize) -> bool {
        match self.solver {
            Solver::Auto => rows <= AUTO_REDUCTION_ROWS && self.positive_weight == 1.0,
            Solver::Reduction => true,
            Solver::Newton => false,
        }
    }

    /// Returns the relative gradient with which a fit of `linfa-logistic` is accepted.
    ///
    /// Its L-BFGS ends where the cost no longer changes in double precision.
    /// The cost is flat there: a relative change of 1e-16 goes with a gradient
    /// of about the square root of that, and rounding adds to it.
    pub(super) fn accepted(&self) -> f64 {
        self.tolerance.max(1e-6)
    }
}

fn positive(name: &'static str, value: f64) -> Result<()> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    let remedy = "give a finite number above 0".into();
    Err(Error::BadParam { name, value: value.to_string(), remedy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_that_cannot_work_are_named() {
        let params = LogisticParams { alpha: 0.0, ..LogisticParams::default() };
        let message = params.check().unwrap_err().to_string();
        assert_eq!(message, "alpha = 0: give a finite number above 0");
        let params = LogisticParams { tolerance: f64::NAN, ..LogisticParams::default() };
        assert!(params.check().unwrap_err().to_string().starts_with("tolerance = NaN"));
        let params = LogisticParams { max_iterations: 0, ..LogisticParams::default() };
        assert!(params.check().is_err());
        assert!(LogisticParams::default().check().is_ok());
    }

    #[test]
    fn params_are_read_from_json_with_defaults_for_what_is_missing() {
        let params: LogisticParams =
            serde_json::from_str(r#"{"alpha": 2.0, "solver": "newton"}"#).unwrap();
        let wanted =
            LogisticParams { alpha: 2.0, solver: Solver::Newton, ..LogisticParams::default() };
        assert_eq!(params, wanted);
        assert!(serde_json::from_str::<LogisticParams>(r#"{"alhpa": 2.0}"#).is_err());
    }
}
