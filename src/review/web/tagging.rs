//! Tagging files one after the other, off the threads that answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::app::App;
use super::jobs::{Job, JobState, Told};
use super::turns::{Client, Work};
use crate::review::Refusal;
use crate::review::db::kept_file::KeptFile;
use crate::review::intake::preview::Said;

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

/// Tags a file, then measures how far it is from the training cases.
fn run(app: &App, job: &Job) {
    job.set(JobState::Tagging);
    let (model, learned_from) = (app.model(), app.learned_from());
    let tagging = app.tagging(&model, learned_from.as_deref());
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
