//! Measures of the distance between two sets of cases.

use schemars::JsonSchema;
use serde::Serialize;

use super::two_sample;
use super::words::Words;
use crate::error::Result;
use crate::taxonomy::{TrendId, TrendSet};

/// A measure of the distance between a batch and a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Share of the words of the batch that no case of the corpus has.
    UnknownTerms,
    /// Jensen-Shannon distance of the frequencies of words, 0 to 1 (Lin 1991,
    /// to the base 2; the square root as in Endres and Schindelin 2003).
    TermDistance,
    /// The same of the suggested trends.
    TrendDistance,
    /// How well a classifier distinguishes batch and corpus: its area under the ROC
    /// curve, 0.5 if it cannot (Lopez-Paz and Oquab 2017).
    TwoSampleAuc,
    /// Macro F1 to be expected on the batch by the calibrated probabilities of
    /// its suggestions.
    ExpectedF1,
}

impl Measure {
    /// All measures, in the order in which they are reported.
    pub const ALL: [Self; 5] = [
        Self::UnknownTerms,
        Self::TermDistance,
        Self::TrendDistance,
        Self::TwoSampleAuc,
        Self::ExpectedF1,
    ];

    /// Name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UnknownTerms => "share of unknown words",
            Self::TermDistance => "distance of word frequencies",
            Self::TrendDistance => "distance of suggested trends",
            Self::TwoSampleAuc => "separability by a classifier (AUC)",
            Self::ExpectedF1 => "macro F1 to be expected",
        }
    }

    /// 1 if more of it is worse, -1 if less is.
    pub(super) const fn sign(self) -> f64 {
        match self {
            Self::ExpectedF1 => -1.0,
            _ => 1.0,
        }
    }
}

/// The prediction of a tagger for a case.
pub(super) struct Predicted {
    pub(super) suggested: TrendSet,
    pub(super) probabilities: Vec<f64>,
}

/// The values of all measures, in the order of [`Measure::ALL`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Values([f64; Measure::ALL.len()]);

impl Values {
    /// Measures the documents `batch` against the documents `corpus`.
    pub(super) fn of(
        words: &Words,
        predicted: &[Predicted],
        corpus: &[usize],
        batch: &[usize],
        trends: usize,
    ) -> Result<Self> {
        let [known, found] = [words.sum(corpus), words.sum(batch)];
        let unknown = known.iter().zip(&found).filter(|(known, _)| **known == 0.0);
        let unknown = unknown.map(|(_, found)| found).sum::<f64>();
        let all = found.iter().sum::<f64>().max(1.0);
        let suggested = |rows: &[usize]| suggestions(predicted, rows, trends);
        Ok(Self([
            unknown / all,
            jensen_shannon(&known, &found),
            jensen_shannon(&suggested(corpus), &suggested(batch)),
            two_sample::auc(words, corpus, batch)?,
            expected_f1(predicted, batch, trends),
        ]))
    }

    pub(super) fn get(&self, measure: Measure) -> f64 {
        Measure::ALL.iter().zip(self.0).find(|(m, _)| **m == measure).map_or(f64::NAN, |(_, v)| v)
    }

    pub(super) fn mean(of_repeats: &[Self]) -> Self {
        let mut mean = [0.0; Measure::ALL.len()];
        for values in of_repeats {
            mean.iter_mut().zip(values.0).for_each(|(sum, value)| *sum += value);
        }
        Self(mean.map(|sum| sum / of_repeats.len().max(1) as f64))
    }
}

#[cfg(test)]
impl From<[f64; Measure::ALL.len()]> for Values {
    fn from(values: [f64; Measure::ALL.len()]) -> Self {
        Self(values)
    }
}

/// Returns how often each trend is suggested, and last how often none is.
fn suggestions(predicted: &[Predicted], rows: &[usize], trends: usize) -> Vec<f64> {
    let mut counts = vec![0.0; trends + 1];
    for &row in rows {
        let suggested = &predicted[row].suggested;
        suggested.iter().for_each(|id| counts[id.index()] += 1.0);
        counts[trends] += f64::from(u8::from(suggested.is_empty()));
    }
    counts
}

/// Jensen-Shannon distance of two vectors of counts; 0 if one is empty.
fn jensen_shannon(a: &[f64], b: &[f64]) -> f64 {
    let [all_a, all_b] = [a.iter().sum::<f64>(), b.iter().sum::<f64>()];
    if all_a == 0.0 || all_b == 0.0 {
        return 0.0;
    }
    let term = |p: f64, middle: f64| if p > 0.0 { p * libm::log2(p / middle) } else { 0.0 };
    let divergence: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| {
            let (p, q) = (a / all_a, b / all_b);
            let middle = 0.5 * (p + q);
            0.5 * (term(p, middle) + term(q, middle))
        })
        .sum();
    divergence.max(0.0).sqrt()
}

/// Mean over trends of the F1 to be expected if each trend is true with its
/// probability; trends that are neither suggested nor probable are left out.
fn expected_f1(predicted: &[Predicted], rows: &[usize], trends: usize) -> f64 {
    let of_trend = |k: usize| {
        let (mut hits, mut both) = (0.0, 0.0);
        for &row in rows {
            let p = predicted[row].probabilities[k];
            let suggested = predicted[row].suggested.contains(TrendId(k as u16));
            hits += if suggested { p } else { 0.0 };
            both += p + f64::from(u8::from(suggested));
        }
        (both > 0.0).then(|| 2.0 * hits / both)
    };
    let defined: Vec<f64> = (0..trends).filter_map(of_trend).collect();
    defined.iter().sum::<f64>() / defined.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jensen_shannon_distance_is_that_of_scipy() {
        // scipy.spatial.distance.jensenshannon(a, b, base=2), scipy 1.17.1.
        assert_eq!(jensen_shannon(&[1.0, 0.0], &[0.0, 3.0]), 1.0);
        assert_eq!(jensen_shannon(&[1.0, 2.0], &[2.0, 4.0]), 0.0);
        let found = jensen_shannon(&[1.0, 0.0, 3.0], &[2.0, 1.0, 1.0]);
        assert!((found - 0.5).abs() < 1e-12, "{found}");
    }

    #[test]
    fn expected_f1_follows_by_hand() {
        let case = |p: f64, suggested: bool| Predicted {
            suggested: suggested.then_some(TrendId(0)).into_iter().collect(),
            probabilities: vec![p],
        };
        // Hits 0.8, suggested 1, true 0.8 + 0.2: F1 = 1.6 / 2.
        let cases = [case(0.8, true), case(0.2, false)];
        assert!((expected_f1(&cases, &[0, 1], 1) - 0.8).abs() < 1e-15);
    }
}
