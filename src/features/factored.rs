//! The matrix that is fitted: rows of terms, and rows of words times the n-grams of words.

use super::SparseRows;

/// A matrix as the sum of sparse rows and of a product of two sparse matrices. Texts share
/// words, and each word has its character n-grams once, so that the product has far fewer
/// entries than the matrix that they give.
///
/// Operations take several vectors side by side: an entry is read once for all of them. What
/// becomes of one vector does not depend on the others.
#[derive(Debug, Clone, PartialEq)]
pub struct FactoredRows {
    own: SparseRows,
    product: Option<Product>,
}

/// The product of two sparse matrices.
#[derive(Debug, Clone, PartialEq)]
struct Product {
    left: SparseRows,
    right: SparseRows,
}

impl From<SparseRows> for FactoredRows {
    fn from(own: SparseRows) -> Self {
        Self { own, product: None }
    }
}

impl FactoredRows {
    /// Creates the sum of a matrix and of `left` times `right`.
    pub(super) fn with_product(own: SparseRows, left: SparseRows, right: SparseRows) -> Self {
        debug_assert!(left.len() == own.len() && left.columns() == right.len());
        debug_assert_eq!(right.columns(), own.columns());
        Self { own, product: Some(Product { left, right }) }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.own.len()
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// Returns the number of columns.
    pub fn columns(&self) -> usize {
        self.own.columns()
    }

    /// Returns the entries of a row, its columns rising.
    pub fn row(&self, row: usize) -> Vec<(u32, f64)> {
        let (indices, values) = self.own.row(row);
        let mut entries: Vec<(u32, f64)> =
            indices.iter().copied().zip(values.iter().copied()).collect();
        if let Some(Product { left, right }) = &self.product {
            let (words, shares) = left.row(row);
            for (&word, share) in words.iter().zip(shares) {
                let (indices, values) = right.row(word as usize);
                entries.extend(indices.iter().zip(values).map(|(&i, value)| (i, share * value)));
            }
        }
        super::counted::summed(entries)
    }

    /// Writes the products of the rows with vectors of `columns()` entries.
    pub(crate) fn times<const W: usize>(&self, vectors: &[[f64; W]], products: &mut [[f64; W]]) {
        products.fill([0.0; W]);
        if let Some(Product { left, right }) = &self.product {
            let mut of_right = vec![[0.0; W]; right.len()];
            right.add_products(vectors, &mut of_right);
            left.add_products(&of_right, products);
        }
        self.own.add_products(vectors, products);
    }

    /// Adds the rows, each times its factors, to vectors of `columns()` entries.
    pub(crate) fn add_rows<const W: usize>(&self, factors: &[[f64; W]], sums: &mut [[f64; W]]) {
        self.own.add_rows(factors, sums);
        if let Some(Product { left, right }) = &self.product {
            let mut of_left = vec![[0.0; W]; left.columns()];
            left.add_rows(factors, &mut of_left);
            right.add_rows(&of_left, sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checked by hand: the last two rows of `right` are columns 2 to 4.
    fn factored() -> FactoredRows {
        let mut own = SparseRows::new(5);
        own.push_row([(0, 1.0), (1, -3.0)]);
        own.push_row([(1, 7.0)]);
        own.push_row([]);
        let mut left = SparseRows::new(2);
        left.push_row([(0, 2.0), (1, 1.0)]);
        left.push_row([]);
        left.push_row([(1, 0.5)]);
        let mut right = SparseRows::new(5);
        right.push_row([(2, 1.0), (3, 4.0)]);
        right.push_row([(3, 2.0), (4, -1.0)]);
        FactoredRows::with_product(own, left, right)
    }

    #[test]
    fn a_product_multiplies_as_the_rows_it_stands_for() {
        let rows = factored();
        assert_eq!(rows.row(0), [(0, 1.0), (1, -3.0), (2, 2.0), (3, 10.0), (4, -1.0)]);
        assert_eq!(rows.row(2), [(3, 1.0), (4, -0.5)]);
        let vectors = [1.0, 2.0, 3.0, 4.0, 8.0].map(|v| [v, -v]);
        let mut products = [[9.0; 2]; 3];
        rows.times(&vectors, &mut products);
        assert_eq!(products, [[33.0, -33.0], [14.0, -14.0], [0.0, 0.0]]);
        let mut sums = [[1.0]; 5];
        rows.add_rows(&[[1.0], [2.0], [4.0]], &mut sums);
        assert_eq!(sums, [[2.0], [12.0], [3.0], [15.0], [-2.0]]);
    }
}
