//! Review: people check suggestions, and their decisions go into a database from which no
//! acknowledged decision is ever lost. A [`Store`] contains cases, suggestions and
//! decisions. [`Store::add`] tags cases and adds them to the queues, [`Store::next`]
//! returns the next one, [`Store::decide`] saves, and [`Store::export`] writes the
//! decisions. [`web`] serves a review to browsers.

mod actions;
mod db;
mod filed;
mod intake;
mod strict;
#[cfg(test)]
mod tests;
mod views;
pub mod web;

pub use actions::accept_alone::{AcceptAlone, AcceptedAlone};
pub use actions::add::AddParams;
pub use actions::bulk::{BulkItem, BulkRequest, BulkSaved, Refused};
pub use actions::decide::{DecisionRequest, Saved};
pub use actions::import::{ImportParams, ImportSource, Imported, ImportedLabels};
pub use actions::migrate::Migrated;
pub use actions::new_case::{Added, UpdatedCase};
pub use actions::undo::{UndoRequest, Undone, UndoneDecision};
pub use db::claims::HELD_FOR;
pub use db::condition::{Filter, StatusFilter};
pub use db::decision::{Answer, CaseStatus, DecisionKind, Flag};
pub use db::progress::Progress;
pub use db::queue::Queue;
pub use db::refusal::Refusal;
pub use db::store::Store;
pub use db::stored_case::{Metadatum, Text};
pub use db::withdrawn::Moved;
pub use views::agreement::{ReviewerAgreement, TrendAgreement};
pub use views::alone::{Alone, AloneRequest, Promise};
pub use views::batches::{Batch, Batches, JournalEntry, WithdrawnBatch};
pub use views::blind_check::{BlindCheck, BlindCheckTrend, FIRST_ANSWERS_NEEDED};
pub use views::case::{CaseView, Outdated};
pub use views::changes::{Changes, TrendChanges};
pub use views::columns::{MetadataColumn, MetadataValue};
pub use views::export::decided_by::DecidedBy;
pub use views::export::finished::{DecidedCases, Finished, Measured};
pub use views::export::{ExportParams, ExportedCases};
pub use views::list::{CaseList, CaseSummary, ListRequest, Sort};
pub use views::next::{Next, NextRequest, NextState};
pub use views::pace::Pace;
pub use views::past_decisions::PastDecision;
pub use views::queues::{QueueLength, Queues};
pub use views::reading::Reading;
pub use views::similar::{Similar, SimilarCase};
pub use views::statistics::{ReviewerCounts, Statistics, TrendCounts};
