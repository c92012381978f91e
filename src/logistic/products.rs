//! Products with the matrix `X` of all rows, for several vectors in one pass.

use crate::features::FactoredRows;

/// Most vectors of one pass: more would not fit into the registers.
pub(super) const MOST_LANES: usize = 8;

/// A product `X X' v`, and what it goes through.
pub(super) struct Product {
    /// An entry per row.
    pub(super) scores: Vec<f64>,
    /// The largest component of `X' v`.
    pub(super) largest: f64,
}

/// Memory of the passes.
#[derive(Default)]
pub(super) struct Memory {
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl Memory {
    /// Returns `X X' v` for up to [`MOST_LANES`] vectors.
    pub(super) fn squares(&mut self, rows: &FactoredRows, vectors: &[&[f64]]) -> Vec<Product> {
        match vectors.len() {
            0 => Vec::new(),
            1 => self.squares_of::<1>(rows, vectors),
            2 => self.squares_of::<2>(rows, vectors),
            3 => self.squares_of::<3>(rows, vectors),
            4 => self.squares_of::<4>(rows, vectors),
            5 => self.squares_of::<5>(rows, vectors),
            6 => self.squares_of::<6>(rows, vectors),
            7 => self.squares_of::<7>(rows, vectors),
            _ => self.squares_of::<MOST_LANES>(rows, vectors),
        }
    }

    fn squares_of<const W: usize>(
        &mut self,
        rows: &FactoredRows,
        vectors: &[&[f64]],
    ) -> Vec<Product> {
        self.sums_of::<W>(rows, vectors);
        let columns = self.columns.as_chunks::<W>().0;
        let mut largest = [0.0; W];
        for column in columns {
            for (largest, value) in largest.iter_mut().zip(column) {
                *largest = if value.abs() > *largest { value.abs() } else { *largest };
            }
        }
        let products = self.rows.as_chunks_mut::<W>().0;
        rows.times(columns, products);
        let of_lane = |lane: usize| Product {
            scores: products.iter().map(|row| row[lane]).collect(),
            largest: largest[lane],
        };
        (0..vectors.len()).map(of_lane).collect()
    }

    /// Returns `X' v` for any number of vectors.
    pub(super) fn sums(&mut self, rows: &FactoredRows, vectors: &[&[f64]]) -> Vec<Vec<f64>> {
        let mut sums = Vec::new();
        for vectors in vectors.chunks(MOST_LANES) {
            self.sums_of::<MOST_LANES>(rows, vectors);
            let columns = self.columns.as_chunks::<MOST_LANES>().0;
            let of_lane = |lane: usize| columns.iter().map(|column| column[lane]).collect();
            sums.extend((0..vectors.len()).map(of_lane));
        }
        sums
    }

    /// Fills the columns with `X' v` of vectors side by side; lanes without one get zeros.
    fn sums_of<const W: usize>(&mut self, rows: &FactoredRows, vectors: &[&[f64]]) {
        self.rows.clear();
        self.rows.resize(rows.len() * W, 0.0);
        for (lane, vector) in vectors.iter().enumerate() {
            let places = self.rows.iter_mut().skip(lane).step_by(W);
            places.zip(*vector).for_each(|(place, value)| *place = *value);
        }
        self.columns.clear();
        self.columns.resize(rows.columns() * W, 0.0);
        let columns = self.columns.as_chunks_mut::<W>().0;
        rows.add_rows(self.rows.as_chunks::<W>().0, columns);
    }
}
