//! The suggestion that a tagged row contains.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::tables::{Field, Row, spreadsheet};
use crate::tagger::{ReviewReason, SuggestedTrend, Suggestion};
use crate::taxonomy::{join_keys, keys};

/// The column with the suggested trends.
pub(super) const SUGGESTED: &str = "suggested_trends";

/// The column with all that was said, where columns hold objects.
const OBJECT: &str = "suggestions";

/// The columns that tagging adds, looked up once for all rows of a file.
pub(super) struct Added {
    object: Option<Field>,
    trends: Field,
    probabilities: Vec<(String, Field)>,
    review: [Field; 2],
    model: Field,
}

/// Whether one of the columns holds suggestions.
pub(super) fn is_among(columns: &[String]) -> bool {
    columns.iter().any(|name| name == SUGGESTED || name == OBJECT)
}

/// The trends whose probabilities a file contains, from the names of its columns.
pub(super) fn probability_keys(columns: &[String]) -> impl Iterator<Item = &str> {
    let added = columns.iter().skip_while(|name| *name != SUGGESTED);
    added.filter_map(|name| name.strip_prefix("p_"))
}

impl Added {
    /// Looks the columns up.
    pub(super) fn of(columns: &[String]) -> Self {
        let field = |name: &str| Field {
            name: name.to_owned(),
            index: columns.iter().position(|column| column == name),
        };
        let probability = |key: &str| (key.to_owned(), field(&format!("p_{key}")));
        Self {
            object: Some(field(OBJECT)).filter(|field| field.index.is_some()),
            trends: field(SUGGESTED),
            probabilities: probability_keys(columns).map(probability).collect(),
            review: ["needs_review", "review_reasons"].map(field),
            model: field("model"),
        }
    }

    /// What a row says, and the cell of the suggested trends; `None` if it has no
    /// suggestion.
    pub(super) fn read(&self, row: &Row) -> Option<(String, Suggestion)> {
        let object = self.object.as_ref().and_then(|field| row.value(&field.name));
        match object.as_deref() {
            Some(object @ Value::Object(_)) => {
                let suggestion = in_object(object)?;
                Some((join_keys(&suggestion.suggested), suggestion))
            }
            _ => self.in_cells(row),
        }
    }

    fn in_cells(&self, row: &Row) -> Option<(String, Suggestion)> {
        let cell = row.labels(&self.trends)?;
        let cell = spreadsheet::unescape(&cell).trim();
        if cell.is_empty() {
            return None;
        }
        let suggested: Vec<String> = keys(cell).map(str::to_owned).collect();
        let probability = |field: &Field| -> Option<f64> {
            let cell = row.field(field)?;
            cell.trim().parse().ok().filter(|p| (0.0..=1.0).contains(p))
        };
        let probabilities = self.probabilities.iter();
        let probabilities =
            probabilities.filter_map(|(key, field)| Some((key.clone(), probability(field)?)));
        let reasons = self.review.iter().filter_map(|field| row.labels(field));
        let model = row.field(&self.model).unwrap_or_default().trim().to_owned();
        let reasons = reasons.flat_map(|cell| ReviewReason::in_cell(&cell)).collect();
        Some((cell.to_owned(), suggestion(model, suggested, probabilities, reasons)))
    }
}

fn suggestion(
    model: String,
    suggested: Vec<String>,
    probabilities: impl Iterator<Item = (String, f64)>,
    review_reasons: Vec<ReviewReason>,
) -> Suggestion {
    let trend = |(key, probability)| SuggestedTrend {
        suggested: suggested.contains(&key),
        key,
        probability: Some(probability),
        ..SuggestedTrend::default()
    };
    Suggestion {
        model,
        trends: probabilities.map(trend).collect(),
        suggested,
        needs_review: !review_reasons.is_empty(),
        review_reasons,
        ..Suggestion::default()
    }
}

/// A suggestion as version 0.1 wrote it in JSON Lines.
#[derive(Deserialize)]
struct Former {
    trends: Vec<String>,
    #[serde(default)]
    probabilities: BTreeMap<String, f64>,
    #[serde(default)]
    review_reasons: Vec<ReviewReason>,
    #[serde(default)]
    model: String,
}

fn in_object(object: &Value) -> Option<Suggestion> {
    if let Ok(suggestion) = Suggestion::deserialize(object) {
        return Some(suggestion);
    }
    let Former { trends, probabilities, review_reasons, model } =
        Former::deserialize(object).ok()?;
    Some(suggestion(model, trends, probabilities.into_iter(), review_reasons))
}
