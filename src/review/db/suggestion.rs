//! What is kept of a model, so that its suggestions can be shown without it.

use rusqlite::{Connection, OptionalExtension};

use super::settings::parsed;
use crate::tagger::SuggestionParams;

/// What is kept of the model of this version.
pub(crate) fn params_of(
    connection: &Connection,
    version: &str,
) -> rusqlite::Result<Option<SuggestionParams>> {
    let mut statement = connection.prepare_cached("SELECT facts FROM models WHERE version = ?")?;
    let text: Option<String> = statement.query_row([version], |row| row.get("facts")).optional()?;
    text.map(|text| parsed(&text)).transpose()
}
