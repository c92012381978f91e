//! Files on their way into a review: how they are read, what is shown of them before they
//! are tagged, and tagging them.

pub(crate) mod overview;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod settings;
pub(crate) mod tagging;
