//! Shares of cases with their intervals.

use serde::Serialize;

use crate::statistics::{Estimate, wilson};

/// A share with its 95 % interval; nothing where it is undefined or not shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figure {
    /// The share, within `0..=1`.
    pub value: Option<f64>,
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit.
    pub upper: Option<f64>,
}

impl Figure {
    /// The share of hits among tries that come from independent cases: `cases`
    /// holds each case's hits and tries.
    ///
    /// The interval is Wilson's (1927) on the effective number of tries, that is
    /// the number of independent tries with the same variance as the share of
    /// clustered ones (Dean and Pagano 2015); at most the number there is. With
    /// one try a case it is Wilson's own.
    pub fn of(cases: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let cases: Vec<(f64, f64)> = cases
            .into_iter()
            .filter(|&(_, tries)| tries > 0)
            .map(|(hits, tries)| (hits as f64, tries as f64))
            .collect();
        let hits: f64 = cases.iter().map(|case| case.0).sum();
        let tries: f64 = cases.iter().map(|case| case.1).sum();
        if tries == 0.0 {
            return Self::default();
        }
        let share = hits / tries;
        let squares: f64 = cases.iter().map(|(h, t)| (h - share * t).powi(2)).sum();
        // The linearised variance of a ratio, times tries, over that of one try.
        let binomial = share * (1.0 - share) * tries;
        let effective =
            if binomial > 0.0 && squares > binomial { tries * binomial / squares } else { tries };
        let Estimate { value, lower, upper } = wilson(share, effective);
        Self { value: Some(value), lower: Some(lower), upper: Some(upper) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 5e-5, "{found:?} instead of {expected}");
    }

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe (1998), table I: 81 of 263 and 15 of 148 and 0 of 20.
        for (hits, tries, lower, upper) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
        {
            let found = Figure::of((0..tries).map(|i| (u64::from(i < hits), 1)));
            close(found.lower, lower);
            close(found.upper, upper);
        }
    }

    #[test]
    fn tries_that_go_together_count_as_one() {
        let apart = Figure::of((0..40).map(|i| (u64::from(i % 4 > 0), 1)));
        let doubled = Figure::of((0..40).map(|i| (2 * u64::from(i % 4 > 0), 2)));
        assert_eq!(apart.value, doubled.value);
        close(doubled.lower, apart.lower.unwrap());
        close(doubled.upper, apart.upper.unwrap());
    }

    #[test]
    fn no_tries_have_no_share() {
        assert_eq!(Figure::of([(0, 0)]), Figure::default());
    }
}
