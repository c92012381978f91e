//! The overview of a batch, its tagged file and its report.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::App;
use super::attachment::attachment;
use super::body::Asked;
use super::caller::Caller;
use super::chunks::Chunks;
use super::export::{FileFormat, problem};
use super::looked_at::State;
use super::problem::Problem;
use super::turns::{Client, Work};
use crate::error::Error;
use crate::review::Refusal;
use crate::review::db::reviewer::check_reviewer;
use crate::review::intake::overview::Overview;
use crate::review::intake::preview::Said;
use crate::review::intake::tagging::Tagging;

/// Paths of files, which may take longer than other responses.
pub(super) const TAGGED: &str = "/api/tagged";
pub(super) const REPORT: &str = "/api/report";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfBatch {
    reviewer: String,
    batch: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AsFile {
    reviewer: String,
    batch: String,
    format: FileFormat,
    /// Whether it may show suggestions that are hidden until their case is answered.
    reveal: Option<bool>,
}

/// Returns the overview of a batch.
pub(super) async fn overview(
    caller: Caller,
    Asked(OfBatch { reviewer, batch }): Asked<OfBatch>,
) -> Result<Json<Overview>, Problem> {
    check_reviewer(&reviewer)?;
    let (app, client) = caller.background(&reviewer);
    let work = move |app: &App| {
        let overview = with_tagging(app, |tagging| tagging.overview(&batch))?;
        Ok::<_, Refusal>((overview, app.store.state_of(&batch)?))
    };
    let (mut overview, state) = caller.run(Work::Export, Some(&reviewer), work).await?;
    if overview.facts.is_none() {
        overview.facts = looked_at(&app, client, &overview.batch, state);
    }
    Ok(Json(overview))
}

/// Returns what is found in a batch; `None` while it is being looked at.
fn looked_at(app: &Arc<App>, client: Client, batch: &str, state: State) -> Option<Value> {
    let key = (batch.to_owned(), app.model().version.clone());
    if let Some(found) = app.looked_at.found(&key, state) {
        return found;
    }
    let app = app.clone();
    tokio::spawn(async move {
        let turn = app.turns.turn(Work::Tag, client).await;
        let work = move || {
            let _turn = turn;
            let found = look(&app, &key.0);
            app.looked_at.keep(key, state, found);
        };
        _ = tokio::task::spawn_blocking(work).await;
    });
    None
}

fn look(app: &App, batch: &str) -> Value {
    let (model, learned_from) = (app.model(), app.learned_from());
    let tagging = app.tagging(&model, learned_from.as_deref());
    let found = tagging.look_at(batch);
    found.unwrap_or_else(|refusal| json!({ "no_drift": Said::of_refusal(&refusal).words }))
}

/// Returns the tagged file of a batch, with the bytes that the command writes.
pub(super) async fn tagged(
    caller: Caller,
    Asked(AsFile { reviewer, batch, format, reveal }): Asked<AsFile>,
) -> Result<Response, Problem> {
    check_reviewer(&reviewer)?;
    let (format, kind) = format.is();
    let seat = caller.seat().await;
    let work = move |app: &App| {
        if reveal != Some(true) && app.store.hidden_in(&batch)? > 0 {
            return Err(Refusal::InBlindCheck.into());
        }
        let file = app.store.file_of(&batch)?;
        let write = |out: &mut dyn Write| {
            with_tagging(app, |tagging| {
                let source = match &file {
                    Some(file) => tagging.sent(file)?,
                    None => tagging.cases(&batch)?.0,
                };
                tagging.write(&source, format, out)
            })
        };
        let body = in_a_file(write).map_err(problem)?;
        let name = file.as_ref().map_or(batch.as_str(), |file| stem(&file.name));
        let name = format!("{name}-tagged.{format}");
        let body = Chunks::of_file(body, seat).map_err(|source| Error::Output { source })?;
        Ok::<_, Problem>(attachment(body, kind, &name))
    };
    caller.run(Work::Export, Some(&reviewer), work).await
}

/// Returns the report of a batch.
pub(super) async fn report(
    caller: Caller,
    Asked(OfBatch { reviewer, batch }): Asked<OfBatch>,
) -> Result<Response, Problem> {
    check_reviewer(&reviewer)?;
    let seat = caller.seat().await;
    let work = move |app: &App| {
        let page = with_tagging(app, |tagging| tagging.report(&batch))?;
        let body = Chunks::of_bytes(page.into_bytes(), seat);
        Ok::<_, Problem>(attachment(
            body,
            "text/html; charset=utf-8",
            &format!("{batch}-report.html"),
        ))
    };
    caller.run(Work::Export, Some(&reviewer), work).await
}

/// Runs work that needs the model and the database.
fn with_tagging<T>(
    app: &App,
    work: impl FnOnce(&Tagging<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let model = app.model();
    work(&app.tagging(&model, None))
}

/// Writes a temporary file, and returns it at its beginning.
fn in_a_file(write: impl FnOnce(&mut dyn Write) -> Result<(), Refusal>) -> Result<File, Refusal> {
    let failed = |source| Error::Output { source };
    let mut out = BufWriter::new(tempfile::tempfile().map_err(failed)?);
    write(&mut out)?;
    out.flush().map_err(failed)?;
    let mut file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.rewind().map_err(failed)?;
    Ok(file)
}

/// Returns the name of a file without its extensions.
fn stem(name: &str) -> &str {
    let end = name.find('.').filter(|at| *at > 0).unwrap_or(name.len());
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_go_and_names_stay() {
        assert_eq!([stem("a.csv.gz"), stem(".csv"), stem("a b")], ["a", ".csv", "a b"]);
    }
}
