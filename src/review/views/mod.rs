//! Views of a review: a case, lists, queues, figures, and the export.

pub(super) mod agreement;
pub(super) mod alone;
pub(super) mod batches;
pub(super) mod blind_check;
pub(super) mod case;
pub(super) mod cases_file;
pub(super) mod changes;
pub(super) mod columns;
pub(super) mod export;
pub(super) mod list;
pub(super) mod next;
pub(super) mod pace;
pub(super) mod past_decisions;
pub(super) mod queues;
pub(super) mod reading;
pub(super) mod similar;
pub(super) mod statistics;
