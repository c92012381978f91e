//! Files that a person sends to be tagged: receiving, previewing, discarding and tagging them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::app::App;
use super::body::{Asked, Body};
use super::caller::Caller;
use super::jobs::Told;
use super::problem::Problem;
use super::tagging;
use super::turns::Work;
use super::uploads::{Upload, shown_name};
use crate::error::Error;
use crate::review::Refusal;
use crate::review::db::reviewer::check_reviewer;
use crate::review::intake::plan::Plan;
use crate::review::intake::preview::{Preview, Said};
use crate::review::intake::settings::FileSettings;
use crate::review::strict::object;
use crate::tables::{Fields, Rows};

/// The path to which files are sent.
pub(super) const PATH: &str = "/api/files";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    reviewer: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Looked {
    reviewer: String,
    #[serde(default, deserialize_with = "object")]
    read: FileSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gone {
    reviewer: String,
}

/// A file that was sent.
#[derive(Serialize)]
pub(super) struct Received {
    file: String,
    name: String,
    bytes: u64,
}

/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 255;

/// Receives a file.
pub(super) async fn send(
    caller: Caller,
    Asked(asked): Asked<Sent>,
    request: Request,
) -> Result<(StatusCode, Json<Received>), Problem> {
    let bytes = announced(request.headers())?;
    if asked.name.is_empty() || asked.name.chars().count() > LONGEST_NAME {
        let reason = format!("give a name of 1 to {LONGEST_NAME} characters");
        return Err(Refusal::Invalid { field: "name", reason }.into());
    }
    let name = shown_name(&asked.name);
    let upload = caller.receive(&asked.reviewer, request.into_body(), name, bytes).await?;
    let Upload { id, name, bytes, .. } = &*upload;
    let received = Received { file: id.clone(), name: name.clone(), bytes: *bytes };
    Ok((StatusCode::CREATED, Json(received)))
}

/// Returns the announced length of a file. It was compared with the limit before.
fn announced(headers: &HeaderMap) -> Result<u64, Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A form on another site cannot send this type without a preflight request.
    if text(header::CONTENT_TYPE)
        .is_none_or(|kind| !kind.eq_ignore_ascii_case("application/octet-stream"))
    {
        let title = "Send Content-Type: application/octet-stream";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "unsupported-media-type", title));
    }
    text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()).ok_or_else(|| {
        let title = "Say the length of the file with Content-Length";
        Problem::new(StatusCode::LENGTH_REQUIRED, "length-required", title)
    })
}

/// Returns what is read of a file.
pub(super) async fn look(
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Body(looked): Body<Looked>,
) -> Result<Json<Preview>, Problem> {
    check_reviewer(&looked.reviewer)?;
    looked.read.check()?;
    let work = move |app: &App| {
        let upload = find(app, id)?;
        let model = app.model();
        let read = (&*model, app.max_expanded());
        let (path, name) = (upload.path(), &upload.name);
        Ok::<_, Problem>(Preview::of(path, name, &looked.read, read, (&app.store, &app.stopping)))
    };
    caller.run(Work::Intake, Some(&looked.reviewer), work).await.map(Json)
}

/// Discards a file.
pub(super) async fn discard(
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Body(gone): Body<Gone>,
) -> Result<StatusCode, Problem> {
    check_reviewer(&gone.reviewer)?;
    let work = move |app: &App| {
        let upload = find(app, id)?;
        app.uploads.remove(&upload.id);
        Ok::<_, Problem>(StatusCode::NO_CONTENT)
    };
    caller.run(Work::Read, Some(&gone.reviewer), work).await
}

fn find(app: &App, id: Result<Path<String>, PathRejection>) -> Result<Arc<Upload>, Problem> {
    let Path(id) = id.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    app.uploads.find(&id).ok_or_else(|| {
        let title = "The file is not here any more: send it again";
        Problem::new(StatusCode::NOT_FOUND, "not-found", title)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    reviewer: String,
    batch: String,
    #[serde(default, deserialize_with = "object")]
    read: FileSettings,
    blind_check: Option<f64>,
    overlap: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asks {
    reviewer: String,
}

/// The files that are being tagged.
#[derive(Serialize)]
pub(super) struct All {
    files: Vec<Told>,
    /// The database in which the batches are, or will be.
    database: String,
    /// Whether it is there.
    is_there: bool,
    /// The most bytes of a file.
    largest: u64,
}

/// Tags a file as a batch, in the background.
pub(super) async fn tag(
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Body(wanted): Body<Wanted>,
) -> Result<(StatusCode, Json<Told>), Problem> {
    check_reviewer(&wanted.reviewer)?;
    let Wanted { reviewer, batch, read, blind_check, overlap } = wanted;
    let plan = Plan { read, blind_check, overlap };
    plan.check()?;
    let background = caller.background(&reviewer);
    let keep = move |app: &App| {
        let upload = find(app, id)?;
        check(app, &upload, &plan)?;
        let store = app.store.make(&app.model())?;
        let file = store.keep_file(upload.path(), &upload.name, &batch, &plan)?;
        Ok::<_, Problem>((file, upload.id.clone()))
    };
    let (file, id) = caller.run(Work::Intake, Some(&reviewer), keep).await?;
    let told = tagging::begin(&background.0, file, Some(id), background.1);
    Ok((StatusCode::ACCEPTED, Json(told)))
}

/// Refuses a file that cannot be tagged, before anything of it is kept.
fn check(app: &App, upload: &Upload, plan: &Plan) -> Result<(), Problem> {
    let opened = || -> Result<(), Error> {
        let options = plan.read.options(&app.model(), app.max_expanded())?;
        let mut rows = Rows::open_as(upload.path(), &upload.name, &options)?;
        Fields::of(&rows, &options.columns)?;
        match rows.next_readable(&mut |_| {})? {
            Some(_) => Ok(()),
            None => Err(Error::bad_file(
                &upload.name,
                "there is no row that can be read",
                "choose another header row or sheet, or correct the rows",
            )),
        }
    };
    opened().map_err(|error| {
        let title = "The file cannot be tagged as it is read";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-allowed", title)
            .with("detail", Said::of(&error).words)
    })
}

/// Returns the files that are being tagged, and the last ones that were.
pub(super) async fn all(caller: Caller, Asked(asks): Asked<Asks>) -> Result<Json<All>, Problem> {
    check_reviewer(&asks.reviewer)?;
    let work = |app: &App| {
        Ok::<_, Problem>(All {
            files: app.jobs.told(),
            database: app.store.path().display().to_string(),
            is_there: app.store.is_there(),
            largest: app.uploads.largest(),
        })
    };
    caller.run(Work::Read, Some(&asks.reviewer), work).await.map(Json)
}
