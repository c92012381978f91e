//! Files on their way into a review: how they are read, and what is shown of them before
//! they are tagged.

pub(crate) mod preview;
pub(crate) mod settings;
