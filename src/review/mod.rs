//! Review: suggestions that people check, and their decisions, in a database
//! from which no acknowledged decision is ever lost.
//!
//! A [`Store`] holds cases, suggestions and decisions. [`Store::add`] tags and
//! enqueues, [`Store::next`] hands out cases, [`Store::decide`] saves, and
//! [`Store::export`] writes what was decided. [`web`] serves it to browsers.

mod add;
mod agreement;
mod bulk;
mod case;
mod claims;
mod decide;
mod export;
mod facts;
mod fold;
mod import;
mod list;
mod live;
mod new_case;
mod order;
mod plot;
mod progress;
mod queue;
mod refusal;
mod replay;
mod schema;
mod shares;
mod simulate;
mod stats;
mod store;
#[cfg(test)]
mod tests;
mod undo;
pub mod web;
mod writer;

pub use add::{AddParams, Added};
pub use agreement::{Agreement, AgreementByTrend};
pub use bulk::{BulkItem, BulkRequest, BulkSaved, Refused};
pub use case::{CaseView, Metadatum, Text};
pub use claims::HELD_FOR;
pub use decide::{DecisionRequest, Saved};
pub use export::{Cases, ExportParams};
pub use facts::{EvidenceView, Facts, SpanView, SuggestedTrend, Suggestion};
pub use fold::{Answer, Kind, Status};
pub use import::{Import, Imported, Labels, Source};
pub use list::{CaseList, CaseSummary, Filter, ListRequest, StatusFilter};
pub use live::{FIRST_ANSWERS_NEEDED, Live, LiveTrend};
pub use progress::{Progress, QueueLength, Queues};
pub use queue::{Next, NextRequest, NextState, Queue};
pub use refusal::{Outdated, Refusal};
pub use shares::Figure;
pub use simulate::{Ask, AskedCurve, AskedPoint, Simulation, SimulationParams};
pub use stats::{OfReviewer, OfTrend, Stats};
pub use store::Store;
pub use undo::{Decision, UndoRequest, Undone, UndoneDecision};
