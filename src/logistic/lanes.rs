//! Passes over sparse rows for several trends at a time.
//!
//! The entries of a row are read once for all trends, and what they meet lies
//! side by side. Each trend gets the same operations in the same order as if it
//! were alone, so its result is the same to the bit.

use super::objective::Objective;
use crate::sparse::SparseRows;

/// One value per trend and column (the intercept last) or row.
pub(super) type Lanes<const L: usize> = Vec<[f64; L]>;

/// Score of a row at a point of each trend.
pub(super) fn score<const L: usize>(rows: &SparseRows, row: usize, point: &[[f64; L]]) -> [f64; L] {
    let (indices, values) = rows.row(row);
    let (indices, last_indices) = indices.as_chunks::<4>();
    let (values, last_values) = values.as_chunks::<4>();
    // Four sums side by side: one alone would wait for each addition.
    let mut sums = [[0.0; L]; 4];
    for (i, v) in indices.iter().zip(values) {
        for (sum, (&i, &v)) in sums.iter_mut().zip(i.iter().zip(v)) {
            add(sum, v, &point[i as usize]);
        }
    }
    let mut last = [0.0; L];
    for (&i, &v) in last_indices.iter().zip(last_values) {
        add(&mut last, v, &point[i as usize]);
    }
    let intercept = &point[rows.columns()];
    std::array::from_fn(|k| {
        (sums[0][k] + sums[1][k]) + (sums[2][k] + sums[3][k]) + last[k] + intercept[k]
    })
}

fn add<const L: usize>(sum: &mut [f64; L], factor: f64, values: &[f64; L]) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}

/// Adds each trend's factor times a row to the entries of its columns.
pub(super) fn add_row<const L: usize>(
    rows: &SparseRows,
    row: usize,
    factors: &[f64; L],
    sums: &mut [[f64; L]],
) {
    let (indices, values) = rows.row(row);
    for (&i, &v) in indices.iter().zip(values) {
        add(&mut sums[i as usize], v, factors);
    }
}

/// Writes the gradient at `point`, which has these scores, for the trends that
/// are `wanted`; of the others it means nothing.
pub(super) fn gradient<const L: usize>(
    objectives: &[&Objective<'_>; L],
    wanted: &[bool; L],
    point: &[[f64; L]],
    scores: &[[f64; L]],
    gradient: &mut [[f64; L]],
) {
    let rows = objectives[0].rows();
    let alpha = objectives[0].alpha();
    for (g, w) in gradient.iter_mut().zip(point) {
        *g = w.map(|w| alpha * w);
    }
    let mut totals = [0.0; L];
    for (row, z) in scores.iter().enumerate() {
        let slopes: [f64; L] =
            std::array::from_fn(|k| if wanted[k] { objectives[k].slope(row, z[k]) } else { 0.0 });
        add(&mut totals, 1.0, &slopes);
        add_row(rows, row, &slopes, gradient);
    }
    gradient[rows.columns()] = totals;
}
