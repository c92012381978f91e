//! Looks at a group of decisions, each a weighted sum of what was given less what was
//! expected, and how far honest decisions take them.
//!
//! A sum over one trend, or over all, shows that trends are given too often or too seldom.
//! Two more are likelihood ratios against a mixture: that a share of the trends was dropped,
//! or that trends were added at random. They weigh a decision by how clearly the text
//! speaks against it, so that they see few wrong decisions among many honest ones.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Judged;
use crate::stats::ratio;

/// Share of the trends that the two mixtures drop or add.
const MIXED: f64 = 0.2;

/// Part of a case's standard deviation by which texts of another kind may change a mean,
/// beyond what texts of other lengths show on the gold.
const SHIFT: f64 = 0.1;

/// Parts of the gold, by the length of the texts, that are compared.
const PARTS: usize = 4;

/// Simulated honest groups.
const DRAWS: u64 = 2000;

/// The most decisions that a simulated group has: larger ones behave as these do.
const LARGEST: usize = 1000;

const SEED: u64 = 1;

/// The counts of one test for a case, or their sum over cases.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Look {
    value: f64,
    /// As the probabilities have it.
    variance: f64,
}

/// Returns the looks at a case: at each trend, then the three of [`Rest`].
fn looks(case: &Judged) -> Vec<Look> {
    let (mut all, mut withheld, mut added) = (Look::default(), Look::default(), Look::default());
    let mut looks: Vec<Look> = Vec::with_capacity(case.probabilities.len() + 3);
    for (trend, p) in case.probabilities.iter().enumerate() {
        let p = p.clamp(1e-6, 1.0 - 1e-6);
        let residual = case.residual(trend);
        let add = |look: &mut Look, weight: f64| {
            look.value += weight * residual;
            look.variance += weight * weight * p * (1.0 - p);
        };
        let mut of_trend = Look::default();
        add(&mut of_trend, 1.0);
        add(&mut all, 1.0);
        add(&mut withheld, -((1.0 - (1.0 - MIXED) * p) / ((1.0 - p) * (1.0 - MIXED))).ln());
        add(&mut added, ((p + MIXED * (1.0 - p)) / (p * (1.0 - MIXED))).ln());
        looks.push(of_trend);
    }
    looks.extend([all, withheld, added]);
    looks
}

/// The looks that follow those at single trends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// All trends alike.
    All,
    /// Trends that the texts show and that were not given.
    Withheld,
    /// Trends that the texts do not show and that were given.
    Added,
}

/// How the looks at honest decisions vary, learned from the gold.
pub(super) struct Honest {
    trends: usize,
    cases: Vec<Vec<Look>>,
    bias: Vec<f64>,
    /// Variance of a look, as a multiple of what the probabilities say.
    spread: Vec<f64>,
    /// Standard deviation of the mean between texts of other kinds.
    shift: Vec<f64>,
    /// Change of the mean with the logarithm of the length, beyond chance.
    slope: Vec<f64>,
    /// Mean logarithm of the lengths.
    length: f64,
}

impl Honest {
    /// The fewest gold cases to learn from.
    pub(super) const LEAST: usize = 40;

    pub(super) fn of(gold: &[Judged], trends: usize) -> Self {
        let mut by_length: Vec<&Judged> = gold.iter().collect();
        by_length.sort_by_key(|case| case.length);
        let cases: Vec<Vec<Look>> = by_length.iter().map(|case| looks(case)).collect();
        let n = cases.len() as f64;
        let length = by_length.iter().map(|case| log_length(case)).sum::<f64>() / n;
        let from_mean: Vec<f64> = by_length.iter().map(|case| log_length(case) - length).collect();
        let mut honest = Self {
            trends,
            bias: Vec::new(),
            spread: Vec::new(),
            shift: Vec::new(),
            slope: Vec::new(),
            length,
            cases,
        };
        for k in 0..trends + 3 {
            let mean = honest.cases.iter().map(|looks| looks[k].value).sum::<f64>() / n;
            let off: Vec<f64> = honest.cases.iter().map(|looks| looks[k].value - mean).collect();
            let squares: f64 = off.iter().map(|off| off * off).sum();
            let variance: f64 = honest.cases.iter().map(|looks| looks[k].variance).sum();
            let spread = ratio(squares, variance).unwrap_or(1.0).max(0.1);
            // What differs between the parts beyond chance, honest batches show too.
            let size = honest.cases.len().div_ceil(PARTS).max(1);
            let beyond = off.chunks(size).zip(honest.cases.chunks(size)).map(|(off, looks)| {
                let size = off.len() as f64;
                let chance: f64 = looks.iter().map(|looks| looks[k].variance).sum();
                (off.iter().sum::<f64>() / size).powi(2) - spread * chance / (size * size)
            });
            let beyond: Vec<f64> = beyond.collect();
            let moment = beyond.iter().sum::<f64>() / beyond.len().max(1) as f64;
            let least = SHIFT * SHIFT * spread * variance / n;
            honest.bias.push(mean);
            honest.spread.push(spread);
            honest.shift.push((moment.max(0.0) + least).sqrt());
            honest.slope.push(slope(&from_mean, &off));
        }
        honest
    }

    /// Returns the place of a look.
    pub(super) const fn place(&self, rest: Rest) -> usize {
        self.trends + rest as usize
    }

    /// Standard deviations between each look at a group and what honest decisions give: of
    /// trends and of all of them in both directions, of the mixtures towards them.
    pub(super) fn z(&self, group: &[&Judged]) -> Vec<f64> {
        let looks: Vec<Vec<Look>> = group.iter().map(|case| looks(case)).collect();
        let n = group.len() as f64;
        let length = group.iter().map(|case| log_length(case)).sum::<f64>() / n;
        let of_group = looks.iter().collect::<Vec<_>>();
        self.of_looks(&of_group, length - self.length, |_| 0.0)
    }

    /// As [`Self::z`]; `luck` is how many standard deviations the kind of the texts shifts a
    /// look.
    fn of_looks(
        &self,
        group: &[&Vec<Look>],
        distance: f64,
        mut luck: impl FnMut(usize) -> f64,
    ) -> Vec<f64> {
        let n = group.len() as f64;
        let z = |k: usize| {
            let value: f64 = group.iter().map(|looks| looks[k].value).sum();
            let variance: f64 = group.iter().map(|looks| looks[k].variance).sum();
            let shift = self.shift[k].hypot(self.slope[k] * distance);
            let deviation = (self.spread[k] * variance + (n * shift).powi(2)).sqrt();
            ratio(value - n * self.bias[k] + n * shift * luck(k), deviation).unwrap_or(0.0)
        };
        (0..self.trends + 3).map(z).collect()
    }

    /// Returns how far the furthest look is off: what speaks for the decisions is not counted.
    pub(super) fn furthest(&self, z: &[f64]) -> f64 {
        let both_ways = z[..=self.trends].iter().map(|z| z.abs());
        both_ways.chain(z[self.trends + 1..].iter().copied()).fold(0.0, f64::max)
    }

    /// Returns the furthest looks at simulated honest groups of a size, rising: gold cases drawn
    /// with replacement, as texts of another kind.
    pub(super) fn simulated(&self, size: usize) -> Vec<f64> {
        let furthest = |draw| {
            let mut random = ChaCha8Rng::seed_from_u64(SEED);
            random.set_stream(draw);
            let group: Vec<&Vec<Look>> = (0..size.min(LARGEST))
                .map(|_| &self.cases[random.random_range(0..self.cases.len())])
                .collect();
            self.furthest(&self.of_looks(&group, 0.0, |_| standard_normal(&mut random)))
        };
        let mut found: Vec<f64> = (0..DRAWS).into_par_iter().map(furthest).collect();
        found.sort_unstable_by(f64::total_cmp);
        found
    }
}

fn log_length(case: &Judged) -> f64 {
    libm::log(case.length.max(1) as f64)
}

/// Returns the size of a least-squares slope, less what chance gives.
fn slope(x: &[f64], y: &[f64]) -> f64 {
    let spread: f64 = x.iter().map(|x| x * x).sum();
    let of = |products: f64| ratio(products, spread).unwrap_or(0.0);
    let slope = of(x.iter().zip(y).map(|(x, y)| x * y).sum());
    let rest: f64 = x.iter().zip(y).map(|(x, y)| (y - slope * x).powi(2)).sum();
    (slope * slope - of(rest / x.len() as f64)).max(0.0).sqrt()
}

/// Returns a value of the standard normal distribution (Box and Muller 1958).
fn standard_normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * libm::log(u)).sqrt() * libm::cos(std::f64::consts::TAU * v)
}
