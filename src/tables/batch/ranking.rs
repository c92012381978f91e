//! Chooses the rows of a whole batch to read when the number is limited.

use serde::Serialize;

use super::{BatchParams, Content, Event, Probabilities, tag_each};
use crate::error::Result;
use crate::tables::{Row, Rows};
use crate::tagger::{Model, ReviewReason, Suggestion, Tagged, rounded};

/// The number of rows of a batch to read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadAmount {
    /// A number of rows.
    Rows(u64),
    /// A percentage of the rows, rounded up.
    Percent(f64),
}

impl ReadAmount {
    /// Returns the number of rows for a batch of this size.
    pub fn of(self, rows: u64) -> u64 {
        match self {
            Self::Rows(count) => count.min(rows),
            // Rounding errors must not turn 30 % of 140 rows into 43.
            Self::Percent(percent) => (percent * rows as f64 / 100.0 - 1e-9).ceil() as u64,
        }
    }
}

/// The rows of a batch with the most expected errors, up to the number to read. Rows that
/// need review for another reason are not included, because they are read as well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    amount: ReadAmount,
    #[serde(skip)]
    rows: Vec<Ranked>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Ranked {
    expected_errors: f64,
    is_marked: bool,
}

impl Ranking {
    /// Tags all rows of a batch to rank them. Ties are in the order of the input. The
    /// ranking is then used to tag the same inputs with the same params.
    ///
    /// # Errors
    /// As [`tag_each`].
    pub fn of(
        model: &Model,
        inputs: impl IntoIterator<Item = Result<Rows>>,
        params: &BatchParams,
        amount: ReadAmount,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Self> {
        let content = Content { probabilities: Probabilities::None, ..Content::default() };
        let params = BatchParams { content, ranking: None, ..params.clone() };
        let mut rows = Vec::new();
        let mut order = Vec::new();
        let mut add = |_: &Row, suggestion: &Suggestion| {
            let is_doubt = |reason: &ReviewReason| *reason == ReviewReason::Unsure;
            if suggestion.review_reasons.iter().all(is_doubt) {
                order.push(rows.len());
            }
            let expected_errors = suggestion.expected_errors.unwrap_or(f64::INFINITY);
            rows.push(Ranked { expected_errors, is_marked: false });
        };
        tag_each(model, inputs, &params, &mut add, watch)?;
        order.sort_by(|&a, &b| rows[b].expected_errors.total_cmp(&rows[a].expected_errors));
        let wanted = amount.of(rows.len() as u64) as usize;
        order.iter().take(wanted).for_each(|&row| rows[row].is_marked = true);
        Ok(Self { amount, rows })
    }

    /// Returns the number of rows to read.
    pub fn amount(&self) -> ReadAmount {
        self.amount
    }

    /// Marks the tagged row with this number by its rank instead of by the limit of the
    /// model. A row that differs from the one that was ranked is marked as well.
    pub(super) fn mark(&self, row: u64, tagged: &mut Tagged) {
        let ranked = usize::try_from(row).ok().and_then(|row| self.rows.get(row));
        let is_marked = ranked.is_none_or(|ranked| {
            ranked.is_marked || ranked.expected_errors != rounded(tagged.expected_errors)
        });
        tagged.review.retain(|reason| *reason != ReviewReason::Unsure);
        if is_marked {
            tagged.review.push(ReviewReason::Unsure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_rounded_up_and_more_rows_than_there_are_is_all() {
        let of = |percent| ReadAmount::Percent(percent).of(140);
        assert_eq!([of(0.0), of(30.0), of(30.1), of(100.0)], [0, 42, 43, 140]);
        assert_eq!(ReadAmount::Percent(33.3).of(1000), 333);
        assert_eq!((ReadAmount::Rows(500).of(140), ReadAmount::Rows(5).of(140)), (140, 5));
    }
}
