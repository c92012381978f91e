//! The database of a review: one file, one writer, several readers.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::claims::Claims;
use super::connection::{connect, failure};
use super::files::Files;
use super::readers::Readers;
use super::refusal::Refusal;
use super::schema;
use super::settings::{parsed, setting};
use super::upgrade::copy_before_upgrade;
use super::writer::Writer;
use crate::error::{Error, Place, Result};
use crate::taxonomy::Taxonomy;

/// Maximum wait for another program when opening a database.
const PATIENCE: Duration = Duration::from_secs(10);

/// The writer retries, so that it can receive a stop request in between.
const WRITER_PATIENCE: Duration = Duration::from_millis(250);

/// The first bytes of every SQLite file.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Cases, suggestions and decisions, in one SQLite file. Every change is on disk when its
/// method returns (write-ahead log, `synchronous=FULL`). Any number of threads can share
/// a store, and several programs can open the same file.
pub struct Store {
    pub(crate) path: PathBuf,
    pub(crate) claims: Claims,
    copy: Option<PathBuf>,
    writer: Writer,
    readers: Readers,
}

impl Store {
    /// Opens a database, or creates a new one.
    ///
    /// # Errors
    /// [`Error::Database`] if the file cannot be used, [`Error::BadFile`] if it belongs
    /// to another program or a newer version.
    pub fn create(path: &Path) -> Result<Self> {
        Self::open_with(path, OpenFlags::default())
    }

    /// Opens an existing database. A database of an earlier version is copied and then
    /// upgraded, see [`Store::copy_of_earlier_version`].
    ///
    /// # Errors
    /// As [`Store::create`], and [`Error::BadFile`] if there is none.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::bad_file(
                path.display().to_string(),
                "the database does not exist",
                "add cases to make one",
            ));
        }
        Self::open_with(path, OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Returns whether a file is a database and not a table, by its first bytes.
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
        let failed = |error: rusqlite::Error| failure(path, error);
        let mut connection = connect(path, flags, PATIENCE).map_err(failed)?;
        let foreign = |schema::Foreign(reason)| Error::BadFile {
            place: Box::new(Place::file(path.display().to_string())),
            reason,
            remedy: "name the database of a review, or use a newer trendtag".into(),
        };
        let version = schema::version(&connection).map_err(failed)?.map_err(foreign)?;
        let mut copy = None;
        if schema::is_older(version) {
            copy = Some(copy_before_upgrade(&connection, path, version)?);
        }
        // Reads do not wait for a program that holds the lock.
        if !schema::is_current(version) {
            schema::migrate(&mut connection).map_err(failed)?.map_err(foreign)?;
        }
        // The setting is stored in the file, so it is set only after the file is known to
        // be ours.
        connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
            .and_then(|()| connection.busy_timeout(WRITER_PATIENCE))
            .and_then(|()| setting(&connection, "taxonomy"))
            .map_err(failed)?;
        let files = Arc::new(Files::of(path).map_err(|source| Error::io(path, source))?);
        Ok(Self {
            path: path.to_owned(),
            claims: Claims::default(),
            copy,
            writer: Writer::start(connection, path, files.clone()),
            readers: Readers::new(path, files),
        })
    }

    /// Returns the copy of a database of an earlier version, made before the upgrade.
    pub fn copy_of_earlier_version(&self) -> Option<&Path> {
        self.copy.as_deref()
    }

    /// Returns the taxonomy of the cases; `None` if there are no cases.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn taxonomy(&self) -> Result<Option<Taxonomy>> {
        self.read(|connection| {
            setting(connection, "taxonomy")?.map(|text| parsed(&text)).transpose()
        })
    }

    /// Returns the keys of the trends of a database that has cases, in order. They change
    /// with the taxonomy, maybe by another program.
    pub(crate) fn trend_keys(&self) -> Result<Vec<String>, Refusal> {
        let taxonomy: Option<Taxonomy> = self.read_or(|connection| {
            Ok(setting(connection, "taxonomy")?.map(|text| parsed(&text)).transpose()?)
        })?;
        let taxonomy = taxonomy.ok_or_else(|| {
            Error::bad_corpus(
                format!("{}: there are no cases in the database", self.path.display()),
                "add some first",
            )
        })?;
        Ok(taxonomy.keys().map(str::to_owned).collect())
    }

    /// Ends all running reads. Later ones end at once.
    pub fn interrupt(&self) {
        self.readers.interrupt();
    }

    /// Reads in one snapshot.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.read_or(|connection| Ok(read(connection)?)).map_err(|r| self.error(r))
    }

    /// Reads in one snapshot; the read can be refused.
    pub(crate) fn read_or<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.readers.read(None, read)
    }

    /// Reads in one snapshot; the read can be refused, with [`Refusal::TooSlow`] if it
    /// takes longer than `limit`.
    pub(crate) fn read_within<T>(
        &self,
        limit: Duration,
        read: impl FnOnce(&Connection) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.readers.read(Some(limit), read)
    }

    /// Makes a change; it is on disk when this returns `Ok`.
    pub(crate) fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.writer.change(change)
    }

    /// Converts a refusal to an error for operations that cannot be refused: the database
    /// failed.
    pub(crate) fn error(&self, refusal: Refusal) -> Error {
        match refusal {
            Refusal::Failed(error) => error,
            Refusal::Database(source) => Error::Database { path: self.path.clone(), source },
            other => Error::Database { path: self.path.clone(), source: other.into() },
        }
    }
}
