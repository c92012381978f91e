//! Whether one model is better than another on the same cases: paired bootstrap
//! and sign test.

use std::cmp::Ordering;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::evaluate::interval::BootstrapParams;
use crate::evaluate::repeats::{Repeats, check_figures};
use crate::metrics::Figure;
use crate::metrics::Outcome;
use crate::stats::quantile;
use crate::stats::ratio;

/// A figure of two models on the same cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Which figure.
    pub figure: Figure,
    /// Share of the resamples between the limits.
    pub level: f64,
    /// The champion's.
    pub champion: Option<f64>,
    /// The challenger's.
    pub challenger: Option<f64>,
    /// Challenger minus champion; for a loss a negative difference is good.
    pub difference: Option<f64>,
    /// Lower limit of the difference.
    pub lower: Option<f64>,
    /// Upper limit of the difference.
    pub upper: Option<f64>,
    /// Share of the resamples in which the challenger is not better (worse or
    /// the same), whichever direction is good for the figure.
    pub share_not_better: Option<f64>,
    /// Number of resamples in which both models have the figure.
    pub defined: u32,
}

/// Two-sided exact sign test on cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignTest {
    /// Cases on which the challenger decides fewer trends wrongly.
    pub better: u64,
    /// Cases on which it decides more trends wrongly.
    pub worse: u64,
    /// Cases on which both decide equally many wrongly; they do not count.
    pub ties: u64,
    /// Chance of a split at least as uneven if better and worse were equally
    /// likely; 1 if all cases tie.
    pub p_value: f64,
}

/// Paired bootstrap of the difference of two models (Efron and Tibshirani 1993;
/// Berg-Kirkpatrick, Burkett and Klein 2012): each resample of cases is used for both
/// models. See [`crate::evaluate::interval::intervals`] for repeats. The models can have
/// different numbers of repeats.
///
/// # Errors
/// As [`crate::evaluate::interval::intervals`], and [`crate::Error::BadCorpus`] if the
/// models' cases or gold differ.
pub fn differences(
    challenger: &[Vec<Outcome>],
    champion: &[Vec<Outcome>],
    trends: usize,
    figures: &[Figure],
    params: &BootstrapParams,
) -> Result<Vec<Difference>> {
    params.check()?;
    check_figures(figures, trends)?;
    let [challenger, champion] = pair(challenger, champion, trends)?;
    let cases = challenger.cases();
    let both = |weights: &[u32]| -> Vec<[Option<f64>; 2]> {
        let challenger = challenger.figures(figures, weights);
        challenger.into_iter().zip(champion.figures(figures, weights)).map(<[_; 2]>::from).collect()
    };
    let minus = |[a, b]: [Option<f64>; 2]| Some(a? - b?);

    let values = both(&vec![1; cases]);
    let drawn: Vec<Vec<[Option<f64>; 2]>> = (0..params.resamples)
        .into_par_iter()
        .map(|number| both(&params.draw(number, cases)))
        .collect();
    let difference = |(i, (&figure, value)): (usize, (&Figure, [Option<f64>; 2]))| {
        let mut rising: Vec<f64> = drawn.iter().filter_map(|values| minus(values[i])).collect();
        rising.sort_unstable_by(f64::total_cmp);
        let [lower, upper] = params.limits().map(|q| quantile(&rising, q));
        let sign = if figure.higher_is_better() { 1.0 } else { -1.0 };
        let not_better = rising.iter().filter(|&&d| sign * d <= 0.0).count();
        Difference {
            figure,
            level: params.level,
            challenger: value[0],
            champion: value[1],
            difference: minus(value),
            lower,
            upper,
            share_not_better: ratio(not_better as f64, rising.len() as f64),
            defined: rising.len() as u32,
        }
    };
    Ok(figures.iter().zip(values).enumerate().map(difference).collect())
}

/// Sign test (Dixon and Mood 1946) on the number of trends decided wrongly per
/// case, summed over repeats. This number, unlike F1, exists for every case and
/// is exact, so that ties are true ties.
///
/// # Errors
/// [`crate::Error::BadCorpus`] as [`differences`].
pub fn sign_test(
    challenger: &[Vec<Outcome>],
    champion: &[Vec<Outcome>],
    trends: usize,
) -> Result<SignTest> {
    let [challenger, champion] = pair(challenger, champion, trends)?;
    let wrong = |repeats: &Repeats<'_>, case| -> u64 {
        repeats.each().iter().map(|repeat| repeat.wrong(case)).sum()
    };
    // Crosswise products compare the means over unequal numbers of repeats.
    let [n, m] = [&challenger, &champion].map(|repeats| repeats.each().len() as u64);
    let (mut better, mut worse, mut ties) = (0, 0, 0);
    for case in 0..challenger.cases() {
        match (wrong(&challenger, case) * m).cmp(&(wrong(&champion, case) * n)) {
            Ordering::Less => better += 1,
            Ordering::Greater => worse += 1,
            Ordering::Equal => ties += 1,
        }
    }
    Ok(SignTest { better, worse, ties, p_value: two_sided(better, worse) })
}

fn pair<'o>(
    challenger: &'o [Vec<Outcome>],
    champion: &'o [Vec<Outcome>],
    trends: usize,
) -> Result<[Repeats<'o>; 2]> {
    let [challenger, champion] =
        [Repeats::new(challenger, trends)?, Repeats::new(champion, trends)?];
    challenger.check_same(&champion)?;
    Ok([challenger, champion])
}

/// Twice the lower tail of the binomial distribution with equal chances, at most
/// 1; in logarithms, as half to the power of thousands is no number.
fn two_sided(better: u64, worse: u64) -> f64 {
    let n = (better + worse) as f64;
    let mut log_term = -n * std::f64::consts::LN_2;
    let mut tail = libm::exp(log_term);
    for k in 1..=better.min(worse) {
        log_term += libm::log((n - k as f64 + 1.0) / k as f64);
        tail += libm::exp(log_term);
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::interval::tests::drawn;
    use crate::taxonomy::{TrendId, TrendSet};

    fn compare(challenger: &[Vec<Outcome>], champion: &[Vec<Outcome>]) -> Vec<Difference> {
        let params = BootstrapParams { resamples: 300, ..BootstrapParams::default() };
        let figures = [Figure::MacroF1, Figure::HammingLoss];
        differences(challenger, champion, 3, &figures, &params).unwrap()
    }

    #[test]
    fn a_clearly_better_challenger_is_better_in_gain_and_in_loss() {
        let (good, poor) = (drawn(2, 200, 0.8), drawn(3, 200, 0.2));
        let found = compare(&good, &poor);
        assert!(found[0].lower.unwrap() > 0.0, "{found:?}");
        assert!(found[1].upper.unwrap() < 0.0, "{found:?}");
        assert!(found.iter().all(|d| d.share_not_better == Some(0.0)), "{found:?}");
        let turned = compare(&poor, &good);
        assert!(turned.iter().all(|d| d.share_not_better == Some(1.0)), "{turned:?}");
        assert_eq!(turned[0].difference, found[0].difference.map(|d| -d));
    }

    #[test]
    fn a_model_is_not_better_than_itself() {
        let model = drawn(2, 50, 0.5);
        for d in compare(&model, &model) {
            assert_eq!((d.difference, d.lower, d.upper), (Some(0.0), Some(0.0), Some(0.0)));
            assert_eq!(d.share_not_better, Some(1.0));
        }
        let test = sign_test(&model, &model, 3).unwrap();
        assert_eq!((test.better, test.worse, test.ties, test.p_value), (0, 0, 50, 1.0));
    }

    #[test]
    fn a_paired_interval_is_narrower_than_two_single_ones() {
        let champion = drawn(1, 200, 0.5);
        let mut challenger = champion.clone();
        for outcome in challenger[0].iter_mut().take(5) {
            outcome.suggested = outcome.gold.clone();
        }
        let paired = &compare(&challenger, &champion)[0];
        let single = crate::evaluate::interval::intervals(
            &champion,
            3,
            &[Figure::MacroF1],
            &BootstrapParams { resamples: 300, ..BootstrapParams::default() },
        );
        let single = single.unwrap().remove(0);
        let width = paired.upper.unwrap() - paired.lower.unwrap();
        assert!(width < 0.5 * (single.upper.unwrap() - single.lower.unwrap()), "{paired:?}");
    }

    #[test]
    fn the_sign_test_counts_cases_and_gives_the_exact_binomial_chance() {
        // One better in ten: 2 x (1 + 10) / 1024, as scipy 1.17.1's binomtest.
        let trend = || TrendSet::from_iter([TrendId(0)]);
        let model = |right: fn(usize) -> bool| {
            let case = |i| Outcome {
                id: format!("case-{i}"),
                gold: trend(),
                suggested: if right(i) { trend() } else { TrendSet::default() },
                probabilities: vec![0.5; 3],
            };
            vec![(0..12).map(case).collect::<Vec<_>>()]
        };
        let (challenger, champion) = (model(|i| i == 0 || i > 9), model(|i| i != 0));
        let test = sign_test(&challenger, &champion, 3).unwrap();
        assert_eq!((test.better, test.worse, test.ties), (1, 9, 2));
        assert!((test.p_value - 0.021484375).abs() < 1e-15, "{test:?}");
        let repeated = [challenger.clone(), challenger].concat();
        assert_eq!(sign_test(&repeated, &champion, 3).unwrap(), test);
    }

    #[test]
    fn thousands_of_cases_still_have_an_exact_chance() {
        // scipy.stats.binomtest(k, n).pvalue, scipy 1.17.1.
        for (better, worse, p) in [
            (7, 13, 0.26317596435546875),
            (440, 561, 0.00014640709443737067),
            (1900, 2100, 0.0016492663751357264),
        ] {
            let found = two_sided(better, worse);
            assert!((found / p - 1.0).abs() < 1e-9, "{found}");
            assert_eq!(found, two_sided(worse, better));
        }
        assert_eq!(two_sided(2000, 2000), 1.0);
    }

    #[test]
    fn models_evaluated_on_other_cases_cannot_be_compared() {
        let error = sign_test(&drawn(1, 10, 0.5), &drawn(1, 11, 0.5), 3).unwrap_err().to_string();
        assert!(error.contains("10 cases, another 11"), "{error}");
    }
}
