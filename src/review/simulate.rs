//! Whether it pays to ask reviewers about some cases first: a labelled corpus
//! replayed as if nothing of it were labelled yet.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::replay::Replay;
use crate::error::{Error, Result};
use crate::split::{stratified_folds, train_and_test};
use crate::tagger::{TaggerParams, TrainingSet};

/// How the review is simulated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulationParams {
    /// Labels with which every run starts, drawn by lot.
    pub first: usize,
    /// Labels at the end.
    pub last: usize,
    /// Labels asked for before a model is trained anew.
    pub step: usize,
    /// Number of runs, each from other first labels.
    pub seeds: u64,
    /// One of so many parts of the corpus is tested on in all runs, and never
    /// asked about.
    pub parts: usize,
    /// Seed of that part.
    pub test_seed: u64,
    /// Resamples of the runs for the limits.
    pub resamples: u32,
}

impl Default for SimulationParams {
    fn default() -> Self {
        Self {
            first: 50,
            last: 300,
            step: 25,
            seeds: 20,
            parts: 3,
            test_seed: 1,
            resamples: 10_000,
        }
    }
}

/// Which cases are asked about first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Those drawn by lot.
    Random,
    /// Those of which the tagger knows least: by the mean entropy of its
    /// probabilities (Lewis and Gale 1994, for more than one label a case).
    Uncertainty,
    /// Those that the review's own queue brings first.
    Queue,
}

impl Ask {
    /// All orders, the one that the others have to beat first.
    pub const ALL: [Self; 3] = [Self::Random, Self::Uncertainty, Self::Queue];

    /// Name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Uncertainty => "uncertainty",
            Self::Queue => "queue",
        }
    }
}

/// Macro F1 on the tested cases with so many labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AskedPoint {
    /// Number of labels.
    pub labels: usize,
    /// Mean over the runs.
    pub macro_f1: f64,
    /// Limits between which 95 % of the resampled means lie.
    pub limits: (f64, f64),
}

/// The learning curve of one order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AskedCurve {
    /// The order.
    pub ask: Ask,
    /// Its points, by rising number of labels.
    pub points: Vec<AskedPoint>,
    /// Area under the curve, divided by its width: the mean macro F1 on the way.
    pub area: f64,
    /// That of random order subtracted, run by run: mean and 95 % limits.
    pub gain: (f64, f64, f64),
}

/// What came of the simulation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulation {
    /// How it was done.
    pub params: SimulationParams,
    /// Number of cases that could be asked about.
    pub pool: usize,
    /// Number of cases that were tested.
    pub tested: usize,
    /// One curve per order, as in [`Ask::ALL`].
    pub curves: Vec<AskedCurve>,
}

impl Simulation {
    /// Replays the labelled cases of `set`; `done` hears after each run of an
    /// order.
    ///
    /// Each run draws its first labels by lot, trains, lets the order choose the
    /// next ones by what the tagger says of the others, and trains anew. All
    /// orders of a run start from the same labels, and their difference is taken
    /// run by run; its limits are a bootstrap over runs, so they speak of other
    /// first labels and not of another corpus.
    ///
    /// # Errors
    /// [`Error::BadParam`] for sizes that are no curve or that the corpus does
    /// not have; as [`TrainingSet::train`].
    pub fn run(
        set: &TrainingSet<'_>,
        recipe: &TaggerParams,
        params: &SimulationParams,
        done: &(dyn Fn() + Sync),
    ) -> Result<Self> {
        let folds = stratified_folds(set.gold(), set.groups(), params.parts, params.test_seed)?;
        let (pool, test) = train_and_test(&folds, 0);
        params.check(pool.len())?;
        let sizes: Vec<usize> = (params.first..=params.last).step_by(params.step).collect();
        let replay = Replay { set, pool, test, recipe: recipe.quick(), sizes };
        let runs: Vec<(u64, Ask)> =
            (0..params.seeds).flat_map(|seed| Ask::ALL.map(|ask| (seed, ask))).collect();
        let found = runs
            .into_par_iter()
            .map(|(seed, ask)| {
                let curve = replay.curve(seed, ask);
                done();
                curve
            })
            .collect::<Result<Vec<Vec<f64>>>>()?;
        let of = |place: usize| -> Vec<&Vec<f64>> {
            found.iter().skip(place).step_by(Ask::ALL.len()).collect()
        };
        let by_lot: Vec<f64> = of(0).into_iter().map(|curve| area(curve)).collect();
        let curves = Ask::ALL.iter().enumerate().map(|(place, &ask)| {
            let curves = of(place);
            let points = replay.sizes.iter().enumerate().map(|(i, &labels)| {
                let values: Vec<f64> = curves.iter().map(|curve| curve[i]).collect();
                let (macro_f1, lower, upper) = spread(&values, params.resamples);
                AskedPoint { labels, macro_f1, limits: (lower, upper) }
            });
            let areas: Vec<f64> = curves.iter().map(|curve| area(curve)).collect();
            let gains: Vec<f64> = areas.iter().zip(&by_lot).map(|(area, lot)| area - lot).collect();
            AskedCurve {
                ask,
                points: points.collect(),
                area: mean(&areas),
                gain: spread(&gains, params.resamples),
            }
        });
        Ok(Self {
            params: params.clone(),
            pool: replay.pool.len(),
            tested: replay.test.len(),
            curves: curves.collect(),
        })
    }

    /// What the limits say of the orders, in a sentence.
    pub fn conclusion(&self) -> String {
        match self.best() {
            Some(best) => format!(
                "{} order beats random order: the mean macro F1 on the way is {:.4} higher \
                 [{:.4}, {:.4}].",
                best.ask.label(),
                best.gain.0,
                best.gain.1,
                best.gain.2
            ),
            None => "No order beats random order beyond chance: every interval includes 0.".into(),
        }
    }

    /// The order with the largest gain whose limits exclude 0; `None` if none
    /// beats random order.
    pub fn best(&self) -> Option<&AskedCurve> {
        let better = self.curves.iter().filter(|curve| curve.gain.1 > 0.0);
        better.max_by(|a, b| a.gain.0.total_cmp(&b.gain.0))
    }
}

impl SimulationParams {
    fn check(&self, pool: usize) -> Result<()> {
        let bad = |name, value: usize, remedy: String| {
            Err(Error::BadParam { name, value: value.to_string(), remedy })
        };
        if self.step == 0 {
            return bad("step", self.step, "ask for at least one label at a time".into());
        }
        if self.first >= self.last {
            return bad("first", self.first, format!("start with fewer labels than {}", self.last));
        }
        if self.last > pool {
            return bad("last", self.last, format!("only {pool} cases are not tested on"));
        }
        if self.seeds == 0 {
            return bad("seeds", 0, "make at least one run".into());
        }
        if self.resamples == 0 {
            return bad("resamples", 0, "draw at least one resample".into());
        }
        Ok(())
    }
}

/// Area under a curve of evenly spaced points (trapezoids), divided by its width.
fn area(curve: &[f64]) -> f64 {
    match curve {
        [] | [_] => mean(curve),
        points => {
            let steps = points.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
            steps.sum::<f64>() / (points.len() - 1) as f64
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The mean and its 95 % limits: percentile bootstrap over the values.
fn spread(values: &[f64], resamples: u32) -> (f64, f64, f64) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| {
            let drawn = (0..values.len()).map(|_| values[random.random_range(0..values.len())]);
            drawn.sum::<f64>() / values.len() as f64
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * (means.len() - 1) as f64).round() as usize;
        means.get(place).copied().unwrap_or_default()
    };
    (mean(values), at(0.025), at(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Corpus, ReadOptions, Rows};

    #[test]
    fn the_area_is_the_mean_height_by_trapezoids() {
        // By hand: (0.5 * (0 + 1) + 0.5 * (1 + 1)) / 2.
        assert_eq!(area(&[0.0, 1.0, 1.0]), 0.75);
        assert_eq!(area(&[0.4]), 0.4);
    }

    #[test]
    fn limits_hold_the_mean_and_shut_out_what_no_value_reaches() {
        let (mean, lower, upper) = spread(&[0.1, 0.2, 0.3, 0.2], 1000);
        assert!((mean - 0.2).abs() < 1e-12 && lower > 0.1 && upper < 0.3 && lower < upper);
        assert_eq!(spread(&[0.5; 3], 10), (0.5, 0.5, 0.5));
    }

    fn corpus() -> Corpus {
        let mut csv = String::from("id,title,trends\n");
        for i in 0..90 {
            let words = [["vote", "ballot", "petition"], ["sensor", "forecast", "dataset"]][i % 2];
            let odd = format!("{}{}{}", i % 7, i % 11, i);
            let text = format!(
                "{} n{odd} {} m{odd} {} k{odd}",
                words[i % 3],
                words[i / 2 % 3],
                words[i / 3 % 3]
            );
            csv += &format!("c{i},{text},{}\n", ["a", "b"][i % 2]);
        }
        let options = ReadOptions::default();
        let rows = Rows::from_reader(std::io::Cursor::new(csv), "cases.csv", &options).unwrap();
        Corpus::from_rows(rows, &options, None).unwrap().0
    }

    fn params() -> SimulationParams {
        SimulationParams { first: 10, last: 30, step: 10, seeds: 3, ..SimulationParams::default() }
    }

    #[test]
    fn all_orders_start_alike_and_only_the_tested_cases_count() {
        let corpus = corpus();
        let recipe = TaggerParams { folds: 2, ..TaggerParams::default() };
        let set = TrainingSet::new(&corpus, &recipe, None).unwrap();
        let found = Simulation::run(&set, &recipe, &params(), &|| {}).unwrap();
        assert_eq!((found.pool, found.tested), (60, 30));
        let labels: Vec<usize> = found.curves[0].points.iter().map(|p| p.labels).collect();
        assert_eq!(labels, [10, 20, 30]);
        let first = |curve: &AskedCurve| curve.points[0].macro_f1;
        assert!(found.curves.iter().all(|curve| first(curve) == first(&found.curves[0])));
        assert_eq!(found.curves[0].gain, (0.0, 0.0, 0.0), "random order gains nothing on itself");
        let sure = || found.curves.iter().filter(|curve| curve.gain.1 > 0.0);
        match found.best() {
            Some(best) => assert!(
                sure().any(|curve| curve.ask == best.ask)
                    && sure().all(|curve| curve.gain.0 <= best.gain.0)
            ),
            None => assert_eq!(sure().count(), 0),
        }
        let again = Simulation::run(&set, &recipe, &params(), &|| {}).unwrap();
        assert_eq!(again, found);
    }

    #[test]
    fn sizes_that_are_no_curve_are_refused_by_name() {
        let corpus = corpus();
        let recipe = TaggerParams::default();
        let set = TrainingSet::new(&corpus, &recipe, None).unwrap();
        for (params, words) in [
            (SimulationParams { step: 0, ..params() }, "step = 0"),
            (SimulationParams { first: 30, ..params() }, "first = 30"),
            (SimulationParams { last: 61, ..params() }, "last = 61: only 60 cases"),
            (SimulationParams { seeds: 0, ..params() }, "seeds = 0"),
            (SimulationParams { resamples: 0, ..params() }, "resamples = 0"),
        ] {
            let error = Simulation::run(&set, &recipe, &params, &|| {}).err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
