//! The direction of decisions in sentences.

use super::{Direction, DirectionFinding, GroupDirection, Tally, TrendCount, Unlikely};
use crate::taxonomy::{Taxonomy, TrendId};

/// Trends that are named as those that were most often withheld or added.
const MOST: usize = 3;

impl Direction {
    /// Returns the sentences of the groups with this finding.
    pub(in super::super) fn sentences(
        &self,
        finding: DirectionFinding,
        taxonomy: &Taxonomy,
    ) -> Vec<String> {
        let groups = self.groups.iter().filter(|group| group.finding == finding);
        groups.map(|group| group.in_words(taxonomy)).collect()
    }
}

impl Unlikely {
    /// Returns the case with who decided and the trends, by their names.
    pub(in super::super) fn in_words(&self, taxonomy: &Taxonomy) -> String {
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

impl GroupDirection {
    /// Describes the observed and expected numbers in a sentence.
    pub(super) fn in_words(&self, taxonomy: &Taxonomy) -> String {
        let who = match &self.reviewer {
            // Without names, they are numbered: "reviewer 3".
            Some(name) if name.starts_with("reviewer ") => name.clone(),
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
        let Tally { found, expected, z } = self.several;
        if z.abs() > self.limit {
            let trends = format!("gave two trends or more to {found} cases");
            parts.push(format!("{trends}, where {} expected", were(expected)));
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
        let mut against = |against: &Tally, what: &str, most: String| {
            if against.z > self.limit {
                let Tally { found, expected, .. } = against;
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
        if self.is_unchanged() {
            let Tally { found, expected, .. } = self.changed;
            parts.push(format!(
                "changed hardly any suggestion ({found} trends, where {} expected)",
                were(expected)
            ));
        }
        format!("{who} {}", parts.join("; and "))
    }
}

/// Returns an expected number with its verb.
fn were(expected: f64) -> String {
    let verb = if expected.round() == 1.0 { "was" } else { "were" };
    format!("{expected:.0} {verb}")
}
