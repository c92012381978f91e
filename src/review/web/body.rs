//! Parses bodies and queries, or returns a problem.

use std::fmt::Display;
use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::review::Refusal;
use crate::review::strict::Object;

/// The JSON body of a request.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        // A form on another site cannot send this type without a preflight request.
        if !kind.eq_ignore_ascii_case("application/json") {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let title = "Send Content-Type: application/json";
            return Err(Problem::new(status, "unsupported-media-type", title));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let title = "The body is larger than 1 MB";
                Problem::new(rejection.status(), "too-large", title)
            } else {
                Problem::bad_request(rejection.body_text())
            }
        })?;
        serde_json::from_slice(&bytes)
            .map(|Object(value)| Self(value))
            .map_err(|error| Problem::bad_request(error.to_string()))
    }
}

/// The query of a request.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(value)| Self(value))
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))
    }
}

/// Returns a number of a query, if it is within its limits.
pub(super) fn within<N: PartialOrd + Display>(
    field: &'static str,
    number: N,
    limits: RangeInclusive<N>,
) -> Result<N, Problem> {
    if limits.contains(&number) {
        return Ok(number);
    }
    let reason = format!("give a number from {} to {}", limits.start(), limits.end());
    Err(Refusal::Invalid { field, reason }.into())
}
