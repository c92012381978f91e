//! Storage of a review: the database with its cases, suggestions and decisions, and the
//! claims in memory.

mod backup;
pub(super) mod batch;
pub(super) mod claims;
pub(super) mod clock;
pub(super) mod condition;
pub(super) mod connection;
pub(super) mod copy;
pub(super) mod decision;
pub(super) mod derived;
mod files;
pub(super) mod fingerprint;
pub(super) mod guards;
pub(super) mod history;
pub(super) mod kept_file;
pub(super) mod new_decision;
pub(super) mod progress;
pub(super) mod queue;
mod readers;
pub(super) mod refusal;
pub(super) mod reviewer;
mod schema;
pub(super) mod search;
pub(super) mod settings;
pub(super) mod store;
pub(super) mod stored_case;
pub(super) mod suggestion;
mod upgrade;
mod version_3;
mod version_4;
mod version_5;
mod version_6;
pub(super) mod withdrawn;
pub(super) mod writer;
