//! The trained tagger: one text in, probabilities, suggestions and evidence out.

mod corpus;
mod deciding;
mod empty_vocabulary;
mod evidence;
mod fitting;
mod memory;
mod model_file;
mod out_of_fold;
mod params;
mod progress;
mod rare;
mod readings;
mod recipe;
pub(crate) mod record;
mod review_reason;
mod scorer;
pub mod split;
mod suggestion;
mod train;
mod training_set;
mod units;
mod weights;
mod without_cases;

pub use corpus::{Case, Corpus, Example};
pub use evidence::Evidence;
pub use memory::{Scratch, Scratches};
pub use model_file::{EVIDENCE, Model};
pub use params::{TaggerParams, TextField};
pub use progress::{Event, Trial};
pub use recipe::{Recipe, SearchSpace};
pub use record::Record;
pub use review_reason::{ReviewReason, reasons_cell};
pub use suggestion::{Duplicate, DuplicateSource, SuggestedTrend, Suggestion, SuggestionParams};
pub(crate) use suggestion::{keys_of_set, rounded};
pub(crate) use train::hex;
pub use train::{Training, fingerprint};
pub use training_set::TrainingSet;
pub use units::Span;

use serde::{Deserialize, Serialize};

use crate::decision::{
    Calibration, ReadingLimit, SetPrior, Triage, expected_errors, shifted, suggest, unsure,
};
use crate::features::near_duplicates::KnownTexts;
use crate::features::{Features, Field};
use crate::metrics::{FEWEST_POSITIVES, Metrics, TrendMetrics};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};
use weights::Scorer;

/// A trained tagger.
///
/// Tagging is a pure function of one text: it gives the same answer alone and
/// in a batch, on any thread.
pub struct Tagger {
    recipe: Recipe,
    pub(crate) taxonomy: Taxonomy,
    pub(crate) features: Features,
    /// Term-major: `features.len()` rows of `taxonomy.len()` weights.
    pub(crate) weights: Vec<f32>,
    pub(crate) intercepts: Vec<f64>,
    pub(crate) decision: Decision,
    pub(crate) training: TrainingFacts,
    scorer: Scorer,
}

/// Turns scores into suggestions and decides which of them need a reviewer: one
/// calibration and threshold per trend, one triage for all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Calibration of each trend, from score to probability.
    pub calibrations: Vec<Calibration>,
    /// The prior on the number of trends of a case, which adjusts these probabilities.
    #[serde(default)]
    pub set_prior: SetPrior,
    /// The smallest probability at which a trend is suggested.
    pub thresholds: Vec<f64>,
    /// The pairs of case and trend that can be decided without a reviewer.
    pub triage: Triage,
    /// The cases to read; without it, all cases. Models before 0.2 have none.
    #[serde(default)]
    pub reading: Option<ReadingLimit>,
    /// Whether a case without a trend above its threshold gets the nearest one.
    pub at_least_one: bool,
    /// Texts with fewer words go to a reviewer: half the length of the shortest 1 % of
    /// the training cases.
    pub fewest_words: usize,
    /// Texts with more words go to a reviewer: twice the length of the longest training
    /// case.
    #[serde(default)]
    pub most_words: Option<usize>,
}

/// The training data of a tagger, and its out-of-fold quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingFacts {
    /// Number of labelled cases; 0 if it learned from definitions and examples alone. Its
    /// probabilities are then not calibrated.
    pub cases: usize,
    /// SHA-256 over ids, texts and gold trends of the labelled cases, in hex.
    pub fingerprint: String,
    /// Out-of-fold quality of the chosen params on the training cases; undefined without
    /// cases. The thresholds were chosen on the same cases, so the figures are slightly
    /// optimistic.
    pub quality: Metrics,
    /// The labelled cases with at least one word. A model file stores them separately.
    #[serde(skip)]
    pub known: KnownTexts,
}

/// The result of tagging one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Tagged {
    /// Score (log-odds before calibration) of each trend.
    pub scores: Vec<f64>,
    /// Shift that the prior on label sets adds to the calibrated log-odds of each trend.
    pub prior_shifts: Vec<f64>,
    /// Calibrated probability of each trend; they do not add up to 1.
    pub probabilities: Vec<f64>,
    /// The suggested trends.
    pub suggested: TrendSet,
    /// The trends with an unsure decision, suggested or not.
    pub unsure: TrendSet,
    /// The expected number of wrong trends if nobody reads the case.
    pub expected_errors: f64,
    /// The reasons for review; empty if there is none.
    pub review: Vec<ReviewReason>,
    /// The strongest evidence for each suggested trend, in their order.
    pub evidence: Vec<(TrendId, Vec<Evidence>)>,
}

/// Letters that represent a word in scripts without spaces, which no model can read.
const UNSPACED_LETTERS_PER_WORD: usize = 2;

/// Texts with at least this share of stop words are in the model's language; language
/// detection runs only for the others.
const STOP_WORDS_EXPECTED: f64 = 0.2;

impl Decision {
    /// Returns whether a case with this number of expected errors is to be read. If the
    /// model has no evidence of the quality of unread cases, every case is to be read.
    pub fn is_to_be_read(&self, expected_errors: f64) -> bool {
        self.reading.as_ref().is_none_or(|reading| reading.is_above(expected_errors))
    }

    /// Returns the probability of each trend given its score, and the shift that the
    /// prior on label sets adds to its calibrated log-odds.
    pub fn probabilities(&self, scores: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let calibrated = self.calibrations.iter().zip(scores);
        let alone: Vec<f64> = calibrated.map(|(c, &score)| c.probability(score)).collect();
        let shifts = self.set_prior.shifts(&alone);
        let moved = alone.iter().zip(&shifts).map(|(&p, &shift)| shifted(p, shift)).collect();
        (moved, shifts)
    }
}

impl Tagger {
    pub(crate) fn from_parts(
        recipe: Recipe,
        taxonomy: Taxonomy,
        features: Features,
        weights: Vec<f32>,
        intercepts: Vec<f64>,
        decision: Decision,
        training: TrainingFacts,
    ) -> Self {
        let scorer = Scorer::new(&features, &weights, &intercepts);
        Self { recipe, taxonomy, features, weights, intercepts, decision, training, scorer }
    }

    /// Returns the params of the training, as chosen by the search.
    pub fn params(&self) -> &TaggerParams {
        self.recipe.params()
    }

    /// Returns the recipe that reproduces this tagger from its training cases.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Returns its label set.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// Returns its vocabulary.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Returns its calibrations, thresholds and triage.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Returns for each trend whether averages count it: those with too few labelled cases
    /// are left out. Without any labelled case, all count.
    pub fn averaged(&self) -> Vec<bool> {
        let TrainingFacts { cases, quality, .. } = &self.training;
        let is_averaged = |trend: &TrendMetrics| *cases == 0 || trend.support >= FEWEST_POSITIVES;
        quality.per_trend.iter().map(is_averaged).collect()
    }

    /// Returns the facts about its training.
    pub fn training(&self) -> &TrainingFacts {
        &self.training
    }

    /// Returns the score of a trend for a text without words; 0 if the id is from another
    /// taxonomy with more trends.
    pub fn intercept(&self, trend: TrendId) -> f64 {
        self.intercepts.get(trend.index()).copied().unwrap_or_default()
    }

    /// Returns the terms with the largest weights for a trend, strongest first; none if
    /// the id is from another taxonomy with more trends.
    pub fn strongest_terms(&self, trend: TrendId, count: usize) -> Vec<(&str, f64)> {
        if self.taxonomy.get(trend).is_none() {
            return Vec::new();
        }
        let weight =
            |column: usize| f64::from(self.weights[column * self.taxonomy.len() + trend.index()]);
        let words = self.features.terms().take(self.features.word_terms()).enumerate();
        let mut terms: Vec<(&str, f64)> =
            words.map(|(column, term)| (term, weight(column))).collect();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        terms.truncate(count);
        terms
    }

    /// Tags one document, given as the texts of the model's fields in order. If there are fewer
    /// texts than fields, they are the last fields. Each suggested trend gets up to `explain`
    /// evidence terms.
    pub fn tag<S: AsRef<str>>(&self, texts: &[S], explain: usize, scratch: &mut Scratch) -> Tagged {
        let fields = self.fields(texts);
        let scores = self.scorer.score(&fields, scratch);
        let decision = &self.decision;
        let (probabilities, prior_shifts) = decision.probabilities(&scores);
        let (mut suggested, mut forced) =
            suggest(&probabilities, &decision.thresholds, decision.at_least_one);
        let mut review = Vec::new();
        let words = scratch.tokens.len();
        let unspaced = match words < decision.fewest_words.max(1) {
            true => fields.iter().map(|field| field.text.unspaced_letters()).sum(),
            false => 0,
        };
        if words + unspaced == 0 {
            // The trend nearest to its threshold can have no evidence.
            (suggested, forced) = (TrendSet::default(), false);
            review.push(ReviewReason::NoText);
        } else if words + unspaced / UNSPACED_LETTERS_PER_WORD < decision.fewest_words {
            review.push(ReviewReason::Short);
        } else if decision.most_words.is_some_and(|most| words > most) {
            review.push(ReviewReason::Long);
        }
        let is_unspaced = unspaced > words * UNSPACED_LETTERS_PER_WORD;
        if is_unspaced || self.is_other_language(&fields, scratch) {
            review.push(ReviewReason::OtherLanguage);
        }
        let has_text = words + unspaced > 0;
        let none_passed = forced || suggested.is_empty() && decision.at_least_one;
        if has_text && none_passed {
            review.push(ReviewReason::NonePassed);
        }
        let explained = suggested.iter().filter(|_| explain > 0);
        let evidence = explained
            .map(|id| (id, self.scorer.evidence(&fields, scratch, id.index(), explain)))
            .collect();
        let unsure = unsure(&probabilities, &suggested, forced);
        let expected_errors = expected_errors(&probabilities, &suggested);
        if decision.is_to_be_read(expected_errors) {
            review.push(ReviewReason::Unsure);
        }
        Tagged {
            scores,
            prior_shifts,
            probabilities,
            suggested,
            unsure,
            expected_errors,
            review,
            evidence,
        }
    }

    /// Returns all evidence for and against each trend, strongest first. For each trend,
    /// the contributions and [`Tagger::intercept`] add up to its score.
    pub fn explain<S: AsRef<str>>(&self, texts: &[S]) -> Vec<Vec<Evidence>> {
        let fields = self.fields(texts);
        let mut scratch = Scratch::default();
        self.scorer.score(&fields, &mut scratch);
        (0..self.taxonomy.len())
            .map(|k| self.scorer.all_evidence(&fields, &mut scratch, k))
            .collect()
    }

    /// Returns the words and word n-grams of a document by their number in
    /// [`Features::terms`], with their tf-idf in a vector of unit length; empty if no
    /// term is known. The vector is the mean over the windows of the document.
    pub fn term_vector<S: AsRef<str>>(
        &self,
        texts: &[S],
        scratch: &mut Scratch,
    ) -> Vec<(u32, f64)> {
        self.scorer.term_vector(&self.fields(texts), scratch)
    }

    /// Returns the names of the model's last `count` fields.
    pub(crate) fn field_names(&self, texts: usize) -> Vec<String> {
        let missing = self.params().fields.len().saturating_sub(texts);
        self.params().fields.iter().skip(missing).map(|field| field.column.clone()).collect()
    }

    fn fields<'t, S: AsRef<str>>(&self, texts: &'t [S]) -> Vec<Field<'t>> {
        // The last fields are the longest; each of their words counts once.
        let missing = self.params().fields.len().saturating_sub(texts.len());
        let weights = self.params().fields.iter().skip(missing).map(|field| field.weight);
        texts
            .iter()
            .zip(weights)
            .map(|(text, weight)| {
                self.features.field(text.as_ref(), weight, self.scorer.analyzer())
            })
            .collect()
    }

    fn is_other_language(&self, fields: &[Field<'_>], scratch: &Scratch) -> bool {
        if scratch.stop_words as f64 >= STOP_WORDS_EXPECTED * scratch.tokens.len() as f64
            && scratch.stop_words > 0
        {
            return false;
        }
        let text = fields.iter().map(|field| field.text.as_str()).collect::<Vec<_>>().join("\n");
        whatlang::detect(&text).is_some_and(|found| {
            found.is_reliable()
                && found.lang().code() != self.params().features.text.language.code3()
        })
    }
}

#[cfg(test)]
mod tests;
