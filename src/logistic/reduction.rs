//! The exact reduction: a matrix of `n` rows and many more columns is turned into an `n x
//! n` one that has the same optimum, and `linfa-logistic` fits it. The optimal weights
//! are a linear combination of rows (Kimeldorf and Wahba 1971, the representer theorem),
//! so only the products of the rows count. With `K = X X' = L L'`, the rows of the
//! triangle `L` have the same products as the rows of `X`; weights `v` found on `L`
//! correspond to `w = X' L^-T v`, which give the same scores and have the same length.

use std::ops::RangeInclusive;

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use linfa_linalg::cholesky::CholeskyInplace;
use linfa_linalg::triangular::{SolveTriangularInplace, UPLO};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, Axis, CowArray, Ix2};

use super::newton::Point;
use super::objective::Objective;
use super::products::{MOST_LANES, Memory};
use super::{LogisticParams, Note};
use crate::features::FactoredRows;

/// Added to the diagonal of `K`, relative to its mean, until the factorisation
/// is sound. The first is right unless rows are equal or depend on each other.
const JITTERS: [f64; 4] = [0.0, 1e-11, 1e-9, 1e-7];

/// Smallest squared pivot, relative to the mean diagonal, that is more than
/// the rounding error of the ones before it.
const SOUND_PIVOT: f64 = 1e-12;

/// Mean squared lengths of rows that can be worked with. Towards the limits of
/// double precision the line search of `linfa-logistic` may never end.
const SOUND_MEANS: RangeInclusive<f64> = 1e-100..=1e100;

/// The triangle `L` of a matrix.
#[derive(Debug)]
pub(super) struct Reduction {
    triangle: Array2<f64>,
}

impl Reduction {
    /// Factors the products of the rows; `rows` must not be empty.
    ///
    /// # Errors
    /// [`Note::Unfactored`] if no jitter helps, or the values are all zero or
    /// absurdly small or large.
    pub(super) fn new(rows: &FactoredRows) -> Result<Self, Note> {
        let products = products(rows);
        let mean = products.diag().sum() / rows.len() as f64;
        if !SOUND_MEANS.contains(&mean) {
            return Err(Note::Unfactored { reason: format!("mean squared length is {mean}") });
        }
        let mut reason = String::new();
        for jitter in JITTERS {
            let mut triangle = products.clone();
            triangle.diag_mut().mapv_inplace(|d| d + jitter * mean);
            match triangle.cholesky_inplace().map(|_| ()) {
                Ok(()) if triangle.diag().iter().all(|d| d * d >= SOUND_PIVOT * mean) => {
                    return Ok(Self { triangle });
                }
                Ok(()) => reason = "rows depend on each other".into(),
                Err(error) => reason = error.to_string(),
            }
        }
        Err(Note::Unfactored { reason })
    }

    /// Returns the rows of the triangle as often as each counts: rows that are equal
    /// stay one row in the factorisation, and are many in the fit alone.
    fn repeated(
        &self,
        targets: &[bool],
        repeats: &[usize],
    ) -> (CowArray<'_, f64, Ix2>, Array1<bool>) {
        if repeats.iter().all(|&times| times == 1) {
            return (self.triangle.view().into(), targets.to_vec().into());
        }
        let rows: Vec<usize> =
            repeats.iter().enumerate().flat_map(|(row, &n)| std::iter::repeat_n(row, n)).collect();
        let targets = rows.iter().map(|&row| targets[row]).collect();
        (self.triangle.select(Axis(0), &rows).into(), targets)
    }

    /// Fits one trend on `rows`, with each row counted `repeats` times. Returns the solution and
    /// the relative gradient of `objective` there, which shows whether it is the optimum;
    /// `linfa-logistic` does not report this.
    ///
    /// # Errors
    /// [`Note::GaveUp`] if `linfa-logistic` or the way back fails.
    pub(super) fn fit(
        &self,
        rows: &FactoredRows,
        objective: &Objective,
        targets: &[bool],
        repeats: &[usize],
        params: &LogisticParams,
    ) -> Result<(Point, f64), Note> {
        let gave_up = |reason: String| Note::GaveUp { reason };
        let mut memory = Memory::default();
        let mut gradient = |shares: &[f64], scores: &[f64], intercept: f64| {
            let slopes = objective.slopes(scores, intercept).first;
            let intercept: f64 = slopes.iter().sum();
            let slopes = slopes.iter().zip(shares).map(|(s, share)| s + params.alpha * share);
            let slopes: Vec<f64> = slopes.collect();
            [memory.squares(rows, &[&slopes])[0].largest, intercept.abs()]
        };
        let (positive, negative) = objective.totals();
        let none = vec![0.0; rows.len()];
        let [natural, _] = gradient(&none, &none, objective.log_odds());
        let natural = [natural, 2.0 * positive * negative / (positive + negative)];

        let (triangle, targets) = self.repeated(targets, repeats);
        let dataset = DatasetBase::new(triangle.view(), targets);
        let fitted = LogisticRegression::default()
            .alpha(params.alpha)
            .with_intercept(true)
            .max_iterations(params.max_iterations as u64)
            // linfa compares the Euclidean norm, which is the stricter one.
            .gradient_tolerance(
                (params.tolerance * natural[0].min(natural[1])).max(f64::MIN_POSITIVE),
            )
            .check()
            .and_then(|valid| valid.fit(&dataset))
            .map_err(|error| gave_up(error.to_string()))?;
        // linfa treats the larger class as the positive one.
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };

        let mut shares = (fitted.params() * sign).insert_axis(Axis(1));
        self.triangle
            .t()
            .solve_triangular_inplace(&mut shares, UPLO::Upper)
            .map_err(|error| gave_up(error.to_string()))?;
        let shares = shares.into_raw_vec_and_offset().0;
        let intercept = sign * fitted.intercept();

        let scores = Memory::default().squares(rows, &[&shares]).swap_remove(0).scores;
        let found = gradient(&shares, &scores, intercept);
        // The smallest positive number keeps 0 / 0 (a matrix of zeros) at 0.
        let relative = found.iter().zip(natural).map(|(g, n)| g / n.max(f64::MIN_POSITIVE));
        let relative = relative.fold(0.0, |largest: f64, g| {
            if g.is_nan() || largest.is_nan() { f64::NAN } else { largest.max(g) }
        });
        Ok((Point { shares, intercept }, relative))
    }
}

/// Returns all products of two rows, `X X'`.
fn products(rows: &FactoredRows) -> Array2<f64> {
    let n = rows.len();
    let mut products = Array2::zeros((n, n));
    let mut memory = Memory::default();
    let mut units = vec![vec![0.0; n]; MOST_LANES];
    for first in (0..n).step_by(MOST_LANES) {
        let block = first..n.min(first + MOST_LANES);
        block.clone().zip(&mut units).for_each(|(row, unit)| unit[row] = 1.0);
        let asked: Vec<&[f64]> = units[..block.len()].iter().map(Vec::as_slice).collect();
        for (row, product) in block.clone().zip(memory.squares(rows, &asked)) {
            products.row_mut(row).iter_mut().zip(product.scores).for_each(|(to, p)| *to = p);
        }
        block.zip(&mut units).for_each(|(row, unit)| unit[row] = 0.0);
    }
    products
}
