//! What is kept of a model, so that its suggestions can be shown without it.

use rusqlite::{Connection, OptionalExtension};

use super::settings::parsed;
use crate::tagger::{Model, Suggestion, SuggestionParams};

/// The most places of one term that are shown.
const MOST_SPANS: usize = 200;

/// What is kept of the model of this version.
pub(crate) fn params_of(
    connection: &Connection,
    version: &str,
) -> rusqlite::Result<Option<SuggestionParams>> {
    let mut statement = connection.prepare_cached("SELECT facts FROM models WHERE version = ?")?;
    let text: Option<String> = statement.query_row([version], |row| row.get("facts")).optional()?;
    text.map(|text| parsed(&text)).transpose()
}

/// Adds the `most` strongest pieces of evidence of each trend.
pub(crate) fn explain(suggestion: &mut Suggestion, model: &Model, texts: &[String], most: usize) {
    suggestion.explain(model, texts, most);
    for piece in suggestion.trends.iter_mut().flat_map(|trend| trend.evidence.iter_mut().flatten())
    {
        piece.spans.truncate(MOST_SPANS);
    }
}
