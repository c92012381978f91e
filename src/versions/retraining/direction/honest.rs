//! How the looks at honest decisions vary, learned from the gold: by chance, with the kind of
//! the texts, and between reviewers.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Judged;
use super::looks::{Look, REST, Reading, Rest};
use crate::stats::ratio;

/// Standard deviation, in log-odds, by which texts of another kind shift how often a trend is
/// given in a whole batch; and how often several are given, and suggestions changed.
const OF_TEXTS: [f64; 2] = [0.5, 0.7];

/// The same between honest reviewers of one batch.
const OF_REVIEWERS: [f64; 2] = [0.25, 0.25];

/// Part of a case's standard deviation by which the mean of a mixture may change.
const OF_MIXTURES: f64 = 0.1;

/// Simulated honest groups.
const DRAWS: u64 = 2000;

/// The most decisions that a simulated group has: larger ones behave as these do.
const LARGEST: usize = 1000;

const SEED: u64 = 1;

/// How the looks at honest decisions vary.
pub(super) struct Honest {
    trends: usize,
    /// What makes the probabilities right for the gold.
    tilt: Vec<f64>,
    cases: Vec<Vec<Look>>,
    usual: Usual,
    /// Variance of a look, as a multiple of what the probabilities say.
    spread: Vec<f64>,
    /// Standard deviation of a look at a case.
    deviation: Vec<f64>,
}

/// What is usual beside the probabilities.
struct Usual {
    /// Found for each that is expected, of counts.
    ratio: Vec<f64>,
    /// Found less expected in a case, of mixtures.
    bias: Vec<f64>,
}

impl Usual {
    /// Learns it from the sums over cases.
    fn of(sums: &[Look], cases: usize) -> Self {
        let bias = |look: &Look| (look.found - look.expected) / cases.max(1) as f64;
        Self {
            ratio: sums.iter().map(|look| (look.found + 0.5) / (look.expected + 0.5)).collect(),
            bias: sums.iter().map(bias).collect(),
        }
    }
}

impl Honest {
    /// The fewest gold cases to learn from.
    pub(super) const LEAST: usize = 40;

    pub(super) fn of(gold: &[Judged], trends: usize) -> Self {
        let readings: Vec<Reading> = gold.iter().map(Reading::of).collect();
        let tilt = Reading::tilt(&readings.iter().collect::<Vec<_>>(), trends);
        let cases: Vec<Vec<Look>> = readings.iter().map(|case| case.looks(&tilt)).collect();
        let sums = Look::sums(cases.iter(), trends);
        let usual = Usual::of(&sums, cases.len());
        let spread = |k: usize| {
            let off = |looks: &Vec<Look>| looks[k].found - looks[k].expected - usual.bias[k];
            let squares: f64 = cases.iter().map(|looks| off(looks).powi(2)).sum();
            ratio(squares, sums[k].variance).unwrap_or(1.0).max(0.1)
        };
        let spread: Vec<f64> = (0..trends + REST).map(spread).collect();
        let deviation = |k: usize| (spread[k] * sums[k].variance / cases.len() as f64).sqrt();
        let deviation = (0..trends + REST).map(deviation).collect();
        Self { trends, tilt, usual, spread, deviation, cases }
    }

    /// Returns the place of a look.
    pub(super) const fn place(&self, rest: Rest) -> usize {
        self.trends + rest as usize
    }

    /// Returns the sums of the looks at a group, and how many are expected of each count.
    pub(super) fn expected(&self, group: &[&Judged]) -> Vec<(f64, f64)> {
        let sums = self.sums(&readings(group), &self.tilt);
        let expected = |(k, look): (usize, &Look)| (look.found, look.expected * self.ratio(k));
        sums.iter().enumerate().map(expected).collect()
    }

    fn ratio(&self, k: usize) -> f64 {
        // The tilt has made the counts of trends right.
        if k <= self.place(Rest::All) { 1.0 } else { self.usual.ratio[k] }
    }

    fn sums(&self, group: &[Reading], tilt: &[f64]) -> Vec<Look> {
        let looks: Vec<Vec<Look>> = group.iter().map(|case| case.looks(tilt)).collect();
        Look::sums(looks.iter(), self.trends)
    }

    /// Returns the distance of each look at a whole batch from honest decisions, in standard
    /// deviations. Trends may be more frequent in these texts than in the gold, so the other
    /// looks use probabilities that fit how often each trend was given here.
    pub(super) fn of_batch(&self, batch: &[&Judged]) -> Vec<f64> {
        let readings = readings(batch);
        let own = Reading::tilt(&readings.iter().collect::<Vec<_>>(), self.trends);
        let mut sums = self.sums(&readings, &self.tilt);
        let beyond = self.place(Rest::Several);
        sums[beyond..].copy_from_slice(&self.sums(&readings, &own)[beyond..]);
        self.z(&sums, batch.len(), &self.usual, OF_TEXTS, 1.0, |_| 0.0)
    }

    /// Returns the same of a reviewer, where it is the lesser of the distances from what the
    /// probabilities expect and from the other reviewers: what all of them do is of the
    /// texts, and who alone agrees with the probabilities is right to differ from others.
    pub(super) fn of_reviewer(&self, own: &[&Judged], others: &[&Judged]) -> Vec<f64> {
        let (own, others) = (readings(own), readings(others));
        let count = own.len();
        let sums = self.sums(&own, &self.tilt);
        let alone = self.z(&sums, count, &self.usual, OF_REVIEWERS, 1.0, |_| 0.0);
        let tilt = Reading::tilt(&others.iter().collect::<Vec<_>>(), self.trends);
        let theirs = Usual::of(&self.sums(&others, &tilt), others.len());
        let more = 1.0 + count as f64 / others.len().max(1) as f64;
        let beside = self.z(&self.sums(&own, &tilt), count, &theirs, OF_REVIEWERS, more, |_| 0.0);
        let lesser = |(a, b): (&f64, &f64)| match a.signum() == b.signum() {
            true => a.signum() * a.abs().min(b.abs()),
            false => 0.0,
        };
        alone.iter().zip(&beside).map(lesser).collect()
    }

    /// Returns the distance of sums of looks from what is usual. `shift` is the standard
    /// deviation of log-odds beyond chance, `more` a factor of the variance, and `luck` the
    /// number of standard deviations by which a look is shifted.
    fn z(
        &self,
        sums: &[Look],
        cases: usize,
        usual: &Usual,
        shift: [f64; 2],
        more: f64,
        mut luck: impl FnMut(usize) -> f64,
    ) -> Vec<f64> {
        let z = |(k, look): (usize, &Look)| {
            let variance = self.spread[k] * more * look.variance;
            if k >= self.place(Rest::Withheld) {
                let n = cases as f64;
                let shift = n * OF_MIXTURES * self.deviation[k];
                let off = look.found - look.expected - n * usual.bias[k] + shift * luck(k);
                return ratio(off, (variance + shift * shift).sqrt()).unwrap_or(0.0);
            }
            let is_of_trends = k <= self.place(Rest::All);
            let times = if is_of_trends { 1.0 } else { usual.ratio[k] };
            let shift = shift[usize::from(!is_of_trends)];
            let expected = (look.expected * times).min(look.most - 0.01);
            let log_odds = |count: f64| libm::log((count + 0.5) / (look.most - count + 0.5));
            let weight = look.most / ((expected + 0.5) * (look.most - expected + 0.5));
            let off = log_odds(look.found) - log_odds(expected) + shift * luck(k);
            off / (variance * weight * weight + shift * shift).sqrt()
        };
        sums.iter().enumerate().map(z).collect()
    }

    /// Returns how far the furthest look is off that speaks of wrong decisions.
    pub(super) fn furthest(&self, z: &[f64]) -> f64 {
        let (both_ways, rest) = z.split_at(self.place(Rest::Changed));
        let both_ways = both_ways.iter().map(|z| z.abs());
        both_ways.chain(rest[1..].iter().copied()).fold(0.0, f64::max)
    }

    /// Returns how far the furthest look is off, that at unchanged suggestions included.
    pub(super) fn furthest_of_all(&self, z: &[f64]) -> f64 {
        self.furthest(z).max(-z[self.place(Rest::Changed)])
    }

    /// Returns the furthest looks at simulated honest groups of a size, rising: gold cases drawn
    /// with replacement, as texts of another kind or by another reviewer.
    pub(super) fn simulated(&self, size: usize, is_batch: bool) -> Vec<f64> {
        let shift = if is_batch { OF_TEXTS } else { OF_REVIEWERS };
        let size = size.min(LARGEST);
        let furthest = |draw| {
            let mut random = ChaCha8Rng::seed_from_u64(SEED);
            random.set_stream(draw);
            let drawn: Vec<usize> =
                (0..size).map(|_| random.random_range(0..self.cases.len())).collect();
            let sums = Look::sums(drawn.into_iter().map(|i| &self.cases[i]), self.trends);
            let luck = |_| standard_normal(&mut random);
            self.furthest_of_all(&self.z(&sums, size, &self.usual, shift, 1.0, luck))
        };
        let mut found: Vec<f64> = (0..DRAWS).into_par_iter().map(furthest).collect();
        found.sort_unstable_by(f64::total_cmp);
        found
    }
}

fn readings(group: &[&Judged]) -> Vec<Reading> {
    group.iter().map(|case| Reading::of(case)).collect()
}

/// Returns a value of the standard normal distribution (Box and Muller 1958).
fn standard_normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * libm::log(u)).sqrt() * libm::cos(std::f64::consts::TAU * v)
}
