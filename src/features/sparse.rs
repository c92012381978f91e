//! Sparse rows: the matrix between features and fitting.

/// Sparse matrix in compressed row form: `len()` rows of `columns` columns.
///
/// Within a row the column indices rise strictly; values are finite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparseRows {
    starts: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
    columns: usize,
}

impl SparseRows {
    /// Creates an empty matrix (no rows yet) of `columns` columns.
    pub fn new(columns: usize) -> Self {
        Self { starts: vec![0], columns, ..Self::default() }
    }

    /// Adds the products of the rows with vectors of `columns()` entries to an entry per row.
    pub(super) fn add_products<const W: usize>(
        &self,
        vectors: &[[f64; W]],
        products: &mut [[f64; W]],
    ) {
        for (row, product) in products.iter_mut().enumerate() {
            let (indices, values) = self.row(row);
            let (pairs, last) = indices.as_chunks::<2>();
            let (values, last_value) = values.as_chunks::<2>();
            // Two sums side by side: one alone would wait for each addition.
            let (mut even, mut odd) = ([0.0; W], [0.0; W]);
            for (i, v) in pairs.iter().zip(values) {
                let (first, second) = (&vectors[i[0] as usize], &vectors[i[1] as usize]);
                for lane in 0..W {
                    even[lane] += v[0] * first[lane];
                    odd[lane] += v[1] * second[lane];
                }
            }
            for (&i, v) in last.iter().zip(last_value) {
                let vector = &vectors[i as usize];
                (0..W).for_each(|lane| even[lane] += v * vector[lane]);
            }
            (0..W).for_each(|lane| product[lane] += even[lane] + odd[lane]);
        }
    }

    /// Adds the rows, each times its factors, to vectors of `columns()` entries.
    pub(super) fn add_rows<const W: usize>(&self, factors: &[[f64; W]], sums: &mut [[f64; W]]) {
        for (row, factors) in factors.iter().enumerate() {
            if *factors == [0.0; W] {
                continue;
            }
            let (indices, values) = self.row(row);
            for (&i, v) in indices.iter().zip(values) {
                let sum = &mut sums[i as usize];
                (0..W).for_each(|lane| sum[lane] += v * factors[lane]);
            }
        }
    }

    /// Appends a row given as (column, value) pairs in ascending order of columns.
    pub fn push_row(&mut self, entries: impl IntoIterator<Item = (u32, f64)>) {
        for (index, value) in entries {
            debug_assert!((index as usize) < self.columns);
            self.indices.push(index);
            self.values.push(value);
        }
        self.starts.push(self.indices.len());
    }

    /// Gives new numbers, which rise with the old ones, to the columns.
    pub(super) fn renumber(&mut self, numbers: &[u32], columns: usize) {
        self.indices.iter_mut().for_each(|index| *index = numbers[*index as usize]);
        self.columns = columns;
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
}
