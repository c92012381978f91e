//! The one writer: a thread that takes changes in turn and makes all that wait
//! safe on disk together.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::refusal::Refusal;
use crate::error::Error;

/// Changes that wait at most for those before them; beyond, callers wait.
const WAITING: usize = 1024;

/// Changes that are made safe together at most.
const TOGETHER: usize = 128;

/// The handle of the writing thread. Dropping it lets the thread finish what it
/// was given.
pub(crate) struct Writer {
    path: PathBuf,
    changes: Option<SyncSender<Change>>,
    thread: Option<JoinHandle<()>>,
}

/// What is done in a transaction that it may share with others, or told why
/// there is no transaction.
type Change = Box<dyn FnOnce(Result<&Connection, String>) -> (Keep, Report) + Send>;

/// Told, once the transaction has ended, how.
type Report = Box<dyn FnOnce(Result<(), String>) + Send>;

/// Why a change was not made.
enum Failure {
    Refused(Refusal),
    NotBegun(String),
}

/// Whether a change stays or is rolled back.
#[derive(PartialEq)]
enum Keep {
    Yes,
    No,
}

impl Writer {
    pub(crate) fn start(connection: Connection, path: &Path) -> Self {
        let (changes, waiting) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || run(&connection, &waiting));
        Self { path: path.to_owned(), changes: Some(changes), thread: Some(thread) }
    }

    /// Makes a change. When this returns `Ok`, it is safe on disk; a change that
    /// is refused or fails leaves nothing.
    pub(crate) fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (sender, receiver) = sync_channel(1);
        let change: Change = Box::new(move |connection| {
            let outcome = match connection {
                Ok(connection) => change(connection).map_err(Failure::Refused),
                Err(reason) => Err(Failure::NotBegun(reason)),
            };
            let keep = if outcome.is_ok() { Keep::Yes } else { Keep::No };
            // The receiver waits until it hears.
            (keep, Box::new(move |ended| _ = sender.send((ended, outcome))))
        });
        let sent = self.changes.as_ref().is_some_and(|changes| changes.send(change).is_ok());
        let answer = if sent { receiver.recv().ok() } else { None };
        match answer {
            Some((_, Err(Failure::Refused(refusal)))) => Err(refusal),
            Some((_, Err(Failure::NotBegun(reason))) | (Err(reason), Ok(_))) => {
                Err(self.failed(reason))
            }
            Some((Ok(()), Ok(made))) => Ok(made),
            None => Err(self.failed("the writer has stopped".into())),
        }
    }

    fn failed(&self, reason: String) -> Refusal {
        Error::io(&self.path, std::io::Error::other(reason)).into()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.changes.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

fn run(connection: &Connection, waiting: &Receiver<Change>) {
    while let Ok(first) = waiting.recv() {
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            let (_, report) = first(Err(error.to_string()));
            report(Ok(()));
            continue;
        }
        let together = std::iter::once(first).chain(waiting.try_iter()).take(TOGETHER);
        let mut reports = Vec::new();
        let ended = in_transaction(connection, together, &mut reports);
        let ended = ended.map_err(|error| {
            if !connection.is_autocommit() {
                _ = connection.execute_batch("ROLLBACK");
            }
            error.to_string()
        });
        for report in reports {
            report(ended.clone());
        }
    }
}

fn in_transaction(
    connection: &Connection,
    changes: impl Iterator<Item = Change>,
    reports: &mut Vec<Report>,
) -> rusqlite::Result<()> {
    for change in changes {
        // Whatever ends the transaction, a change that was taken gets a report.
        let begun = connection.execute_batch("SAVEPOINT one");
        let (keep, report) =
            change(begun.as_ref().map(|()| connection).map_err(ToString::to_string));
        reports.push(report);
        begun?;
        if keep == Keep::No {
            connection.execute_batch("ROLLBACK TO one")?;
        }
        connection.execute_batch("RELEASE one")?;
    }
    connection.execute_batch("COMMIT")
}
