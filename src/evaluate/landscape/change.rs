//! Whether trends become more or less frequent from year to year.

use schemars::JsonSchema;
use serde::Serialize;

use super::batch::{Batch, BatchCase};
use super::breakdown::{Breakdown, Group};
use super::quantify::{Counting, Frequency};
use crate::stats::Estimate;
use crate::stats::SteadyChange;
use crate::stats::difference;
use crate::stats::fisher;
use crate::stats::holm_of_some;
use crate::stats::steady_change;

/// Minimum share of the cases with a year in the latest years.
const RECENT_SHARE: f64 = 1.0 / 3.0;

/// The recent years compared with the earlier ones, and the course over all years.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// First and last of the earlier years.
    pub earlier: (i32, i32),
    /// First and last of the recent years.
    pub recent: (i32, i32),
    /// Number of years with cases.
    pub years: usize,
    /// One per trend.
    pub trends: Vec<TrendChange>,
    /// Indices of the earlier and of the recent cases.
    #[serde(skip)]
    pub(crate) members: [Vec<usize>; 2],
}

/// How one trend changes. The tests compare labels as they are: a tagger that
/// errs the same way in all years hides a part of a change, but makes none up.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TrendChange {
    /// Key of the trend.
    pub key: String,
    /// In the earlier years.
    pub earlier: Frequency,
    /// In the recent years.
    pub recent: Frequency,
    /// The recent share minus the earlier one (Newcombe 1998).
    pub difference: Option<Estimate>,
    /// The same, corrected for the errors of the tagger. The interval treats these errors
    /// as exactly known.
    pub corrected: Option<Estimate>,
    /// Fisher's exact test of the difference.
    pub p_difference: Option<f64>,
    /// The steady rise or fall over all years: a share per year, and its test.
    pub steady: Option<SteadyChange>,
    /// The first after correction for all tests of all trends (Holm 1979).
    pub p_difference_corrected: Option<f64>,
    /// The second after the same correction.
    pub p_steady_corrected: Option<f64>,
}

/// Why no change is reported, for people.
pub(crate) type Reason = String;

impl Change {
    /// Returns the change over the years of a batch, or why none is reported.
    /// `years` are its cases by year, `since` is the first of the recent years.
    pub(crate) fn of(
        batch: &Batch,
        years: Option<&Breakdown>,
        counting: &Counting,
        since: Option<i32>,
        least_cases: usize,
    ) -> Result<Self, Reason> {
        let years = years.ok_or("The files have no column with years.")?;
        let groups: Vec<(i32, &Group)> =
            years.groups.iter().filter_map(|group| Some((group.year?, group))).collect();
        let second = match groups.as_slice() {
            [] => return Err("No case has a year.".into()),
            [(year, _)] => {
                return Err(format!(
                    "All cases with a year are of {year}: there is nothing to compare it with."
                ));
            }
            [_, (second, _), ..] => *second,
        };
        let since = since.unwrap_or_else(|| first_recent(&groups).unwrap_or(second));
        let split = groups.partition_point(|(year, _)| *year < since);
        let (earlier, recent) = groups.split_at(split);
        let members = [earlier, recent].map(members);
        if members.iter().any(|cases| cases.len() < least_cases) {
            return Err(format!(
                "Before {since} there are {} cases, from then on {}: fewer than {least_cases} cannot be compared.",
                members[0].len(),
                members[1].len()
            ));
        }
        let range = |years: &[(i32, &Group)]| match years {
            [] => (since, since),
            [first, ..] => (first.0, years.last().map_or(first.0, |last| last.0)),
        };
        let mut trends: Vec<TrendChange> = batch
            .taxonomy
            .iter()
            .map(|(id, trend)| {
                let frequency = |members: &[usize]| {
                    let cases: Vec<&BatchCase> = members.iter().map(|&i| &batch.cases[i]).collect();
                    counting.frequency(id, &cases)
                };
                let [earlier, recent] = [&members[0], &members[1]].map(|m| frequency(m));
                let counts = |f: Frequency| (f.count, f.cases);
                let difference = difference(counts(recent), counts(earlier));
                let steps: Vec<(f64, usize, usize)> = groups
                    .iter()
                    .map(|(year, group)| {
                        (f64::from(*year), group.trends[id.index()].count, group.cases)
                    })
                    .collect();
                TrendChange {
                    key: trend.key.clone(),
                    difference,
                    corrected: difference.and_then(|d| counting.corrected_difference(id, d)),
                    p_difference: fisher(counts(recent), counts(earlier)),
                    steady: steady_change(&steps),
                    p_difference_corrected: None,
                    p_steady_corrected: None,
                    earlier,
                    recent,
                }
            })
            .collect();
        correct(&mut trends);
        let (earlier, recent) = (range(earlier), range(recent));
        Ok(Self { earlier, recent, years: groups.len(), trends, members })
    }
}

/// All tests of the table count as one family.
fn correct(trends: &mut [TrendChange]) {
    let all: Vec<Option<f64>> = trends
        .iter()
        .flat_map(|trend| [trend.p_difference, trend.steady.map(|steady| steady.p)])
        .collect();
    for (trend, pair) in trends.iter_mut().zip(holm_of_some(&all).chunks_exact(2)) {
        (trend.p_difference_corrected, trend.p_steady_corrected) = (pair[0], pair[1]);
    }
}

fn members(groups: &[(i32, &Group)]) -> Vec<usize> {
    let mut members: Vec<usize> =
        groups.iter().flat_map(|(_, group)| group.members.iter().copied()).collect();
    members.sort_unstable();
    members.dedup();
    members
}

/// Returns the first of the latest years that together have a third of the cases; `None`
/// if no earlier year would remain.
fn first_recent(groups: &[(i32, &Group)]) -> Option<i32> {
    let all: usize = groups.iter().map(|(_, group)| group.cases).sum();
    let mut recent = 0;
    let enough = groups.iter().skip(1).rev().find(|(_, group)| {
        recent += group.cases;
        recent as f64 >= RECENT_SHARE * all as f64
    });
    enough.map(|(year, _)| *year)
}
