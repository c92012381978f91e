//! Version 6 of the schema: the labels that a decision was asked about.

/// `asked` are the keys of the labels that existed when a decision was made; `NULL` if all
/// did. `unasked` are those that the outcome of a case says nothing about. The tables of
/// withdrawn batches have the same columns.
pub(crate) const VERSION_6: &str = "
ALTER TABLE decisions ADD COLUMN asked TEXT;
ALTER TABLE withdrawn_decisions ADD COLUMN asked TEXT;
ALTER TABLE cases ADD COLUMN unasked TEXT;
ALTER TABLE withdrawn_cases ADD COLUMN unasked TEXT;
CREATE INDEX cases_with_unasked ON cases (number) WHERE unasked IS NOT NULL;
";
