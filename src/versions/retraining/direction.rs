//! The third check: whether a batch of decisions, or one reviewer's part of it, assigns
//! or withholds trends more often than expected from the champion's out-of-fold
//! probabilities.

use serde::{Deserialize, Serialize};

use crate::stats::ratio;
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// Below this combined p-value, a group of decisions gets a warning.
const WARN: f64 = 0.02;

/// Below this one, it is refused: a single trend then deviates by about five standard
/// deviations.
const REFUSE: f64 = 1e-5;

/// Tolerated change in the share of a trend due to another kind of text, in addition to
/// the changes between text lengths in the gold data.
const SHIFT: f64 = 0.02;

/// A reviewer with fewer decisions is tested only together with the others.
const LEAST: usize = 10;

/// A trend that deviates by this many standard deviations is named.
const NAMED: f64 = 3.0;

/// Maximum number of cases to check first.
const CASES: usize = 10;

/// Number of parts of the gold data, by text length, with residuals to compare.
const PARTS: usize = 4;

/// A decided or gold case with the out-of-fold prediction of the champion's recipe.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    pub(super) id: String,
    /// Mean probability over repeats, one per trend.
    pub(super) probabilities: Vec<f64>,
    pub(super) truth: TrendSet,
    /// Length of its texts.
    pub(super) length: usize,
    /// The reviewer who decided, if known.
    pub(super) reviewer: Option<String>,
}

impl Judged {
    /// Observed minus expected label.
    fn residual(&self, trend: usize) -> f64 {
        f64::from(u8::from(self.truth.contains(TrendId(trend as u16)))) - self.probabilities[trend]
    }

    /// Surprise of its labels as a whole.
    pub(super) fn unlikeliness(&self) -> f64 {
        let of_trend = |k| self.surprise(k, true) + self.surprise(k, false);
        (0..self.probabilities.len()).map(of_trend).sum()
    }

    fn variance(&self, trend: usize) -> f64 {
        self.probabilities[trend] * (1.0 - self.probabilities[trend])
    }

    /// Surprise that a trend was assigned, or withheld; 0 otherwise.
    fn surprise(&self, trend: usize, given: bool) -> f64 {
        let p = self.probabilities[trend].clamp(1e-6, 1.0 - 1e-6);
        match (self.truth.contains(TrendId(trend as u16)), given) {
            (true, true) => -p.ln(),
            (false, false) => -(1.0 - p).ln(),
            _ => 0.0,
        }
    }
}

/// The finding for a group of decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectionFinding {
    /// As expected.
    Fine,
    /// Worth a look.
    Warn,
    /// Far from what honest decisions would show.
    Refuse,
}

/// Observed and expected number of decisions with a trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendCount {
    /// Key of the trend.
    pub key: String,
    /// Number of decisions with the trend.
    pub given: usize,
    /// Expected number.
    pub expected: f64,
    /// Difference in standard deviations; negative if the trend is withheld.
    pub z: f64,
}

/// The direction of all decisions of a batch, or of those of one reviewer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupDirection {
    /// The reviewer; `None` for all decisions.
    pub reviewer: Option<String>,
    /// Number of decisions.
    pub decisions: usize,
    /// One entry per trend.
    pub trends: Vec<TrendCount>,
    /// Total number of assigned trends.
    pub given: usize,
    /// Expected number.
    pub expected: f64,
    /// Difference in standard deviations.
    pub z: f64,
    /// Combined p-value of three tests (single trends, their sum, all trends together),
    /// corrected for the number of tests.
    pub p_value: f64,
    /// The finding.
    pub finding: DirectionFinding,
}

/// The direction of a batch of decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Direction {
    /// All decisions first, then those of each reviewer with enough of them.
    pub groups: Vec<GroupDirection>,
    /// Ids of the cases to check first; empty if everything is as expected.
    pub look_at: Vec<String>,
}

/// The variation of residuals of honest decisions, estimated from the gold data: per
/// trend, and last for the sum over trends.
struct Honest {
    bias: Vec<f64>,
    /// Variance of a residual, as a multiple of the variance from its probability.
    spread: Vec<f64>,
    /// Standard deviation of the mean residual between text lengths.
    shift: Vec<f64>,
}

impl Honest {
    fn of(gold: &[Judged], trends: usize) -> Self {
        let mut by_length: Vec<&Judged> = gold.iter().collect();
        by_length.sort_by_key(|case| case.length);
        let n = gold.len() as f64;
        let (mut bias, mut spread, mut shift) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..=trends {
            let residual = |case: &Judged| match k {
                k if k < trends => case.residual(k),
                _ => (0..trends).map(|k| case.residual(k)).sum(),
            };
            let variance = |case: &Judged| match k {
                k if k < trends => case.variance(k),
                _ => (0..trends).map(|k| case.variance(k)).sum(),
            };
            let mean = gold.iter().map(residual).sum::<f64>() / n;
            let squares: f64 = gold.iter().map(|case| (residual(case) - mean).powi(2)).sum();
            let expected: f64 = gold.iter().map(variance).sum();
            let inflation = ratio(squares, expected).unwrap_or(1.0).max(0.5);
            // Differences between the parts beyond sampling error are shifts that honest
            // batches show, too.
            let parts = by_length.chunks(by_length.len().div_ceil(PARTS).max(1));
            let beyond = parts.map(|part| {
                let size = part.len() as f64;
                let found = part.iter().map(|case| residual(case)).sum::<f64>() / size - mean;
                let chance = part.iter().map(|case| variance(case)).sum::<f64>() / (size * size);
                found * found - inflation * chance
            });
            let beyond: Vec<f64> = beyond.collect();
            let moment = beyond.iter().sum::<f64>() / beyond.len().max(1) as f64;
            let least = if k < trends { SHIFT } else { SHIFT * (trends as f64).sqrt() };
            bias.push(mean);
            spread.push(inflation);
            shift.push((moment.max(0.0) + least * least).sqrt());
        }
        Self { bias, spread, shift }
    }

    /// Returns the deviation of a sum of residuals from honest decisions, in standard
    /// deviations.
    fn z(&self, k: usize, residuals: f64, variance: f64, cases: usize) -> f64 {
        let n = cases as f64;
        let deviation = (self.spread[k] * variance + (n * self.shift[k]).powi(2)).sqrt();
        ratio(residuals - n * self.bias[k], deviation).unwrap_or(0.0)
    }
}

impl Direction {
    /// Compares the decisions of a batch, and of each reviewer, with the expected ones.
    /// Returns `None` without decisions or with too few gold cases.
    pub(super) fn of(batch: &[Judged], gold: &[Judged], taxonomy: &Taxonomy) -> Option<Self> {
        if batch.is_empty() || gold.len() < PARTS * LEAST {
            return None;
        }
        let honest = Honest::of(gold, taxonomy.len());
        let mut reviewers: Vec<&String> =
            batch.iter().filter_map(|case| case.reviewer.as_ref()).collect();
        reviewers.sort_unstable();
        reviewers.dedup();
        let of_reviewer = |name: &&String| -> Vec<&Judged> {
            batch.iter().filter(|case| case.reviewer.as_ref() == Some(*name)).collect()
        };
        let parts: Vec<(&String, Vec<&Judged>)> = (reviewers.into_iter())
            .map(|name| (name, of_reviewer(&name)))
            .filter(|(_, cases)| cases.len() >= LEAST && cases.len() < batch.len())
            .collect();
        let all: Vec<&Judged> = batch.iter().collect();
        let mut groups = vec![GroupDirection::of(None, &all, &honest, taxonomy, 1)];
        let mut cases = vec![all];
        for (name, part) in parts.iter().cloned() {
            let tests = parts.len();
            groups.push(GroupDirection::of(Some(name.clone()), &part, &honest, taxonomy, tests));
            cases.push(part);
        }
        let look_at = look_at(&groups, &cases);
        Some(Self { groups, look_at })
    }

    /// Returns the sentences of the groups with this finding.
    pub(super) fn sentences(&self, finding: DirectionFinding, taxonomy: &Taxonomy) -> Vec<String> {
        let groups = self.groups.iter().filter(|group| group.finding == finding);
        groups.map(|group| group.in_words(taxonomy)).collect()
    }
}

/// Returns the most surprising cases of the groups with a warning or refusal.
fn look_at(groups: &[GroupDirection], cases: &[Vec<&Judged>]) -> Vec<String> {
    let mut rated: Vec<(f64, &str)> = Vec::new();
    for (group, cases) in groups.iter().zip(cases) {
        if group.finding == DirectionFinding::Fine {
            continue;
        }
        let named = group.named();
        for case in cases {
            let surprise = |k: usize| {
                let z = if named.is_empty() { group.z } else { group.trends[k].z };
                case.surprise(k, z > 0.0)
            };
            let is_counted = |k: &usize| named.is_empty() || named.contains(k);
            let sum: f64 = (0..group.trends.len()).filter(is_counted).map(surprise).sum();
            rated.push((sum, &case.id));
        }
    }
    rated.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let mut ids: Vec<String> = Vec::new();
    for (_, id) in rated.into_iter().filter(|(surprise, _)| *surprise > 0.0) {
        if ids.len() < CASES && !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

impl GroupDirection {
    fn of(
        reviewer: Option<String>,
        cases: &[&Judged],
        honest: &Honest,
        taxonomy: &Taxonomy,
        tests: usize,
    ) -> Self {
        let trends = taxonomy.len();
        let count = |k: usize| {
            let id = TrendId(k as u16);
            let given = cases.iter().filter(|case| case.truth.contains(id)).count();
            let residuals: f64 = cases.iter().map(|case| case.residual(k)).sum();
            let variance = cases.iter().map(|case| case.variance(k)).sum();
            TrendCount {
                key: taxonomy.key(id).to_owned(),
                given,
                expected: given as f64 - residuals,
                z: honest.z(k, residuals, variance, cases.len()),
            }
        };
        let counts: Vec<TrendCount> = (0..trends).map(count).collect();
        let given: usize = counts.iter().map(|count| count.given).sum();
        let expected: f64 = counts.iter().map(|count| count.expected).sum();
        let variance = cases.iter().flat_map(|case| (0..trends).map(|k| case.variance(k))).sum();
        let z = honest.z(trends, given as f64 - expected, variance, cases.len());
        let largest = counts.iter().map(|count| count.z.abs()).fold(0.0, f64::max);
        let squares: f64 = counts.iter().map(|count| count.z * count.z).sum();
        // Three tests on the same counts: each trend, their sum, all together.
        let looks = [
            trends as f64 * two_sided(largest),
            two_sided(z),
            chi_squared_tail(squares, trends as f64),
        ];
        let p = looks.into_iter().fold(1.0, f64::min);
        let p_value = (3.0 * tests as f64 * p).min(1.0);
        let finding = match p_value {
            p if p < REFUSE => DirectionFinding::Refuse,
            p if p < WARN => DirectionFinding::Warn,
            _ => DirectionFinding::Fine,
        };
        let decisions = cases.len();
        Self { reviewer, decisions, trends: counts, given, expected, z, p_value, finding }
    }

    /// Returns the trends with large deviations, the largest first.
    fn named(&self) -> Vec<usize> {
        let z = |k: &usize| self.trends[*k].z.abs();
        let mut named: Vec<usize> = (0..self.trends.len()).filter(|k| z(k) >= NAMED).collect();
        named.sort_by(|a, b| z(b).total_cmp(&z(a)));
        named
    }

    /// Describes the observed and expected numbers in a sentence.
    fn in_words(&self, taxonomy: &Taxonomy) -> String {
        let who = match &self.reviewer {
            Some(name) => format!("reviewer {name}"),
            None => "the decisions".to_owned(),
        };
        let named = self.named();
        if named.is_empty() {
            return format!(
                "{who} gave {} trends to {} cases; {:.0} were expected",
                self.given, self.decisions, self.expected
            );
        }
        let of_trend = |k: usize| {
            let TrendCount { given, expected, .. } = &self.trends[k];
            let name = taxonomy.label(TrendId(k as u16));
            format!("{name} {given} times; {expected:.0} were expected")
        };
        let of_trends: Vec<String> = named.into_iter().map(of_trend).collect();
        format!("{who} gave {}", of_trends.join(", and "))
    }
}

/// Returns the probability of a standard normal value at least this far from 0.
fn two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Upper tail of the chi-squared distribution, by the cube root (Wilson and Hilferty 1931).
fn chi_squared_tail(value: f64, freedom: f64) -> f64 {
    let variance = 2.0 / (9.0 * freedom);
    let z = ((value / freedom).cbrt() - (1.0 - variance)) / variance.sqrt();
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const TRENDS: usize = 5;

    fn taxonomy() -> Taxonomy {
        Taxonomy::from_keys(["a", "b", "c", "d", "e"]).unwrap()
    }

    /// Cases with truth drawn from their probabilities; three reviewers take turns.
    fn honest(count: usize, random: &mut ChaCha8Rng) -> Vec<Judged> {
        (0..count)
            .map(|i| {
                let likely = random.random_range(0..TRENDS);
                let draw = |k: usize, random: &mut ChaCha8Rng| {
                    let u: f64 = random.random();
                    if k == likely { 0.4 + 0.55 * u } else { 0.25 * u * u }
                };
                let probabilities: Vec<f64> = (0..TRENDS).map(|k| draw(k, random)).collect();
                let truth = (0..TRENDS).filter(|&k| random.random::<f64>() < probabilities[k]);
                Judged {
                    id: format!("c{i}"),
                    truth: truth.map(|k| TrendId(k as u16)).collect(),
                    probabilities,
                    length: random.random_range(50..500),
                    reviewer: Some(format!("r{}", i % 3)),
                }
            })
            .collect()
    }

    fn changed(batch: &mut [Judged], change: impl Fn(usize, &TrendSet) -> TrendSet) {
        for (i, case) in batch.iter_mut().enumerate() {
            case.truth = change(i, &case.truth);
        }
    }

    /// Counts how many of 100 batches get a warning and how many are refused.
    fn found(size: usize, change: impl Fn(usize, &TrendSet) -> TrendSet) -> (usize, usize) {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let gold = honest(500, &mut random);
        let worst = (0..100).map(|_| {
            let mut batch = honest(size, &mut random);
            changed(&mut batch, &change);
            let direction = Direction::of(&batch, &gold, &taxonomy()).unwrap();
            direction.groups.iter().map(|group| group.finding).max().unwrap()
        });
        let worst: Vec<DirectionFinding> = worst.collect();
        let count = |least| worst.iter().filter(|finding| **finding >= least).count();
        (count(DirectionFinding::Warn), count(DirectionFinding::Refuse))
    }

    #[test]
    fn honest_batches_are_seldom_pointed_out_and_never_refused() {
        for size in [30, 100, 300] {
            let (warned, refused) = found(size, |_, truth| truth.clone());
            assert!(warned <= 10 && refused == 0, "{size}: {warned} warned, {refused} refused");
        }
    }

    #[test]
    fn one_reviewer_in_three_who_adds_a_label_to_everything_is_refused_by_name() {
        let add = |i: usize, truth: &TrendSet| match i % 3 {
            0 => truth.iter().chain([TrendId(1)]).collect(),
            _ => truth.clone(),
        };
        assert_eq!(found(100, add), (100, 100));
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let gold = honest(500, &mut random);
        let mut batch = honest(100, &mut random);
        changed(&mut batch, add);
        let found = Direction::of(&batch, &gold, &taxonomy()).unwrap();
        let words = found.sentences(DirectionFinding::Refuse, &taxonomy());
        assert!(words.iter().any(|w| w.starts_with("reviewer r0 gave b 34 times; ")), "{words:?}");
        assert!(!words.iter().any(|w| w.contains("r1") || w.contains("r2")), "{words:?}");
        assert_eq!(found.look_at.len(), 10);
        let is_of_r0 = |id: &String| id[1..].parse::<usize>().unwrap() % 3 == 0;
        assert!(found.look_at.iter().filter(|id| is_of_r0(id)).count() >= 8, "{:?}", found.look_at);
    }

    #[test]
    fn labels_that_are_dropped_are_found_by_the_sum_over_trends() {
        let first = |_: usize, truth: &TrendSet| truth.iter().take(1).collect();
        let (warned, _) = found(300, first);
        assert!(warned >= 60, "only the first label kept: {warned}");
        let dropped = |i: usize, truth: &TrendSet| {
            truth.iter().filter(|id| !(i * 7 + id.index()).is_multiple_of(5)).collect()
        };
        let (warned, _) = found(100, dropped);
        // One batch in five: so few labels are missing that sampling error often explains
        // them.
        assert!(warned >= 15, "20 % of the labels dropped: {warned}");
    }

    #[test]
    fn tails_are_those_of_scipy() {
        // scipy.stats.norm.sf(2) * 2 and scipy.stats.chi2.sf([5, 20], 5).
        assert!((two_sided(-2.0) - 0.045_500_263_9).abs() < 1e-9);
        assert!((chi_squared_tail(5.0, 5.0) - 0.415_88).abs() < 2e-3);
        assert!((chi_squared_tail(20.0, 5.0) - 0.001_249_7).abs() < 2e-4);
    }
}
