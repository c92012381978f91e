//! The reading plan: the quality of a finished batch as a function of the share of cases
//! read, most expected errors first, by a reader who gives the gold trends.

mod words;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::interval::BootstrapParams;
use super::repeats::Repeats;
use crate::decision::expected_errors;
use crate::error::Result;
use crate::metrics::{FinishedBatch, FinishedFigures, Outcome, mean_of_defined};
use crate::stats::{Estimate, mean, quantile};

/// Steps of the curve from nothing read to all read.
const STEPS: usize = 200;

/// Steps between two points of the plan: a twentieth of the cases.
const STEPS_PER_POINT: usize = 10;

/// Targets of macro F1 in the plan.
const TARGETS: [f64; 2] = [0.90, 0.95];

/// Groups of cases for the calibration of expected errors.
const GROUPS: usize = 10;

/// How quality rises with the share of cases read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReadingPlan {
    /// Cases.
    pub cases: usize,
    /// The finished batch by share read, from 0 to 1.
    pub points: Vec<PlanPoint>,
    /// The amounts of reading for several levels of quality.
    pub targets: Vec<PlanTarget>,
    /// Whether as many tags are wrong as expected.
    pub calibration: ErrorCalibration,
}

/// The finished batch once a share of its cases is read. Intervals are bootstrap
/// intervals over cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct PlanPoint {
    /// Share of the cases that is read.
    pub share: f64,
    /// Macro F1.
    pub macro_f1: Option<Estimate>,
    /// Share of the cases with exactly their gold trends.
    pub exact_sets: Option<Estimate>,
    /// Wrong tags per case that are left.
    pub wrong_tags: Option<Estimate>,
    /// Macro F1 if as many cases are read in random order.
    pub random_macro_f1: Option<f64>,
    /// Share of exact sets in random order.
    pub random_exact_sets: Option<f64>,
    /// Wrong tags per case in random order.
    pub random_wrong_tags: Option<f64>,
}

/// The amount of reading for a macro F1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct PlanTarget {
    /// Macro F1 of the finished batch.
    pub macro_f1: f64,
    /// Smallest share of the cases, to half a percent, that has to be read.
    pub share: Option<Estimate>,
    /// The same in random order.
    pub random_share: Option<f64>,
}

/// Expected errors compared with the observed wrong tags.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ErrorCalibration {
    /// Expected errors per case.
    pub expected: f64,
    /// Wrong tags per case.
    pub found: Option<Estimate>,
    /// The same of cases with similarly many expected errors, rising.
    pub groups: Vec<ErrorGroup>,
}

/// Cases with similarly many expected errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ErrorGroup {
    /// Cases.
    pub cases: usize,
    /// Fewest expected errors of a case.
    pub lower: f64,
    /// Most expected errors of a case.
    pub upper: f64,
    /// Expected errors per case.
    pub expected: f64,
    /// Wrong tags per case.
    pub found: Option<Estimate>,
}

impl ReadingPlan {
    /// Computes the plan from out-of-fold predictions, with one set of outcomes per
    /// repeat for the same cases. Figures are means over repeats.
    ///
    /// # Errors
    /// As [`intervals`](super::interval::intervals).
    pub fn of(repeats: &[Vec<Outcome>], trends: usize, params: &BootstrapParams) -> Result<Self> {
        params.check()?;
        let repeats = Repeats::new(repeats, trends)?;
        let orders: Vec<Order<'_>> =
            repeats.outcomes().iter().map(|outcomes| Order::of(outcomes, trends)).collect();
        let cases = repeats.cases();
        let curve = |weights: &[u32]| mean_curve(&orders, weights);
        let (found, random) = curve(&vec![1; cases]);
        let drawn: Vec<Vec<FinishedFigures>> = (0..params.resamples)
            .into_par_iter()
            .map(|number| curve(&params.draw(number, cases)).0)
            .collect();
        let estimate = |value: Option<f64>, of: &dyn Fn(&[FinishedFigures]) -> Option<f64>| {
            let mut rising: Vec<f64> = drawn.iter().filter_map(|curve| of(curve)).collect();
            rising.sort_unstable_by(f64::total_cmp);
            let [lower, upper] = params.limits().map(|q| quantile(&rising, q));
            Some(Estimate { value: value?, lower: lower?, upper: upper? })
        };
        let point = |step: usize| {
            let at = |of: fn(&FinishedFigures) -> Option<f64>| {
                estimate(of(&found[step]), &|curve| of(&curve[step]))
            };
            PlanPoint {
                share: step as f64 / STEPS as f64,
                macro_f1: at(|f| f.macro_f1),
                exact_sets: at(|f| f.exact_sets),
                wrong_tags: at(|f| f.wrong_tags),
                random_macro_f1: random[step].macro_f1,
                random_exact_sets: random[step].exact_sets,
                random_wrong_tags: random[step].wrong_tags,
            }
        };
        let target = |macro_f1: f64| PlanTarget {
            macro_f1,
            share: estimate(share_for(&found, macro_f1), &|curve| share_for(curve, macro_f1)),
            random_share: share_for(&random, macro_f1),
        };
        Ok(Self {
            cases,
            points: (0..=STEPS).step_by(STEPS_PER_POINT).map(point).collect(),
            targets: TARGETS.map(target).into(),
            calibration: ErrorCalibration::of(&orders, cases),
        })
    }

    /// Returns the point with a share read.
    pub fn at(&self, share: f64) -> Option<&PlanPoint> {
        self.points.iter().find(|point| (point.share - share).abs() < 1e-9)
    }
}

/// Returns the smallest share of a curve from which on the macro F1 is reached.
fn share_for(curve: &[FinishedFigures], macro_f1: f64) -> Option<f64> {
    let reached = |figures: &FinishedFigures| figures.macro_f1.is_some_and(|f1| f1 >= macro_f1);
    curve.iter().position(reached).map(|step| step as f64 / STEPS as f64)
}

/// The outcomes of one repeat in the order in which they are read.
struct Order<'o> {
    trends: usize,
    /// Number of the case, its expected errors, its outcome.
    cases: Vec<(usize, f64, &'o Outcome)>,
}

impl<'o> Order<'o> {
    fn of(outcomes: &[&'o Outcome], trends: usize) -> Self {
        let errors = |o: &Outcome| expected_errors(&o.probabilities, &o.suggested);
        let numbered = outcomes.iter().enumerate();
        let mut cases: Vec<_> = numbered.map(|(case, &o)| (case, errors(o), o)).collect();
        cases.sort_by(|a, b| b.1.total_cmp(&a.1));
        Self { trends, cases }
    }

    /// Returns the figures at each step, read in this order and in random order; case `i`
    /// counts `weights[i]` times.
    fn curve(&self, weights: &[u32]) -> Vec<[FinishedFigures; 2]> {
        let weighed = || self.cases.iter().map(|&(case, _, o)| (o, u64::from(weights[case])));
        let unread = FinishedBatch::unread(weighed(), self.trends);
        let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        let mut batch = unread.clone();
        let mut left = weighed();
        let (mut current, mut read) = (left.next(), 0);
        let mut at_step = |step: usize| {
            let share = step as f64 / STEPS as f64;
            let wanted = (share * total as f64).round() as u64;
            while let Some((outcome, times)) = &mut current
                && read < wanted
            {
                let now = (wanted - read).min(*times);
                batch.read(outcome, now);
                *times -= now;
                read += now;
                if *times == 0 {
                    current = left.next();
                }
            }
            [batch.figures(), unread.after_random(share)]
        };
        (0..=STEPS).map(&mut at_step).collect()
    }
}

/// Returns the curves of both orders, as means over the repeats.
fn mean_curve(
    orders: &[Order<'_>],
    weights: &[u32],
) -> (Vec<FinishedFigures>, Vec<FinishedFigures>) {
    let curves: Vec<_> = orders.iter().map(|order| order.curve(weights)).collect();
    let mean = |step: usize, kind: usize| {
        let of = |figure: fn(&FinishedFigures) -> Option<f64>| {
            mean_of_defined(curves.iter().map(|curve| figure(&curve[step][kind])))
        };
        FinishedFigures {
            macro_f1: of(|f| f.macro_f1),
            exact_sets: of(|f| f.exact_sets),
            wrong_tags: of(|f| f.wrong_tags),
        }
    };
    let of_kind = |kind| (0..=STEPS).map(|step| mean(step, kind)).collect();
    (of_kind(0), of_kind(1))
}

impl ErrorCalibration {
    /// Each case counts once, with its means over the repeats.
    fn of(orders: &[Order<'_>], cases: usize) -> Self {
        let mut of_cases = vec![(0.0, 0.0); cases];
        for &(case, errors, outcome) in orders.iter().flat_map(|order| &order.cases) {
            let Outcome { gold, suggested, .. } = outcome;
            let hits = gold.iter().filter(|&id| suggested.contains(id)).count();
            let (expected, found) = &mut of_cases[case];
            *expected += errors / orders.len() as f64;
            *found += (gold.len() + suggested.len() - 2 * hits) as f64 / orders.len() as f64;
        }
        of_cases.sort_by(|a, b| a.0.total_cmp(&b.0));
        let expected = |cases: &[(f64, f64)]| {
            cases.iter().map(|case| case.0).sum::<f64>() / cases.len() as f64
        };
        let found = |cases: &[(f64, f64)]| {
            let found = mean(cases.iter().map(|case| case.1))?;
            Some(Estimate { lower: found.lower.max(0.0), ..found })
        };
        let group = |number: usize| {
            let part = &of_cases[number * cases / GROUPS..(number + 1) * cases / GROUPS];
            let (first, last) = (part.first()?, part.last()?);
            Some(ErrorGroup {
                cases: part.len(),
                lower: first.0,
                upper: last.0,
                expected: expected(part),
                found: found(part),
            })
        };
        Self {
            expected: expected(&of_cases),
            found: found(&of_cases),
            groups: (0..GROUPS).filter_map(group).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::interval::tests::drawn;

    fn plan(skill: f64) -> ReadingPlan {
        let params = BootstrapParams { resamples: 100, ..BootstrapParams::default() };
        ReadingPlan::of(&drawn(2, 300, skill), 3, &params).unwrap()
    }

    #[test]
    fn quality_rises_with_the_share_read_to_perfection() {
        let plan = plan(0.5);
        let f1 = |point: &PlanPoint| point.macro_f1.unwrap();
        assert_eq!(plan.points.len(), 21);
        assert!(plan.points.is_sorted_by(|a, b| f1(a).value <= f1(b).value));
        assert!(plan.points.is_sorted_by_key(|p| -p.wrong_tags.unwrap().value));
        let [first, .., last] = plan.points.as_slice() else { panic!() };
        assert_eq!(first.random_macro_f1, Some(f1(first).value));
        assert_eq!((f1(last).value, last.random_macro_f1), (1.0, Some(1.0)));
        assert_eq!((last.exact_sets.unwrap().value, last.wrong_tags.unwrap().value), (1.0, 0.0));
        for point in &plan.points {
            let Estimate { value, lower, upper } = f1(point);
            assert!(lower <= value && value <= upper, "{point:?}");
        }
    }

    #[test]
    fn the_order_of_expected_errors_beats_random_order_where_probabilities_know_something() {
        let plan = plan(0.5);
        let half = plan.at(0.5).unwrap();
        assert!(half.macro_f1.unwrap().lower > half.random_macro_f1.unwrap(), "{half:?}");
        for target in &plan.targets {
            let share = target.share.unwrap();
            assert!(share.lower <= share.value && share.value <= share.upper, "{target:?}");
            assert!(share.value < target.random_share.unwrap(), "{target:?}");
            let reached = |share: f64| {
                let at = plan.points.iter().rfind(|p| p.share <= share).unwrap();
                at.macro_f1.unwrap().value
            };
            assert!(reached(share.value - 0.05) < target.macro_f1, "{target:?}");
            assert!(reached(share.value + 0.05) >= target.macro_f1, "{target:?}");
        }
    }

    #[test]
    fn the_same_for_any_number_of_threads() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| plan(0.5))
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn calibrated_probabilities_expect_as_many_wrong_tags_as_there_are() {
        use rand::{Rng, SeedableRng};
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let mut outcome = |case: usize| {
            let probabilities: Vec<f64> = (0..3).map(|_| random.random()).collect();
            let ids = || (0..3_u16).map(crate::taxonomy::TrendId);
            Outcome {
                id: case.to_string(),
                gold: ids()
                    .filter(|id| random.random::<f64>() < probabilities[id.index()])
                    .collect(),
                suggested: ids().filter(|id| probabilities[id.index()] > 0.5).collect(),
                probabilities,
            }
        };
        let outcomes: Vec<Outcome> = (0..2000).map(&mut outcome).collect();
        let params = BootstrapParams { resamples: 20, ..BootstrapParams::default() };
        let found = ReadingPlan::of(&[outcomes], 3, &params).unwrap().calibration;
        // By hand: the mean of min(p, 1 - p) over 0 to 1 is a quarter, of three trends.
        assert!((found.expected - 0.75).abs() < 0.02, "{found:?}");
        let Estimate { lower, upper, .. } = found.found.unwrap();
        assert!(lower < found.expected && found.expected < upper, "{found:?}");
        assert_eq!(found.groups.iter().map(|group| group.cases).sum::<usize>(), 2000);
        let off = |group: &&ErrorGroup| {
            let Estimate { lower, upper, .. } = group.found.unwrap();
            !(lower..=upper).contains(&group.expected)
        };
        assert!(found.groups.iter().filter(off).count() <= 2, "{found:?}");
    }
}
