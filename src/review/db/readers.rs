//! The connections that read: each read sees one snapshot, and ends at its time limit or
//! when the program stops.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::connection::connect;
use super::files::Files;
use super::refusal::Refusal;

/// How long a read waits for another program that has the database locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// Number of SQLite steps after which a read checks the time.
const STEPS: i32 = 1000;

/// Connections that read, kept for the next reads.
pub(crate) struct Readers {
    path: PathBuf,
    files: Arc<Files>,
    idle: Mutex<Vec<Reader>>,
    stopping: Arc<AtomicBool>,
}

/// A connection, with the deadline of its current read.
struct Reader {
    connection: Connection,
    deadline: Arc<Mutex<Option<Instant>>>,
}

impl Readers {
    pub(crate) fn new(path: &Path, files: Arc<Files>) -> Self {
        let (idle, stopping) = (Mutex::default(), Arc::new(AtomicBool::new(false)));
        Self { path: path.to_owned(), files, idle, stopping }
    }

    /// Ends all reads; later ones end at once.
    pub(crate) fn interrupt(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Reads in one snapshot; [`Refusal::TooSlow`] if it takes longer than `limit`.
    pub(crate) fn read<T>(
        &self,
        limit: Option<Duration>,
        read: impl FnOnce(&Connection) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if let Some(file) = self.files.missing() {
            return Err(Refusal::FileGone(file.to_owned()));
        }
        let pooled = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match pooled {
            Some(reader) => reader,
            None => self.open()?,
        };
        set(&reader.deadline, limit.map(|limit| Instant::now() + limit));
        let transaction = reader.connection.unchecked_transaction()?;
        let outcome = read(&transaction);
        drop(transaction);
        set(&reader.deadline, None);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        outcome
    }

    fn open(&self) -> rusqlite::Result<Reader> {
        let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
        let mut connection = connect(&self.path, flags, PATIENCE)?;
        connection.pragma_update(None, "query_only", true)?;
        let deadline: Arc<Mutex<Option<Instant>>> = Arc::default();
        let (watched, stopping) = (deadline.clone(), self.stopping.clone());
        let is_over = move || {
            let deadline = *watched.lock().unwrap_or_else(PoisonError::into_inner);
            stopping.load(Ordering::Relaxed) || deadline.is_some_and(|d| Instant::now() > d)
        };
        connection.progress_handler(STEPS, Some(is_over))?;
        Ok(Reader { connection, deadline })
    }
}

fn set(deadline: &Mutex<Option<Instant>>, to: Option<Instant>) {
    *deadline.lock().unwrap_or_else(PoisonError::into_inner) = to;
}
