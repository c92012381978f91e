//! The caller of a request. Their work runs outside the serving threads, in turn.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;

use super::access::Holder;
use super::app::App;
use super::problem::Problem;
use super::turns::{Client, Work};
use super::uploads::Upload;
use crate::review::db::reviewer::check_reviewer;

/// The sender of an authorised request.
pub(super) struct Caller {
    app: Arc<App>,
    holder: Holder,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match parts.extensions.get::<Holder>() {
            Some(&holder) => Ok(Self { app: app.clone(), holder }),
            None => {
                Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", "A token is needed"))
            }
        }
    }
}

impl Caller {
    /// Waits for a seat for a request with a long body or answer.
    pub(super) async fn seat(&self) -> Option<OwnedSemaphorePermit> {
        self.app.turns.seat().await
    }

    /// Receives a file, in turn.
    pub(super) async fn receive(
        &self,
        reviewer: &str,
        body: Body,
        name: String,
        bytes: u64,
    ) -> Result<Arc<Upload>, Problem> {
        check_reviewer(reviewer)?;
        let client = Client::of(self.holder, Some(reviewer));
        let _turn = self.app.turns.turn(Work::Upload, client).await;
        self.app.uploads.receive(body, name, bytes, self.holder).await
    }

    /// Returns what work in the background needs, for which the caller does not wait.
    pub(super) fn background(&self, reviewer: &str) -> (Arc<App>, Client) {
        (self.app.clone(), Client::of(self.holder, Some(reviewer)))
    }

    /// Runs blocking work, on behalf of the named reviewer if there is one.
    pub(super) async fn run<T: Send + 'static, E: Into<Problem> + Send + 'static>(
        self,
        kind: Work,
        reviewer: Option<&str>,
        work: impl FnOnce(&App) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = self.app.turns.turn(kind, Client::of(self.holder, reviewer)).await;
        let work = move || {
            // Moved into the work, so that a client that disconnects does not free the turn of
            // work that is still running.
            let _turn = turn;
            work(&self.app)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done.map_err(Into::into),
            Err(error) => Err(Problem::internal(error.to_string())),
        }
    }
}
