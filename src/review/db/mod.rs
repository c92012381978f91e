//! What a review keeps: the database with its cases, suggestions and decisions,
//! and the claims in memory.

pub(super) mod claims;
pub(super) mod condition;
pub(super) mod decision;
pub(super) mod history;
pub(super) mod new_decision;
pub(super) mod progress;
pub(super) mod queue;
pub(super) mod refusal;
pub(super) mod reviewer;
pub(super) mod schema;
pub(super) mod store;
pub(super) mod stored_case;
pub(super) mod suggestion;
pub(super) mod writer;
