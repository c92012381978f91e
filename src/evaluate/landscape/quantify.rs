//! How frequent each trend is: counted, and corrected for the errors of the
//! model that tagged.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::batch::{Batch, BatchCase, Labels};
use crate::metrics::{FEWEST_POSITIVES, TrendMetrics};
use crate::stats::Estimate;
use crate::stats::Z;
use crate::stats::share;
use crate::stats::wilson;
use crate::taxonomy::{Trend, TrendId};

/// How often a model errs about a trend, counted on cases it did not learn from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct HeldOut {
    /// Cases with the trend in gold.
    pub gold: usize,
    /// Those of them for which it was suggested.
    pub found: usize,
    /// Cases without the trend in gold.
    pub others: usize,
    /// Those of them for which it was suggested.
    pub false_alarms: usize,
}

/// Minimum difference between the true and the false positive rate for adjusted counting.
const LEAST_SKILL: f64 = 0.1;

impl HeldOut {
    /// Returns the counts behind the figures of a trend, given the number of cases.
    pub fn of(metrics: &TrendMetrics, cases: usize) -> Self {
        let gold = metrics.support as usize;
        let found = (metrics.recall.unwrap_or(0.0) * gold as f64).round() as usize;
        Self {
            gold,
            found,
            others: cases.saturating_sub(gold),
            false_alarms: (metrics.suggested as usize).saturating_sub(found),
        }
    }

    /// Share of the gold that is found; `None` without gold.
    pub fn true_positive_rate(&self) -> Option<f64> {
        share(self.found, self.gold).map(|share| share.value)
    }

    /// Share of the others for which it was suggested; `None` without others.
    pub fn false_positive_rate(&self) -> Option<f64> {
        share(self.false_alarms, self.others).map(|share| share.value)
    }

    /// Returns the share of cases with the trend, given for how many of `total` it was suggested:
    /// adjusted counting (Forman 2008, "Quantifying counts and costs via
    /// classification"), `(suggested - fpr) / (tpr - fpr)`, kept within `0..=1`. The
    /// interval is that of Lang and Reiczigel (2014), which accounts for rates that were
    /// measured on few cases. `None` if there is no case, the trend has fewer than
    /// [`FEWEST_POSITIVES`] gold cases, or the rates are unknown or too
    /// close, also after that interval has moved each towards a half, which matters for
    /// rates measured on very few cases.
    pub fn adjusted(&self, suggested: usize, total: usize) -> Option<Estimate> {
        let (tpr, fpr) = (self.true_positive_rate()?, self.false_positive_rate()?);
        if total == 0 || (self.gold as u64) < FEWEST_POSITIVES || tpr - fpr < LEAST_SKILL {
            return None;
        }
        let n = total as f64;
        let count = suggested as f64;
        let value = ((count / n - fpr) / (tpr - fpr)).clamp(0.0, 1.0);
        // Each share moved towards a half, as if a few more cases were known.
        let apparent = (count + Z * Z / 2.0) / (n + Z * Z);
        let (gold, others) = (self.gold as f64 + 2.0, self.others as f64 + 2.0);
        let sensitivity = (self.found as f64 + 1.0) / gold;
        let specificity = (self.others - self.false_alarms) as f64 + 1.0;
        let specificity = specificity / others;
        let skill = sensitivity + specificity - 1.0;
        if skill <= 0.0 {
            return None;
        }
        let centre = (apparent + specificity - 1.0) / skill;
        let of_gold = sensitivity * (1.0 - sensitivity) / gold;
        let of_others = specificity * (1.0 - specificity) / others;
        let shift = 2.0 * Z * Z * (centre * of_gold - (1.0 - centre) * of_others);
        let variance = apparent * (1.0 - apparent) / (n + Z * Z)
            + centre * centre * of_gold
            + (1.0 - centre) * (1.0 - centre) * of_others;
        let half = Z * variance.sqrt() / skill;
        let [lower, upper] = [centre + shift - half, centre + shift + half];
        let (lower, upper) = (lower.clamp(0.0, value), upper.clamp(value, 1.0));
        Some(Estimate { value, lower, upper })
    }
}

/// How shares are corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Adjusted counting with the errors of the model on held-out cases.
    AdjustedCount,
    /// The mean of the calibrated probabilities (Bella et al. 2010,
    /// "Quantification via probability estimators").
    MeanProbability,
    /// The cases that people have read are counted as they decided; of the others, the
    /// probabilities are added up.
    PartlyRead,
}

/// How frequent a trend is among some cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Frequency {
    /// Number of cases.
    pub cases: usize,
    /// How many of them have the trend, as labelled.
    pub count: usize,
    /// Their share; `None` without cases.
    pub raw: Option<Estimate>,
    /// The share corrected; `None` if it is gold or cannot be corrected.
    pub corrected: Option<Estimate>,
}

impl Frequency {
    /// Returns the corrected share, or the raw one if there is none.
    pub fn best(&self) -> Option<Estimate> {
        self.corrected.or(self.raw)
    }
}

/// How the trends of a batch are counted.
pub(crate) struct Counting {
    /// Per trend how its share is corrected; `None`: it is not.
    pub(crate) corrections: Vec<Option<Correction>>,
    /// Errors of the model per trend, if they are used.
    pub(crate) held_out: Vec<Option<HeldOut>>,
}

impl Counting {
    /// Chooses how to count a batch, given the errors of the model that tagged it, by
    /// trend key if known.
    pub(crate) fn of(batch: &Batch, held_out: &BTreeMap<String, HeldOut>) -> Self {
        let of_trend = |trend: &Trend| {
            let errors = held_out.get(&trend.key).copied();
            match errors.filter(|errors| errors.adjusted(1, 2).is_some()) {
                _ if batch.labels == Labels::Gold => (None, None),
                _ if batch.labels == Labels::Finished => {
                    let unread = || batch.cases.iter().filter(|case| !case.is_read());
                    let is_known = unread().all(|case| case.probabilities.is_some());
                    let is_estimated = unread().next().is_some() && is_known;
                    (is_estimated.then_some(Correction::PartlyRead), errors)
                }
                Some(errors) => (Some(Correction::AdjustedCount), Some(errors)),
                None if batch.has_probabilities() => (Some(Correction::MeanProbability), None),
                None => (None, None),
            }
        };
        let (corrections, held_out) = batch.taxonomy.trends.iter().map(of_trend).unzip();
        Self { corrections, held_out }
    }

    /// Corrects a difference of two raw shares for the errors of the model, which shrink
    /// it by a constant factor. The interval treats that factor as exact; unlike in
    /// [`HeldOut::adjusted`], its own uncertainty does not widen it.
    pub(crate) fn corrected_difference(&self, trend: TrendId, raw: Estimate) -> Option<Estimate> {
        if self.corrections[trend.index()] != Some(Correction::AdjustedCount) {
            return None;
        }
        let errors = self.held_out[trend.index()]?;
        let skill = errors.true_positive_rate()? - errors.false_positive_rate()?;
        let scaled = |value: f64| (value / skill).clamp(-1.0, 1.0);
        let [value, lower, upper] = [raw.value, raw.lower, raw.upper].map(scaled);
        Some(Estimate { value, lower, upper })
    }

    /// How frequent a trend is among some cases of the batch.
    pub(crate) fn frequency(&self, trend: TrendId, cases: &[&BatchCase]) -> Frequency {
        let count = cases.iter().filter(|case| case.trends.contains(trend)).count();
        let total = cases.len();
        let corrected = match self.corrections[trend.index()] {
            None => None,
            Some(Correction::AdjustedCount) => {
                self.held_out[trend.index()].and_then(|errors| errors.adjusted(count, total))
            }
            Some(Correction::MeanProbability) => mean_probability(trend, cases),
            Some(Correction::PartlyRead) => {
                let measured_on = self.held_out[trend.index()].map(|e| e.gold + e.others);
                partly_read(trend, cases, measured_on)
            }
        };
        Frequency { cases: total, count, raw: share(count, total), corrected }
    }
}

/// Returns the share of cases with a trend where people have read some of them: what they decided
/// counts as it is, and each other case counts with its probability. The rates at which the
/// tagger errs would not do for those: the cases that are left unread are the clear ones.
///
/// The interval adds up what varies: which cases there are, and what the labels of the unread
/// ones are (together the binomial variance), and how far the probabilities may be off on
/// average, which is known as exactly as `measured_on` cases allow. It is the score interval
/// (Wilson 1927) of as many cases as have this variance.
fn partly_read(
    trend: TrendId,
    cases: &[&BatchCase],
    measured_on: Option<usize>,
) -> Option<Estimate> {
    let n = cases.len() as f64;
    let unread = cases.iter().filter(|case| !case.is_read());
    let unread = unread.map(|case| case.probabilities.as_ref()?.get(trend.index()).copied());
    let unread: Vec<f64> = unread.collect::<Option<_>>()?;
    let read = cases.iter().filter(|case| case.is_read() && case.trends.contains(trend)).count();
    if cases.is_empty() {
        return None;
    }
    let value = (read as f64 + unread.iter().sum::<f64>()) / n;
    let doubt: f64 = unread.iter().map(|p| p * (1.0 - p)).sum();
    // The mean error of the probabilities of the unread cases, as a part of the share.
    let off = match measured_on.filter(|cases| *cases > 0) {
        Some(measured) => doubt / measured as f64 * unread.len() as f64 / (n * n),
        None => 0.0,
    };
    let variance = value * (1.0 - value) / n + off;
    let as_many = if variance > 0.0 { value * (1.0 - value) / variance } else { n };
    Some(wilson(value, as_many))
}

/// Returns the mean probability of a trend, with the confidence interval of a mean, assuming
/// calibrated probabilities.
fn mean_probability(trend: TrendId, cases: &[&BatchCase]) -> Option<Estimate> {
    let all = cases.iter().map(|case| case.probabilities.as_ref().map(|p| p[trend.index()]));
    let all: Vec<f64> = all.collect::<Option<_>>()?;
    let n = all.len() as f64;
    if all.is_empty() {
        return None;
    }
    let value = all.iter().sum::<f64>() / n;
    // Of a single case nothing is known but that its label is 0 or 1.
    let variance = match all.len() {
        1 => value * (1.0 - value),
        _ => all.iter().map(|p| (p - value).powi(2)).sum::<f64>() / (n - 1.0),
    };
    let half = Z * (variance / n).sqrt();
    Some(Estimate { value, lower: (value - half).max(0.0), upper: (value + half).min(1.0) })
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use serde_json::Value;

    use super::*;
    use crate::tagger::Record;
    use crate::taxonomy::TrendSet;

    /// Made by `tests/fixtures/landscape/make_fixture.py` after both papers.
    #[test]
    fn adjusted_counts_are_those_of_the_papers() {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/landscape/landscape.json"
        ));
        let reference: Value = serde_json::from_str(text).unwrap();
        for expected in reference["adjusted"].as_array().unwrap() {
            let number = |key: &str| expected[key].as_u64().unwrap() as usize;
            let errors = HeldOut {
                gold: number("gold"),
                found: number("found"),
                others: number("others"),
                false_alarms: number("false_alarms"),
            };
            let share = errors.adjusted(number("suggested"), number("total")).unwrap();
            for (ours, key) in
                [(share.value, "value"), (share.lower, "lower"), (share.upper, "upper")]
            {
                assert_relative_eq!(ours, expected[key].as_f64().unwrap(), epsilon = 1e-9);
            }
        }
    }

    /// By hand: a tagger that finds 8 of 10 and falsely suggests 1 of 10 makes of
    /// a true share of 0.4 a share of 0.4 x 0.8 + 0.6 x 0.1 = 0.38.
    #[test]
    fn the_errors_of_the_tagger_are_taken_out() {
        let errors = HeldOut { gold: 100, found: 80, others: 100, false_alarms: 10 };
        assert_relative_eq!(errors.adjusted(38, 100).unwrap().value, 0.4, epsilon = 1e-12);
        let none = errors.adjusted(0, 100).unwrap();
        assert_eq!((none.value, none.lower), (0.0, 0.0), "no share is below zero");
    }

    #[test]
    fn a_tagger_without_skill_cannot_be_corrected() {
        let guess = HeldOut { gold: 50, found: 25, others: 50, false_alarms: 24 };
        assert_eq!(guess.adjusted(10, 20), None);
        let unknown = HeldOut { gold: 0, found: 0, others: 50, false_alarms: 1 };
        assert_eq!(unknown.adjusted(10, 20), None);
        assert_eq!(HeldOut { gold: 9, found: 9, others: 9, false_alarms: 0 }.adjusted(0, 0), None);
    }

    fn case(has_it: bool, probability: f64, by: &str) -> BatchCase {
        BatchCase {
            id: "c".into(),
            texts: Vec::new(),
            trends: if has_it { [TrendId(0)].into_iter().collect() } else { TrendSet::default() },
            probabilities: Some(vec![probability]),
            forced: false,
            decided_by: Some(by.to_owned()),
            record: Record::default(),
        }
    }

    /// By hand: of 4 read cases 3 have the trend, and of 6 unread ones 0.9 + 5 x 0.1 = 1.4 are
    /// to be expected: 4.4 of 10, whatever the model suggests for them.
    #[test]
    fn read_cases_are_counted_and_unread_ones_expected() {
        let mut cases = Vec::new();
        for has_it in [true, true, true, false] {
            cases.push(case(has_it, 0.5, if has_it { "reviewer" } else { "two reviewers" }));
        }
        for (p, by) in [(0.9, "model, promised"), (0.1, "bulk"), (0.1, "model, unread")] {
            cases.push(case(true, p, by));
        }
        cases.extend((0..3).map(|_| case(false, 0.1, "model, unread")));
        let all: Vec<&BatchCase> = cases.iter().collect();
        let exact = partly_read(TrendId(0), &all, None).unwrap();
        assert_relative_eq!(exact.value, 0.44, epsilon = 1e-12);
        // As wide as that of ten read cases, and wider where the probabilities are less sure.
        let expected = wilson(0.44, 10.0);
        assert_relative_eq!(exact.lower, expected.lower, epsilon = 1e-12);
        let unsure = partly_read(TrendId(0), &all, Some(5)).unwrap();
        assert!(unsure.lower < exact.lower && unsure.upper > exact.upper);
        let read: Vec<&BatchCase> = cases.iter().take(4).collect();
        assert_relative_eq!(partly_read(TrendId(0), &read, Some(5)).unwrap().value, 0.75);
    }

    /// By hand: found 1 of 1 and 48 false alarms of 60 are a skill of 0.2, but
    /// (1 + 1) / (1 + 2) + (12 + 1) / (60 + 2) - 1 = -0.12 in the interval.
    #[test]
    fn a_rate_of_a_single_case_is_no_skill() {
        let lucky = HeldOut { gold: 1, found: 1, others: 60, false_alarms: 48 };
        assert_eq!(lucky.adjusted(55, 60), None);
        let luckier = HeldOut { gold: 1, found: 1, others: 60, false_alarms: 30 };
        assert_eq!(luckier.adjusted(55, 60), None);
        let lucky_twice = HeldOut { gold: 2, found: 2, ..luckier };
        let share = lucky_twice.adjusted(55, 60).unwrap();
        assert!(share.lower <= share.value && share.value <= share.upper, "{share:?}");
    }
}
