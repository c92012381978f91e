//! What pairs of trends would be in the cases if trends were given at random, each case keeping
//! its number of trends and each trend its number of cases.
//!
//! A plain product of shares would not do: where each case has at least one trend and few have
//! two, all trends seem to avoid each other.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::batch::Batch;
use crate::stats::p_of_draws;

/// Fewest tables that are drawn.
const FEWEST: usize = 1999;

/// Tables drawn for each pair, so that the smallest p-value survives the correction for all
/// pairs.
const PER_PAIR: usize = 80;

/// Trades of trends between cases in all tables together.
const TRADES: usize = 30_000_000;

/// Chains of tables; a fixed number, so that the figures do not depend on the machine.
const CHAINS: usize = 8;

/// Trades for each case before the first table of a chain.
const BURN_IN: usize = 5;

/// Seed of all chains.
const SEED: u64 = 1;

/// The numbers of cases with two trends in random tables.
pub(super) struct Shuffled {
    trends: usize,
    /// Per pair of trends, its number in each table; the first trend comes first in the
    /// taxonomy.
    counts: Vec<Vec<u32>>,
}

impl Shuffled {
    /// Draws tables with the sums of rows and columns of a batch: chains of trades between
    /// random pairs of cases (Strona et al. 2014, "A fast and unbiased procedure to randomize
    /// ecological binary matrices with fixed row and column totals").
    pub(super) fn of(batch: &Batch) -> Self {
        let rows = batch.cases.iter().map(|case| case.trends.iter().map(|id| id.0).collect());
        let rows: Vec<Vec<u16>> = rows.filter(|row: &Vec<u16>| !row.is_empty()).collect();
        Self::of_rows(&rows, batch.taxonomy.len())
    }

    fn of_rows(rows: &[Vec<u16>], trends: usize) -> Self {
        let pairs = trends * trends.saturating_sub(1) / 2;
        if rows.len() < 2 || pairs == 0 {
            return Self { trends, counts: vec![Vec::new(); pairs] };
        }
        let wanted = FEWEST.max(PER_PAIR * pairs).min(TRADES / rows.len()).max(CHAINS);
        let tables = (0..CHAINS as u64).into_par_iter().map(|chain| {
            let mut random = ChaCha8Rng::seed_from_u64(SEED);
            random.set_stream(chain);
            let (mut rows, cases) = (rows.to_vec(), rows.len());
            trade(&mut rows, BURN_IN * cases, &mut random);
            let drawn = (0..wanted.div_ceil(CHAINS)).map(|_| {
                trade(&mut rows, cases, &mut random);
                count(&rows, trends)
            });
            drawn.collect::<Vec<_>>()
        });
        let tables: Vec<Vec<u32>> = tables.collect::<Vec<_>>().into_iter().flatten().collect();
        let of_pair = |pair: usize| tables.iter().map(|table| table[pair]).collect();
        Self { trends, counts: (0..pairs).map(of_pair).collect() }
    }

    /// Returns the mean number of cases with two trends, the first coming first in the taxonomy.
    pub(super) fn expected(&self, first: usize, second: usize) -> f64 {
        let counts = &self.counts[place(self.trends, first, second)];
        let sum: f64 = counts.iter().map(|&count| f64::from(count)).sum();
        sum / counts.len().max(1) as f64
    }

    /// How probable a number so far from the expected one is, on both sides; `None` where
    /// nothing can vary.
    pub(super) fn p(&self, first: usize, second: usize, observed: usize) -> Option<f64> {
        p_of_draws(&self.counts[place(self.trends, first, second)], observed)
    }
}

/// Where a pair is among all pairs.
fn place(trends: usize, first: usize, second: usize) -> usize {
    first * (2 * trends - first - 1) / 2 + second - first - 1
}

/// Trades trends between random cases: two cases keep the trends that both have, and the trends
/// that only one of them has are shuffled between them.
fn trade(rows: &mut [Vec<u16>], times: usize, random: &mut ChaCha8Rng) {
    let mut pool = Vec::new();
    for _ in 0..times {
        let one = random.random_range(0..rows.len());
        let other = random.random_range(0..rows.len());
        if one == other {
            continue;
        }
        let [mut a, mut b] = [one, other].map(|row| std::mem::take(&mut rows[row]));
        pool.clear();
        pool.extend(a.iter().filter(|trend| !b.contains(trend)));
        let own = pool.len();
        pool.extend(b.iter().filter(|trend| !a.contains(trend)));
        if own > 0 && pool.len() > own {
            a.retain(|trend| !pool[..own].contains(trend));
            b.retain(|trend| !pool[own..].contains(trend));
            pool.shuffle(random);
            a.extend_from_slice(&pool[..own]);
            b.extend_from_slice(&pool[own..]);
        }
        (rows[one], rows[other]) = (a, b);
    }
}

fn count(rows: &[Vec<u16>], trends: usize) -> Vec<u32> {
    let mut counts = vec![0; trends * (trends - 1) / 2];
    for row in rows {
        for (n, &one) in row.iter().enumerate() {
            for &other in &row[n + 1..] {
                let (first, second) = (one.min(other), one.max(other));
                counts[place(trends, usize::from(first), usize::from(second))] += 1;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three trends, each case with exactly two of them: the counts of the trends leave only
    /// one table of pairs, whatever is dealt.
    #[test]
    fn where_the_sums_leave_no_choice_nothing_is_expected_otherwise() {
        let rows = [vec![0, 1], vec![0, 1], vec![0, 2], vec![1, 2]];
        let shuffled = Shuffled::of_rows(&rows, 3);
        assert_eq!([(0, 1), (0, 2), (1, 2)].map(|(a, b)| shuffled.expected(a, b)), [2.0, 1.0, 1.0]);
        assert_eq!(shuffled.p(0, 1, 2), None);
    }

    /// By hand: two cases with two trends each and four trends of one case each: of the three
    /// ways to make two pairs of four, one has the pair of the first two trends.
    #[test]
    fn all_tables_with_the_same_sums_are_as_probable() {
        let shuffled = Shuffled::of_rows(&[vec![0, 1], vec![2, 3]], 4);
        for (first, second) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
            let expected = shuffled.expected(first, second);
            assert!((expected - 1.0 / 3.0).abs() < 0.05, "{first}, {second}: {expected}");
        }
    }

    /// Of five trends, 1.4 on average: all pairs are rarer than the product of their shares,
    /// which is no finding.
    #[test]
    fn cases_with_one_trend_at_least_do_not_make_trends_avoid_each_other() {
        let row = |i: usize| {
            let first = (i % 5) as u16;
            let second = ((i / 5) % 4 + 1 + i % 5) as u16 % 5;
            if i % 5 < 2 || i.is_multiple_of(7) { vec![first, second] } else { vec![first] }
        };
        let rows: Vec<Vec<u16>> = (0..400).map(row).collect();
        let shuffled = Shuffled::of_rows(&rows, 5);
        let observed = count(&rows, 5);
        let all: usize = observed.iter().sum::<u32>() as usize;
        let expected: f64 = (0..5)
            .flat_map(|first| (first + 1..5).map(move |second| (first, second)))
            .map(|(first, second)| shuffled.expected(first, second))
            .sum();
        assert!((expected - all as f64).abs() < 1e-9, "the number of pairs stays: {expected}");
    }
}
