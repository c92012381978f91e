//! Copies a database, completely or not at all.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::connection::{connect, failure};
use crate::error::{Error, Result};

/// Maximum wait when reading the copy.
const PATIENCE: Duration = Duration::from_secs(10);

/// Copies a database into a file beside the target and gives it its name.
pub(crate) fn copy(connection: &Connection, to: &Path) -> Result<()> {
    let part = with_ending(to, ".part");
    let remove = || match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(&part, error)),
        _ => Ok(()),
    };
    remove()?;
    let Some(name) = part.to_str() else {
        let error = std::io::Error::other("the name of a database must be UTF-8");
        return Err(Error::io(&part, error));
    };
    let made = connection.execute("VACUUM INTO ?", [name]).map(|_| ());
    let made = made.map_err(|error| failure(&part, error)).and_then(|()| check(&part));
    if let Err(error) = made {
        _ = remove();
        return Err(error);
    }
    // Windows makes only a file safe on disk that may be written to.
    let writable = std::fs::File::options().write(true).open(&part);
    let placed = writable.and_then(|file| file.sync_all());
    placed.and_then(|()| std::fs::rename(&part, to)).map_err(|error| Error::io(to, error))
}

/// Checks the integrity of a copy.
fn check(copy: &Path) -> Result<()> {
    let failed = |error| failure(copy, error);
    let connection = connect(copy, OpenFlags::SQLITE_OPEN_READ_ONLY, PATIENCE).map_err(failed)?;
    let found: String =
        connection.query_row("PRAGMA quick_check", [], |row| row.get(0)).map_err(failed)?;
    if found == "ok" {
        return Ok(());
    }
    let source = std::io::Error::other(format!("the database is damaged: {found}"));
    Err(Error::io(copy, source))
}

pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
