//! Folds for cross-validation: stratified by many labels, grouped, seeded.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result};
use crate::taxonomy::TrendSet;

/// Assigns each case to one of `folds` folds so that every trend is spread evenly, and
/// cases of one group stay together. `gold[i]` are the trends of case `i`, `groups[i]`
/// the number of its group (any numbers; equal means together). Returns the fold of each
/// case, `0..folds`. Iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011, "On
/// the Stratification of Multi-label Data"): the rarest remaining trend goes first, and
/// each of its cases goes to the fold with the greatest need of it. Ties go to the fold
/// that needs the most cases, then to a random one. A group is assigned as a unit.
///
/// # Errors
/// [`Error::BadParam`] for fewer than two folds, [`Error::BadCorpus`] for fewer groups
/// than folds.
pub fn stratified_folds(
    gold: &[TrendSet],
    groups: &[usize],
    folds: usize,
    seed: u64,
) -> Result<Vec<usize>> {
    if folds < 2 {
        return Err(Error::bad_param("folds", folds, "cross-validation needs at least 2 folds"));
    }
    let mut members: std::collections::BTreeMap<usize, Vec<usize>> = Default::default();
    for (case, &group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(case);
    }
    let mut units: Vec<Vec<usize>> = members.into_values().collect();
    if units.len() < folds {
        return Err(Error::bad_corpus(
            format!(
                "{} labelled cases in {} groups (near-duplicates are kept together) cannot be split into {folds} folds",
                gold.len(),
                units.len()
            ),
            "use fewer folds, or give more cases that differ",
        ));
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    units.shuffle(&mut random);

    let trends = gold.iter().flat_map(TrendSet::iter).map(|id| id.index() + 1).max().unwrap_or(0);
    // Number of cases with each trend, for each unit.
    let counts: Vec<Vec<(usize, f64)>> =
        units.iter().map(|unit| label_counts(unit, gold)).collect();
    let mut remaining = vec![0.0; trends];
    for &(trend, count) in counts.iter().flatten() {
        remaining[trend] += count;
    }
    let mut lacking: Vec<Vec<f64>> =
        vec![remaining.iter().map(|total| total / folds as f64).collect(); folds];
    let mut room = vec![gold.len() as f64 / folds as f64; folds];
    let mut with_trend: Vec<Vec<usize>> = vec![Vec::new(); trends];
    for (unit, labels) in counts.iter().enumerate() {
        for &(trend, _) in labels {
            with_trend[trend].push(unit);
        }
    }

    let mut fold_of_unit = vec![usize::MAX; units.len()];
    let mut place = |unit: usize, trend: Option<usize>, remaining: &mut [f64]| {
        let fold = neediest(trend.map(|t| lacking.iter().map(|l| l[t]).collect()), &room);
        fold_of_unit[unit] = fold;
        room[fold] -= units[unit].len() as f64;
        for &(t, count) in &counts[unit] {
            lacking[fold][t] -= count;
            remaining[t] -= count;
        }
    };
    let mut placed = vec![false; units.len()];
    loop {
        let rarest = (0..trends)
            .filter(|&t| remaining[t] > 0.5)
            .min_by(|&a, &b| remaining[a].total_cmp(&remaining[b]));
        let Some(trend) = rarest else { break };
        for &unit in &with_trend[trend] {
            if !std::mem::replace(&mut placed[unit], true) {
                place(unit, Some(trend), &mut remaining);
            }
        }
    }
    for (unit, _) in placed.iter().enumerate().filter(|(_, placed)| !**placed) {
        place(unit, None, &mut remaining);
    }

    let mut fold_of_case = vec![0; gold.len()];
    for (unit, cases) in units.iter().enumerate() {
        for &case in cases {
            fold_of_case[case] = fold_of_unit[unit];
        }
    }
    Ok(fold_of_case)
}

/// Returns the cases outside and inside fold `fold`: (train, test), each in ascending
/// order.
pub fn train_and_test(folds: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..folds.len()).partition(|&case| folds[case] != fold)
}

fn label_counts(unit: &[usize], gold: &[TrendSet]) -> Vec<(usize, f64)> {
    let mut counts: std::collections::BTreeMap<usize, f64> = Default::default();
    for id in unit.iter().flat_map(|&case| gold[case].iter()) {
        *counts.entry(id.index()).or_default() += 1.0;
    }
    counts.into_iter().collect()
}

/// Returns the fold with the greatest need. The units are already in random order, so the
/// first one wins a tie.
fn neediest(lacking: Option<Vec<f64>>, room: &[f64]) -> usize {
    let need = |fold: usize| (lacking.as_ref().map_or(0.0, |l| l[fold]), room[fold]);
    (1..room.len()).fold(0, |best, fold| {
        let (a, b) = (need(fold), need(best));
        if a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).is_gt() { fold } else { best }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::TrendId;

    fn corpus(n: usize) -> Vec<TrendSet> {
        (0..n)
            .map(|i| {
                let mut ids = vec![TrendId((i % 3) as u16)];
                if i % 7 == 0 {
                    ids.push(TrendId(3));
                }
                TrendSet::from_iter(ids)
            })
            .collect()
    }

    #[test]
    fn every_trend_is_spread_evenly() {
        let gold = corpus(210);
        let folds = stratified_folds(&gold, &(0..210).collect::<Vec<_>>(), 5, 1).unwrap();
        for trend in 0..4 {
            for fold in 0..5 {
                let count = (0..210)
                    .filter(|&i| folds[i] == fold && gold[i].contains(TrendId(trend)))
                    .count();
                let even = if trend == 3 { 6 } else { 14 };
                assert!(count.abs_diff(even) <= 1, "trend {trend}, fold {fold}: {count}");
            }
        }
    }

    #[test]
    fn a_group_is_never_torn_apart() {
        let groups: Vec<usize> = (0..100).map(|i| i / 4).collect();
        let folds = stratified_folds(&corpus(100), &groups, 5, 3).unwrap();
        assert!((0..100).all(|i| folds[i] == folds[i / 4 * 4]));
        assert!((0..5).all(|fold| folds.iter().filter(|&&f| f == fold).count() >= 12));
    }

    #[test]
    fn the_seed_decides() {
        let groups: Vec<usize> = (0..100).collect();
        let split = |seed| stratified_folds(&corpus(100), &groups, 5, seed).unwrap();
        assert_eq!(split(1), split(1));
        assert_ne!(split(1), split(2));
    }

    #[test]
    fn fewer_groups_than_folds_is_an_error_that_says_what_to_change() {
        let error = stratified_folds(&corpus(10), &[0; 10], 5, 1).unwrap_err().to_string();
        assert!(error.contains("1 groups") && error.contains("fewer folds"), "{error}");
    }
}
