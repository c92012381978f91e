//! What is kept of a model, and a suggestion as it is shown: probabilities with
//! thresholds, verdicts and evidence.

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::settings::parsed;
use crate::decision::{Triage, Verdict};
use crate::tagger::Model;
use crate::tagger::{Review, Tagged};
use crate::taxonomy::{Taxonomy, TrendSet};

/// The most places of one term that are shown.
const MOST_SPANS: usize = 200;

/// The facts about a model that are needed to show its suggestions without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Keys of its trends, in order.
    pub keys: Vec<String>,
    /// Smallest probability that is suggested, one per trend.
    pub thresholds: Vec<f64>,
    /// What needs no person.
    pub triage: Triage,
}

/// What a model said of a case, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// Version of the model.
    pub model: String,
    /// Every trend, in the order of the taxonomy.
    pub trends: Vec<SuggestedTrend>,
    /// Keys of the suggested trends.
    pub suggested: Vec<String>,
    /// Whether a person should look at the case.
    pub needs_review: bool,
    /// Why, in words.
    pub review_reasons: Vec<String>,
}

/// What a model said of a trend of a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuggestedTrend {
    /// Key of the trend.
    pub key: String,
    /// Calibrated probability.
    pub probability: f64,
    /// The smallest that is suggested.
    pub threshold: f64,
    /// Whether it is suggested.
    pub suggested: bool,
    /// What triage would do.
    pub verdict: Verdict,
    /// What speaks for and against it, strongest first; `None` in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<EvidenceView>>,
}

/// A piece of evidence as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceView {
    /// The term.
    pub term: String,
    /// Part of the score, in log-odds before calibration.
    pub contribution: f64,
    /// Where it stands.
    pub spans: Vec<SpanView>,
}

/// A stretch of a text in UTF-16 code units, as browsers count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpanView {
    /// Position of the text in its case.
    pub field: usize,
    /// First unit.
    pub start: usize,
    /// Unit after the last.
    pub end: usize,
    /// What stands there.
    pub text: String,
}

impl ModelRecord {
    /// The record of a model.
    pub fn of(model: &Model) -> Self {
        let decision = model.tagger.decision();
        Self {
            keys: trend_keys(model.tagger.taxonomy()),
            thresholds: decision.thresholds.clone(),
            triage: decision.triage.clone(),
        }
    }

    pub(crate) fn load(connection: &Connection, version: &str) -> rusqlite::Result<Option<Self>> {
        let mut statement =
            connection.prepare_cached("SELECT facts FROM models WHERE version = ?")?;
        let text: Option<String> =
            statement.query_row([version], |row| row.get("facts")).optional()?;
        text.map(|text| parsed(&text)).transpose()
    }

    /// A suggestion, without evidence.
    pub fn suggestion(
        &self,
        model: &str,
        probabilities: &[f64],
        suggested: &[String],
        reasons: &[Review],
    ) -> Suggestion {
        let verdicts = self.triage.verdicts(probabilities);
        let trends = self.keys.iter().zip(probabilities).zip(&self.thresholds).zip(verdicts);
        let trends = trends.map(|(((key, &probability), &threshold), verdict)| SuggestedTrend {
            key: key.clone(),
            probability,
            threshold,
            suggested: suggested.contains(key),
            verdict,
            evidence: None,
        });
        Suggestion {
            model: model.to_owned(),
            trends: trends.collect(),
            suggested: suggested.to_vec(),
            needs_review: !reasons.is_empty(),
            review_reasons: reasons.iter().map(|review| review.reason().to_owned()).collect(),
        }
    }
}

impl Suggestion {
    /// What a model says of texts, with up to `most` pieces of evidence a trend.
    pub fn of(model: &Model, texts: &[String], tagged: &Tagged, most: usize) -> Self {
        let suggested = keys_of_set(model.tagger.taxonomy(), &tagged.suggested);
        let record = ModelRecord::of(model);
        let mut suggestion =
            record.suggestion(&model.version, &tagged.probabilities, &suggested, &tagged.review);
        suggestion.explain(model, texts, most);
        suggestion
    }

    /// Adds evidence: the `most` strongest pieces of each trend, by size, in
    /// falling order.
    pub fn explain(&mut self, model: &Model, texts: &[String], most: usize) {
        let explained = model.tagger.explain(texts);
        for (trend, mut evidence) in self.trends.iter_mut().zip(explained) {
            evidence.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
            evidence.truncate(most);
            evidence.sort_by(|a, b| b.contribution.total_cmp(&a.contribution));
            let view = |e: crate::tagger::Evidence| EvidenceView {
                term: e.term,
                contribution: e.contribution,
                spans: e.spans.iter().take(MOST_SPANS).map(|span| span_view(texts, span)).collect(),
            };
            trend.evidence = Some(evidence.into_iter().map(view).collect());
        }
    }
}

/// Keys of a taxonomy, in order.
pub(crate) fn trend_keys(taxonomy: &Taxonomy) -> Vec<String> {
    taxonomy.iter().map(|(_, trend)| trend.key.clone()).collect()
}

/// Keys of a set, in the order of the taxonomy.
pub(crate) fn keys_of_set(taxonomy: &Taxonomy, set: &TrendSet) -> Vec<String> {
    set.iter().map(|id| taxonomy.key(id).to_owned()).collect()
}

fn span_view(texts: &[String], span: &crate::tagger::Span) -> SpanView {
    let text = texts.get(span.field).map_or("", String::as_str);
    let units = |text: &str| text.encode_utf16().count();
    let slice = text.get(span.start..span.end).unwrap_or_default();
    let start = units(text.get(..span.start).unwrap_or_default());
    SpanView { field: span.field, start, end: start + units(slice), text: slice.to_owned() }
}
