//! Forecasts the quality of a batch without gold labels, unread and after reading some
//! cases, from its probabilities.

use serde::{Deserialize, Serialize};

use super::expected_errors;
use crate::metrics::mean_of_defined;
use crate::stats::ratio;
use crate::taxonomy::{TrendId, TrendSet};

/// The expected quality of a batch, unread and after the cases to read have been read. It
/// accumulates while the batch is tagged. It is as reliable as the probabilities, so it
/// holds for cases like those that the model learned from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Cases.
    pub cases: u64,
    /// Cases to read.
    pub read: u64,
    /// Wrong tags to expect if nobody reads any.
    pub wrong_tags: f64,
    /// Wrong tags to expect after they have been read.
    pub wrong_tags_left: f64,
    /// Counts per trend, unread and finished; `None` for a trend that averages leave out.
    trends: Vec<Option<[ExpectedCounts; 2]>>,
}

/// Expected counts of one trend, from which its F1 is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExpectedCounts {
    /// True cases that are suggested.
    hits: f64,
    /// Suggested and true cases together.
    marks: f64,
}

impl ExpectedCounts {
    /// Returns the counts of a case that nobody reads.
    pub(crate) fn unread(p: f64, is_suggested: bool) -> Self {
        let suggested = f64::from(u8::from(is_suggested));
        Self { hits: p * suggested, marks: p + suggested }
    }

    /// Returns the counts of a case that is read, and therefore correct. `p` is 1 if the
    /// trend is known to apply.
    pub(crate) fn read(p: f64) -> Self {
        Self { hits: p, marks: 2.0 * p }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.marks += other.marks;
    }

    pub(crate) fn subtract(&mut self, other: Self) {
        self.hits -= other.hits;
        self.marks -= other.marks;
    }

    /// Returns the expected macro F1 of these trends; `None` if no trend has one.
    pub(crate) fn macro_f1(trends: impl IntoIterator<Item = Self>) -> Option<f64> {
        let f1 = |counts: Self| ratio(2.0 * counts.hits, counts.marks);
        mean_of_defined(trends.into_iter().map(f1))
    }
}

impl Forecast {
    /// Returns the forecast of an empty batch; `averaged` says for each trend whether the
    /// macro F1 counts it.
    pub fn new(averaged: &[bool]) -> Self {
        let trends = averaged.iter().map(|is_averaged| is_averaged.then(Default::default));
        Self { trends: trends.collect(), ..Self::default() }
    }

    /// Adds a case.
    pub fn add(&mut self, probabilities: &[f64], suggested: &TrendSet, is_read: bool) {
        let wrong = expected_errors(probabilities, suggested);
        self.cases += 1;
        self.read += u64::from(is_read);
        self.wrong_tags += wrong;
        self.wrong_tags_left += if is_read { 0.0 } else { wrong };
        for (k, (counts, &p)) in self.trends.iter_mut().zip(probabilities).enumerate() {
            let Some(counts) = counts else { continue };
            let unread = ExpectedCounts::unread(p, suggested.contains(TrendId(k as u16)));
            counts[0].add(unread);
            counts[1].add(if is_read { ExpectedCounts::read(p) } else { unread });
        }
    }

    /// Adds another batch.
    pub fn join(&mut self, other: &Self) {
        self.cases += other.cases;
        self.read += other.read;
        self.wrong_tags += other.wrong_tags;
        self.wrong_tags_left += other.wrong_tags_left;
        for pair in self.trends.iter_mut().zip(&other.trends) {
            let (Some(ours), Some(theirs)) = pair else { continue };
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| ours.add(*theirs));
        }
    }

    /// Returns the expected macro F1 if nobody reads any case; `None` without cases.
    pub fn f1_unread(&self) -> Option<f64> {
        ExpectedCounts::macro_f1(self.trends.iter().flatten().map(|[unread, _]| *unread))
    }

    /// Returns the expected macro F1 after the cases to read have been read; `None`
    /// without cases.
    pub fn f1_finished(&self) -> Option<f64> {
        ExpectedCounts::macro_f1(self.trends.iter().flatten().map(|[_, finished]| *finished))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[u16]) -> TrendSet {
        ids.iter().map(|&id| TrendId(id)).collect()
    }

    #[test]
    fn a_batch_is_as_good_as_its_probabilities_say_and_better_where_it_is_read() {
        let mut forecast = Forecast::new(&[true; 2]);
        forecast.add(&[0.9, 0.2], &set(&[0]), false);
        forecast.add(&[0.4, 0.6], &set(&[1]), true);
        // By hand. Unread, trend 0: 2 * 0.9 / (1 + 1.3), trend 1: 2 * 0.6 / (1 + 0.8).
        let unread = f64::midpoint(1.8 / 2.3, 1.2 / 1.8);
        assert!((forecast.f1_unread().unwrap() - unread).abs() < 1e-12);
        // The second case read: 2 * 1.3 / (1.4 + 1.3), 2 * 0.6 / (0.6 + 0.8).
        let finished = f64::midpoint(2.6 / 2.7, 1.2 / 1.4);
        assert!((forecast.f1_finished().unwrap() - finished).abs() < 1e-12);
        assert!((forecast.wrong_tags - 1.1).abs() < 1e-12);
        assert!((forecast.wrong_tags_left - 0.3).abs() < 1e-12);
        assert_eq!((forecast.cases, forecast.read), (2, 1));
    }

    #[test]
    fn a_batch_that_is_read_as_a_whole_is_right() {
        let mut forecast = Forecast::new(&[true; 2]);
        forecast.add(&[0.9, 0.2], &set(&[0]), true);
        assert_eq!((forecast.f1_finished(), forecast.wrong_tags_left), (Some(1.0), 0.0));
        assert_eq!(Forecast::new(&[true; 2]).f1_unread(), None);
    }

    #[test]
    fn parts_add_up() {
        let cases = [([0.9, 0.2], [0]), ([0.4, 0.6], [1]), ([0.1, 0.3], [1])];
        let mut whole = Forecast::new(&[true; 2]);
        let mut parts = Forecast::new(&[true; 2]);
        for (i, (probabilities, suggested)) in cases.iter().enumerate() {
            whole.add(probabilities, &set(suggested), i == 1);
            let mut part = Forecast::new(&[true; 2]);
            part.add(probabilities, &set(suggested), i == 1);
            parts.join(&part);
        }
        assert_eq!(parts, whole);
    }
}
