//! How far a new batch is from the cases a model learned from, and whether that
//! is statistically significant.

mod causes;
mod measures;
mod two_sample;
mod words;

pub use causes::Cause;
pub use measures::Measure;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::evaluate::surfaces::Surfaces;
use crate::stats::check_false_alarms;
use crate::stats::most_allowed;
use crate::tagger::Corpus;
use crate::tagger::{Scratch, Tagger, TrainingSet};
use measures::{Predicted, Values};
use words::Words;

/// How drift is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftParams {
    /// Share of batches from the corpus itself with any measure rated worse than "fine"
    /// (false alarms).
    pub false_alarms: f64,
    /// Number of such batches that are drawn to find the limits.
    pub draws: usize,
    /// Draws over which the batch's own values are averaged.
    pub repeats: usize,
    /// Maximum number of cases; of more cases, a random sample is drawn.
    pub most: usize,
    /// Seed of all draws.
    pub seed: u64,
}

impl Default for DriftParams {
    fn default() -> Self {
        Self { false_alarms: 0.05, draws: 200, repeats: 5, most: 2000, seed: 1 }
    }
}

impl DriftParams {
    /// Returns whether the values can work.
    ///
    /// # Errors
    /// [`Error::BadParam`] that names the first one which cannot.
    pub fn check(&self) -> Result<()> {
        check_false_alarms(self.false_alarms)?;
        let counts =
            [("draws", self.draws, 1), ("repeats", self.repeats, 1), ("most", self.most, FEWEST)];
        match counts.into_iter().find(|(_, value, least)| value < least) {
            None => Ok(()),
            Some((name, value, least)) => {
                Err(Error::bad_param(name, value, format!("give at least {least}")))
            }
        }
    }
}

/// Minimum number of cases.
const FEWEST: usize = 20;

/// New terms that are named.
const TERMS: usize = 20;

/// The rating of a measure.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DriftVerdict {
    /// It cannot be said: the measure needs probabilities that hold for the batch.
    Unknown,
    /// No further from the corpus than parts of it are from each other.
    Fine,
    /// Further than that.
    Watch,
    /// More than twice as far beyond the usual as the limit is.
    Retrain,
}

impl DriftVerdict {
    /// Returns the verdict as people read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Fine => "fine",
            Self::Watch => "watch",
            Self::Retrain => "retrain",
        }
    }
}

/// One measure of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// The measure.
    pub measure: Measure,
    /// Its value for the batch.
    pub value: f64,
    /// Its median for batches of the same size from the corpus.
    pub usual: f64,
    /// The limit beyond which it is no longer fine.
    pub limit: f64,
    /// Its rating.
    pub verdict: DriftVerdict,
}

/// How far a batch is from a corpus.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Drift {
    /// Number of cases in the batch.
    pub cases: usize,
    /// How many of them were looked at: of a large batch, some drawn at random.
    pub examined: usize,
    /// Number of labelled cases that the model learned from.
    pub learned_from: usize,
    /// Number of cases in the batches compared.
    pub compared: usize,
    /// One entry per measure.
    pub findings: Vec<Finding>,
    /// The worst of their verdicts.
    pub verdict: DriftVerdict,
    /// Causes of the drift, with remedies; empty if there are none.
    pub causes: Vec<Cause>,
    /// Terms that far more cases of the batch have than of the corpus, with both shares;
    /// the most telling first.
    pub telling_terms: Vec<(String, f64, f64)>,
    /// Whether the expected macro F1 is reliable. It assumes probabilities that are as
    /// well calibrated as on the corpus, which need not hold for another kind of batch.
    pub expected_f1_holds: bool,
    /// Terms of the batch that no case of the corpus has: the term, in how many
    /// cases it is; the most frequent first.
    pub new_terms: Vec<(String, usize)>,
}

impl Drift {
    /// Measures the drift of `batch` (the texts of each case, one per field of the
    /// tagger) against the corpus that the tagger learned from. Limits come from the
    /// corpus itself: batches of the same size are drawn from it, compared with the rest
    /// of it, and scored by taggers that have not seen them. The limits of all measures
    /// are set together (the maximum of the standardised values, Westfall and Young
    /// 1993), so that the probability of exceeding any of them by chance is
    /// [`DriftParams::false_alarms`].
    ///
    /// # Errors
    /// As [`DriftParams::check`]; [`Error::BadCorpus`] if batch or corpus have too few
    /// cases; as [`TrainingSet::train`].
    pub fn of(
        tagger: &Tagger,
        corpus: &Corpus,
        batch: &[Vec<String>],
        params: &DriftParams,
    ) -> Result<Self> {
        params.check()?;
        let labelled: Vec<Vec<String>> = (corpus.cases.iter())
            .filter(|case| case.gold.is_some())
            .map(|case| case.texts.clone())
            .collect();
        if batch.len() < FEWEST || labelled.len() < 3 * FEWEST {
            return Err(Error::bad_corpus(
                format!(
                    "a batch of {} cases cannot be compared with {}",
                    batch.len(),
                    labelled.len()
                ),
                format!(
                    "give a batch of at least {FEWEST} cases and a corpus of at least {}",
                    3 * FEWEST
                ),
            ));
        }
        let mut random = ChaCha8Rng::seed_from_u64(params.seed);
        let mut chosen: Vec<usize> = (0..batch.len()).collect();
        if batch.len() > params.most {
            chosen.shuffle(&mut random);
            chosen.truncate(params.most);
            chosen.sort_unstable();
        }
        let sample: Vec<&Vec<String>> = chosen.iter().map(|&i| &batch[i]).collect();
        let mut predicted = out_of_fold(tagger, corpus)?;
        let mut reasons = Vec::new();
        for texts in &sample {
            let tagged = tagger.tag(texts, 0, &mut Scratch::default());
            reasons.push(tagged.review);
            let (suggested, probabilities) = (tagged.suggested, tagged.probabilities);
            predicted.push(Predicted { suggested, probabilities });
        }

        let known = labelled.len();
        let documents = labelled.iter().chain(sample.iter().copied());
        let words = Words::new(documents, &tagger.params().features.text);
        let compared = sample.len().min(known / 2);
        let values = |corpus: &[usize], batch: &[usize]| {
            Values::of(&words, &predicted, corpus, batch, tagger.taxonomy().len())
        };
        // Both sides of a comparison are as large as those of the limits.
        let draw = |from: std::ops::Range<usize>, size: usize, seed: u64| {
            let mut random = ChaCha8Rng::seed_from_u64(params.seed);
            random.set_stream(seed);
            let mut rows: Vec<usize> = from.collect();
            rows.shuffle(&mut random);
            let rest = rows.split_off(size);
            (rows, rest)
        };
        let usual = (0..params.draws as u64)
            .into_par_iter()
            .map(|i| {
                let (batch, corpus) = draw(0..known, compared, 1 + i);
                values(&corpus, &batch)
            })
            .collect::<Result<Vec<_>>>()?;
        let found = (0..params.repeats as u64)
            .into_par_iter()
            .map(|i| {
                let seed = 1 + params.draws as u64 + i;
                let (corpus, _) = draw(0..known, known - compared, seed);
                let (batch, _) = draw(known..known + sample.len(), compared, seed);
                values(&corpus, &batch)
            })
            .collect::<Result<Vec<_>>>()?;
        let mut findings = findings(&usual, &Values::mean(&found), params.false_alarms);
        let is_off = |measure| {
            findings.iter().any(|f| f.measure == measure && f.verdict > DriftVerdict::Fine)
        };
        let mut causes = Cause::of(tagger, &labelled, &sample, &reasons);
        if causes.is_empty() && is_off(Measure::UnknownTerms) {
            causes.push(Cause::NewWords);
        }
        let expected_f1_holds = !Measure::ALL
            .into_iter()
            .any(|measure| measure != Measure::ExpectedF1 && is_off(measure));
        // Of a batch of another kind no expected quality is good news.
        for finding in findings.iter_mut().filter(|f| f.measure == Measure::ExpectedF1) {
            if !expected_f1_holds && finding.verdict == DriftVerdict::Fine {
                finding.verdict = DriftVerdict::Unknown;
            }
        }
        let texts = labelled.iter().chain(sample.iter().copied()).flatten().map(String::as_str);
        let surfaces = Surfaces::of(texts, &tagger.params().features.text);
        let telling = words.telling_terms(known, TERMS).into_iter();
        let new = words.new_terms(known, TERMS).into_iter();
        Ok(Self {
            causes,
            telling_terms: telling.map(|(term, p, q)| (surfaces.words(&term), p, q)).collect(),
            examined: sample.len(),
            learned_from: known,
            expected_f1_holds,
            cases: batch.len(),
            compared,
            verdict: findings.iter().map(|f| f.verdict).max().unwrap_or(DriftVerdict::Fine),
            findings,
            new_terms: new.map(|(term, cases)| (surfaces.words(&term), cases)).collect(),
        })
    }
}

/// Returns the findings, with limits set together.
fn findings(usual: &[Values], found: &Values, false_alarms: f64) -> Vec<Finding> {
    // Values turned so that more is worse.
    let turned = |values: &Values, measure: Measure| measure.sign() * values.get(measure);
    let scale = |measure: Measure| {
        let mut drawn: Vec<f64> = usual.iter().map(|values| turned(values, measure)).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let median = drawn[drawn.len() / 2];
        // The upward spread, because the limit is above the median.
        let above: Vec<f64> = drawn.iter().map(|d| d - median).filter(|d| *d > 0.0).collect();
        let squares: f64 = above.iter().map(|d| d * d).sum();
        let spread = (squares / above.len().max(1) as f64).sqrt();
        (median, spread.max(1e-9))
    };
    let scales: Vec<(f64, f64)> = Measure::ALL.iter().map(|&measure| scale(measure)).collect();
    let mut worst: Vec<f64> = usual
        .iter()
        .map(|values| {
            let standardised = Measure::ALL
                .iter()
                .zip(&scales)
                .map(|(&measure, (median, spread))| (turned(values, measure) - median) / spread);
            standardised.fold(f64::NEG_INFINITY, f64::max)
        })
        .collect();
    worst.sort_unstable_by(f64::total_cmp);
    let limit = most_allowed(&worst, false_alarms);
    Measure::ALL
        .iter()
        .zip(&scales)
        .map(|(&measure, (median, spread))| {
            let beyond = (turned(found, measure) - median) / spread;
            let verdict = match beyond {
                b if b <= limit => DriftVerdict::Fine,
                b if b <= 2.0 * limit => DriftVerdict::Watch,
                _ => DriftVerdict::Retrain,
            };
            Finding {
                measure,
                value: found.get(measure),
                usual: measure.sign() * median,
                limit: measure.sign() * (median + limit * spread),
                verdict,
            }
        })
        .collect()
}

/// Out-of-fold predictions for the corpus.
fn out_of_fold(tagger: &Tagger, corpus: &Corpus) -> Result<Vec<Predicted>> {
    corpus.refuse_other_taxonomy(tagger.taxonomy())?;
    let set = TrainingSet::new(corpus, tagger.recipe().quick())?;
    let said = set.train(&set.rows(), &mut |_| {})?.out_of_fold;
    let predicted = |outcome: crate::metrics::Outcome| Predicted {
        suggested: outcome.suggested,
        probabilities: outcome.probabilities,
    };
    Ok(said.into_iter().map(predicted).collect())
}

#[cfg(test)]
mod tests;
