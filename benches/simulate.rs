//! Measures whether the order of cases for reviewers matters. `cargo bench --bench
//! simulate` replays `data/cases.csv` as if nothing of it were labelled. Each run draws
//! its first labels at random, trains, chooses the next cases by the suggestions for the
//! others, and trains again, from 50 to 300 labels. It prints the mean macro F1 on a
//! third of the cases that is never asked about, and the area under each curve minus that
//! of random order with a 95 % bootstrap interval over runs. 20 runs take about ten
//! minutes; `-- --runs 5` makes fewer.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use trendtag::metrics::Outcome;
use trendtag::metrics::{Metrics, MetricsParams};
use trendtag::tables::ReadOptions;
use trendtag::tagger::Corpus;
use trendtag::tagger::split::stratified_folds;
use trendtag::tagger::split::train_and_test;
use trendtag::tagger::{Scratch, Tagged, Tagger, TaggerParams, TrainingSet};

const FIRST: usize = 50;
const LAST: usize = 300;
const STEP: usize = 25;
const RUNS: u64 = 20;
const RESAMPLES: u32 = 10_000;

/// An interval over fewer runs would not be informative.
const RUNS_FOR_INTERVALS: u64 = 5;

/// The order of labelling.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Random,
    /// By the mean entropy of the probabilities, largest first (Lewis and Gale 1994, for
    /// several labels per case).
    Uncertainty,
    /// The order of the review queue.
    Queue,
}

const ORDERS: [(Order, &str); 3] =
    [(Order::Random, "random"), (Order::Uncertainty, "uncertainty"), (Order::Queue, "queue")];

/// The cases of a simulation.
struct Replay<'s> {
    set: &'s TrainingSet<'s>,
    pool: Vec<usize>,
    test: Vec<usize>,
}

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--runs").skip(1);
    let runs: u64 = arguments.next().map_or(RUNS, |number| number.parse().unwrap());
    let recipe = TaggerParams::default().check().unwrap().quick();
    let options = ReadOptions::default();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cases.csv");
    let (corpus, errors) = Corpus::open(&data, &options, None).unwrap();
    assert!(errors.is_empty());
    let set = TrainingSet::new(&corpus, recipe).unwrap();
    let folds = stratified_folds(set.gold(), set.groups(), 3, 1).unwrap();
    let (pool, test) = train_and_test(&folds, 0);
    let replay = Replay { set: &set, pool, test };
    println!("{} cases to ask about, {} tested, {runs} runs", replay.pool.len(), replay.test.len());

    let curves: Vec<Vec<Vec<f64>>> = ORDERS
        .iter()
        .map(|&(order, _)| (0..runs).into_par_iter().map(|run| replay.curve(run, order)).collect())
        .collect();
    println!("\n| labels | random | uncertainty | queue |\n|---|---|---|---|");
    for (i, labels) in (FIRST..=LAST).step_by(STEP).enumerate() {
        let at = |curves: &Vec<Vec<f64>>| mean(curves.iter().map(|curve| curve[i]));
        let [random, uncertainty, queue] = [0, 1, 2].map(|order| at(&curves[order]));
        println!("| {labels} | {random:.3} | {uncertainty:.3} | {queue:.3} |");
    }
    println!("\n| order | area (mean macro F1) | minus random order |\n|---|---|---|");
    let areas = |order: usize| curves[order].iter().map(|curve| area(curve)).collect::<Vec<f64>>();
    let random = areas(0);
    for (place, (_, name)) in ORDERS.iter().enumerate() {
        let areas = areas(place);
        let gains: Vec<f64> =
            areas.iter().zip(&random).map(|(area, random)| area - random).collect();
        let gain = mean(gains.iter().copied());
        let gain = if runs < RUNS_FOR_INTERVALS {
            format!("{gain:+.4}")
        } else {
            let (lower, upper) = interval(&gains);
            format!("{gain:+.4} [{lower:+.4}, {upper:+.4}]")
        };
        println!("| {name} | {:.3} | {gain} |", mean(areas.iter().copied()));
    }
    let starts = |curves: &Vec<Vec<f64>>| curves.iter().map(|curve| curve[0]).collect::<Vec<f64>>();
    assert!(curves.iter().all(|of| starts(of) == starts(&curves[0])), "all start alike");
}

impl Replay<'_> {
    /// Macro F1 at each number of labels in one run.
    fn curve(&self, run: u64, order: Order) -> Vec<f64> {
        let mut open = self.pool.clone();
        open.shuffle(&mut ChaCha8Rng::seed_from_u64(run));
        let mut labelled: Vec<usize> = Vec::new();
        let mut curve = Vec::new();
        for size in (FIRST..=LAST).step_by(STEP) {
            labelled.extend(open.drain(..size - labelled.len()));
            labelled.sort_unstable();
            let tagger = self.set.train(&labelled, &mut |_| {}).unwrap().tagger;
            curve.push(self.macro_f1(&tagger));
            // Equal cases stay in random order.
            match order {
                Order::Random => {}
                Order::Uncertainty => self.sort(&mut open, &tagger, |all| {
                    all.iter().map(|tagged| -entropy(&tagged.probabilities)).collect()
                }),
                Order::Queue => self.sort(&mut open, &tagger, |all| priorities(all, &tagger)),
            }
        }
        curve
    }

    fn tag(&self, tagger: &Tagger, rows: &[usize]) -> Vec<Tagged> {
        let mut scratch = Scratch::default();
        rows.iter().map(|&row| tagger.tag(&self.set.case(row).texts, 0, &mut scratch)).collect()
    }

    /// Sorts cases so that those of the smallest value come first.
    fn sort(&self, open: &mut Vec<usize>, tagger: &Tagger, values: impl Fn(&[Tagged]) -> Vec<f64>) {
        let values = values(&self.tag(tagger, open));
        let mut sorted: Vec<(usize, f64)> = open.iter().copied().zip(values).collect();
        sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
        *open = sorted.into_iter().map(|(row, _)| row).collect();
    }

    fn macro_f1(&self, tagger: &Tagger) -> f64 {
        let tagged = self.tag(tagger, &self.test);
        let outcome = |(&row, tagged): (&usize, Tagged)| Outcome {
            id: self.set.case(row).id.clone(),
            gold: self.set.gold()[row].clone(),
            suggested: tagged.suggested,
            probabilities: tagged.probabilities,
        };
        let outcomes: Vec<Outcome> = self.test.iter().zip(tagged).map(outcome).collect();
        let metrics = Metrics::of(&outcomes, self.set.taxonomy(), &MetricsParams::default());
        metrics.unwrap().overall.macro_average.f1.unwrap_or(0.0)
    }
}

/// Returns the priority of each case in the queue of uncertain cases: the smallest distance,
/// in log-odds, of a probability to a threshold or triage limit, divided by the rarity
/// of its number of suggested trends.
fn priorities(all: &[Tagged], tagger: &Tagger) -> Vec<f64> {
    let decision = tagger.decision();
    let mut cases_with: BTreeMap<usize, usize> = BTreeMap::new();
    all.iter().for_each(|tagged| *cases_with.entry(tagged.suggested.len()).or_default() += 1);
    let limits = [decision.triage.accept, decision.triage.reject];
    let logit = |p: f64| libm::log(p / (1.0 - p)).clamp(-40.0, 40.0);
    let priority = |tagged: &Tagged| {
        let distances =
            tagged.probabilities.iter().zip(&decision.thresholds).flat_map(|(&p, &threshold)| {
                let limits = limits.into_iter().flatten().chain([threshold]);
                limits.map(move |limit| (logit(p) - logit(limit)).abs())
            });
        let cases = cases_with[&tagged.suggested.len()];
        let rarity = 1.0 + libm::log2(all.len() as f64 / cases as f64);
        distances.fold(f64::MAX, f64::min) / rarity
    };
    all.iter().map(priority).collect()
}

/// Mean entropy of yes or no over the trends, in bits.
fn entropy(probabilities: &[f64]) -> f64 {
    let term = |p: f64| if p > 0.0 { -p * libm::log2(p) } else { 0.0 };
    mean(probabilities.iter().map(|&p| term(p) + term(1.0 - p)))
}

/// Area under a curve of evenly spaced points (trapezoids), divided by its width.
fn area(curve: &[f64]) -> f64 {
    mean(curve.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])))
}

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0), |(sum, n), value| (sum + value, n + 1));
    sum / f64::from(count.max(1))
}

/// 95 % percentile bootstrap interval of a mean.
fn interval(values: &[f64]) -> (f64, f64) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut resampled =
        || mean((0..values.len()).map(|_| values[random.random_range(0..values.len())]));
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| resampled()).collect();
    means.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| means[(share * (means.len() - 1) as f64).round() as usize];
    (at(0.025), at(0.975))
}
