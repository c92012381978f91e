//! Tagging files and looking at batches one after the other, off the threads that answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::app::App;
use super::jobs::{Job, JobState, Told};
use super::looked_at::{Looked, State};
use super::turns::{Client, Work};
use crate::review::Refusal;
use crate::review::db::kept_file::KeptFile;
use crate::review::intake::preview::Said;
use crate::review::intake::tagging::Tagging;

/// Tags a file when it is its turn; returns its present state.
pub(super) fn begin(
    app: &Arc<App>,
    file: KeptFile,
    upload: Option<String>,
    client: Client,
) -> Told {
    let (app, job) = (app.clone(), app.jobs.add(file, upload));
    let told = job.told();
    tokio::spawn(async move {
        let turn = app.turns.turn(Work::Tag, client).await;
        let of_thread = job.clone();
        let work = move || {
            let _turn = turn;
            run(&app, &of_thread);
        };
        if let Err(fault) = tokio::task::spawn_blocking(work).await {
            job.set(JobState::Failed(Said::plain(fault.to_string())));
        }
    });
    told
}

/// Resumes the files that an earlier server has not finished.
pub(super) fn resume(app: &Arc<App>) {
    for file in app.store.files_left().unwrap_or_default() {
        begin(app, file, None, Client::Nobody);
    }
}

/// Returns what is found in a batch that a command has added, and looks at it in the background
/// if nobody has; `None` while it is being looked at.
pub(super) fn looked_at(
    app: &Arc<App>,
    client: Client,
    batch: &str,
    state: State,
) -> Option<Value> {
    let key = (batch.to_owned(), app.model().version.clone());
    match app.looked_at.find(&key, state) {
        Looked::Found(found) => return Some(found),
        Looked::Begun => return None,
        Looked::Not => {}
    }
    let app = app.clone();
    tokio::spawn(async move {
        let turn = app.turns.turn(Work::Tag, client).await;
        let work = move || {
            let _turn = turn;
            let found = look_at(&app, &key.0);
            app.looked_at.keep(key, state, found);
        };
        _ = tokio::task::spawn_blocking(work).await;
    });
    None
}

fn look_at(app: &App, batch: &str) -> Value {
    let (model, learned_from) = (app.model(), app.learned_from());
    let tagging = Tagging {
        store: &app.store,
        model: &model,
        learned_from: learned_from.as_deref(),
        max_expanded: app.max_expanded(),
        stop: &app.stopping,
    };
    let found = tagging.look_at(batch);
    found.unwrap_or_else(|refusal| json!({ "no_drift": Said::of_refusal(&refusal).words }))
}

/// Tags a file, then measures how far it is from the training cases.
fn run(app: &App, job: &Job) {
    job.set(JobState::Tagging);
    let (model, learned_from) = (app.model(), app.learned_from());
    let tagging = Tagging {
        store: &app.store,
        model: &model,
        learned_from: learned_from.as_deref(),
        max_expanded: app.max_expanded(),
        stop: &app.stopping,
    };
    match tagging.run(&job.file, &mut |rows| job.set_rows(rows)) {
        Ok(found) => {
            job.upload.iter().for_each(|id| _ = app.uploads.remove(id));
            job.set(JobState::Tagged);
            // Without it the overview says that it was not measured.
            _ = tagging.measure(&job.file, found);
        }
        // The file is kept, and the next server resumes it.
        Err(_) if app.stopping.load(Ordering::Relaxed) => job.set(JobState::Waiting),
        Err(refusal) => {
            let is_of_database = matches!(
                refusal,
                Refusal::Locked | Refusal::Database(_) | Refusal::FileGone(_) | Refusal::TooSlow
            );
            if !is_of_database {
                _ = app.store.drop_file(job.file.number);
            }
            job.set(JobState::Failed(Said::of_refusal(&refusal)));
        }
    }
}
