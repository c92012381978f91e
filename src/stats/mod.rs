//! How sure a share is, and whether chance explains a difference of shares.

mod binomial;
#[cfg(feature = "review")]
mod clustered;
mod odds;

pub(crate) use binomial::binomial_tail;
#[cfg(feature = "review")]
pub(crate) use clustered::{clustered_ratio, clustered_share};
pub(crate) use odds::{logit, sigmoid, softplus};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};

/// Confidence level of all intervals.
pub const LEVEL: f64 = 0.95;

/// Standard normal quantile of [`LEVEL`], two-sided.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// A figure with the limits of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
}

/// Returns the mean of values with its interval by the normal distribution; `None` of none.
pub fn mean(values: impl Iterator<Item = f64> + Clone) -> Option<Estimate> {
    let (sum, count) = values.clone().fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    let value = ratio(sum, count)?;
    let squares: f64 = values.map(|other| (other - value).powi(2)).sum();
    let half = Z * (squares / f64::max(count - 1.0, 1.0) / count).sqrt();
    Some(Estimate { value, lower: value - half, upper: value + half })
}

/// Returns the share `count / total` with its score interval (Wilson 1927); `None` of
/// nothing.
pub fn share(count: usize, total: usize) -> Option<Estimate> {
    (total > 0).then(|| wilson(count as f64 / total as f64, total as f64))
}

/// Returns the share of successes in `n` independent trials with its score interval (Wilson 1927).
pub(crate) fn wilson(value: f64, n: f64) -> Estimate {
    let centre = (value + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (value * (1.0 - value) / n + Z * Z / (4.0 * n * n)).sqrt();
    // Rounding must not leave a limit on the wrong side of the share.
    let lower = (centre - half).clamp(0.0, value);
    Estimate { value, lower, upper: (centre + half).clamp(value, 1.0) }
}

/// Returns the share of the first `(count, total)` minus that of the second, with the
/// hybrid score interval (Newcombe 1998, method 10).
pub fn difference(first: (usize, usize), second: (usize, usize)) -> Option<Estimate> {
    let (a, b) = (share(first.0, first.1)?, share(second.0, second.1)?);
    let value = a.value - b.value;
    let below = libm::hypot(a.value - a.lower, b.upper - b.value);
    let above = libm::hypot(a.upper - a.value, b.value - b.lower);
    Some(Estimate { value, lower: value - below, upper: value + above })
}

/// Returns the two-sided p-value of Fisher's exact test that two shares, given as `(count,
/// total)`, are equal: the probability of all tables that are no more likely than this
/// one. `None` if one side is empty.
pub fn fisher(first: (usize, usize), second: (usize, usize)) -> Option<f64> {
    let [a, n, b, m] = [first.0, first.1, second.0, second.1].map(|count| count as u64);
    if n == 0 || m == 0 {
        return None;
    }
    // Logarithms of hypergeometric probabilities: large tables are ratios of
    // numbers too large to be written.
    let table = |count: u64| ways(n, count) + ways(m, a + b - count) - ways(n + m, a + b);
    let most = table(a) + 1e-7;
    let range = (a + b).saturating_sub(m)..=(a + b).min(n);
    let p: f64 = range.map(table).filter(|&p| p <= most).map(libm::exp).sum();
    Some(p.min(1.0))
}

/// Returns the logarithm of the number of ways to choose `k` of `n`.
fn ways(all: u64, some: u64) -> f64 {
    let factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
    factorial(all) - factorial(some) - factorial(all - some)
}

/// The trend of a share over a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct SteadyChange {
    /// The change of the share per unit of the score (least squares).
    pub slope: f64,
    /// The two-sided p-value of the Cochran-Armitage test (Armitage 1955) that
    /// the slope is zero.
    pub p: f64,
}

/// Tests how a share changes with a score, given `(score, count, total)` per group.
/// `None` if there are fewer than two groups or the share is 0 or 1 in all.
pub fn steady_change(groups: &[(f64, usize, usize)]) -> Option<SteadyChange> {
    let total: f64 = groups.iter().map(|group| group.2 as f64).sum();
    let count: f64 = groups.iter().map(|group| group.1 as f64).sum();
    let share = count / total;
    let mean = groups.iter().map(|&(score, _, n)| score * n as f64).sum::<f64>() / total;
    let slope: f64 = groups
        .iter()
        .map(|&(score, count, n)| (score - mean) * (count as f64 - share * n as f64))
        .sum();
    let spread: f64 = groups.iter().map(|&(score, _, n)| (score - mean).powi(2) * n as f64).sum();
    let variance = share * (1.0 - share) * spread;
    // Both tails of the standard normal distribution.
    (variance > 0.0).then(|| SteadyChange {
        slope: slope / spread,
        p: libm::erfc((slope / (2.0 * variance).sqrt()).abs()),
    })
}

/// Returns the two-sided p-value of a count beside random draws of it: the share of draws as far out,
/// the observed count among them (Phipson and Smyth 2010). Beyond all draws the normal
/// distribution with their mean and spread goes on, where at least five are expected. `None`
/// if all draws and the count are the same.
pub(crate) fn p_of_draws(draws: &[u32], observed: usize) -> Option<f64> {
    let n = draws.len() as f64;
    let is_same = |draw: &u32| *draw as usize == observed;
    if draws.is_empty() || draws.iter().all(is_same) {
        return None;
    }
    let tail = |is_out: &dyn Fn(usize) -> bool| {
        (1.0 + draws.iter().filter(|draw| is_out(**draw as usize)).count() as f64) / (n + 1.0)
    };
    let counted = tail(&|draw| draw <= observed).min(tail(&|draw| draw >= observed));
    let p = (2.0 * counted).min(1.0);
    let mean = draws.iter().map(|draw| f64::from(*draw)).sum::<f64>() / n;
    let squares: f64 = draws.iter().map(|draw| (f64::from(*draw) - mean).powi(2)).sum();
    let z = ((observed as f64 - mean).abs() - 0.5) / (squares / n).sqrt();
    let is_beyond = counted * (n + 1.0) < 1.5;
    let normal = libm::erfc(z / std::f64::consts::SQRT_2);
    Some(if is_beyond && mean >= 5.0 { p.min(normal) } else { p })
}

/// Adjusts p-values for multiple tests (Holm 1979), in the same
/// order: below 0.05, a difference would be found anywhere by chance in at most
/// one of twenty such tables.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        least = least.max((p_values.len() - rank) as f64 * p_values[index]).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

/// Returns whether chance does not explain it: a p-value below 0.05.
pub(crate) fn is_beyond_chance(p: Option<f64>) -> bool {
    p.is_some_and(|p| p < 0.05)
}

/// Does the same as [`holm`] if some tests could not be made and do not count.
pub(crate) fn holm_of_some(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let known: Vec<f64> = p_values.iter().copied().flatten().collect();
    let mut adjusted = holm(&known).into_iter();
    p_values.iter().map(|p| p.and_then(|_| adjusted.next())).collect()
}

/// Returns the largest of `rising` values that is not refused if so large a share of them
/// may be refused; infinite of none.
pub(crate) fn most_allowed(rising: &[f64], false_alarms: f64) -> f64 {
    let allowed = ((1.0 - false_alarms) * rising.len() as f64).ceil() as usize;
    let last = allowed.max(1).min(rising.len()).checked_sub(1);
    last.map_or(f64::INFINITY, |place| rising[place])
}

/// Refuses a share of false alarms with which nothing, or everything, is refused.
///
/// # Errors
/// [`Error::BadParam`] unless it lies between 0 and 1.
pub(crate) fn check_false_alarms(share: f64) -> Result<()> {
    if share > 0.0 && share < 1.0 {
        return Ok(());
    }
    Err(Error::bad_param("false_alarms", share, "give a share between 0 and 1"))
}

/// `part / whole`, undefined if the whole is zero.
pub(crate) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole != 0.0).then(|| part / whole)
}

/// Returns the quantile `q` of rising values, linear between neighbours (type 7 of
/// Hyndman and Fan 1996, as numpy's default).
pub(crate) fn quantile(rising: &[f64], q: f64) -> Option<f64> {
    let last = rising.len().checked_sub(1)?;
    let position = q * last as f64;
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    Some(rising[below] + (position - below as f64) * (rising[above] - rising[below]))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use serde_json::Value;

    use super::*;

    /// Made by `tests/fixtures/landscape/make_fixture.py` with scipy.
    fn reference() -> Value {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/landscape/statistics.json"
        ));
        serde_json::from_str(text).unwrap()
    }

    fn pair(value: &Value) -> (usize, usize) {
        let number = |i: usize| value[i].as_u64().unwrap() as usize;
        (number(0), number(1))
    }

    fn agrees(estimate: Option<Estimate>, expected: &Value) {
        let estimate = estimate.unwrap();
        let [lower, upper] = ["lower", "upper"].map(|key| expected[key].as_f64().unwrap());
        assert_relative_eq!(estimate.lower, lower, epsilon = 1e-9);
        assert_relative_eq!(estimate.upper, upper, epsilon = 1e-9);
    }

    #[test]
    fn intervals_of_shares_and_differences_are_those_of_scipy_and_statsmodels() {
        for expected in reference()["wilson"].as_array().unwrap() {
            let (count, total) = pair(&expected["of"]);
            agrees(share(count, total), expected);
        }
        for expected in reference()["newcombe"].as_array().unwrap() {
            agrees(difference(pair(&expected["first"]), pair(&expected["second"])), expected);
        }
        assert_eq!(share(0, 0), None);
        assert_eq!(difference((1, 2), (0, 0)), None);
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_distribution() {
        // By hand: mean 2, standard deviation 1, so 1.96 / sqrt(3) on both sides.
        let found = mean([1.0, 2.0, 3.0].into_iter()).unwrap();
        assert_eq!(found.value, 2.0);
        assert_relative_eq!(found.upper - 2.0, Z / 3.0_f64.sqrt(), epsilon = 1e-12);
        assert_relative_eq!(2.0 - found.lower, Z / 3.0_f64.sqrt(), epsilon = 1e-12);
        assert_eq!(mean(std::iter::empty()), None);
    }

    #[test]
    fn p_values_are_those_of_scipy() {
        for expected in reference()["fisher"].as_array().unwrap() {
            let p = fisher(pair(&expected["first"]), pair(&expected["second"])).unwrap();
            assert_relative_eq!(p, expected["p"].as_f64().unwrap(), max_relative = 1e-6);
        }
        for expected in reference()["steady_change"].as_array().unwrap() {
            let groups: Vec<(f64, usize, usize)> = expected["groups"]
                .as_array()
                .unwrap()
                .iter()
                .map(|group| {
                    let (count, total) = (group[1].as_u64().unwrap(), group[2].as_u64().unwrap());
                    (group[0].as_f64().unwrap(), count as usize, total as usize)
                })
                .collect();
            let change = steady_change(&groups).unwrap();
            let [slope, p] = ["slope", "p"].map(|key| expected[key].as_f64().unwrap());
            assert_relative_eq!(change.p, p, max_relative = 1e-6);
            assert_relative_eq!(change.slope, slope, max_relative = 1e-6, epsilon = 1e-12);
        }
    }

    #[test]
    fn a_share_of_values_lies_above_the_most_that_is_allowed() {
        // By hand: a quarter of four values is one.
        assert_eq!(most_allowed(&[1.0, 2.0, 3.0, 4.0], 0.25), 3.0);
        assert_eq!(most_allowed(&[1.0, 2.0], 0.999), 1.0);
        assert_eq!(most_allowed(&[], 0.5), f64::INFINITY);
        assert!(check_false_alarms(0.01).is_ok());
        assert!(check_false_alarms(0.0).is_err() && check_false_alarms(f64::NAN).is_err());
    }

    #[test]
    fn where_nothing_can_change_there_is_no_test() {
        assert_eq!(fisher((0, 0), (1, 2)), None);
        assert_eq!(steady_change(&[(2020.0, 3, 9)]), None);
        assert_eq!(steady_change(&[(2020.0, 0, 9), (2021.0, 0, 4)]), None);
        assert_eq!(steady_change(&[]), None);
    }

    /// The example of Holm's paper as it is usually taught, by hand: 4 x 0.005,
    /// 3 x 0.01, then 2 x 0.03 which also bounds the last.
    #[test]
    fn several_tests_are_corrected_in_their_order() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (ours, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert_relative_eq!(*ours, expected, epsilon = 1e-12);
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert_eq!(holm_of_some(&[None, Some(0.02), None]), [None, Some(0.02), None]);
    }

    /// By hand: of 9 draws two reach 4, so (2 + 1) / (9 + 1) on one side.
    #[test]
    fn a_count_is_held_against_its_draws() {
        let draws = [1, 2, 2, 3, 3, 3, 3, 4, 5];
        assert_relative_eq!(p_of_draws(&draws, 4).unwrap(), 0.6, epsilon = 1e-12);
        assert_eq!(p_of_draws(&draws, 3), Some(1.0));
        assert_relative_eq!(p_of_draws(&draws, 9).unwrap(), 0.2, epsilon = 1e-12);
        assert_eq!(p_of_draws(&[2, 2], 2), None);
        // Mean 50 and standard deviation 5: 80 is 5.9 deviations out.
        let draws: Vec<u32> = (0..100).map(|i| if i % 2 == 0 { 45 } else { 55 }).collect();
        assert!(p_of_draws(&draws, 80).unwrap() < 1e-7);
    }

    #[test]
    fn quantiles_lie_on_the_line_between_neighbours() {
        // numpy.quantile([1, 2, 4, 8], [0, .25, .5, 1]) gives 1, 1.75, 3, 8.
        let values = [1.0, 2.0, 4.0, 8.0];
        let found = [0.0, 0.25, 0.5, 1.0].map(|q| quantile(&values, q).unwrap());
        assert_eq!(found, [1.0, 1.75, 3.0, 8.0]);
        assert_eq!(quantile(&[], 0.5), None);
    }
}
