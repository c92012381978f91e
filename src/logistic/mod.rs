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
//! it; [`Solver::Newton`] works on the sparse rows as they are, at any size, and on several
//! trends in one pass.

mod newton;
mod objective;
mod params;
mod products;
mod reduction;

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::FactoredRows;
use crate::{Error, Result};
use newton::Point;
use objective::Objective;
pub use params::{LogisticParams, Solver};
use products::{MOST_LANES, Memory};
use reduction::Reduction;

/// From this number of rows on, each thread gets trends to solve; with fewer rows it takes
/// longer to share the work.
const LARGE: usize = 10_000;

/// The parameters learned for one trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// One weight per column of the matrix it was fitted on.
    pub weights: Vec<f64>,
    /// The score of a row without entries.
    pub intercept: f64,
}

impl Logistic {
    /// Scores (logits) of all rows, which must have the columns the model was fitted on.
    pub fn scores(&self, rows: &FactoredRows) -> Vec<f64> {
        let mut scores = vec![[0.0]; rows.len()];
        rows.times(self.weights.as_chunks().0, &mut scores);
        scores.into_iter().map(|[score]| score + self.intercept).collect()
    }
}

/// The rows of one trend.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'l> {
    /// Whether each row has the trend.
    pub has: &'l [bool],
    /// How much each row counts; `None` if all count 1. A weight of 2 equals a repeated row.
    pub weights: Option<&'l [f64]>,
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
/// Many threads can share a fitter.
#[derive(Debug, Clone)]
pub struct Fitter<'a> {
    rows: &'a FactoredRows,
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
    pub fn new(rows: &'a FactoredRows, params: LogisticParams) -> Result<Self> {
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

    /// Fits one trend.
    ///
    /// # Errors
    /// As [`fit_all`](Self::fit_all).
    pub fn fit(&self, labels: Labels<'_>) -> Result<Fit> {
        let fit = self.fit_all(&[labels])?.pop();
        fit.ok_or_else(|| Error::internal("a trend was not fitted", "there is no fit"))
    }

    /// Fits several trends; what becomes of one does not depend on the others. The reduction
    /// supports integer weights (times `positive_weight`), others need Newton. If no row of any
    /// weight has the trend, or none is without it, the weights are zero and the intercept is
    /// the smoothed log odds `ln((positive + 0.5) / (negative + 0.5))`.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if labels or weights do not have the size of the matrix, or a
    /// weight is negative or not finite; [`Error::Fit`] if Newton does not converge.
    pub fn fit_all(&self, trends: &[Labels<'_>]) -> Result<Vec<Fit>> {
        trends.iter().try_for_each(|labels| self.check_sizes(labels))?;
        let objective = |labels: &Labels<'_>| Objective::new(labels, &self.params);
        let objectives: Vec<Objective> = trends.iter().map(objective).collect();
        let begun = trends.par_iter().zip(&objectives).map(|(labels, o)| self.begin(labels, o));
        let begun: Vec<Begun> = begun.collect();

        let is_left = |begun: &Begun| matches!(begun, Begun::Left(_));
        let left = begun.iter().zip(&objectives).filter(|(begun, _)| is_left(begun));
        let left: Vec<&Objective> = left.map(|(_, objective)| objective).collect();
        let solve = |block: &[&Objective]| newton::minimise(self.rows, block, &self.params);
        let solved = left.par_chunks(self.lanes(left.len())).map(solve);
        let mut solved = solved.collect::<Result<Vec<_>>>()?.into_iter().flatten();

        let end = |begun: Begun| match begun {
            Begun::Found(point, solved_by, note) => Some((point, solved_by, note)),
            Begun::Left(note) => Some((solved.next()?, SolvedBy::Newton, note)),
        };
        let found: Vec<(Point, SolvedBy, Option<Note>)> =
            begun.into_iter().filter_map(end).collect();
        let shares: Vec<&[f64]> = found.iter().map(|(point, ..)| &point.shares[..]).collect();
        let weights = Memory::default().sums(self.rows, &shares);
        let fit = |(weights, (point, solved_by, note)): (_, (Point, _, _))| Fit {
            model: Logistic { weights, intercept: point.intercept },
            solved_by,
            note,
        };
        Ok(weights.into_iter().zip(found).map(fit).collect())
    }

    /// Fits a trend without Newton, if that is possible.
    fn begin(&self, labels: &Labels<'_>, objective: &Objective) -> Begun {
        let (positive, negative) = objective.totals();
        if positive == 0.0 || negative == 0.0 {
            let intercept = libm::log((positive + 0.5) / (negative + 0.5));
            let point = Point { shares: vec![0.0; self.rows.len()], intercept };
            return Begun::Found(point, SolvedBy::Prevalence, Some(Note::OneClass));
        }
        let reduction = match self.reduction.as_deref() {
            None => return Begun::Left(None),
            Some(Err(note)) => return Begun::Left(Some(note.clone())),
            Some(Ok(reduction)) => reduction,
        };
        let Some(repeats) = objective.repeats() else { return Begun::Left(Some(Note::Weighted)) };
        match reduction.fit(self.rows, objective, labels.has, &repeats, &self.params) {
            Err(note) => Begun::Left(Some(note)),
            Ok((point, gradient)) if gradient <= self.params.accepted() => {
                Begun::Found(point, SolvedBy::Reduction, None)
            }
            Ok((_, gradient)) => Begun::Left(Some(Note::Unconverged { gradient })),
        }
    }

    /// Returns how many of `trends` trends Newton solves in one pass. On large matrices no
    /// thread is left without work.
    fn lanes(&self, trends: usize) -> usize {
        let threads = if self.rows.len() < LARGE { 1 } else { rayon::current_num_threads() };
        let blocks = trends.div_ceil(MOST_LANES).max(threads);
        trends.div_ceil(blocks).max(1)
    }

    fn check_sizes(&self, labels: &Labels<'_>) -> Result<()> {
        let rows = self.rows.len();
        let bad = |reason: String, remedy: &'static str| {
            Err(Error::BadCorpus { reason, remedy: remedy.into() })
        };
        if labels.has.len() != rows {
            return bad(
                format!("{} targets for {rows} rows", labels.has.len()),
                "give one per row",
            );
        }
        let Some(weights) = labels.weights else { return Ok(()) };
        if weights.len() != rows {
            return bad(format!("{} weights for {rows} rows", weights.len()), "give one per row");
        }
        match weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
            None => Ok(()),
            Some(row) => bad(
                format!("row {} has the weight {}", row + 1, weights[row]),
                "give a finite weight of 0 or more",
            ),
        }
    }
}

/// A fit before Newton.
enum Begun {
    Found(Point, SolvedBy, Option<Note>),
    /// Newton is needed, with the reason if another solver was asked for.
    Left(Option<Note>),
}

#[cfg(test)]
mod tests;
