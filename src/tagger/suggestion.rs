//! Suggestions for a case, in the one shape that files, reports, `explain` and the review
//! share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::{Model, ReviewReason, Tagged, Tagger};
use crate::decision::{Triage, Verdict, expected_errors, unsure};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// The suggestion of a model for one case. Serialised as an object; optional fields that
/// were not requested are omitted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    /// Version of the model.
    pub model: String,
    /// Keys of the suggested trends, in the order of the taxonomy.
    pub suggested: Vec<String>,
    /// Whether a reviewer should read the case.
    pub needs_review: bool,
    /// The reasons for review; empty if there is none.
    pub review_reasons: Vec<ReviewReason>,
    /// Expected number of wrong trends if nobody reads the case; missing in files of
    /// earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_errors: Option<f64>,
    /// Keys of the trends with a decision, suggested or not, that is wrong with a
    /// probability of at least [`UNSURE`](crate::decision::UNSURE), in the order of the
    /// taxonomy.
    #[serde(default)]
    pub unsure_trends: Vec<String>,
    /// Details of single trends, in the order of the taxonomy.
    #[serde(default)]
    pub trends: Vec<SuggestedTrend>,
    /// Names of the texts, to which the spans of the evidence refer by position;
    /// empty without evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The case that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Duplicate>,
}

/// The details of one trend of a case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuggestedTrend {
    /// Key of the trend.
    pub key: String,
    /// Name of the trend for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is suggested.
    pub suggested: bool,
    /// Calibrated probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The smallest probability at which it is suggested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// The verdict: whether it can be decided without a reviewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Log-odds before calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The score of a text without words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intercept: Option<f64>,
    /// Shift that the prior on the number of trends adds to the calibrated log-odds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_shift: Option<f64>,
    /// The evidence for and against it, strongest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<Evidence>>,
}

/// An earlier case that a case repeats or nearly repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicate {
    /// Its id.
    pub of: String,
    /// The set that contains it.
    #[serde(rename = "in")]
    pub source: DuplicateSource,
    /// How similar the texts are, from 0 to 1.
    pub similarity: f64,
}

/// The set that contains a repeated case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DuplicateSource {
    /// Earlier in the batch.
    Batch,
    /// Among the training cases of the model.
    Training,
}

impl DuplicateSource {
    /// Returns its code in every format.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Training => "training",
        }
    }
}

/// The facts about a model that are needed to show stored probabilities as a suggestion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuggestionParams {
    /// Keys of its trends, in the order of the taxonomy.
    pub keys: Vec<String>,
    /// Smallest probability that is suggested, one per trend.
    pub thresholds: Vec<f64>,
    /// Limits of what can be decided without a reviewer.
    pub triage: Triage,
}

impl SuggestionParams {
    /// Takes the facts from a tagger.
    pub fn of(tagger: &Tagger) -> Self {
        Self {
            keys: tagger.taxonomy().keys().map(str::to_owned).collect(),
            thresholds: tagger.decision().thresholds.clone(),
            triage: tagger.decision().triage.clone(),
        }
    }

    /// Returns the suggestion of a model for a case with these probabilities, with the
    /// threshold and verdict of every trend and without evidence.
    pub fn suggestion(
        &self,
        model: &str,
        probabilities: &[f64],
        suggested: &[String],
        review_reasons: Vec<ReviewReason>,
    ) -> Suggestion {
        let ids = self.keys.iter().enumerate().filter(|(_, key)| suggested.contains(key));
        let said = Said {
            probabilities,
            suggested: &ids.map(|(k, _)| TrendId(k as u16)).collect(),
            review_reasons,
        };
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let mut suggestion = said.suggestion(model, &keys, &self.triage);
        set_thresholds(&mut suggestion, &self.thresholds);
        suggestion
    }
}

/// The result of tagging a case, by the ids of its trends.
struct Said<'s> {
    probabilities: &'s [f64],
    suggested: &'s TrendSet,
    review_reasons: Vec<ReviewReason>,
}

impl Said<'_> {
    fn suggestion(self, model: &str, keys: &[&str], triage: &Triage) -> Suggestion {
        let Self { probabilities, suggested, review_reasons } = self;
        let none_passed = review_reasons.contains(&ReviewReason::NonePassed);
        let unsure = unsure(probabilities, suggested, none_passed);
        let of_set =
            |set: &TrendSet| set.iter().map(|id| keys[id.index()].to_owned()).collect::<Vec<_>>();
        let trends = keys.iter().zip(probabilities).zip(triage.verdicts(probabilities));
        let trends = trends.enumerate().map(|(k, ((&key, &probability), verdict))| {
            let suggested = suggested.contains(TrendId(k as u16));
            let (probability, verdict) = (Some(probability), Some(verdict));
            let key = key.to_owned();
            SuggestedTrend { key, suggested, probability, verdict, ..SuggestedTrend::default() }
        });
        Suggestion {
            model: model.to_owned(),
            suggested: of_set(suggested),
            needs_review: !review_reasons.is_empty(),
            review_reasons,
            expected_errors: Some(expected_errors(probabilities, suggested)),
            unsure_trends: of_set(&unsure),
            trends: trends.collect(),
            ..Suggestion::default()
        }
    }
}

fn set_thresholds(suggestion: &mut Suggestion, thresholds: &[f64]) {
    let trends = suggestion.trends.iter_mut().zip(thresholds);
    trends.for_each(|(trend, &threshold)| trend.threshold = Some(threshold));
}

impl Suggestion {
    /// Returns the suggestion for a case: trends, probabilities, verdicts, expected
    /// errors and reasons for review, without evidence.
    pub fn of(model: &Model, tagged: &Tagged) -> Self {
        let tagger = &model.tagger;
        let said = Said {
            probabilities: &tagged.probabilities,
            suggested: &tagged.suggested,
            review_reasons: tagged.review.clone(),
        };
        let keys: Vec<&str> = tagger.taxonomy().keys().collect();
        said.suggestion(&model.version, &keys, &tagger.decision().triage)
    }

    /// Returns the suggestion with the threshold of each trend.
    pub fn with_thresholds(model: &Model, tagged: &Tagged) -> Self {
        let mut suggestion = Self::of(model, tagged);
        set_thresholds(&mut suggestion, &model.tagger.decision().thresholds);
        suggestion
    }

    /// Returns the full suggestion for a case: every trend with name, threshold, verdict,
    /// score, intercept and all evidence. `texts` are those of the last of the model's
    /// fields, as in [`Tagger::tag`].
    pub fn in_full<S: AsRef<str>>(model: &Model, texts: &[S], tagged: &Tagged) -> Self {
        let tagger = &model.tagger;
        let mut suggestion = Self::with_thresholds(model, tagged);
        for (trend, (id, _)) in suggestion.trends.iter_mut().zip(tagger.taxonomy().iter()) {
            trend.name = Some(tagger.taxonomy().label(id).to_owned());
            trend.score = Some(tagged.scores[id.index()]);
            trend.intercept = Some(tagger.intercept(id));
            trend.prior_shift = Some(tagged.prior_shifts[id.index()]);
        }
        suggestion.explain(model, texts, usize::MAX);
        suggestion
    }

    /// Adds evidence to each trend: the `most` strongest terms for and against it,
    /// from the strongest for it to the strongest against it.
    pub fn explain<S: AsRef<str>>(&mut self, model: &Model, texts: &[S], most: usize) {
        for (trend, mut evidence) in self.trends.iter_mut().zip(model.tagger.explain(texts)) {
            if evidence.len() > most {
                evidence.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
                evidence.truncate(most);
                evidence.sort_by(|a, b| b.contribution.total_cmp(&a.contribution));
            }
            trend.evidence = Some(evidence);
        }
        self.fields = model.tagger.field_names(texts.len());
    }

    /// Adds the evidence for the suggested trends that came with tagging; `fields`
    /// names the texts.
    pub fn add_evidence(&mut self, tagger: &Tagger, tagged: &Tagged, fields: Vec<String>) {
        for (id, evidence) in &tagged.evidence {
            let key = tagger.taxonomy().key(*id);
            if let Some(trend) = self.trends.iter_mut().find(|trend| trend.key == key) {
                trend.evidence = Some(evidence.clone());
            }
        }
        self.fields = fields;
    }

    /// Rounds numbers to the four decimals that files have.
    pub fn rounded(mut self) -> Self {
        for trend in &mut self.trends {
            for number in [&mut trend.probability, &mut trend.threshold] {
                *number = number.map(rounded);
            }
            let evidence = trend.evidence.iter_mut().flatten();
            evidence.for_each(|piece| piece.contribution = rounded(piece.contribution));
        }
        self.expected_errors = self.expected_errors.map(rounded);
        if let Some(duplicate) = &mut self.duplicate {
            duplicate.similarity = rounded(duplicate.similarity);
        }
        self
    }
}

/// Rounds a number to four decimals.
pub(crate) fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

/// Returns the keys of a set, in the order of the taxonomy.
pub(crate) fn keys_of_set(taxonomy: &Taxonomy, set: &TrendSet) -> Vec<String> {
    set.iter().map(|id| taxonomy.key(id).to_owned()).collect()
}
