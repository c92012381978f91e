//! The one writer: a thread that takes changes in order and commits all waiting changes
//! together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::files::Files;
use super::refusal::Refusal;
use crate::error::Error;

/// Maximum number of queued changes; further callers wait.
const WAITING: usize = 1024;

/// Maximum number of changes that are committed together.
const TOGETHER: usize = 128;

/// How long another program may keep the database locked before changes fail.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 500 } else { 10_000 });

/// The handle of the writing thread. Dropping it lets the thread finish the changes that
/// it was given.
pub(crate) struct Writer {
    path: PathBuf,
    changes: Option<SyncSender<Change>>,
    thread: Option<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
}

/// Makes a change in a transaction that may be shared with others.
type Change = Box<dyn FnOnce(Result<&Connection, Failure>) -> (Keep, Report) + Send>;

/// Receives the result once the transaction has ended.
type Report = Box<dyn FnOnce(Result<(), Failure>) + Send>;

/// The reason why changes are not on disk.
#[derive(Debug, Clone)]
enum Failure {
    /// Another program keeps the database locked.
    Locked,
    /// A file of the database was deleted, moved or replaced.
    Gone(PathBuf),
    /// The change itself failed because of a bug.
    Fault,
    /// Another error, in the words of SQLite.
    Failed(String),
}

/// The reason why a change was not made.
enum NotMade {
    Refused(Refusal),
    NotBegun(Failure),
}

/// Whether a change is kept or rolled back.
#[derive(PartialEq)]
enum Keep {
    Yes,
    No,
}

impl Writer {
    pub(crate) fn start(connection: Connection, path: &Path, files: Arc<Files>) -> Self {
        let (changes, waiting) = sync_channel(WAITING);
        let stopping = Arc::new(AtomicBool::new(false));
        let transactions = Transactions { connection, files, stopping: stopping.clone() };
        let thread = std::thread::spawn(move || transactions.run(&waiting));
        Self { path: path.to_owned(), changes: Some(changes), thread: Some(thread), stopping }
    }

    /// Makes a change. When this returns `Ok`, it is on disk. A change that is refused or
    /// fails has no effect.
    pub(crate) fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (sender, receiver) = sync_channel(1);
        let change: Change = Box::new(move |connection| {
            let made = match connection {
                // A bug in one change must not affect other changes.
                Ok(connection) => catch_unwind(AssertUnwindSafe(|| change(connection)))
                    .map_err(|_| NotMade::NotBegun(Failure::Fault))
                    .and_then(|made| made.map_err(NotMade::Refused)),
                Err(failure) => Err(NotMade::NotBegun(failure)),
            };
            let keep = if made.is_ok() { Keep::Yes } else { Keep::No };
            // The receiver waits for the result.
            (keep, Box::new(move |ended| _ = sender.send((ended, made))))
        });
        let sent = self.changes.as_ref().is_some_and(|changes| changes.send(change).is_ok());
        let answer = if sent { receiver.recv().ok() } else { None };
        match answer {
            Some((_, Err(NotMade::Refused(refusal)))) => Err(refusal),
            Some((_, Err(NotMade::NotBegun(failure))) | (Err(failure), Ok(_))) => {
                Err(failure.refusal(&self.path))
            }
            Some((Ok(()), Ok(made))) => Ok(made),
            None => Err(Failure::Failed("the writer has stopped".into()).refusal(&self.path)),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        drop(self.changes.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

impl Failure {
    fn refusal(self, path: &Path) -> Refusal {
        match self {
            Self::Locked => Refusal::Locked,
            Self::Gone(file) => Refusal::FileGone(file),
            Self::Fault => {
                let fault = "a fault of the program ended the change; nothing was saved";
                Error::io(path, std::io::Error::other(fault)).into()
            }
            Self::Failed(reason) => Error::io(path, std::io::Error::other(reason)).into(),
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        if is_locked(&error) { Self::Locked } else { Self::Failed(error.to_string()) }
    }
}

/// Returns whether an error means that another program keeps the database locked.
pub(crate) fn is_locked(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

/// The state of the writing thread.
struct Transactions {
    connection: Connection,
    files: Arc<Files>,
    stopping: Arc<AtomicBool>,
}

impl Transactions {
    fn run(&self, waiting: &Receiver<Change>) {
        while let Ok(first) = waiting.recv() {
            let begun = self.begin();
            let together = std::iter::once(first).chain(waiting.try_iter()).take(TOGETHER);
            if let Err(failure) = begun {
                // Changes that waited as long fail as well, but none that are sent later.
                for change in together.collect::<Vec<_>>() {
                    let (_, report) = change(Err(failure.clone()));
                    report(Ok(()));
                }
                continue;
            }
            let mut reports = Vec::new();
            let ended = self.in_transaction(together, &mut reports);
            if ended.is_err() && !self.connection.is_autocommit() {
                _ = self.connection.execute_batch("ROLLBACK");
            }
            for report in reports {
                report(ended.clone());
            }
        }
    }

    /// Starts a transaction, and waits if another program has locked the database.
    fn begin(&self) -> Result<(), Failure> {
        self.check_files()?;
        let patient_until = Instant::now() + PATIENCE;
        loop {
            match self.connection.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => return Ok(()),
                Err(error) if is_locked(&error) => {
                    let impatient = Instant::now() >= patient_until;
                    if impatient || self.stopping.load(Ordering::Relaxed) {
                        return Err(Failure::Locked);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn in_transaction(
        &self,
        changes: impl Iterator<Item = Change>,
        reports: &mut Vec<Report>,
    ) -> Result<(), Failure> {
        let connection = &self.connection;
        for (number, change) in changes.enumerate() {
            // Most transactions have one change, which can be rolled back without a savepoint.
            let is_first = number == 0;
            // However the transaction ends, each accepted change gets a result.
            let begun = match is_first {
                true => Ok(()),
                false => connection.execute_batch("SAVEPOINT one").map_err(Failure::from),
            };
            let (keep, report) = change(begun.clone().map(|()| connection));
            reports.push(report);
            begun?;
            match (is_first, keep) {
                (true, Keep::Yes) => {}
                (true, Keep::No) => connection.execute_batch("ROLLBACK; BEGIN IMMEDIATE")?,
                (false, Keep::Yes) => connection.execute_batch("RELEASE one")?,
                (false, Keep::No) => connection.execute_batch("ROLLBACK TO one; RELEASE one")?,
            }
        }
        connection.execute_batch("COMMIT")?;
        // Data are safe only if the files are still under the name of the database.
        self.check_files()
    }

    fn check_files(&self) -> Result<(), Failure> {
        match self.files.missing() {
            Some(file) => Err(Failure::Gone(file.to_owned())),
            None => Ok(()),
        }
    }
}
