//! Actions that change a review: adding cases, importing labels, deciding, undoing, and
//! holding a case.

pub(super) mod accept_alone;
pub(super) mod add;
pub(super) mod bulk;
pub(super) mod decide;
pub(super) mod hold;
pub(super) mod import;
pub(super) mod migrate;
pub(super) mod new_case;
pub(super) mod priority;
pub(super) mod undo;
pub(super) mod use_model;
pub(super) mod withdraw;
