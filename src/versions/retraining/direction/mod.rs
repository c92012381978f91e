//! The third check: whether a batch of decisions, or one reviewer's part of it, assigns
//! or withholds trends more often than expected from the champion's out-of-fold
//! probabilities.

mod looks;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stats::most_allowed;
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};
use looks::{Honest, Rest};

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

/// Trends that are named as those that were most often withheld or added.
const MOST: usize = 3;

/// A decided or gold case beside what a recipe says of it without having seen it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Its id.
    pub id: String,
    /// Mean probability over repeats, one per trend.
    pub probabilities: Vec<f64>,
    /// What was decided, or its gold.
    pub truth: TrendSet,
    /// Length of its texts.
    pub length: usize,
    /// The reviewer who decided, if known.
    pub reviewer: Option<String>,
}

impl Judged {
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
            (true, true) => -p.ln(),
            (false, false) => -(1.0 - p).ln(),
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

    /// Returns the case with who decided and the trends, by their names.
    pub(super) fn in_words(&self, taxonomy: &Taxonomy) -> String {
        let names = |keys: &[String]| {
            let name = |key: &String| match taxonomy.id(key) {
                Some(id) => taxonomy.label(id).to_owned(),
                None => key.clone(),
            };
            keys.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        let mut parts = Vec::new();
        if !self.given.is_empty() {
            parts.push(format!("gave {}", names(&self.given)));
        }
        if !self.withheld.is_empty() {
            parts.push(format!("did not give {}", names(&self.withheld)));
        }
        let by = self.reviewer.as_deref().unwrap_or("no reviewer named");
        match parts.join("; ") {
            what if what.is_empty() => format!("{} ({by})", self.id),
            what => format!("{} ({by}): {what}", self.id),
        }
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

/// Decisions against clear texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstText {
    /// Their number.
    pub found: usize,
    /// Expected number.
    pub expected: f64,
    /// Standard deviations above honest decisions, each weighed by how clear the text is.
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
    /// Trends that the texts clearly show and that were not given.
    #[serde(default)]
    pub withheld: AgainstText,
    /// Trends that the texts hardly show and that were given.
    #[serde(default)]
    pub added: AgainstText,
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
    /// Compares the decisions of a batch, and of each reviewer, with the expected ones.
    /// Returns `None` without decisions or with too few gold cases.
    pub fn of(batch: &[Judged], gold: &[Judged], taxonomy: &Taxonomy) -> Option<Self> {
        if batch.is_empty() || gold.len() < Honest::LEAST {
            return None;
        }
        let honest = Honest::of(gold, taxonomy.len());
        let mut of_reviewers: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
        for case in batch {
            if let Some(name) = &case.reviewer {
                of_reviewers.entry(name).or_default().push(case);
            }
        }
        of_reviewers.retain(|_, cases| cases.len() >= LEAST && cases.len() < batch.len());
        let tests = of_reviewers.len();
        let mut parts: Vec<(Option<&str>, Vec<&Judged>, usize)> =
            vec![(None, batch.iter().collect(), 1)];
        parts.extend(of_reviewers.into_iter().map(|(name, cases)| (Some(name), cases, tests)));
        let mut simulated: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let mut groups = Vec::new();
        for (reviewer, cases, tests) in &parts {
            let simulated =
                simulated.entry(cases.len()).or_insert_with(|| honest.simulated(cases.len()));
            let group = GroupDirection::of(cases, &honest, taxonomy, simulated, *tests);
            groups.push(GroupDirection { reviewer: reviewer.map(str::to_owned), ..group });
        }
        let cases: Vec<Vec<&Judged>> = parts.into_iter().map(|(_, cases, _)| cases).collect();
        let look_at = look_at(&groups, &cases);
        Some(Self { groups, look_at })
    }

    /// What the worst of the groups amounts to.
    pub fn worst(&self) -> DirectionFinding {
        let findings = self.groups.iter().map(|group| group.finding);
        findings.max().unwrap_or(DirectionFinding::Fine)
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
        for case in cases {
            let surprise = |k: usize| -> f64 {
                let counts = [true, false].into_iter().filter(|&given| group.is_off(k, given));
                counts.map(|given| case.surprise(k, given)).sum()
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
        honest: &Honest,
        taxonomy: &Taxonomy,
        simulated: &[f64],
        tests: usize,
    ) -> Self {
        let trends = taxonomy.len();
        let z = honest.z(cases);
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
        let furthest = honest.furthest(&z);
        let limit = most_allowed(simulated, FALSE_WARNINGS / tests as f64);
        let as_far = simulated.len() - simulated.partition_point(|&z| z < furthest);
        let share = (1 + as_far) as f64 / (1 + simulated.len()) as f64;
        Self {
            reviewer: None,
            decisions: cases.len(),
            given: counts.iter().map(|count| count.given).sum(),
            expected: counts.iter().map(|count| count.expected).sum(),
            z: z[honest.place(Rest::All)],
            withheld: AgainstText {
                found: counts.iter().map(|count| count.withheld).sum(),
                expected: expected(&|case, k| {
                    is_withheld(case, k).then(|| 1.0 - case.probabilities[k])
                }),
                z: z[honest.place(Rest::Withheld)],
            },
            added: AgainstText {
                found: counts.iter().map(|count| count.added).sum(),
                expected: expected(&|case, k| is_added(case, k).then(|| case.probabilities[k])),
                z: z[honest.place(Rest::Added)],
            },
            trends: counts,
            limit,
            p_value: (tests as f64 * share).min(1.0),
            finding: match furthest {
                z if z > REFUSED * limit => DirectionFinding::Refuse,
                z if z > limit => DirectionFinding::Warn,
                _ => DirectionFinding::Fine,
            },
        }
    }

    /// Returns whether a trend is given too often, or too seldom, by itself or as one of all.
    fn is_off(&self, trend: usize, given: bool) -> bool {
        let towards = |z: f64| if given { z } else { -z };
        let against = if given { &self.added } else { &self.withheld };
        towards(self.trends[trend].z) > self.limit
            || against.z > self.limit
            || (self.named().is_empty() && towards(self.z) > self.limit)
    }

    /// Returns the trends with large deviations, the largest first.
    fn named(&self) -> Vec<usize> {
        let z = |k: &usize| self.trends[*k].z.abs();
        let mut named: Vec<usize> = (0..self.trends.len()).filter(|k| z(k) > self.limit).collect();
        named.sort_by(|a, b| z(b).total_cmp(&z(a)));
        named
    }

    /// Describes the observed and expected numbers in a sentence.
    fn in_words(&self, taxonomy: &Taxonomy) -> String {
        let who = match &self.reviewer {
            Some(name) => format!("reviewer {name}"),
            None => "the decisions".to_owned(),
        };
        let label = |k: usize| taxonomy.label(TrendId(k as u16));
        let mut parts = Vec::new();
        let named = self.named();
        if !named.is_empty() {
            let of_trend = |k: usize| {
                let TrendCount { given, expected, .. } = &self.trends[k];
                format!("{} {given} times; {} expected", label(k), were(*expected))
            };
            let of_trends: Vec<String> = named.into_iter().map(of_trend).collect();
            parts.push(format!("gave {}", of_trends.join(", and ")));
        } else if self.z.abs() > self.limit {
            parts.push(format!(
                "gave {} trends to {} cases; {} expected",
                self.given,
                self.decisions,
                were(self.expected)
            ));
        }
        let most = |of: fn(&TrendCount) -> usize| {
            let mut most: Vec<usize> =
                (0..self.trends.len()).filter(|&k| of(&self.trends[k]) > 0).collect();
            most.sort_by_key(|&k| std::cmp::Reverse(of(&self.trends[k])));
            let named = most.iter().take(MOST);
            let named = named.map(|&k| format!("{} ({})", label(k), of(&self.trends[k])));
            match named.collect::<Vec<_>>().join(", ") {
                named if named.is_empty() => named,
                named => format!(": {named}"),
            }
        };
        let mut against = |against: &AgainstText, what: &str, most: String| {
            if against.z > self.limit {
                let AgainstText { found, expected, .. } = against;
                parts.push(format!(
                    "{what} {found} times, where {} expected{most}",
                    were(*expected)
                ));
            }
        };
        let withheld = most(|count| count.withheld);
        against(&self.withheld, "withheld trends that the texts clearly show", withheld);
        let added = most(|count| count.added);
        against(&self.added, "gave trends that the texts hardly show", added);
        format!("{who} {}", parts.join("; and "))
    }
}

/// Returns an expected number with its verb.
fn were(expected: f64) -> String {
    let verb = if expected.round() == 1.0 { "was" } else { "were" };
    format!("{expected:.0} {verb}")
}

#[cfg(test)]
mod tests;
