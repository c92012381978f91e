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

use super::objective::Objective;
use super::{LogisticParams, Note};
use crate::features::SparseRows;

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
    pub(super) fn new(rows: &SparseRows) -> Result<Self, Note> {
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

    /// Fits one trend, with each row counted `repeats` times. Returns the solution and
    /// the relative gradient of `objective` there, which shows whether it is the optimum;
    /// `linfa-logistic` does not report this.
    ///
    /// # Errors
    /// [`Note::GaveUp`] if `linfa-logistic` or the way back fails.
    pub(super) fn fit(
        &self,
        objective: &Objective<'_>,
        targets: &[bool],
        repeats: &[usize],
        params: &LogisticParams,
    ) -> Result<(Vec<f64>, f64), Note> {
        let gave_up = |reason: String| Note::GaveUp { reason };
        let (_, mut gradient) = objective.intercept_only();
        let yardstick = objective.yardstick(&gradient);
        let (triangle, targets) = self.repeated(targets, repeats);
        let dataset = DatasetBase::new(triangle.view(), targets);
        let fitted = LogisticRegression::default()
            .alpha(params.alpha)
            .with_intercept(true)
            .max_iterations(params.max_iterations as u64)
            // linfa compares the Euclidean norm, which is the stricter one.
            .gradient_tolerance(yardstick.absolute(params.tolerance))
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
        let mut point = vec![0.0; objective.rows().columns() + 1];
        objective.rows().add_rows(&shares.into_raw_vec_and_offset().0, &mut point);
        point[objective.rows().columns()] = sign * fitted.intercept();

        objective.gradient(&point, &objective.scores(&point), &mut gradient);
        Ok((point, yardstick.relative(&gradient)))
    }
}

/// Returns all products of two rows, `X X'`.
fn products(rows: &SparseRows) -> Array2<f64> {
    let n = rows.len();
    let mut products = Array2::zeros((n, n));
    let mut dense = vec![0.0; rows.columns()];
    for i in 0..n {
        let (indices, values) = rows.row(i);
        indices.iter().zip(values).for_each(|(&index, &value)| dense[index as usize] = value);
        for j in 0..=i {
            let product = rows.dot(j, &dense);
            products[(i, j)] = product;
            products[(j, i)] = product;
        }
        for &index in indices {
            dense[index as usize] = 0.0;
        }
    }
    products
}
