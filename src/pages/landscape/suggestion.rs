//! The suggestion that a tagged row contains.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::added_columns::{AddedColumns, probability};
use crate::error::{Error, Result};
use crate::tables::{Row, spreadsheet};
use crate::tagger::{ReviewReason, SuggestedTrend, Suggestion};
use crate::taxonomy::{join_keys, keys};

impl AddedColumns {
    /// Returns the suggestion in a row, and the cell of the suggested trends; `None` if
    /// it has no suggestion.
    ///
    /// # Errors
    /// [`Error::BadRow`] if a probability is invalid.
    pub(super) fn read(&self, row: &Row) -> Result<Option<(String, Suggestion)>> {
        let object = self.object.as_ref().and_then(|field| row.value(&field.name));
        match object.as_deref() {
            Some(object @ Value::Object(_)) => {
                Ok(in_object(object)
                    .map(|suggestion| (join_keys(&suggestion.suggested), suggestion)))
            }
            _ => self.in_cells(row),
        }
    }

    fn in_cells(&self, row: &Row) -> Result<Option<(String, Suggestion)>> {
        let cell = match &self.trends {
            Some(field) => row.labels(field),
            // A finished batch has probabilities, and may have no suggestions.
            None => self.decided_by.as_ref().map(|_| Cow::Borrowed("")),
        };
        let Some(cell) = cell else { return Ok(None) };
        let cell = spreadsheet::unescape(&cell).trim();
        if cell.is_empty() && self.trends.is_some() {
            return Ok(None);
        }
        let suggested: Vec<String> = keys(cell).map(str::to_owned).collect();
        let mut probabilities = Vec::new();
        for (key, field) in &self.probabilities {
            let found = row.field(field).map_or(Ok(None), |cell| probability(&cell));
            let found = found.map_err(|reason| {
                let remedy = "give the file as it was tagged; a spreadsheet program may have \
                              read its decimal points as something else";
                Error::bad_row(row.place().with_column(&field.name), reason, remedy)
            })?;
            probabilities.extend(found.map(|p| (key.clone(), p)));
        }
        let reasons = self.review.iter().filter_map(|field| row.labels(field));
        let model = self.model.as_ref().and_then(|field| row.field(field)).unwrap_or_default();
        let reasons = reasons.flat_map(|cell| ReviewReason::in_cell(&cell)).collect();
        let model = model.trim().to_owned();
        let probabilities = probabilities.into_iter();
        Ok(Some((cell.to_owned(), suggestion(model, suggested, probabilities, reasons))))
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
