//! Settings of a database, and values that are stored as JSON.

use rusqlite::{Connection, OptionalExtension};

pub(crate) fn setting(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT value FROM settings WHERE name = ?")?;
    statement.query_row([name], |row| row.get("value")).optional()
}

pub(crate) fn set_setting(
    connection: &Connection,
    name: &str,
    value: &str,
) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)")?;
    statement.execute([name, value]).map(|_| ())
}

/// Reads JSON from a column.
pub(crate) fn parsed<T: serde::de::DeserializeOwned>(json: &str) -> rusqlite::Result<T> {
    let kind = rusqlite::types::Type::Text;
    serde_json::from_str(json)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(e)))
}

/// Writes JSON for a column. All keys are strings, so this does not fail.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
