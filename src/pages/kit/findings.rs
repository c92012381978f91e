//! The summary of a page: what was found, in sentences under short headings.

/// Sentences about one thing.
pub(crate) struct Finding {
    pub(crate) heading: &'static str,
    pub(crate) sentences: Vec<String>,
}
