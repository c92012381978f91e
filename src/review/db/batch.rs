//! Batches: cases that were added under one name, and the journal of what became of them.

use rusqlite::{Connection, OptionalExtension};

use super::clock::now;
use super::refusal::Refusal;
use super::reviewer::{check_name, name_key};

/// The batch of the cases of a database from before there were batches.
pub(crate) const EARLIER: &str = "Earlier cases";

/// The batch of cases that are added without a name.
pub(crate) const UNNAMED: &str = "Cases";

/// Condition that a case `c` belongs to the batch with the number `:batch`, or that none
/// is asked for.
pub(crate) const IN_BATCH: &str = "(:batch IS NULL OR c.batch = :batch)";

/// What the journal says of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Added,
    Withdrawn,
    Restored,
    /// After a backup the database no longer holds what was withdrawn.
    Dropped,
}

impl Event {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Withdrawn => "withdrawn",
            Self::Restored => "restored",
            Self::Dropped => "dropped",
        }
    }
}

/// Returns the number of a batch that is in the review, by its name in any spelling.
///
/// # Errors
/// [`Refusal::Unknown`] if there is none.
pub(crate) fn batch_number(connection: &Connection, name: &str) -> Result<i64, Refusal> {
    find(connection, name)?.ok_or_else(|| Refusal::Unknown {
        field: "batch",
        what: "batch",
        name: name.to_owned(),
    })
}

/// Returns the number of the batch to which something is narrowed; `None` for all of them.
///
/// # Errors
/// [`Refusal::Unknown`] if there is no such batch.
pub(crate) fn narrowed(
    connection: &Connection,
    name: Option<&str>,
) -> Result<Option<i64>, Refusal> {
    name.map(|name| batch_number(connection, name)).transpose()
}

/// Returns the number of the batch with this name, which is made if there is none.
///
/// # Errors
/// [`Refusal::Invalid`] if the name is invalid.
pub(crate) fn batch_to_fill(connection: &Connection, name: &str) -> Result<i64, Refusal> {
    check_name("batch", name)?;
    if let Some(number) = find(connection, name)? {
        return Ok(number);
    }
    let insert = "INSERT INTO batches (key, name, added) VALUES (?, ?, ?)";
    connection.prepare_cached(insert)?.execute([&name_key(name), name, &now()])?;
    Ok(connection.last_insert_rowid())
}

fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    let query = "SELECT number FROM batches WHERE key = ? AND withdrawn IS NULL";
    let mut statement = connection.prepare_cached(query)?;
    statement.query_row([name_key(name)], |row| row.get("number")).optional()
}

/// Writes into the journal what became of a batch, with its cases and answers.
pub(crate) fn note(
    connection: &Connection,
    event: Event,
    batch: &str,
    [cases, answers]: [u64; 2],
    person: Option<&str>,
) -> rusqlite::Result<()> {
    let insert = "INSERT INTO journal (time, event, batch, cases, answers, person) \
                  VALUES (?, ?, ?, ?, ?, ?)";
    let counts = (cases.cast_signed(), answers.cast_signed());
    connection
        .prepare_cached(insert)?
        .execute((now(), event.name(), batch, counts.0, counts.1, person))
        .map(|_| ())
}
