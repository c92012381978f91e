//! What the model that tagged a row said of it.

use serde_json::{Map, Value};

use crate::tables::Field;
use crate::tables::Row;
use crate::tables::spreadsheet;
use crate::tagger::Review;
use crate::tagger::record::joined_keys;

/// The column with the suggested trends.
pub(super) const SUGGESTED: &str = "suggested_trends";

/// The column with all that was said, where columns hold objects.
const OBJECT: &str = "suggestions";

/// What the model that tagged a row said.
pub(super) struct Suggestion {
    /// The trends, as a cell has them.
    pub(super) cell: String,
    /// Keys of trends with their probabilities.
    pub(super) probabilities: Vec<(String, f64)>,
    /// Whether no trend passed its threshold.
    pub(super) forced: bool,
    /// Version of the model; may be empty.
    pub(super) model: String,
}

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

/// The trends of which a file has probabilities, from the names of its columns.
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

    /// What a row says; `None` if it has no suggestion.
    pub(super) fn read(&self, row: &Row) -> Option<Suggestion> {
        let object = self.object.as_ref().and_then(|field| row.value(&field.name));
        match object.as_deref() {
            Some(Value::Object(object)) => in_object(object),
            _ => self.in_cells(row),
        }
    }

    fn in_cells(&self, row: &Row) -> Option<Suggestion> {
        let cell = row.labels(&self.trends)?;
        let cell = spreadsheet::unescape(&cell).trim().to_owned();
        if cell.is_empty() {
            return None;
        }
        let probability = |field: &Field| -> Option<f64> {
            let cell = row.field(field)?;
            cell.trim().parse().ok().filter(|p| (0.0..=1.0).contains(p))
        };
        let no_trend = Review::NoTrendPassed.reason();
        let mut reasons = self.review.iter().filter_map(|field| row.field(field));
        Some(Suggestion {
            cell,
            probabilities: self
                .probabilities
                .iter()
                .filter_map(|(key, field)| Some((key.clone(), probability(field)?)))
                .collect(),
            forced: reasons.any(|reason| reason.contains(no_trend)),
            model: row.field(&self.model).unwrap_or_default().trim().to_owned(),
        })
    }
}

fn in_object(object: &Map<String, Value>) -> Option<Suggestion> {
    let probabilities = object.get("probabilities").and_then(Value::as_object);
    let no_trend = serde_json::to_value(Review::NoTrendPassed).ok()?;
    let reasons = object.get("review_reasons").and_then(Value::as_array);
    Some(Suggestion {
        cell: joined_keys(object.get("trends")?.as_array()?),
        probabilities: probabilities
            .into_iter()
            .flatten()
            .filter_map(|(key, p)| Some((key.clone(), p.as_f64()?)))
            .collect(),
        forced: reasons.is_some_and(|reasons| reasons.contains(&no_trend)),
        model: object.get("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
    })
}
