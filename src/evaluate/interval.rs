//! Confidence intervals of figures: percentile bootstrap over cases.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::repeats::BootstrapParams;

use crate::error::Result;
use crate::evaluate::repeats::{Repeats, check_figures};
use crate::metrics::Figure;
use crate::metrics::Outcome;
use crate::stats::quantile;

/// A figure with its bootstrap limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Which figure.
    pub figure: Figure,
    /// Share of the resamples between the limits.
    pub level: f64,
    /// The figure itself: the mean over the repeats that have it.
    pub value: Option<f64>,
    /// Lower limit; undefined if no resample has the figure.
    pub lower: Option<f64>,
    /// Upper limit; undefined if no resample has the figure.
    pub upper: Option<f64>,
    /// Number of resamples with a defined figure. If it is well below the number drawn,
    /// the trend is too rare for reliable limits.
    pub defined: u32,
}

/// Percentile bootstrap intervals (Efron and Tibshirani 1993, chapter 13) of `figures`
/// over cases. `repeats` contains one set of outcomes per repeat (such as of a
/// cross-validation), each with the same cases in any order. A resample draws cases with
/// replacement, each with its outcomes of all repeats. Each figure is computed per repeat
/// and averaged over the repeats. The interval therefore covers variation between cases,
/// not between splits or training sets. The same seed gives the same bytes for any number
/// of threads and any order of the cases.
///
/// # Errors
/// [`crate::Error::BadCorpus`] without outcomes, if the repeats differ in their cases or
/// gold, or for a figure of an unknown trend; [`crate::Error::BadParam`] as
/// [`BootstrapParams::check`].
pub fn intervals(
    repeats: &[Vec<Outcome>],
    trends: usize,
    figures: &[Figure],
    params: &BootstrapParams,
) -> Result<Vec<Interval>> {
    params.check()?;
    check_figures(figures, trends)?;
    let repeats = Repeats::new(repeats, trends)?;
    let cases = repeats.cases();
    let values = repeats.figures(figures, &vec![1; cases]);
    let drawn: Vec<Vec<Option<f64>>> = (0..params.resamples)
        .into_par_iter()
        .map(|number| repeats.figures(figures, &params.draw(number, cases)))
        .collect();
    let interval = |(i, (&figure, value)): (usize, (&Figure, Option<f64>))| {
        let mut rising: Vec<f64> = drawn.iter().filter_map(|values| values[i]).collect();
        rising.sort_unstable_by(f64::total_cmp);
        let [lower, upper] = params.limits().map(|q| quantile(&rising, q));
        Interval { figure, level: params.level, value, lower, upper, defined: rising.len() as u32 }
    };
    Ok(figures.iter().zip(values).enumerate().map(interval).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::taxonomy::{TrendId, TrendSet};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Creates outcomes of a model with random probabilities for a `skill` of 0, and with
    /// perfect separation for 1: `repeats` x `cases`, three trends.
    pub(crate) fn drawn(repeats: u64, cases: usize, skill: f64) -> Vec<Vec<Outcome>> {
        let mut truth = ChaCha8Rng::seed_from_u64(1);
        let mut set = || (0..3).filter(|_| truth.random::<f64>() < 0.4).map(TrendId).collect();
        let gold: Vec<TrendSet> = (0..cases).map(|_| set()).collect();
        let repeat = |r| {
            let mut noise = ChaCha8Rng::seed_from_u64(100 + r);
            let mut outcome = |(i, gold): (usize, &TrendSet)| {
                let mut probability = |t| {
                    let side = if gold.contains(TrendId(t)) { skill } else { 0.0 };
                    (noise.random::<f64>() + side) / (1.0 + skill)
                };
                let probabilities: Vec<f64> = (0..3).map(&mut probability).collect();
                let passes = |&t: &u16| probabilities[usize::from(t)] > 0.5;
                let suggested = (0..3).filter(passes).map(TrendId).collect();
                Outcome { id: format!("case-{i}"), gold: gold.clone(), suggested, probabilities }
            };
            gold.iter().enumerate().map(&mut outcome).collect()
        };
        (0..repeats).map(repeat).collect()
    }

    fn params(resamples: u32) -> BootstrapParams {
        BootstrapParams { resamples, ..BootstrapParams::default() }
    }

    #[test]
    fn intervals_hold_the_value_and_narrow_with_more_cases() {
        let width = |cases| {
            let found = intervals(&drawn(2, cases, 0.5), 3, &Figure::HEADLINE, &params(400));
            let widths: Vec<f64> = found
                .unwrap()
                .iter()
                .map(|i| {
                    let (lower, value, upper) =
                        (i.lower.unwrap(), i.value.unwrap(), i.upper.unwrap());
                    assert!(lower < value && value < upper && i.defined == 400, "{i:?}");
                    upper - lower
                })
                .collect();
            widths
        };
        // Sixteen times the cases: about a quarter of the width.
        for (few, many) in width(60).into_iter().zip(width(960)) {
            let ratio = few / many;
            assert!((2.5..6.5).contains(&ratio), "{ratio}");
        }
    }

    #[test]
    fn the_interval_of_a_mean_over_cases_is_that_of_the_binomial() {
        // Subset accuracy 0.5 of 400 independent cases: 1.96 x sqrt(.25/400) = 0.049.
        let mut outcomes = drawn(1, 400, 0.5);
        for (i, outcome) in outcomes[0].iter_mut().enumerate() {
            outcome.suggested = outcome.gold.clone();
            if i % 2 == 0 {
                let other = (0..3).map(TrendId).filter(|&t| !outcome.gold.contains(t)).collect();
                outcome.suggested = other;
            }
        }
        let found = intervals(&outcomes, 3, &[Figure::SubsetAccuracy], &params(4000)).unwrap();
        assert!((found[0].lower.unwrap() - 0.451).abs() < 0.005, "{found:?}");
        assert!((found[0].upper.unwrap() - 0.549).abs() < 0.005, "{found:?}");
    }

    #[test]
    fn the_same_repeat_four_times_gives_the_interval_of_one() {
        // Repeats are no new cases: they must not narrow the interval.
        let one = drawn(1, 80, 0.5);
        let four = vec![one[0].clone(); 4];
        let run = |repeats: &[Vec<Outcome>]| {
            intervals(repeats, 3, &[Figure::MacroF1], &params(200)).unwrap().remove(0)
        };
        let (one, four) = (run(&one), run(&four));
        let close = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-12;
        assert!(close(one.lower, four.lower) && close(one.upper, four.upper));
    }

    #[test]
    fn the_bytes_depend_on_the_seed_but_not_on_threads_or_the_order_of_cases() {
        let repeats = drawn(2, 50, 0.5);
        let mut turned = repeats.clone();
        turned[1].reverse();
        turned[0].rotate_left(7);
        let run = |repeats: &[Vec<Outcome>], threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let params = BootstrapParams { seed, ..params(100) };
            let found = pool.install(|| intervals(repeats, 3, &Figure::HEADLINE, &params)).unwrap();
            serde_json::to_string(&found).unwrap()
        };
        let once = run(&repeats, 1, 5);
        assert_eq!(once, run(&repeats, 4, 5));
        assert_eq!(once, run(&turned, 3, 5));
        assert_ne!(once, run(&repeats, 1, 6));
    }

    #[test]
    fn a_trend_that_is_never_gold_nor_suggested_has_no_limits() {
        let mut repeats = drawn(1, 30, 0.5);
        for outcome in &mut repeats[0] {
            outcome.gold = TrendSet::default();
            outcome.suggested = TrendSet::default();
        }
        let figures = [Figure::TrendF1(TrendId(0))];
        let found = intervals(&repeats, 3, &figures, &params(50)).unwrap().remove(0);
        assert_eq!((found.value, found.lower, found.upper, found.defined), (None, None, None, 0));
    }

    #[test]
    fn repeats_of_other_cases_unknown_trends_and_empty_input_are_refused() {
        let repeats = drawn(2, 10, 0.5);
        let refused = |repeats: &[Vec<Outcome>], figure, what: &str| {
            let error = intervals(repeats, 3, &[figure], &params(10)).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        };
        let mut fewer = repeats.clone();
        fewer[1].pop();
        refused(&fewer, Figure::MacroF1, "10 cases, another 9");
        let mut renamed = repeats.clone();
        renamed[1][3].id = "zebra".into();
        refused(&renamed, Figure::MacroF1, "\"case-3\" has no outcome in every set");
        let mut relabelled = repeats.clone();
        relabelled[1][3].gold = TrendSet::from_iter([TrendId(0), TrendId(1), TrendId(2)]);
        refused(&relabelled, Figure::MacroF1, "\"case-3\" has different gold");
        refused(&[], Figure::MacroF1, "no outcomes to resample");
        refused(&repeats, Figure::TrendF1(TrendId(3)), "trend number 3 of 3");
        assert!(intervals(&repeats, 3, &[], &params(0)).is_err());
    }
}
