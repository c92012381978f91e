//! Downloads of decisions.

use std::io::{Seek, Write};

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::app::App;
use super::attachment::attachment;
use super::body::Asked;
use super::caller::Caller;
use super::chunks::Chunks;
use super::problem::Problem;
use super::turns::Work;
use crate::error::{Error, with_causes};
use crate::review::db::reviewer::check_reviewer;
use crate::review::{ExportParams, ExportedCases, Refusal};
use crate::tables::{Format, WriteOptions};

/// The path, which may take longer than others.
pub(super) const PATH: &str = "/api/export";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportRequest {
    reviewer: String,
    format: FileFormat,
    cases: Option<ExportedCases>,
    batch: Option<String>,
    names: Option<bool>,
    one_column_per_trend: Option<bool>,
}

/// Supported formats.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileFormat {
    Csv,
    Xlsx,
    Jsonl,
    Parquet,
}

impl FileFormat {
    /// Returns the format, and its media type.
    pub(super) const fn is(self) -> (Format, &'static str) {
        match self {
            Self::Csv => (Format::Csv, "text/csv; charset=utf-8"),
            Self::Xlsx => {
                (Format::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
            }
            Self::Jsonl => (Format::Jsonl, "application/jsonl"),
            Self::Parquet => (Format::Parquet, "application/vnd.apache.parquet"),
        }
    }
}

/// Returns a file of decisions, without cases that wait for a second answer, because the second
/// reviewer must not see the first answer.
pub(super) async fn export(
    caller: Caller,
    Asked(asked): Asked<ExportRequest>,
) -> Result<Response, Problem> {
    check_reviewer(&asked.reviewer)?;
    let (format, kind) = asked.format.is();
    let cases = asked.cases.unwrap_or_default();
    let params = ExportParams {
        // A downloaded file may be opened in a spreadsheet program.
        write: WriteOptions { spreadsheet_safe: true, ..WriteOptions::new(format) },
        batch: asked.batch.clone(),
        cases,
        with_reviewers: asked.names.unwrap_or(false),
        one_column_per_trend: asked.one_column_per_trend.unwrap_or(false),
        without_waiting: true,
    };
    let seat = caller.seat().await;
    let work = move |app: &App| {
        let body = written(app, &params).map_err(problem)?;
        Chunks::of_file(body, seat).map_err(|source| problem(Error::Output { source }.into()))
    };
    let body = caller.run(Work::Export, Some(&asked.reviewer), work).await?;
    let name = match (cases, asked.batch) {
        (ExportedCases::Changed, _) => format!("changed.{format}"),
        (ExportedCases::Finished, Some(batch)) => format!("{batch}-finished.{format}"),
        (ExportedCases::Finished, None) => format!("finished.{format}"),
        _ => format!("review.{format}"),
    };
    Ok(attachment(body, kind, &name))
}

/// Writes the export to a temporary file, positioned at its start.
fn written(app: &App, params: &ExportParams) -> Result<std::fs::File, Refusal> {
    let failed = |source| Error::Output { source };
    let mut out = std::io::BufWriter::new(tempfile::tempfile().map_err(failed)?);
    app.store.export(params, &mut out)?;
    out.flush().map_err(failed)?;
    let mut file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.rewind().map_err(failed)?;
    Ok(file)
}

/// Data that do not fit the requested format are not a server error.
pub(super) fn problem(refusal: Refusal) -> Problem {
    if let Refusal::Failed(error @ (Error::BadRow { .. } | Error::BadFile { .. })) = &refusal {
        let title = "The cases do not fit into this format";
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-allowed", title)
            .with("detail", with_causes(error));
    }
    refusal.into()
}
