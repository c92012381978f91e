//! The review page in a real browser: stories of reviewers, performed with keys and
//! clicks, and compared with the content of the database. They need Debian's `chromium`
//! and `chromium-driver`, and axe-core from `npm ci` in `tests/browser`, and the release
//! build of the program. Pictures go to `target/review-screenshots/`.

#![cfg(test)]
// A step that fails is a test that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accessible;
mod batches;
mod desk;
mod driver;
mod exchange;
mod eyes;
mod figures;
mod files;
mod finding;
mod guidance;
mod hands;
mod hostile;
// Shared with the suite, which uses more of it.
#[allow(dead_code)]
#[path = "../suite/http.rs"]
mod http;
mod keyboard;
mod large;
mod meanwhile;
mod model;
mod server_gone;
mod sizes;
mod states;
mod token;
mod undo;
