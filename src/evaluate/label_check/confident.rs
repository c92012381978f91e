//! Confident learning: which labels are probably wrong, and how many there are.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::evaluate::protocol::Tested;
use crate::metrics::Outcome;
use crate::tagger::Evidence;
use crate::taxonomy::{Taxonomy, TrendId};

/// Pieces of evidence per trend.
pub(super) const EVIDENCE: usize = 4;

/// How much the worst trend of a case weighs in the quality of its labels, as
/// cleanlab's default.
const WORST: f64 = 0.8;

/// How many labels of a trend are probably wrong.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TrendNoise {
    /// Key of the trend.
    pub key: String,
    /// Cases labelled with it.
    pub support: usize,
    /// Estimated number of those that should not be.
    pub wrongly_given: f64,
    /// Estimated number of the others that should be.
    pub missing: f64,
}

/// A case with a probably wrong label.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Suspect {
    /// Its id.
    pub id: String,
    /// Quality of its labels, 0 to 1: an exponential moving average of the probabilities
    /// of the given labels, from the best trend to the worst.
    pub quality: f64,
    /// Its labels as a cell.
    pub given: String,
    /// The labels that are probably wrong, worst first.
    pub trends: Vec<SuspectTrend>,
}

/// A label that is probably wrong.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SuspectTrend {
    /// Key of the trend.
    pub key: String,
    /// Whether the case is labelled with it.
    pub given: bool,
    /// Its probability, by taggers that have not seen the case.
    pub probability: f64,
    /// Terms of the text that speak for it, strongest first; empty unless the first
    /// run over the folds suggested the trend.
    pub evidence: Vec<String>,
}

/// The confident joint of one trend: counts of cases by given label (no, yes) and
/// probable label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Joint([[usize; 2]; 2]);

/// Finds the suspects from out-of-fold predictions. `tested` contains the evidence of the
/// same cases. Each trend is a binary question (Northcutt, Jiang, Chuang 2021, and
/// cleanlab for several labels per case). A case counts as having, or lacking, the trend
/// if the probability of that reaches its mean over the cases labelled so. It is suspect
/// if this differs from the given label and the other label is more probable.
pub(super) fn find<'t>(
    outcomes: &[Outcome],
    tested: impl Iterator<Item = &'t Tested>,
    taxonomy: &Taxonomy,
) -> (Vec<TrendNoise>, Vec<Suspect>) {
    let evidence: BTreeMap<&str, &Tested> =
        tested.map(|tested| (tested.outcome.id.as_str(), tested)).collect();
    let mut noise = Vec::new();
    let mut wrong: Vec<Vec<TrendId>> = vec![Vec::new(); outcomes.len()];
    for (id, trend) in taxonomy.iter() {
        let pairs: Vec<(f64, bool)> =
            outcomes.iter().map(|o| (o.probabilities[id.index()], o.gold.contains(id))).collect();
        let (joint, off_diagonal) = confident_joint(&pairs);
        // As cleanlab does: of a rare trend every probability above its tiny mean
        // would count.
        let is_likely = |&case: &usize| (pairs[case].0 > 0.5) != pairs[case].1;
        off_diagonal.into_iter().filter(is_likely).for_each(|case| wrong[case].push(id));
        let support = pairs.iter().filter(|(_, given)| *given).count();
        noise.push(TrendNoise {
            key: trend.key.clone(),
            support,
            wrongly_given: joint.share(1) * support as f64,
            missing: joint.share(0) * (pairs.len() - support) as f64,
        });
    }
    let mut suspects: Vec<Suspect> = outcomes
        .iter()
        .zip(wrong)
        .filter(|(_, wrong)| !wrong.is_empty())
        .map(|(outcome, wrong)| {
            suspect(outcome, &wrong, evidence.get(outcome.id.as_str()), taxonomy)
        })
        .collect();
    suspects.sort_by(|a, b| a.quality.total_cmp(&b.quality));
    (noise, suspects)
}

fn suspect(
    outcome: &Outcome,
    wrong: &[TrendId],
    tested: Option<&&Tested>,
    taxonomy: &Taxonomy,
) -> Suspect {
    let words = |id: TrendId| {
        let found = tested.and_then(|t| t.evidence.iter().find(|(trend, _)| *trend == id));
        found.map_or(Vec::new(), |(_, evidence)| terms(evidence))
    };
    let mut trends: Vec<SuspectTrend> = wrong
        .iter()
        .map(|&id| SuspectTrend {
            key: taxonomy.key(id).to_owned(),
            given: outcome.gold.contains(id),
            probability: outcome.probabilities[id.index()],
            evidence: words(id),
        })
        .collect();
    let confidence = |t: &SuspectTrend| if t.given { t.probability } else { 1.0 - t.probability };
    trends.sort_by(|a, b| confidence(a).total_cmp(&confidence(b)));
    Suspect {
        id: outcome.id.clone(),
        quality: quality(outcome),
        given: taxonomy.format_cell(&outcome.gold),
        trends,
    }
}

fn terms(evidence: &[Evidence]) -> Vec<String> {
    evidence.iter().map(|evidence| evidence.term.clone()).collect()
}

/// Returns the quality of a case's labels, see [`Suspect::quality`].
fn quality(outcome: &Outcome) -> f64 {
    let of_trend = |(k, &p): (usize, &f64)| {
        if outcome.gold.contains(TrendId(k as u16)) { p } else { 1.0 - p }
    };
    let mut falling: Vec<f64> = outcome.probabilities.iter().enumerate().map(of_trend).collect();
    falling.sort_by(|a, b| b.total_cmp(a));
    let average = |average: f64, &q: &f64| WORST * q + (1.0 - WORST) * average;
    match falling.split_first() {
        Some((best, rest)) => rest.iter().fold(*best, average),
        None => 1.0,
    }
}

/// Returns the confident joint of probability and label, and the cases off its diagonal.
fn confident_joint(pairs: &[(f64, bool)]) -> (Joint, Vec<usize>) {
    // Tolerance of cleanlab, so that equal probabilities are equal.
    const SLACK: f64 = 1e-6;
    let mean = |label: bool| {
        let own = pairs.iter().filter(|(_, given)| *given == label);
        let own: Vec<f64> = own.map(|(p, _)| if label { *p } else { 1.0 - p }).collect();
        // Without a case of the label nothing is confidently so.
        if own.is_empty() { f64::INFINITY } else { own.iter().sum::<f64>() / own.len() as f64 }
    };
    let (no, yes) = (mean(false) - SLACK, mean(true) - SLACK);
    let (mut joint, mut off_diagonal) = (Joint::default(), Vec::new());
    for (case, &(p, given)) in pairs.iter().enumerate() {
        let found = match (1.0 - p >= no, p >= yes) {
            (true, true) => p > 0.5,
            (true, false) => false,
            (false, true) => true,
            (false, false) => continue,
        };
        joint.0[usize::from(given)][usize::from(found)] += 1;
        if found != given {
            off_diagonal.push(case);
        }
    }
    (joint, off_diagonal)
}

impl Joint {
    /// Share of the confident cases with this label that have the other.
    fn share(&self, label: usize) -> f64 {
        let row = self.0[label];
        let all = row[0] + row[1];
        if all == 0 { 0.0 } else { row[1 - label] as f64 / all as f64 }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::taxonomy::TrendSet;

    /// From cleanlab, see `tests/fixtures/audit/make_fixture.py`.
    #[derive(Deserialize)]
    struct Fixture {
        labels: Vec<Vec<u16>>,
        probabilities: Vec<Vec<f64>>,
        joints: Vec<[[usize; 2]; 2]>,
        off_diagonal: Vec<Vec<usize>>,
        quality: Vec<f64>,
    }

    #[test]
    fn joint_suspects_and_quality_are_those_of_cleanlab() {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/audit/cleanlab.json"
        ));
        let fixture: Fixture = serde_json::from_str(text).unwrap();
        let outcomes: Vec<Outcome> = fixture
            .labels
            .iter()
            .zip(&fixture.probabilities)
            .enumerate()
            .map(|(i, (labels, probabilities))| Outcome {
                id: i.to_string(),
                gold: labels.iter().map(|&k| TrendId(k)).collect(),
                suggested: TrendSet::default(),
                probabilities: probabilities.clone(),
            })
            .collect();
        for (k, (joint, off_diagonal)) in
            fixture.joints.iter().zip(&fixture.off_diagonal).enumerate()
        {
            let id = TrendId(k as u16);
            let pairs: Vec<(f64, bool)> =
                outcomes.iter().map(|o| (o.probabilities[k], o.gold.contains(id))).collect();
            let found = confident_joint(&pairs);
            assert_eq!((found.0.0, &found.1), (*joint, off_diagonal), "trend {k}");
        }
        for (outcome, expected) in outcomes.iter().zip(fixture.quality) {
            assert!((quality(outcome) - expected).abs() < 1e-12, "{}", outcome.id);
        }
    }

    #[test]
    fn what_is_given_is_no_suspect_while_it_is_the_more_probable() {
        // By hand: the mean of the one case with the trend is 0.02, which case 1
        // reaches.
        let outcome = |(i, (p, given)): (usize, (f64, bool))| Outcome {
            id: i.to_string(),
            gold: given.then_some(TrendId(0)).into_iter().collect(),
            suggested: TrendSet::default(),
            probabilities: vec![p],
        };
        let cases = [(0.02, true), (0.03, false), (0.01, false), (0.0, false)];
        let pairs: Vec<(f64, bool)> = cases.to_vec();
        assert_eq!(confident_joint(&pairs).1, [1]);
        let outcomes: Vec<Outcome> = cases.into_iter().enumerate().map(outcome).collect();
        let taxonomy = Taxonomy::from_keys(["a"]).unwrap();
        assert!(find(&outcomes, std::iter::empty(), &taxonomy).1.is_empty());
    }

    #[test]
    fn a_trend_that_no_case_has_finds_no_suspects() {
        let (joint, off_diagonal) = confident_joint(&[(0.9, false), (0.1, false), (0.8, false)]);
        assert_eq!((joint.0[1], off_diagonal), ([0, 0], vec![]));
    }
}
