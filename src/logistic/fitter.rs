//! Fits of many trends on one matrix, by the solver that suits it.

use std::sync::Arc;

use rayon::prelude::*;

use super::newton::Newton;
use super::objective::Objective;
use super::reduction::Reduction;
use super::{Fit, Logistic, LogisticParams, Note, SolvedBy};
use crate::sparse::SparseRows;
use crate::{Error, Result};

/// Fits any number of trends on one matrix.
///
/// What does not depend on the targets is prepared once, and shared by the
/// fitters that [`with_alpha`](Self::with_alpha) derives. Each fit runs on one
/// thread; a fitter may be shared by many threads.
#[derive(Debug, Clone)]
pub struct Fitter<'a> {
    rows: &'a SparseRows,
    params: LogisticParams,
    /// `None` where Newton is to be used from the start.
    reduction: Option<Arc<Result<Reduction, Note>>>,
}

/// A fit that is done, or left to Newton.
enum Begun<'a> {
    Done(Fit),
    Left(Left<'a>),
}

/// What Newton starts from.
struct Left<'a> {
    objective: Objective<'a>,
    start: Option<Vec<f64>>,
    note: Option<Note>,
}

/// Trends that Newton fits together.
const LANES: usize = 4;

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
            return Err(Error::BadCorpus {
                reason: "there is no case to fit on".into(),
                remedy: "give labelled cases".into(),
            });
        }
        let reduced = params.reduces(rows.len());
        let reduction = reduced.then(|| Arc::new(Reduction::new(rows)));
        Ok(Self { rows, params, reduction })
    }

    /// The same matrix with another `alpha`; shares what was prepared.
    ///
    /// # Errors
    /// [`Error::BadParam`] if `alpha` is not a positive number.
    pub fn with_alpha(&self, alpha: f64) -> Result<Self> {
        let params = LogisticParams { alpha, ..self.params.clone() };
        params.check()?;
        Ok(Self { params, ..self.clone() })
    }

    /// The params in use.
    pub fn params(&self) -> &LogisticParams {
        &self.params
    }

    /// Fits one trend: `targets[i]` says whether row `i` has it.
    ///
    /// # Errors
    /// As [`fit_weighted`](Self::fit_weighted).
    pub fn fit(&self, targets: &[bool]) -> Result<Fit> {
        self.fit_weighted(targets, None, None)
    }

    /// Fits one trend with a weight per row (`None`: all 1), from a `start`
    /// near the optimum (such as the fit for a neighbouring `alpha`) if there
    /// is one; only Newton makes use of it.
    ///
    /// A weight of 2 is the same as the row standing twice; the reduction takes
    /// whole weights (times `positive_weight`), others need Newton. If no row of
    /// any weight has the trend, or none is without it, the weights are zero
    /// and the intercept is the smoothed log odds
    /// `ln((positive + 0.5) / (negative + 0.5))`.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if targets, weights or start do not have the size
    /// of the matrix, or a weight is negative or not finite; [`Error::Fit`] if
    /// Newton does not converge.
    pub fn fit_weighted(
        &self,
        targets: &[bool],
        weights: Option<&[f64]>,
        start: Option<&Logistic>,
    ) -> Result<Fit> {
        match self.begin(targets, weights, start)? {
            Begun::Done(fit) => Ok(fit),
            Begun::Left(left) => {
                let [fit] = self.finish([left]);
                fit
            }
        }
    }

    /// Fits several trends on as many threads as there are: each gets the very
    /// fit that [`fit_weighted`](Self::fit_weighted) gives it, but Newton reads
    /// the rows once for some of them together.
    ///
    /// # Errors
    /// As [`fit_weighted`](Self::fit_weighted).
    pub fn fit_all(&self, targets: &[Vec<bool>], weights: Option<&[f64]>) -> Result<Vec<Fit>> {
        let begun: Vec<Begun<'_>> = targets
            .par_iter()
            .map(|targets| self.begin(targets, weights, None))
            .collect::<Result<_>>()?;
        let (mut fits, mut left) = (vec![None; targets.len()], Vec::new());
        for (trend, begun) in begun.into_iter().enumerate() {
            match begun {
                Begun::Done(fit) => fits[trend] = Some(fit),
                Begun::Left(fit) => left.push((trend, fit)),
            }
        }
        let (trends, left): (Vec<usize>, Vec<Left<'_>>) = left.into_iter().unzip();
        let mut together = Vec::new();
        let mut left = left.into_iter();
        while let Some(first) = left.next() {
            together.push(std::iter::once(first).chain(left.by_ref().take(LANES - 1)).collect());
        }
        let found: Vec<Vec<Result<Fit>>> = together
            .into_par_iter()
            .map(|group: Vec<Left<'_>>| match <[Left<'_>; LANES]>::try_from(group) {
                Ok(full) => self.finish(full).into(),
                Err(few) => few.into_iter().flat_map(|one| self.finish([one])).collect(),
            })
            .collect();
        for (trend, fit) in trends.into_iter().zip(found.into_iter().flatten()) {
            fits[trend] = Some(fit?);
        }
        Ok(fits.into_iter().flatten().collect())
    }

    /// All that comes before Newton.
    fn begin(
        &self,
        targets: &[bool],
        weights: Option<&[f64]>,
        start: Option<&Logistic>,
    ) -> Result<Begun<'a>> {
        self.check_sizes(targets, weights, start)?;
        let objective = Objective::new(self.rows, targets, weights, &self.params);
        if let Some(model) = objective.one_class() {
            let (solved_by, note) = (SolvedBy::Prevalence, Some(Note::OneClass));
            return Ok(Begun::Done(Fit { model, solved_by, note }));
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
                    let solved_by = SolvedBy::Reduction;
                    return Ok(Begun::Done(Fit { model, solved_by, note: None }));
                }
                Ok((point, gradient)) => {
                    // A point that is worse than none would only mislead Newton.
                    start = (gradient < 0.01).then_some(point);
                    Some(Note::Unconverged { gradient })
                }
            },
        };
        Ok(Begun::Left(Left { objective, start, note }))
    }

    /// Newton, for several trends in step.
    fn finish<const L: usize>(&self, mut left: [Left<'_>; L]) -> [Result<Fit>; L] {
        let starts = left.each_mut().map(|left| left.start.take());
        let objectives = left.each_ref().map(|left| &left.objective);
        let points = Newton::new(&self.params).minimise(objectives, starts);
        let mut notes = left.map(|left| left.note).into_iter();
        points.map(|point| {
            let (model, note) = (Logistic::from_point(point?), notes.next().flatten());
            Ok(Fit { model, solved_by: SolvedBy::Newton, note })
        })
    }

    fn check_sizes(
        &self,
        targets: &[bool],
        weights: Option<&[f64]>,
        start: Option<&Logistic>,
    ) -> Result<()> {
        let rows = self.rows.len();
        let bad =
            |reason: String, remedy: &str| Err(Error::BadCorpus { reason, remedy: remedy.into() });
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
