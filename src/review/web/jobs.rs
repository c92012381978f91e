//! Files that are being tagged, one after the other, off the threads that answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::app::App;
use super::turns::{Client, Work};
use crate::review::db::kept_file::KeptFile;
use crate::review::intake::preview::Said;
use crate::review::intake::tagging::Tagging;

/// The files that are being tagged, and the last ones that were.
#[derive(Default)]
pub(super) struct Jobs {
    all: Mutex<Vec<Arc<Job>>>,
}

/// A file that is being tagged.
pub(super) struct Job {
    pub(super) file: KeptFile,
    /// What it was called when it was sent.
    upload: Option<String>,
    rows: AtomicU64,
    state: Mutex<JobState>,
}

enum JobState {
    Waiting,
    Tagging,
    Tagged,
    Failed(Said),
}

/// What is told of a file that is being tagged.
#[derive(Serialize)]
pub(super) struct Told {
    /// What it was called when it was sent; null if the server was started since.
    file: Option<String>,
    name: String,
    batch: String,
    state: &'static str,
    /// Rows that were read so far.
    rows: u64,
    /// Why it was not tagged.
    problem: Option<Said>,
}

/// Files that are done with and still told of.
const TOLD: usize = 20;

impl Jobs {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Job>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is told of all of them, the latest last.
    pub(super) fn told(&self) -> Vec<Told> {
        self.lock().iter().map(|job| job.told()).collect()
    }

    fn add(&self, job: Arc<Job>) {
        let mut all = self.lock();
        // A file that is sent again takes the place of what is told of its last time.
        all.retain(|other| !other.is_done() || other.upload != job.upload);
        let done = all.iter().filter(|other| other.is_done()).count();
        let mut old = done.saturating_sub(TOLD);
        all.retain(|other| {
            let goes = old > 0 && other.is_done();
            old -= usize::from(goes);
            !goes
        });
        all.push(job);
    }
}

impl Job {
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

    /// Tags the file.
    fn run(&self, app: &App) {
        *self.lock() = JobState::Tagging;
        let (model, learned_from) = (app.model(), app.learned_from());
        let tagging = Tagging {
            store: &app.store,
            model: &model,
            learned_from: learned_from.as_deref(),
            max_expanded: app.max_expanded(),
            stop: &app.stopping,
        };
        let mut progress = |rows| self.rows.store(rows, Ordering::Relaxed);
        let done = tagging.run(&self.file, &mut progress);
        *self.lock() = match done {
            Ok(()) => {
                self.upload.iter().for_each(|id| _ = app.uploads.remove(id));
                JobState::Tagged
            }
            // The file is kept, and the next server goes on with it.
            Err(_) if app.stopping.load(Ordering::Relaxed) => JobState::Waiting,
            Err(refusal) => {
                _ = app.store.drop_file(self.file.number);
                JobState::Failed(Said::of_refusal(&refusal))
            }
        };
    }
}

/// Has a file tagged when it is its turn; returns what is told of it now.
pub(super) fn begin(app: &Arc<App>, file: KeptFile, upload: Option<String>, client: Client) -> Told {
    let (rows, state) = (AtomicU64::new(0), Mutex::new(JobState::Waiting));
    let job = Arc::new(Job { file, upload, rows, state });
    app.jobs.add(job.clone());
    let (app, told) = (app.clone(), job.told());
    tokio::spawn(async move {
        let turn = app.turns.turn(Work::Tag, client).await;
        let work = move || {
            let _turn = turn;
            job.run(&app);
        };
        _ = tokio::task::spawn_blocking(work).await;
    });
    told
}

/// Goes on with the files that a server before this one has not done.
pub(super) fn resume(app: &Arc<App>) {
    for file in app.store.files_left().unwrap_or_default() {
        begin(app, file, None, Client::Nobody);
    }
}
