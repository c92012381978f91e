//! Calibration of probabilities: reliability curve, and a test of the calibration error
//! against chance.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::metrics::Outcome;
use crate::metrics::averaged_of;
use crate::metrics::check;
use crate::metrics::probability::{calibration_error_of_bins, equal_mass};
use crate::metrics::{check_bins, pairs};
use crate::stats::quantile;
use crate::taxonomy::TrendId;

/// One point of a reliability curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bin {
    /// Lowest probability in the bin.
    pub lower: f64,
    /// Highest probability in the bin.
    pub upper: f64,
    /// Mean probability of the bin.
    pub mean_probability: f64,
    /// Share of the bin that is gold.
    pub share_positive: f64,
    /// Number of cases (or of pairs of case and trend) in the bin.
    pub n: usize,
}

/// Which pairs of case and trend a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of one trend.
    Trend(TrendId),
    /// Those of all averaged trends, pooled.
    All,
}

/// Returns the reliability curve in at most `bins` equal-mass bins, probabilities
/// rising; ties share a bin, so that there may be fewer.
///
/// Murphy and Winkler (1977); equal mass as in Nixon et al. (2019).
///
/// # Errors
/// [`Error::BadCorpus`] for outcomes that cannot be evaluated or a trend they do
/// not have, [`Error::BadParam`] for zero bins.
pub fn reliability(outcomes: &[Outcome], scope: Scope, bins: usize) -> Result<Vec<Bin>> {
    check_bins(bins)?;
    let (rising, gold) = sorted(outcomes, scope)?;
    let bin = |range: std::ops::Range<usize>| {
        let n = range.len();
        Bin {
            lower: rising[range.start],
            upper: rising[range.end - 1],
            mean_probability: rising[range.clone()].iter().sum::<f64>() / n as f64,
            share_positive: gold[range].iter().filter(|&&y| y).count() as f64 / n as f64,
            n,
        }
    };
    Ok(equal_mass(&rising, bins).into_iter().map(bin).collect())
}

/// Params of [`calibration_test`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CalibrationParams {
    /// Number of equal-mass bins.
    pub bins: usize,
    /// Number of simulated sets of labels.
    pub draws: u32,
    /// Seed of the simulation.
    pub seed: u64,
}

impl Default for CalibrationParams {
    fn default() -> Self {
        Self { bins: 10, draws: 2000, seed: 0 }
    }
}

/// A calibration error, with that of a perfectly calibrated model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationTest {
    /// The calibration error found.
    pub error: f64,
    /// The mean error if each label were drawn with its probability.
    pub mean_if_calibrated: f64,
    /// The 99th percentile of the same.
    pub p99_if_calibrated: f64,
    /// `(1 + draws with at least the error found) / (1 + draws)`: a small value
    /// speaks against calibration.
    pub p_value: f64,
}

/// Compares the expected calibration error with its distribution under perfect
/// calibration; `None` without outcomes. Labels are simulated from the given
/// probabilities (consistency resampling, Bröcker and Smith 2007), independently of each
/// other. With [`Scope::All`] the trends of a case are also treated as independent, which
/// real labels are not, so the test is approximate. The same seed gives the same result
/// for any number of threads.
///
/// # Errors
/// As [`reliability`]; [`Error::BadParam`] for zero draws.
pub fn calibration_test(
    outcomes: &[Outcome],
    scope: Scope,
    params: &CalibrationParams,
) -> Result<Option<CalibrationTest>> {
    check_bins(params.bins)?;
    if params.draws == 0 {
        let remedy = "at least one draw is needed".into();
        return Err(Error::BadParam { name: "draws", value: "0".into(), remedy });
    }
    let (rising, gold) = sorted(outcomes, scope)?;
    let bins = equal_mass(&rising, params.bins);
    let Some(error) = calibration_error_of_bins(&rising, &gold, &bins) else { return Ok(None) };

    let draw = |number: u32| {
        let mut random = ChaCha8Rng::seed_from_u64(params.seed);
        random.set_stream(u64::from(number));
        let labels: Vec<bool> = rising.iter().map(|&p| random.random::<f64>() < p).collect();
        calibration_error_of_bins(&rising, &labels, &bins)
    };
    let mut errors: Vec<f64> = (0..params.draws).into_par_iter().filter_map(draw).collect();
    errors.sort_unstable_by(f64::total_cmp);
    let draws = f64::from(params.draws);
    let as_large = errors.iter().filter(|&&simulated| simulated >= error).count();
    Ok(quantile(&errors, 0.99).map(|p99_if_calibrated| CalibrationTest {
        error,
        mean_if_calibrated: errors.iter().sum::<f64>() / draws,
        p99_if_calibrated,
        p_value: (1 + as_large) as f64 / (1.0 + draws),
    }))
}

/// Probabilities in rising order, and whether each is gold.
fn sorted(outcomes: &[Outcome], scope: Scope) -> Result<(Vec<f64>, Vec<bool>)> {
    let Some(trends) = outcomes.first().map(|o| o.probabilities.len()) else {
        return Ok((Vec::new(), Vec::new()));
    };
    check(outcomes, trends)?;
    let ids: Vec<TrendId> = match scope {
        Scope::All => {
            let averaged = averaged_of(outcomes, trends).into_iter().enumerate();
            averaged.filter_map(|(i, is)| is.then_some(TrendId(i as u16))).collect()
        }
        Scope::Trend(id) if id.index() < trends => vec![id],
        Scope::Trend(id) => {
            return Err(Error::bad_corpus(
                format!("the outcomes have no trend number {} of {trends}", id.index()),
                "evaluate with the taxonomy the outcomes were made with",
            ));
        }
    };
    let mut all: Vec<(f64, bool)> = ids.into_iter().flat_map(|id| pairs(outcomes, id)).collect();
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    Ok(all.into_iter().unzip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::TrendSet;

    const FIRST: Scope = Scope::Trend(TrendId(0));

    fn outcomes(pairs: &[(f64, bool)]) -> Vec<Outcome> {
        let outcome = |(i, &(p, gold)): (usize, &(f64, bool))| Outcome {
            id: i.to_string(),
            gold: gold.then_some(TrendId(0)).into_iter().collect(),
            suggested: TrendSet::default(),
            probabilities: vec![p],
        };
        pairs.iter().enumerate().map(outcome).collect()
    }

    /// 400 cases with labels drawn with `truth(p)`.
    fn drawn(truth: fn(f64) -> f64) -> Vec<Outcome> {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut pair = || {
            let p: f64 = random.random();
            (p, random.random::<f64>() < truth(p))
        };
        outcomes(&(0..400).map(|_| pair()).collect::<Vec<_>>())
    }

    #[test]
    fn a_reliability_curve_follows_from_the_cases_by_hand() {
        let cases = outcomes(&[(0.9, true), (0.1, false), (0.3, true), (0.7, true)]);
        let bins = reliability(&cases, FIRST, 2).unwrap();
        let bin = |lower, upper, mean_probability, share_positive| Bin {
            lower,
            upper,
            mean_probability,
            share_positive,
            n: 2,
        };
        assert_eq!(bins, [bin(0.1, 0.3, 0.2, 0.5), bin(0.7, 0.9, 0.8, 1.0)]);
        assert_eq!(reliability(&cases, Scope::All, 2).unwrap(), bins);
    }

    #[test]
    fn calibrated_probabilities_pass_and_overconfident_ones_fail() {
        let params = CalibrationParams::default();
        let test = |truth| calibration_test(&drawn(truth), FIRST, &params).unwrap().unwrap();
        let honest = test(|p| p);
        assert!(honest.error > 0.0 && honest.error < honest.p99_if_calibrated, "{honest:?}");
        assert!(honest.p_value > 0.01, "{honest:?}");
        let overconfident = test(|p| 0.5 + 0.4 * (p - 0.5));
        assert!(overconfident.error > overconfident.p99_if_calibrated, "{overconfident:?}");
        assert!(overconfident.p_value < 0.01, "{overconfident:?}");
    }

    #[test]
    fn the_simulation_gives_the_same_numbers_on_one_thread_and_on_four() {
        let cases = drawn(|p| p);
        let params = CalibrationParams { draws: 50, ..CalibrationParams::default() };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| calibration_test(&cases, Scope::All, &params).unwrap())
        };
        assert_eq!(run(1), run(4));
    }

    #[test]
    fn no_outcomes_have_no_calibration_and_an_unknown_trend_is_an_error() {
        let params = CalibrationParams::default();
        assert_eq!(calibration_test(&[], FIRST, &params).unwrap(), None);
        assert!(reliability(&[], FIRST, 10).unwrap().is_empty());
        let unknown = Scope::Trend(TrendId(3));
        assert!(reliability(&outcomes(&[(0.5, true)]), unknown, 10).is_err());
    }
}
