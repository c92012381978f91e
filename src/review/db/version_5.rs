//! Version 5 of the schema: the files that batches were made from.

/// A file is kept in parts, so that no change takes long. It belongs to a batch once its
/// cases are added, and is removed with the batch.
pub(crate) const VERSION_5: &str = "
CREATE TABLE files (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    batch_name TEXT NOT NULL,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    whole INTEGER NOT NULL DEFAULT 0,
    added TEXT NOT NULL,
    batch INTEGER,
    facts TEXT
) STRICT;
CREATE UNIQUE INDEX files_by_key ON files (key) WHERE batch IS NULL;
CREATE INDEX files_by_batch ON files (batch) WHERE batch IS NOT NULL;
CREATE TABLE file_parts (
    file INTEGER NOT NULL REFERENCES files,
    part INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (file, part)
) STRICT;
CREATE TRIGGER file_removed BEFORE DELETE ON files BEGIN
    DELETE FROM file_parts WHERE file = old.number;
END;
CREATE TRIGGER withdrawn_dropped AFTER DELETE ON withdrawn_cases
    WHEN NOT EXISTS (SELECT 1 FROM withdrawn_cases WHERE batch = old.batch)
    AND NOT EXISTS (SELECT 1 FROM cases WHERE batch = old.batch)
BEGIN
    DELETE FROM files WHERE batch = old.batch;
END;
";
