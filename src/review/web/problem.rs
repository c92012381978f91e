//! Errors as `application/problem+json` (RFC 9457).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::error::{Error, with_causes};
use crate::review::Refusal;

/// The response to a request that cannot be carried out.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    members: Map<String, Value>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, kind: &str, title: &str) -> Self {
        let members = [("type", kind), ("title", title)];
        let mut members: Map<String, Value> =
            members.map(|(name, text)| (name.to_owned(), Value::from(text))).into_iter().collect();
        members.insert("status".to_owned(), Value::from(status.as_u16()));
        Self { status, members }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn internal(detail: impl Into<String>) -> Self {
        let title = "The server could not do it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", title)
            .with("detail", detail.into())
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        let title = "The request is not as the API describes it";
        Self::new(StatusCode::BAD_REQUEST, "bad-request", title).with("detail", detail.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, kind, Value::Object(self.members).to_string()).into_response()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Refusal::from(error).into()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        const CONFLICT: StatusCode = StatusCode::CONFLICT;
        const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
        let words = with_causes(&refusal);
        match refusal {
            Refusal::Invalid { field, reason } => Self::bad_request(reason).with("field", field),
            Refusal::Unknown { field, .. } => {
                Self::new(UNPROCESSABLE, "unknown", &words).with("field", field)
            }
            Refusal::NoCase(_) => Self::new(StatusCode::NOT_FOUND, "not-found", &words),
            Refusal::Outdated => Self::new(CONFLICT, "outdated", &words)
                .with("detail", "nothing was saved; compare and save again, or leave it"),
            Refusal::Held { .. } => {
                Self::new(CONFLICT, "held", "Another reviewer has the case open")
                    .with("detail", words)
            }
            Refusal::RequestIdReused => Self::new(UNPROCESSABLE, "request-id-reused", &words),
            Refusal::NotAllowed(_) => Self::new(UNPROCESSABLE, "not-allowed", &words),
            Refusal::NothingToUndo => Self::new(CONFLICT, "nothing-to-undo", &words),
            Refusal::InBlindCheck => Self::new(UNPROCESSABLE, "in-blind-check", &words),
            Refusal::OtherTaxonomy => Self::new(CONFLICT, "taxonomy-differs", &words),
            Refusal::Locked => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Self::new(status, "database-locked", "The database is locked").with("detail", words)
            }
            Refusal::TooSlow => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "It took too long")
                    .with("detail", words)
            }
            Refusal::FileGone(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "database-gone",
                "The database was moved, deleted or replaced",
            )
            .with("detail", words),
            Refusal::Database(_) | Refusal::Failed(_) => Self::internal(words),
        }
    }
}
