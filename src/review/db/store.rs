//! The database of a review: one file, one writer, several readers.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::claims::Claims;
use super::refusal::Refusal;
use super::schema;
use super::writer::Writer;
use crate::error::{Error, Place, Result};
use crate::taxonomy::Taxonomy;

/// How long a connection waits for another program's change.
const BUSY: Duration = Duration::from_secs(10);

/// The first bytes of every SQLite file.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Cases, suggestions and decisions, in one SQLite file.
///
/// Every change is on disk when its method returns (write-ahead log,
/// `synchronous=FULL`). Any number of threads may share a store; several
/// programs may open the same file.
pub struct Store {
    pub(crate) path: PathBuf,
    pub(crate) claims: Claims,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens a database, or makes a new one.
    ///
    /// # Errors
    /// [`Error::Database`] if the file cannot be used, [`Error::BadFile`] if it
    /// is another program's or a newer version's.
    pub fn create(path: &Path) -> Result<Self> {
        Self::open_with(path, OpenFlags::default())
    }

    /// Opens a database that is there.
    ///
    /// # Errors
    /// As [`Store::create`], and [`Error::BadFile`] if there is none.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::BadFile {
                place: Box::new(Place::file(path.display().to_string())),
                reason: "there is no such database".into(),
                remedy: "add cases to make one".into(),
            });
        }
        Self::open_with(path, OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Whether a file is a database and not a table, by its first bytes.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read.
    pub fn is_database(path: &Path) -> Result<bool> {
        let failed = |source| Error::io(path, source);
        let mut start = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(SQLITE.len() as u64).read_to_end(&mut start).map_err(failed)?;
        Ok(start == SQLITE)
    }

    fn open_with(path: &Path, flags: OpenFlags) -> Result<Self> {
        let failed = |source: rusqlite::Error| Error::Database {
            path: path.to_owned(),
            source: source.into(),
        };
        let mut connection = connect(path, flags).map_err(failed)?;
        schema::migrate(&mut connection).map_err(failed)?.map_err(|reason| Error::BadFile {
            place: Box::new(Place::file(path.display().to_string())),
            reason,
            remedy: "name the database of a review, or use a newer trendtag".into(),
        })?;
        // It stays with the file, so only once that is known to be ours.
        connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
            .map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            claims: Claims::default(),
            writer: Writer::start(connection, path),
            readers: Mutex::default(),
        })
    }

    /// The taxonomy of the cases; `None` as long as there are none.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn taxonomy(&self) -> Result<Option<Taxonomy>> {
        self.read(|connection| {
            setting(connection, "taxonomy")?.map(|text| parsed(&text)).transpose()
        })
    }

    /// The taxonomy of a database that has cases.
    pub(crate) fn known_taxonomy(&self) -> Result<Taxonomy> {
        self.taxonomy()?.ok_or_else(|| Error::BadCorpus {
            reason: format!("{}: there are no cases in the database", self.path.display()),
            remedy: "add some first".into(),
        })
    }

    /// Reads in one snapshot.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.read_or(|connection| Ok(read(connection)?)).map_err(|r| self.error(r))
    }

    /// Reads in one snapshot what may be refused.
    pub(crate) fn read_or<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let pooled = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
                let connection = connect(&self.path, flags)?;
                connection.pragma_update(None, "query_only", true)?;
                connection
            }
        };
        let transaction = connection.unchecked_transaction()?;
        let outcome = read(&transaction);
        drop(transaction);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        outcome
    }

    /// Makes a change; it is on disk when this returns `Ok`.
    pub(crate) fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.writer.change(change)
    }

    /// A refusal where nothing can be refused: the database failed.
    pub(crate) fn error(&self, refusal: Refusal) -> Error {
        match refusal {
            Refusal::Failed(error) => error,
            Refusal::Database(source) => Error::Database { path: self.path.clone(), source },
            other => Error::io(&self.path, std::io::Error::other(other)),
        }
    }
}

/// The present time as it is stored: UTC, to the millisecond.
pub(crate) fn now() -> String {
    time_text(SystemTime::now())
}

pub(crate) fn time_text(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

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

/// JSON out of a column.
pub(crate) fn parsed<T: serde::de::DeserializeOwned>(json: &str) -> rusqlite::Result<T> {
    let kind = rusqlite::types::Type::Text;
    serde_json::from_str(json)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(e)))
}

/// JSON for a column; what the store writes has no keys that are not strings.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // A path is a path, even if it looks like a URI.
    let connection = Connection::open_with_flags(path, flags & !OpenFlags::SQLITE_OPEN_URI)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
