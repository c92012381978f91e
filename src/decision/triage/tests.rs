//! Tests that triage keeps its guarantee on simulated cases with known truth.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::limits::{LIMITS, Pairs, grid};
use super::{Triage, TriageCase, TriageParams, TriageSummary, Verdict};
use crate::error::Result;
use crate::stats::sigmoid;
use crate::taxonomy::{TrendId, TrendSet};

const TRENDS: usize = 5;

/// The predicted and the true probabilities of a case.
struct Known {
    probabilities: Vec<f64>,
    gold: TrendSet,
}

/// The relation between predicted and true probabilities.
#[derive(Debug, Clone, Copy)]
enum Population {
    /// Predictions are calibrated; pairs are independent.
    Calibrated,
    /// Predictions are overconfident; the pairs of a case are all right or all wrong.
    TooSure,
    /// Predictions are underconfident.
    TooTimid,
    /// The most confident predictions are worse than less confident ones.
    WorseAtTheTop,
}

impl Population {
    const ALL: [Self; 4] = [Self::Calibrated, Self::TooSure, Self::TooTimid, Self::WorseAtTheTop];

    fn draw(self, cases: usize, random: &mut ChaCha8Rng) -> Vec<Known> {
        (0..cases).map(|_| self.case(random)).collect()
    }

    fn case(self, random: &mut ChaCha8Rng) -> Known {
        let likely = random.random_range(0..TRENDS);
        let of_case: f64 = random.random();
        let mut gold = Vec::new();
        let mut probabilities = Vec::new();
        for k in 0..TRENDS {
            // Usually one trend is likely and the others are not.
            let u: f64 = random.random();
            let z = if k == likely { 6.0 * u - 0.5 } else { 6.0 * u - 5.5 };
            let luck = if matches!(self, Self::TooSure) { of_case } else { random.random() };
            let said = sigmoid(z);
            let truth = match self {
                Self::Calibrated => said,
                Self::TooSure => sigmoid(0.6 * z),
                Self::TooTimid => sigmoid(1.6 * z),
                Self::WorseAtTheTop if said > 0.995 => 0.8,
                Self::WorseAtTheTop => sigmoid(1.3 * z),
            };
            probabilities.push(said);
            if luck < truth {
                gold.push(TrendId(k as u16));
            }
        }
        Known { probabilities, gold: gold.into_iter().collect() }
    }
}

fn cases(known: &[Known]) -> Vec<TriageCase<'_>> {
    known.iter().map(|k| TriageCase { probabilities: &k.probabilities, gold: &k.gold }).collect()
}

fn fit(known: &[Known]) -> Triage {
    Triage::fit(&cases(known), &TriageParams::default()).unwrap()
}

/// The true error of every limit of the grid, from very many cases.
struct Truth {
    accept_precision: Vec<f64>,
    miss_rate: Vec<f64>,
}

impl Truth {
    fn of(population: Population, random: &mut ChaCha8Rng) -> Self {
        let known = population.draw(200_000, random);
        let pairs = Pairs::new(&cases(&known), &TriageParams::default()).unwrap();
        let gold: usize = pairs.gold.iter().sum();
        let limits = 0..LIMITS;
        let right = |i| {
            let count = pairs.acceptable.partition_point(|pair| pair.probability >= grid(i));
            (pairs.acceptable[..count].iter().filter(|pair| pair.gold).count(), count)
        };
        let missed = |i| pairs.missable.partition_point(|pair| pair.probability <= grid(i));
        Self {
            accept_precision: limits
                .clone()
                .map(right)
                .map(|(right, all)| if all > 0 { right as f64 / all as f64 } else { 1.0 })
                .collect(),
            miss_rate: limits.map(|i| missed(i) as f64 / gold as f64).collect(),
        }
    }

    /// Returns whether limits keep the default guarantee.
    fn is_kept(&self, accept: Option<f64>, reject: Option<f64>) -> bool {
        let at = |limit| (0..LIMITS).find(|&i| grid(i) == limit).unwrap();
        accept.is_none_or(|a| self.accept_precision[at(a)] >= 0.9)
            && reject.is_none_or(|r| self.miss_rate[at(r)] <= 0.05)
    }
}

const DRAWS: usize = 500;

/// 99.9 % of binomial counts of 500 draws at rate 0.1 are no higher
/// (`scipy.stats.binom.ppf(0.999, 500, 0.1)`).
const MOST_VIOLATIONS: usize = 72;

/// Returns the limits that look right on the cases themselves.
fn naive(known: &[Known]) -> (Option<f64>, Option<f64>) {
    let cases = cases(known);
    let summary = |accept, reject| {
        let undecided = Triage::undecided(TriageParams::default());
        TriageSummary::of(&Triage { accept, reject, ..undecided }, &cases)
    };
    let limits = || (0..LIMITS).step_by(8).map(grid);
    let precise = |&a: &f64| summary(Some(a), None).accept_precision().is_some_and(|p| p >= 0.9);
    let spares = |&r: &f64| summary(None, Some(r)).miss_rate().is_some_and(|m| m <= 0.05);
    (limits().find(precise), limits().rev().find(spares))
}

#[test]
fn the_promise_is_broken_no_more_often_than_said_whatever_the_probabilities_are_worth() {
    for population in Population::ALL {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let truth = Truth::of(population, &mut random);
        let (mut broken, mut accepting, mut rejecting) = (0, 0, 0);
        for _ in 0..DRAWS {
            let triage = fit(&population.draw(500, &mut random));
            broken += usize::from(!truth.is_kept(triage.accept, triage.reject));
            accepting += usize::from(triage.accept.is_some());
            rejecting += usize::from(triage.reject.is_some());
        }
        assert!(broken <= MOST_VIOLATIONS, "{population:?}: {broken} of {DRAWS}");
        // A triage that never decides would keep any guarantee.
        assert!(rejecting > DRAWS * 9 / 10, "{population:?}: {rejecting} of {DRAWS}");
        if !matches!(population, Population::TooSure | Population::WorseAtTheTop) {
            assert!(accepting > DRAWS * 9 / 10, "{population:?}: {accepting} of {DRAWS}");
        }
    }
}

/// Cases with one to three of eight labels, which a good model separates except for label
/// noise: about 378 of the 400 most probable pairs of 300 cases are right. The predicted
/// probabilities include the noise or ignore it.
fn with_noise(cases: usize, is_known: bool, random: &mut ChaCha8Rng) -> Vec<(Known, Vec<f64>)> {
    const LABELS: u16 = 8;
    const KEPT: f64 = 0.965;
    const ADDED: f64 = 0.006;
    let normal = |random: &mut ChaCha8Rng| {
        let (radius, angle): (f64, f64) = (random.random(), random.random());
        (-2.0 * libm::log(1.0 - radius)).sqrt() * libm::cos(std::f64::consts::TAU * angle)
    };
    let case = |_| {
        let count = match random.random::<f64>() {
            u if u < 0.7 => 1,
            u if u < 0.96 => 2,
            _ => 3,
        };
        let mut applies: Vec<u16> = Vec::new();
        while applies.len() < count {
            let label = random.random_range(0..LABELS);
            if !applies.contains(&label) {
                applies.push(label);
            }
        }
        let (mut said, mut truth, mut gold) = (Vec::new(), Vec::new(), Vec::new());
        for label in 0..LABELS {
            // Two normal distributions of the same width, and the posterior by Bayes.
            let centre = if applies.contains(&label) { 3.2 } else { -3.2 };
            let score = centre + 1.25 * normal(random);
            let prior: f64 = 1.34 / 8.0;
            let p =
                sigmoid(2.0 * 3.2 * score / 1.25_f64.powi(2) + libm::log(prior / (1.0 - prior)));
            let with_noise = KEPT * p + ADDED * (1.0 - p);
            said.push(if is_known { with_noise } else { p });
            truth.push(with_noise);
            let rate = if applies.contains(&label) { KEPT } else { ADDED };
            if random.random::<f64>() < rate {
                gold.push(TrendId(label));
            }
        }
        let gold = gold.into_iter().collect();
        (Known { probabilities: said, gold }, truth)
    };
    (0..cases).map(case).collect()
}

#[test]
fn of_what_an_oracle_could_accept_four_fifths_are_accepted() {
    for is_known in [true, false] {
        let mut random = ChaCha8Rng::seed_from_u64(19);
        // The oracle accepts by the true probabilities as long as 90 % are right.
        let mut truth: Vec<f64> =
            with_noise(20_000, is_known, &mut random).into_iter().flat_map(|case| case.1).collect();
        truth.sort_by(|a, b| b.total_cmp(a));
        let mut right = 0.0;
        let oracle = truth.iter().enumerate().take_while(|(i, p)| {
            right += **p;
            right >= 0.9 * (*i + 1) as f64
        });
        let oracle = oracle.count() as f64 / 20_000.0;
        let (mut accepted, mut top, draws) = (0, 0, 40);
        for _ in 0..draws {
            let known: Vec<Known> =
                with_noise(300, is_known, &mut random).into_iter().map(|case| case.0).collect();
            accepted += fit(&known).expected.accepted;
            let mut pairs: Vec<(f64, bool)> = Vec::new();
            for Known { probabilities, gold } in &known {
                let ids = (0..8).map(TrendId);
                pairs.extend(ids.map(|id| (probabilities[id.index()], gold.contains(id))));
            }
            pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
            top += pairs.iter().take(400).filter(|pair| pair.1).count();
        }
        let (share, top) = (accepted as f64 / (300.0 * oracle * f64::from(draws)), top / 40);
        assert!((370..=386).contains(&top), "{top} of the 400 most probable are right");
        assert!(share >= 0.8, "{share:.2} of what the oracle accepts");
    }
}

#[test]
fn limits_that_look_right_on_the_cases_themselves_would_break_the_promise() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let truth = Truth::of(Population::Calibrated, &mut random);
    let broken = (0..100)
        .filter(|_| {
            let (accept, reject) = naive(&Population::Calibrated.draw(500, &mut random));
            !truth.is_kept(accept, reject)
        })
        .count();
    // Of 100 draws at rate 0.1, 99.9 % break at most 20.
    assert!(broken > 20, "{broken} of 100");
}

#[test]
fn half_of_the_pairs_of_a_good_model_need_no_person() {
    let known = Population::TooTimid.draw(557, &mut ChaCha8Rng::seed_from_u64(13));
    let expected = fit(&known).expected;
    assert!(expected.decided_share().unwrap() > 0.5, "{expected:?}");
    assert!(expected.accept_coverage().unwrap() > 0.3, "{expected:?}");
    assert!(expected.accept_precision().unwrap() > 0.9, "{expected:?}");
    assert!(expected.miss_rate().unwrap() < 0.05, "{expected:?}");
}

#[test]
fn a_stricter_promise_decides_less() {
    let known = Population::TooTimid.draw(800, &mut ChaCha8Rng::seed_from_u64(14));
    let of = |params: TriageParams| Triage::fit(&cases(&known), &params).unwrap();
    let default = of(TriageParams::default());
    for strict in [
        TriageParams { confidence: 0.99, ..TriageParams::default() },
        TriageParams { accept_precision: 0.95, miss_rate: 0.03, ..TriageParams::default() },
    ] {
        let strict = of(strict);
        assert!(strict.accept > default.accept && strict.reject < default.reject, "{strict:?}");
    }
}

#[test]
fn limits_part_the_probabilities_into_reject_ask_and_accept() {
    let params = TriageParams::default();
    let triage = Triage { accept: Some(0.8), reject: Some(0.1), ..Triage::undecided(params) };
    use Verdict::{Accept, Ask, Reject};
    assert_eq!(triage.verdicts(&[0.8, 0.1, 0.79, 0.11]), [Accept, Reject, Ask, Ask]);
    assert!(!triage.needs_review(&[0.8, 0.1, 0.0, 1.0]));
    assert!(triage.needs_review(&[0.8, 0.5]));
    // At most two trends of a case are accepted; the first one wins a tie.
    assert_eq!(triage.verdicts(&[0.9, 0.85, 0.95, 0.9]), [Accept, Ask, Accept, Ask]);
}

#[test]
fn the_summary_counts_what_a_person_would() {
    let gold = |keys: &[u16]| TrendSet::from_iter(keys.iter().map(|&k| TrendId(k)));
    let known = [
        Known { probabilities: vec![0.9, 0.05, 0.0], gold: gold(&[0, 1]) },
        Known { probabilities: vec![0.9, 0.5, 0.0], gold: gold(&[1]) },
    ];
    let triage = Triage {
        accept: Some(0.8),
        reject: Some(0.1),
        ..Triage::undecided(TriageParams::default())
    };
    let summary = TriageSummary::of(&triage, &cases(&known));
    let expected = TriageSummary {
        cases: 2,
        decided_cases: 1,
        right_cases: Some(0),
        accepted: 2,
        rejected: 3,
        asked: 1,
        false_accepts: 1,
        missed: 1,
        gold: 3,
    };
    assert_eq!(summary, expected);
    assert_eq!(summary.decided_share(), Some(5.0 / 6.0));
    assert_eq!(summary.accept_precision(), Some(0.5));
    assert_eq!(summary.accept_coverage(), Some(1.0 / 3.0));
    assert_eq!(TriageSummary::default().miss_rate(), None);
    let right = summary.entirely_right(1).unwrap();
    // The only decided case lacks a trend (`statsmodels.stats.proportion`).
    assert_eq!((right.value, right.lower), (0.0, 0.0));
    assert!((right.upper - 0.793_450_7).abs() < 1e-6, "{right:?}");
    assert_eq!(TriageSummary::default().entirely_right(1), None);
}

#[test]
fn where_nothing_can_be_promised_everything_is_asked() {
    let few = Population::Calibrated.draw(20, &mut ChaCha8Rng::seed_from_u64(15));
    let ties = |p: f64| {
        let known = |i: u16| Known {
            probabilities: vec![p; TRENDS],
            gold: TrendSet::from_iter([TrendId(i % 5)]),
        };
        (0..1000).map(known).collect::<Vec<_>>()
    };
    for known in [vec![], few, ties(0.5), ties(0.9)] {
        let triage = fit(&known);
        assert_eq!(triage.accept, None, "{triage:?}");
        assert_eq!(triage.expected.accepted + triage.expected.missed, 0);
        assert!(triage.needs_review(&[0.99, 0.5]), "{triage:?}");
    }
    let nothing = fit(&[]);
    assert!(!nothing.decides() && nothing.to_string().starts_with("No trend can be accepted"));
}

#[test]
fn cases_that_are_all_negative_or_all_positive_are_no_trap() {
    let all = |gold: &[u16]| {
        let known = |i: usize| Known {
            probabilities: (0..2).map(|k| 0.2 + 0.3 * ((i + k) % 3) as f64).collect(),
            gold: gold.iter().map(|&k| TrendId(k)).collect(),
        };
        fit(&(0..400).map(known).collect::<Vec<_>>())
    };
    let negative = all(&[]);
    assert_eq!((negative.accept, negative.reject), (None, None));
    let positive = all(&[0, 1]);
    assert_eq!(positive.expected.accept_coverage(), Some(1.0));
    assert!(positive.is_sound() && positive.expected.missed == 0, "{positive:?}");
}

#[test]
fn limits_of_a_model_without_faults_do_not_cross() {
    let known: Vec<Known> = (0..600_u16)
        .map(|i| Known {
            probabilities: (0..5).map(|k| if i % 5 == k { 0.7 } else { 0.3 }).collect(),
            gold: TrendSet::from_iter([TrendId(i % 5)]),
        })
        .collect();
    let triage = fit(&known);
    assert!(triage.is_sound(), "{triage:?}");
    assert_eq!(triage.expected.decided_cases, 600, "{triage:?}");
    assert_eq!(triage.expected.accepted, 600);
}

#[test]
fn more_cases_are_needed_for_a_larger_share_and_some_shares_are_out_of_reach() {
    let known = Population::Calibrated.draw(400, &mut ChaCha8Rng::seed_from_u64(16));
    let needed =
        |share| Triage::cases_needed(&cases(&known), &TriageParams::default(), share, 0.0).unwrap();
    let (few, more) = (needed(0.2).unwrap(), needed(0.5).unwrap());
    assert!(few < more, "{few} {more}");
    assert_eq!(needed(1.0), None);
    // The estimate agrees with the share that is already reached.
    let reached = fit(&known).expected.decided_share().unwrap();
    assert!(needed(reached).unwrap() <= 440, "{:?}", needed(reached));
}

#[test]
fn values_that_cannot_work_are_refused_by_name() {
    let message = |result: Result<Triage>| result.unwrap_err().to_string();
    let known = Population::Calibrated.draw(3, &mut ChaCha8Rng::seed_from_u64(17));
    for (params, name) in [
        (TriageParams { accept_precision: 1.0, ..TriageParams::default() }, "accept_precision"),
        (TriageParams { miss_rate: f64::NAN, ..TriageParams::default() }, "miss_rate"),
        (TriageParams { confidence: 0.0, ..TriageParams::default() }, "confidence"),
        (TriageParams { most_accepts: 0, ..TriageParams::default() }, "most_accepts"),
    ] {
        assert!(message(Triage::fit(&cases(&known), &params)).contains(name));
    }
    let gold = TrendSet::default();
    let case = |probabilities| TriageCase { probabilities, gold: &gold };
    let of = |a, b| Triage::fit(&[case(a), case(b)], &TriageParams::default());
    assert!(message(of(&[0.5], &[0.5, 0.5])).contains("has 2 probabilities"));
    assert!(message(of(&[0.5], &[1.5])).contains("probability 1.5"));
}

#[test]
fn the_curve_shows_the_widest_limits_within_each_error() {
    // Accepted from 0.8 on: 3 right, 1 wrong; from 0.6 on: 4 right, 2 wrong.
    let pairs = [
        (0.95, true),
        (0.9, true),
        (0.85, false),
        (0.8, true),
        (0.7, false),
        (0.6, true),
        (0.3, false),
        (0.2, true),
        (0.1, false),
        (0.05, false),
    ];
    let known = pairs.map(|(p, gold)| Known {
        probabilities: vec![p],
        gold: gold.then_some(TrendId(0)).into_iter().collect(),
    });
    // One of the five true trends may be missed at the multiple 1.
    let params = TriageParams { accept_precision: 0.75, miss_rate: 0.2, ..TriageParams::default() };
    let curve = Triage::curve(&cases(&known), &params).unwrap();
    assert_eq!(curve[0].accept, Some(0.9));
    assert_eq!(curve[0].expected.rejected, 2, "{:?}", curve[0]);
    let same = curve.iter().find(|t| t.accept == Some(0.8)).unwrap();
    assert_eq!((same.expected.accepted, same.expected.false_accepts), (4, 1));
    let missing_one = curve.iter().find(|t| t.expected.missed == 1).unwrap();
    assert_eq!(missing_one.expected.rejected, 4, "{missing_one:?}");
    let shares = curve.iter().map(|t| t.expected.decided_share().unwrap());
    assert!(shares.is_sorted(), "more error, more decided");

    // A population in which limits would cross, far beyond the tolerated errors.
    let known = Population::Calibrated.draw(400, &mut ChaCha8Rng::seed_from_u64(18));
    let loose = TriageParams { accept_precision: 0.7, miss_rate: 0.2, ..TriageParams::default() };
    let curve = Triage::curve(&cases(&known), &loose).unwrap();
    assert!(curve.len() > 3 && curve.iter().all(Triage::is_sound), "{curve:?}");
    let shares: Vec<f64> = curve.iter().map(|t| t.expected.decided_share().unwrap()).collect();
    assert!(shares.is_sorted(), "{shares:?}");
}
