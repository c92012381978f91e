//! Figures over cases that each contribute several values, which therefore count less than
//! independent ones.

use super::{Estimate, Z, wilson};

/// Returns the share of hits among tries from independent cases; `None` without
/// tries. `cases` has the hits and the tries of each case.
///
/// The interval is the Wilson interval (1927) for the effective number of tries, that is
/// the number of independent tries with the same variance as the share of
/// clustered ones (Dean and Pagano 2015), which is at most the number of tries. With
/// one try per case it is the usual Wilson interval.
pub(crate) fn clustered_share(cases: impl IntoIterator<Item = (u64, u64)>) -> Option<Estimate> {
    let cases: Vec<(f64, f64)> = cases
        .into_iter()
        .filter(|&(_, tries)| tries > 0)
        .map(|(hits, tries)| (hits as f64, tries as f64))
        .collect();
    let hits: f64 = cases.iter().map(|case| case.0).sum();
    let tries: f64 = cases.iter().map(|case| case.1).sum();
    if tries == 0.0 {
        return None;
    }
    let share = hits / tries;
    let squares: f64 = cases.iter().map(|(h, t)| (h - share * t).powi(2)).sum();
    // The linearised variance of a ratio, times tries, over that of one try.
    let binomial = share * (1.0 - share) * tries;
    let effective =
        if binomial > 0.0 && squares > binomial { tries * binomial / squares } else { tries };
    Some(wilson(share, effective))
}

/// Returns the sum of what was found over the sum of what was expected, of independent
/// cases; `None` if nothing was expected. `cases` has both for each case.
///
/// The interval is the normal one of a ratio of means by linearisation (Cochran 1977,
/// section 6.4); its lower limit is at least 0.
pub(crate) fn clustered_ratio(cases: &[(f64, f64)]) -> Option<Estimate> {
    let found: f64 = cases.iter().map(|case| case.0).sum();
    let expected: f64 = cases.iter().map(|case| case.1).sum();
    if expected <= 0.0 {
        return None;
    }
    let (value, count) = (found / expected, cases.len() as f64);
    let squares: f64 = cases.iter().map(|(f, e)| (f - value * e).powi(2)).sum();
    let half = Z * (squares * count / f64::max(count - 1.0, 1.0)).sqrt() / expected;
    Some(Estimate { value, lower: f64::max(value - half, 0.0), upper: value + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-5, "{found} instead of {expected}");
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // Newcombe (1998), table I: 81 of 263 and 15 of 148 and 0 of 20.
        for (hits, tries, lower, upper) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
        {
            let found = clustered_share((0..tries).map(|i| (u64::from(i < hits), 1))).unwrap();
            close(found.lower, lower);
            close(found.upper, upper);
        }
    }

    #[test]
    fn tries_of_the_same_case_count_as_one() {
        let apart = clustered_share((0..40).map(|i| (u64::from(i % 4 > 0), 1))).unwrap();
        let doubled = clustered_share((0..40).map(|i| (2 * u64::from(i % 4 > 0), 2))).unwrap();
        assert_eq!(apart.value, doubled.value);
        close(doubled.lower, apart.lower);
        close(doubled.upper, apart.upper);
    }

    #[test]
    fn a_ratio_has_the_limits_of_a_mean_where_all_cases_expect_the_same() {
        let found = clustered_ratio(&[(1.0, 1.0), (0.0, 1.0), (2.0, 1.0), (1.0, 1.0)]).unwrap();
        // By hand: mean 1, variance 2 / 3, standard error sqrt(1 / 6).
        close(found.value, 1.0);
        close(found.upper, 1.0 + 1.959964 * (1.0_f64 / 6.0).sqrt());
        close(found.lower, 1.0 - 1.959964 * (1.0_f64 / 6.0).sqrt());
    }

    #[test]
    fn without_tries_there_is_no_figure() {
        assert_eq!(clustered_share([(0, 0)]), None);
        assert_eq!(clustered_ratio(&[]), None);
    }
}
