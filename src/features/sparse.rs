//! Sparse rows: the matrix between features and fitting.

use std::ops::Range;

/// Sparse matrix in compressed row form: `len()` rows of `columns` columns.
///
/// Within a row the column indices rise strictly; values are finite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparseRows {
    starts: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
    columns: usize,
    product: Option<Box<Product>>,
}

/// The last columns of a matrix as the product of two sparse ones that have fewer entries
/// than it: texts share words, and each word has its character n-grams once.
#[derive(Debug, Clone, PartialEq)]
struct Product {
    /// Where the entries that are no part of the product end in each row.
    ends: Vec<usize>,
    left: SparseRows,
    right: SparseRows,
}

impl SparseRows {
    /// Creates an empty matrix (no rows yet) of `columns` columns.
    pub fn new(columns: usize) -> Self {
        Self { starts: vec![0], columns, ..Self::default() }
    }

    /// The same matrix, for quicker multiplication: the columns from `first` on are
    /// `left` times `right`, up to rounding errors.
    pub(super) fn with_product(self, first: usize, left: SparseRows, right: SparseRows) -> Self {
        debug_assert!(left.len() == self.len() && left.columns == right.len());
        debug_assert_eq!(right.columns, self.columns);
        let end = |row: usize| {
            self.starts[row] + self.row(row).0.partition_point(|&column| (column as usize) < first)
        };
        let ends = (0..self.len()).map(end).collect();
        Self { product: Some(Box::new(Product { ends, left, right })), ..self }
    }

    /// Writes the product with a vector of `columns()` entries, an entry per row.
    pub(crate) fn times(&self, vector: &[f64], products: &mut [f64]) {
        let Some(Product { ends, left, right }) = self.product.as_deref() else {
            for (row, product) in products.iter_mut().enumerate() {
                *product = self.dot_of(self.starts[row]..self.starts[row + 1], vector);
            }
            return;
        };
        let mut of_right = vec![0.0; right.len()];
        right.times(vector, &mut of_right);
        left.times(&of_right, products);
        for (row, (product, &end)) in products.iter_mut().zip(ends).enumerate() {
            *product += self.dot_of(self.starts[row]..end, vector);
        }
    }

    /// Adds the rows, each times its factor, to a vector of `columns()` entries.
    pub(crate) fn add_rows(&self, factors: &[f64], sum: &mut [f64]) {
        let Some(Product { ends, left, right }) = self.product.as_deref() else {
            for (row, &factor) in factors.iter().enumerate() {
                self.add_entries(self.starts[row]..self.starts[row + 1], factor, sum);
            }
            return;
        };
        for (row, (&factor, &end)) in factors.iter().zip(ends).enumerate() {
            self.add_entries(self.starts[row]..end, factor, sum);
        }
        let mut of_left = vec![0.0; left.columns];
        left.add_rows(factors, &mut of_left);
        right.add_rows(&of_left, sum);
    }

    fn dot_of(&self, entries: Range<usize>, vector: &[f64]) -> f64 {
        let (indices, last_indices) = self.indices[entries.clone()].as_chunks::<4>();
        let (values, last_values) = self.values[entries].as_chunks::<4>();
        // Four sums side by side: one alone would wait for each addition.
        let mut sums = [0.0; 4];
        for (i, v) in indices.iter().zip(values) {
            for lane in 0..4 {
                sums[lane] += v[lane] * vector[i[lane] as usize];
            }
        }
        let last = last_indices.iter().zip(last_values).map(|(&i, v)| v * vector[i as usize]);
        (sums[0] + sums[1]) + (sums[2] + sums[3]) + last.sum::<f64>()
    }

    fn add_entries(&self, entries: Range<usize>, factor: f64, sum: &mut [f64]) {
        for (&i, v) in self.indices[entries.clone()].iter().zip(&self.values[entries]) {
            sum[i as usize] += factor * v;
        }
    }

    /// Appends a row given as (column, value) pairs in ascending order of columns.
    pub fn push_row(&mut self, entries: impl IntoIterator<Item = (u32, f64)>) {
        self.product = None;
        for (index, value) in entries {
            debug_assert!((index as usize) < self.columns);
            self.indices.push(index);
            self.values.push(value);
        }
        self.starts.push(self.indices.len());
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the number of stored entries.
    pub fn stored(&self) -> usize {
        self.indices.len()
    }

    /// Columns and values of row `row`, columns rising.
    pub fn row(&self, row: usize) -> (&[u32], &[f64]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.indices[range.clone()], &self.values[range])
    }

    /// Returns the rows named by `rows`, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut selected = Self::new(self.columns);
        for &row in rows {
            let (indices, values) = self.row(row);
            selected.indices.extend_from_slice(indices);
            selected.values.extend_from_slice(values);
            selected.starts.push(selected.indices.len());
        }
        selected
    }

    /// Returns the sum of the rows named by `rows`, `columns()` entries.
    pub fn sum(&self, rows: &[usize]) -> Vec<f64> {
        let mut sum = vec![0.0; self.columns];
        for &row in rows {
            let (indices, values) = self.row(row);
            indices.iter().zip(values).for_each(|(&i, &v)| sum[i as usize] += v);
        }
        sum
    }

    /// Dot product of row `row` with a dense vector of `columns()` entries.
    pub fn dot(&self, row: usize, dense: &[f64]) -> f64 {
        let (indices, values) = self.row(row);
        indices.iter().zip(values).map(|(&i, &v)| v * dense[i as usize]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_selected_in_the_order_asked_for() {
        let mut rows = SparseRows::new(3);
        rows.push_row([(0, 1.0), (2, 2.0)]);
        rows.push_row([]);
        rows.push_row([(1, 3.0)]);
        let picked = rows.select(&[2, 0]);
        assert_eq!(picked.len(), 2);
        assert_eq!(picked.row(0), (&[1][..], &[3.0][..]));
        assert_eq!(picked.dot(1, &[1.0, 1.0, 10.0]), 21.0);
        assert_eq!(rows.sum(&[0, 2, 2]), [1.0, 6.0, 2.0]);
    }

    #[test]
    fn a_product_multiplies_as_the_rows_it_stands_for() {
        let mut left = SparseRows::new(2);
        left.push_row([(0, 2.0), (1, 1.0)]);
        left.push_row([]);
        left.push_row([(1, 0.5)]);
        let mut right = SparseRows::new(5);
        right.push_row([(2, 1.0), (3, 4.0)]);
        right.push_row([(3, 2.0), (4, -1.0)]);
        let mut rows = SparseRows::new(5);
        rows.push_row([(0, 1.0), (1, -3.0), (2, 2.0), (3, 10.0), (4, -1.0)]);
        rows.push_row([(1, 7.0)]);
        rows.push_row([(3, 1.0), (4, -0.5)]);
        let quick = rows.clone().with_product(2, left, right);
        let (mut plain, mut products) = (vec![0.0; 3], vec![0.0; 3]);
        let vector = [1.0, 2.0, 3.0, 4.0, 8.0];
        rows.times(&vector, &mut plain);
        quick.times(&vector, &mut products);
        assert_eq!(products, plain);
        assert_eq!(products, [33.0, 14.0, 0.0]);
        let (mut plain, mut sum) = (vec![1.0; 5], vec![1.0; 5]);
        rows.add_rows(&[1.0, 2.0, 4.0], &mut plain);
        quick.add_rows(&[1.0, 2.0, 4.0], &mut sum);
        assert_eq!(sum, plain);
        assert_eq!(sum, [2.0, 12.0, 3.0, 15.0, -2.0]);
        // A row more, or a choice of rows, is no longer the product.
        assert_eq!(quick.select(&[0, 1, 2]), rows);
    }
}
