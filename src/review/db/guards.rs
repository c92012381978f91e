//! The triggers that keep decisions from being changed.

use rusqlite::Connection;

/// Does what changes rows of the table of decisions, which its triggers forbid otherwise,
/// within a transaction.
pub(crate) fn unguarded(
    connection: &Connection,
    change: impl FnOnce() -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let triggers = ["decisions_are_not_changed", "decisions_are_not_deleted"];
    let query = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?";
    let texts = triggers.map(|name| connection.query_row(query, [name], |row| row.get("sql")));
    for name in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}"))?;
    }
    change()?;
    texts.into_iter().try_for_each(|text| connection.execute_batch(&text.map(|t: String| t)?))
}
