//! A backup of a database, made while others may change it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{OpenFlags, TransactionBehavior};

use super::connection::{connect, failure};
use super::copy::copy;
use super::schema;
use super::store::Store;
use super::withdrawn::{drop_withdrawn, withdrawn_batches};
use crate::error::{Action, Error, Remedy, Result};

/// How long a backup waits for another program.
const PATIENCE: Duration = Duration::from_secs(10);

impl Store {
    /// Copies the database of a review in a consistent state, even while it is served.
    /// The copy is checked before it gets its name. `force` allows it to replace a file.
    /// A database of an earlier version is copied unchanged. Withdrawn batches are in the
    /// copy, and are then removed from the database.
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
        let mut connection = connect(database, flags, PATIENCE).map_err(failed)?;
        let foreign = |schema::Foreign(reason): schema::Foreign| {
            bad(database, &reason, "name the database of a review".into())
        };
        let version = schema::version(&connection).map_err(failed)?.map_err(foreign)?;
        let withdrawn = match schema::is_current(version) {
            true => withdrawn_batches(&connection).map_err(failed)?,
            false => Vec::new(),
        };
        copy(&connection, to)?;
        // Most backups need no lock.
        if !withdrawn.is_empty() {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed)?;
            drop_withdrawn(&transaction, &withdrawn).map_err(failed)?;
            transaction.commit().map_err(failed)?;
        }
        Ok(())
    }
}
