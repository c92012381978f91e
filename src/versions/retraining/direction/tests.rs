//! Honest and changed batches, drawn with their probabilities.

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
        direction.worst()
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
fn labels_that_are_dropped_are_found_by_the_texts_that_clearly_show_them() {
    let first = |_: usize, truth: &TrendSet| truth.iter().take(1).collect();
    let (warned, _) = found(300, first);
    // In these cases a second label is seldom probable, so its absence is seldom a surprise.
    assert!(warned >= 40, "only the first label kept: {warned}");
    let dropped = |i: usize, truth: &TrendSet| {
        truth.iter().filter(|id| !(i * 7 + id.index()).is_multiple_of(5)).collect()
    };
    let (warned, _) = found(100, dropped);
    assert!(warned >= 30, "20 % of the labels dropped: {warned}");
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let gold = honest(500, &mut random);
    let mut batch = honest(100, &mut random);
    changed(&mut batch, dropped);
    let found = Direction::of(&batch, &gold, &taxonomy()).unwrap();
    let words = found.groups[0].in_words(&taxonomy());
    assert!(words.contains("withheld trends that the texts clearly show"), "{words}");
}

#[test]
fn texts_of_another_length_may_differ_as_much_as_their_length_explains() {
    // The longer the text, the more is given than the probabilities expect.
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let mut longer = |count: usize, longest: usize| {
        let mut cases = honest(count, &mut random);
        for case in &mut cases {
            case.length = random.random_range(50..longest);
            if random.random_range(0..2000) < case.length {
                case.truth = case.truth.iter().chain([TrendId(0)]).collect();
            }
        }
        cases
    };
    let gold = longer(500, 1000);
    let alike: Vec<Judged> =
        gold.iter().map(|case| Judged { length: 500, ..case.clone() }).collect();
    let batch: Vec<Judged> =
        longer(2000, 1000).into_iter().filter(|case| case.length > 800).take(100).collect();
    let z = |gold| Direction::of(&batch, gold, &taxonomy()).unwrap().groups[0].trends[0].z;
    assert!(z(&gold) < z(&alike), "{} {}", z(&gold), z(&alike));
}

#[test]
fn the_answer_does_not_depend_on_the_order_of_the_batch() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let gold = honest(200, &mut random);
    let mut batch = honest(60, &mut random);
    changed(&mut batch, |_, _| TrendSet::default());
    let found = Direction::of(&batch, &gold, &taxonomy()).unwrap();
    batch.reverse();
    let again = Direction::of(&batch, &gold, &taxonomy()).unwrap();
    assert_eq!(found.look_at, again.look_at);
    assert_eq!(found.worst(), DirectionFinding::Refuse);
}
