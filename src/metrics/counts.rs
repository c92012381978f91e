//! Hits and misses of one trend (or of all pooled), and figures derived from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stats::ratio;

/// A figure that follows from counts, such as [`Counts::precision`].
pub(crate) type CountFigure = fn(&Counts) -> Option<f64>;

/// Hits, false alarms and misses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Suggested and gold (true positives).
    pub hits: u64,
    /// Suggested and not gold (false positives).
    pub false_alarms: u64,
    /// Gold and not suggested (false negatives).
    pub misses: u64,
}

impl Counts {
    /// Counts one pair of case and trend `times` times.
    pub fn add(&mut self, gold: bool, suggested: bool, times: u64) {
        match (gold, suggested) {
            (true, true) => self.hits += times,
            (false, true) => self.false_alarms += times,
            (true, false) => self.misses += times,
            (false, false) => {}
        }
    }

    /// Both counts together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            false_alarms: self.false_alarms + other.false_alarms,
            misses: self.misses + other.misses,
        }
    }

    /// Returns how often it is gold.
    pub fn support(&self) -> u64 {
        self.hits + self.misses
    }

    /// Returns how often it is suggested.
    pub fn suggested(&self) -> u64 {
        self.hits + self.false_alarms
    }

    /// Share of the suggestions that are gold; undefined without a suggestion.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.hits as f64, self.suggested() as f64)
    }

    /// Share of the gold that is suggested; undefined without gold.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.hits as f64, self.support() as f64)
    }

    /// `2 hits / (2 hits + false alarms + misses)`, the harmonic mean of precision and
    /// recall (van Rijsbergen 1979); undefined only if there is neither gold nor
    /// suggestion.
    pub fn f1(&self) -> Option<f64> {
        ratio(2.0 * self.hits as f64, (self.support() + self.suggested()) as f64)
    }

    /// `hits / (hits + false alarms + misses)` (Jaccard 1912); undefined only if there is
    /// neither gold nor suggestion.
    pub fn jaccard(&self) -> Option<f64> {
        ratio(self.hits as f64, (self.suggested() + self.misses) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_undefined_exactly_where_its_denominator_is_zero() {
        let nothing = Counts::default();
        assert_eq!((nothing.precision(), nothing.recall(), nothing.f1()), (None, None, None));
        let missed = Counts { misses: 3, ..nothing };
        assert_eq!(
            (missed.precision(), missed.recall(), missed.f1()),
            (None, Some(0.0), Some(0.0))
        );
        let alarms = Counts { false_alarms: 3, ..nothing };
        assert_eq!(
            (alarms.precision(), alarms.recall(), alarms.f1()),
            (Some(0.0), None, Some(0.0))
        );
    }

    #[test]
    fn figures_follow_from_the_counts_by_hand() {
        let counts = Counts { hits: 3, false_alarms: 1, misses: 2 };
        assert_eq!(counts.precision(), Some(0.75));
        assert_eq!(counts.recall(), Some(0.6));
        assert_eq!(counts.f1(), Some(6.0 / 9.0));
        assert_eq!(counts.jaccard(), Some(0.5));
    }
}
