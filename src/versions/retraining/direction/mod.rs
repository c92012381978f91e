//! The third check: whether a batch of decisions, or one reviewer's part of it, assigns
//! or withholds trends more often than expected from the champion's out-of-fold
//! probabilities.

mod honest;
mod looks;
mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stats::most_allowed;
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};
use honest::Honest;
use looks::Rest;

/// Share of honest batches that are pointed out: as many again for all reviewers together.
const FALSE_WARNINGS: f64 = 0.03;

/// A batch that deviates this many times as far as one with a warning is refused.
const REFUSED: f64 = 1.5;

/// A reviewer with fewer decisions is tested only together with the others.
const LEAST: usize = 10;

/// From this probability on a text clearly shows a trend; below one less this it hardly does.
const CLEAR: f64 = 0.9;

/// Maximum number of cases to check first.
const CASES: usize = 10;

/// A decided or gold case beside what a recipe says of it without having seen it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Its id.
    pub id: String,
    /// Mean probability over repeats, one per trend; 0 for those that the decision says
    /// nothing of.
    pub probabilities: Vec<f64>,
    /// What was decided, or its gold.
    pub truth: TrendSet,
    /// The reviewer who decided, if known; several who agreed are separated by `;`.
    pub reviewer: Option<String>,
}

impl Judged {
    /// Returns the names of the reviewers who decided.
    fn reviewers(&self) -> impl Iterator<Item = &str> {
        let names = self.reviewer.iter().flat_map(|names| names.split(';'));
        names.map(str::trim).filter(|name| !name.is_empty())
    }

    fn has(&self, trend: usize) -> bool {
        self.truth.contains(TrendId(trend as u16))
    }

    /// Observed minus expected label.
    fn residual(&self, trend: usize) -> f64 {
        f64::from(u8::from(self.has(trend))) - self.probabilities[trend]
    }

    /// Surprise of its labels as a whole.
    pub(super) fn unlikeliness(&self) -> f64 {
        let of_trend = |k| self.surprise(k, true) + self.surprise(k, false);
        (0..self.probabilities.len()).map(of_trend).sum()
    }

    /// Surprise that a trend was assigned, or withheld; 0 otherwise.
    fn surprise(&self, trend: usize, given: bool) -> f64 {
        let p = self.probabilities[trend].clamp(1e-6, 1.0 - 1e-6);
        match (self.has(trend), given) {
            (true, true) => -libm::log(p),
            (false, false) => -libm::log(1.0 - p),
            _ => 0.0,
        }
    }
}

/// A decision to look at, and what of it the champion finds unlikely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unlikely {
    /// Id of the case.
    pub id: String,
    /// The reviewer who decided, if known.
    pub reviewer: Option<String>,
    /// Keys of the trends that were given against the probabilities.
    pub given: Vec<String>,
    /// Keys of those that were not given against the probabilities.
    pub withheld: Vec<String>,
}

impl Unlikely {
    /// What of a decision is unlikely.
    pub(super) fn of(case: &Judged, taxonomy: &Taxonomy) -> Self {
        let keys = |given: bool| {
            let against =
                |k: &usize| case.has(*k) == given && (case.probabilities[*k] < 0.5) == given;
            let trends = (0..taxonomy.len()).filter(against);
            trends.map(|k| taxonomy.key(TrendId(k as u16)).to_owned()).collect()
        };
        let (given, withheld) = (keys(true), keys(false));
        Self { id: case.id.clone(), reviewer: case.reviewer.clone(), given, withheld }
    }
}

/// The finding for a group of decisions.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendCount {
    /// Key of the trend.
    pub key: String,
    /// Number of decisions with the trend.
    pub given: usize,
    /// Expected number.
    pub expected: f64,
    /// Difference in standard deviations; negative if the trend is withheld.
    pub z: f64,
    /// Decisions that do not give it although the text clearly shows it.
    #[serde(default)]
    pub withheld: usize,
    /// Decisions that give it although the text hardly shows it.
    #[serde(default)]
    pub added: usize,
}

/// A count beside its expected value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Their number.
    pub found: usize,
    /// Expected number.
    pub expected: f64,
    /// Standard deviations above honest decisions.
    pub z: f64,
}

/// The direction of all decisions of a batch, or of those of one reviewer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Cases that were given two trends or more.
    #[serde(default)]
    pub several: Tally,
    /// Trends that were decided against the more probable side.
    #[serde(default)]
    pub changed: Tally,
    /// Trends that the texts clearly show and that were not given.
    #[serde(default)]
    pub withheld: Tally,
    /// Trends that the texts hardly show and that were given.
    #[serde(default)]
    pub added: Tally,
    /// Standard deviations from which on it is pointed out.
    #[serde(default)]
    pub limit: f64,
    /// Share of simulated honest groups of its size that are as far off, corrected for the
    /// number of reviewers.
    pub p_value: f64,
    /// The finding.
    pub finding: DirectionFinding,
}

/// The direction of a batch of decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Direction {
    /// All decisions first, then those of each reviewer with enough of them.
    pub groups: Vec<GroupDirection>,
    /// Ids of the cases to check first; empty if everything is as expected.
    pub look_at: Vec<String>,
}

impl Direction {
    /// The fewest gold cases with which decisions can be compared.
    pub const LEAST: usize = Honest::LEAST;

    /// Compares the decisions of a batch, and of each reviewer, with the expected ones.
    /// Returns `None` without decisions or with too few gold cases.
    pub fn of(batch: &[Judged], gold: &[Judged], taxonomy: &Taxonomy) -> Option<Self> {
        if batch.is_empty() || gold.len() < Honest::LEAST {
            return None;
        }
        let honest = Honest::of(gold, taxonomy.len());
        let mut of_reviewers: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
        for case in batch {
            for name in case.reviewers() {
                of_reviewers.entry(name).or_default().push(case);
            }
        }
        of_reviewers.retain(|_, cases| cases.len() >= LEAST && cases.len() < batch.len());
        let tests = of_reviewers.len();
        let whole: Vec<&Judged> = batch.iter().collect();
        let limits = honest.simulated(whole.len(), true);
        let z = honest.of_batch(&whole);
        let mut groups = vec![GroupDirection::of(&whole, z, &honest, taxonomy, (&limits, 1))];
        let mut cases = vec![whole];
        let mut simulated: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for (name, own) in of_reviewers {
            let is_other = |case: &&Judged| case.reviewers().all(|other| other != name);
            let others: Vec<&Judged> = batch.iter().filter(is_other).collect();
            let limits =
                simulated.entry(own.len()).or_insert_with(|| honest.simulated(own.len(), false));
            let z = honest.of_reviewer(&own, &others);
            let group = GroupDirection::of(&own, z, &honest, taxonomy, (limits, tests));
            groups.push(GroupDirection { reviewer: Some(name.to_owned()), ..group });
            cases.push(own);
        }
        let look_at = look_at(&groups, &cases);
        Some(Self { groups, look_at })
    }

    /// What the worst of the groups amounts to.
    pub fn worst(&self) -> DirectionFinding {
        let findings = self.groups.iter().map(|group| group.finding);
        findings.max().unwrap_or(DirectionFinding::Fine)
    }
}

/// Returns the most surprising cases of the groups with a warning or refusal.
fn look_at(groups: &[GroupDirection], cases: &[Vec<&Judged>]) -> Vec<String> {
    let mut rated: Vec<(f64, &str)> = Vec::new();
    for (group, cases) in groups.iter().zip(cases) {
        if group.finding == DirectionFinding::Fine {
            continue;
        }
        for case in cases {
            let surprise = |k: usize| -> f64 {
                let counts = [true, false].into_iter().filter(|&given| group.is_off(k, given));
                let surprise: f64 = counts.map(|given| case.surprise(k, given)).sum();
                // Of unchanged suggestions, the doubtful ones should be looked at.
                let p = case.probabilities[k];
                surprise + if group.is_unchanged() { p.min(1.0 - p) } else { 0.0 }
            };
            rated.push(((0..group.trends.len()).map(surprise).sum(), &case.id));
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
        cases: &[&Judged],
        z: Vec<f64>,
        honest: &Honest,
        taxonomy: &Taxonomy,
        (simulated, tests): (&[f64], usize),
    ) -> Self {
        let trends = taxonomy.len();
        let is_withheld = |case: &Judged, k: usize| case.probabilities[k] >= CLEAR;
        let is_added = |case: &Judged, k: usize| case.probabilities[k] <= 1.0 - CLEAR;
        let number = |of: &dyn Fn(&Judged) -> bool| cases.iter().filter(|case| of(case)).count();
        let count = |k: usize| {
            let given = number(&|case| case.has(k));
            let residuals: f64 = cases.iter().map(|case| case.residual(k)).sum();
            TrendCount {
                key: taxonomy.key(TrendId(k as u16)).to_owned(),
                given,
                expected: given as f64 - residuals,
                z: z[k],
                withheld: number(&|case| !case.has(k) && is_withheld(case, k)),
                added: number(&|case| case.has(k) && is_added(case, k)),
            }
        };
        let counts: Vec<TrendCount> = (0..trends).map(count).collect();
        let expected = |of: &dyn Fn(&Judged, usize) -> Option<f64>| -> f64 {
            let of_case = |case: &&Judged| (0..trends).filter_map(|k| of(case, k)).sum::<f64>();
            cases.iter().map(of_case).sum()
        };
        let tallies = honest.expected(cases);
        let tally = |rest: Rest| {
            let (place, (found, expected)) = (honest.place(rest), tallies[honest.place(rest)]);
            Tally { found: found as usize, expected, z: z[place] }
        };
        let (furthest, of_all) = (honest.furthest(&z), honest.furthest_of_all(&z));
        let limit = most_allowed(simulated, FALSE_WARNINGS / tests as f64);
        let as_far = simulated.len() - simulated.partition_point(|&z| z < of_all);
        let share = (1 + as_far) as f64 / (1 + simulated.len()) as f64;
        Self {
            reviewer: None,
            decisions: cases.len(),
            given: counts.iter().map(|count| count.given).sum(),
            expected: counts.iter().map(|count| count.expected).sum(),
            z: z[honest.place(Rest::All)],
            several: tally(Rest::Several),
            changed: tally(Rest::Changed),
            withheld: Tally {
                found: counts.iter().map(|count| count.withheld).sum(),
                expected: expected(&|case, k| {
                    is_withheld(case, k).then(|| 1.0 - case.probabilities[k])
                }),
                z: z[honest.place(Rest::Withheld)],
            },
            added: Tally {
                found: counts.iter().map(|count| count.added).sum(),
                expected: expected(&|case, k| is_added(case, k).then(|| case.probabilities[k])),
                z: z[honest.place(Rest::Added)],
            },
            trends: counts,
            limit,
            p_value: (tests as f64 * share).min(1.0),
            finding: if furthest > REFUSED * limit {
                DirectionFinding::Refuse
            } else if of_all > limit {
                DirectionFinding::Warn
            } else {
                DirectionFinding::Fine
            },
        }
    }

    /// Returns whether a trend is given too often, or too seldom, by itself or as one of all.
    fn is_off(&self, trend: usize, given: bool) -> bool {
        let towards = |z: f64| if given { z } else { -z };
        let against = if given { &self.added } else { &self.withheld };
        towards(self.trends[trend].z) > self.limit
            || against.z > self.limit
            || towards(self.several.z) > self.limit
            || (self.named().is_empty() && towards(self.z) > self.limit)
    }

    /// Returns whether suggestions were changed far more seldom than honest decisions do.
    fn is_unchanged(&self) -> bool {
        -self.changed.z > self.limit
    }

    /// Returns the trends with large deviations, the largest first.
    fn named(&self) -> Vec<usize> {
        let z = |k: &usize| self.trends[*k].z.abs();
        let mut named: Vec<usize> = (0..self.trends.len()).filter(|k| z(k) > self.limit).collect();
        named.sort_by(|a, b| z(b).total_cmp(&z(a)));
        named
    }
}

#[cfg(test)]
mod tests;
