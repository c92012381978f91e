//! Connects to a database file.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::refusal::Refusal;
use super::writer::is_locked;
use crate::error::Error;

/// Opens a connection that waits for changes of other programs up to a time limit.
pub(crate) fn connect(
    path: &Path,
    flags: OpenFlags,
    patience: Duration,
) -> rusqlite::Result<Connection> {
    // A path is a path, even if it looks like a URI.
    let connection = Connection::open_with_flags(path, flags & !OpenFlags::SQLITE_OPEN_URI)?;
    connection.busy_timeout(patience)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Converts an error of SQLite to one of the library.
pub(crate) fn failure(path: &Path, error: rusqlite::Error) -> Error {
    let source = if is_locked(&error) { Refusal::Locked.into() } else { error.into() };
    Error::Database { path: path.to_owned(), source }
}
