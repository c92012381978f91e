//! Files that are being tagged, and how far each of them is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::review::db::kept_file::KeptFile;
use crate::review::intake::preview::Said;

/// The files that are being tagged, and the last ones that were.
#[derive(Default)]
pub(super) struct Jobs {
    all: Mutex<Vec<Arc<Job>>>,
}

/// A file that is being tagged.
pub(super) struct Job {
    pub(super) file: KeptFile,
    /// Its id as an upload.
    pub(super) upload: Option<String>,
    rows: AtomicU64,
    state: Mutex<JobState>,
}

/// How far a file is.
pub(super) enum JobState {
    Waiting,
    Tagging,
    Tagged,
    Failed(Said),
}

/// The state of a file that is being tagged, as it is reported.
#[derive(Serialize)]
pub(super) struct Told {
    /// Its id as an upload; null if the server was restarted since.
    file: Option<String>,
    name: String,
    batch: String,
    state: &'static str,
    /// Rows that were read so far.
    rows: u64,
    /// Why it was not tagged.
    problem: Option<Said>,
}

/// Finished files that are still reported.
const TOLD: usize = 20;

impl Jobs {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Job>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the state of each file, the latest last.
    pub(super) fn told(&self) -> Vec<Told> {
        self.lock().iter().map(|job| job.told()).collect()
    }

    /// Adds a file that waits for its turn.
    pub(super) fn add(&self, file: KeptFile, upload: Option<String>) -> Arc<Job> {
        let (rows, state) = (AtomicU64::new(0), Mutex::new(JobState::Waiting));
        let job = Arc::new(Job { file, upload, rows, state });
        let mut all = self.lock();
        // A file that is tagged again replaces its earlier report.
        all.retain(|other| !other.is_done() || other.upload != job.upload);
        let done = all.iter().filter(|other| other.is_done()).count();
        let mut old = done.saturating_sub(TOLD);
        all.retain(|other| {
            let goes = old > 0 && other.is_done();
            old -= usize::from(goes);
            !goes
        });
        all.push(job.clone());
        job
    }
}

impl Job {
    pub(super) fn set(&self, state: JobState) {
        *self.lock() = state;
    }

    /// Notes how many rows were read.
    pub(super) fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    /// Returns its state.
    pub(super) fn told(&self) -> Told {
        let state = self.lock();
        let (word, problem) = match &*state {
            JobState::Waiting => ("waiting", None),
            JobState::Tagging => ("tagging", None),
            JobState::Tagged => ("tagged", None),
            JobState::Failed(why) => ("failed", Some(why.clone())),
        };
        Told {
            file: self.upload.clone(),
            name: self.file.name.clone(),
            batch: self.file.batch.clone(),
            state: word,
            rows: self.rows.load(Ordering::Relaxed),
            problem,
        }
    }

    fn is_done(&self) -> bool {
        matches!(*self.lock(), JobState::Tagged | JobState::Failed(_))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, JobState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
