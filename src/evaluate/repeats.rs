//! Repeated outcomes of the same cases, brought into one order for resampling.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::metrics::Outcome;
use crate::metrics::check;
use crate::metrics::mean_of_defined;
use crate::metrics::{Figure, Prepared};

/// How to draw a bootstrap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BootstrapParams {
    /// Number of resamples.
    pub resamples: u32,
    /// Share of the resamples between the limits, within `0..1`.
    pub level: f64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for BootstrapParams {
    fn default() -> Self {
        Self { resamples: 2000, level: 0.95, seed: 0 }
    }
}

impl BootstrapParams {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::BadParam`] without resamples or for a level outside `0..1`.
    pub fn check(&self) -> Result<()> {
        let bad = |name, value: String, remedy: &'static str| {
            Err(Error::BadParam { name, value, remedy: remedy.into() })
        };
        if self.resamples == 0 {
            return bad("resamples", "0".into(), "at least one resample is needed");
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return bad("level", self.level.to_string(), "give a share between 0 and 1, as 0.95");
        }
        Ok(())
    }

    /// Resample `number` of `cases` cases: returns how often each was drawn. Every
    /// resample has its own stream of random numbers, so that it does not depend on the
    /// thread.
    pub(in crate::evaluate) fn draw(&self, number: u32, cases: usize) -> Vec<u32> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(u64::from(number));
        let mut weights = vec![0; cases];
        for _ in 0..cases {
            weights[random.random_range(0..cases)] += 1;
        }
        weights
    }

    /// The two quantiles between which the level lies.
    pub(in crate::evaluate) fn limits(&self) -> [f64; 2] {
        [(1.0 - self.level) / 2.0, (1.0 + self.level) / 2.0]
    }
}

/// Outcomes of one model for the same cases, once per repeat, sorted by id.
pub(in crate::evaluate) struct Repeats<'o> {
    /// Per repeat; there is at least one.
    sorted: Vec<Vec<&'o Outcome>>,
    prepared: Vec<Prepared>,
}

impl<'o> Repeats<'o> {
    /// Checks the repeats and sorts each by id.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] without outcomes, for outcomes that cannot be
    /// evaluated, and if the repeats differ in their cases or their gold.
    pub(in crate::evaluate) fn new(repeats: &'o [Vec<Outcome>], trends: usize) -> Result<Self> {
        let mut sorted = Vec::with_capacity(repeats.len());
        for outcomes in repeats {
            check(outcomes, trends)?;
            let mut cases: Vec<&Outcome> = outcomes.iter().collect();
            cases.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            sorted.push(cases);
        }
        let cases = sorted.first().cloned().unwrap_or_default();
        if cases.is_empty() {
            return Err(Error::bad_corpus(
                "there are no outcomes to resample",
                "give at least one repeat of at least one case",
            ));
        }
        for other in &sorted {
            same_cases(&cases, other)?;
        }
        let prepare = |cases: &Vec<&Outcome>| Prepared::new(cases.iter().copied(), trends);
        let prepared = sorted.iter().map(prepare).collect();
        Ok(Self { sorted, prepared })
    }

    /// Checks that another model's outcomes are about the same cases and gold.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] naming the first case that differs.
    pub(in crate::evaluate) fn check_same(&self, other: &Self) -> Result<()> {
        same_cases(&self.sorted[0], &other.sorted[0])
    }

    /// Number of cases.
    pub(in crate::evaluate) fn cases(&self) -> usize {
        self.sorted[0].len()
    }

    /// The outcomes of each repeat, in the same order of cases.
    pub(in crate::evaluate) fn outcomes(&self) -> &[Vec<&'o Outcome>] {
        &self.sorted
    }

    /// The repeats.
    pub(in crate::evaluate) fn each(&self) -> &[Prepared] {
        &self.prepared
    }

    /// Each figure under case weights: its mean over the repeats that have it.
    pub(in crate::evaluate) fn figures(
        &self,
        figures: &[Figure],
        weights: &[u32],
    ) -> Vec<Option<f64>> {
        let weighed: Vec<_> = self.prepared.iter().map(|repeat| repeat.weigh(weights)).collect();
        let mean = |figure: &Figure| mean_of_defined(weighed.iter().map(|w| figure.of(w)));
        figures.iter().map(mean).collect()
    }
}

/// Checks that figures of single trends are about trends that exist.
pub(in crate::evaluate) fn check_figures(figures: &[Figure], trends: usize) -> Result<()> {
    match figures.iter().filter_map(|f| f.trend()).find(|id| id.index() >= trends) {
        None => Ok(()),
        Some(id) => Err(Error::bad_corpus(
            format!("a figure of trend number {} of {trends} is asked for", id.index()),
            "ask for figures of the taxonomy the outcomes were made with",
        )),
    }
}

fn same_cases(first: &[&Outcome], other: &[&Outcome]) -> Result<()> {
    let bad = |reason: String| {
        let remedy = "compare outcomes of the same labelled cases only".into();
        Err(Error::BadCorpus { reason, remedy })
    };
    if first.len() != other.len() {
        let (n, m) = (first.len(), other.len());
        return bad(format!("one set of outcomes has {n} cases, another {m}"));
    }
    for (a, b) in first.iter().zip(other) {
        if a.id != b.id {
            return bad(format!("case \"{}\" has no outcome in every set", (&a.id).min(&b.id)));
        }
        if a.gold != b.gold {
            return bad(format!("case \"{}\" has different gold in different sets", a.id));
        }
    }
    Ok(())
}
