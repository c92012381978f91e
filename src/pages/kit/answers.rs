//! The summary of a page: questions of the reader, answered in sentences.

/// A question of the reader with the sentences that answer it.
pub(crate) struct Answer {
    pub(crate) question: &'static str,
    pub(crate) sentences: Vec<String>,
}
