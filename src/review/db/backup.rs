//! A backup of a database, made while others may change it.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;

use super::connection::{connect, failure};
use super::copy::copy;
use super::schema;
use super::store::Store;
use crate::error::{Action, Error, Remedy, Result};

/// How long a backup waits for another program.
const PATIENCE: Duration = Duration::from_secs(10);

impl Store {
    /// Copies the database of a review in a consistent state, even while it is served.
    /// The copy is checked before it gets its name. `force` allows it to replace a file.
    /// A database of an earlier version is copied unchanged.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the database does not exist or belongs to another program,
    /// or if the copy exists and `force` is not given; [`Error::Database`] if it cannot
    /// be read, [`Error::Io`] if the copy cannot be written.
    pub fn backup(database: &Path, to: &Path, force: bool) -> Result<()> {
        let bad = |path: &Path, reason: &str, remedy: Remedy| {
            Error::bad_file(path.display().to_string(), reason, remedy)
        };
        if !database.is_file() {
            return Err(bad(
                database,
                "the database does not exist",
                "add cases to create one".into(),
            ));
        }
        let is_same = to.canonicalize().ok() == database.canonicalize().ok() && to.exists();
        if is_same {
            return Err(bad(to, "it is the database itself", "give another name".into()));
        }
        if to.exists() && !force {
            let remedy = Action::ReplaceFile.to("give another name, or replace it");
            return Err(bad(to, "exists already", remedy));
        }
        let failed = |error| failure(database, error);
        let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
        let connection = connect(database, flags, PATIENCE).map_err(failed)?;
        schema::version(&connection).map_err(failed)?.map_err(|schema::Foreign(reason)| {
            bad(database, &reason, "name the database of a review".into())
        })?;
        copy(&connection, to)
    }
}
