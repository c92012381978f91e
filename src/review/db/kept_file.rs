//! The files that batches were made from, kept so that an interrupted run can be resumed and
//! a tagged file can be written again.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::Value;

use super::batch::batch_number;
use super::clock::now;
use super::fingerprint::fingerprint;
use super::refusal::Refusal;
use super::reviewer::{check_name, name_key};
use super::settings::{json, parsed};
use super::store::Store;
use crate::error::Error;
use crate::review::intake::plan::Plan;

/// A file that is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptFile {
    pub(crate) number: i64,
    /// The sender's name for it.
    pub(crate) name: String,
    /// The name of its batch.
    pub(crate) batch: String,
    /// How it is read and added.
    pub(crate) plan: Plan,
    /// What was found when it was tagged; `None` before.
    pub(crate) facts: Option<Value>,
}

/// Bytes of a part, which one change writes.
const PART: usize = 1 << 20;

const COLUMNS: &str = "f.number, f.name, f.batch_name, f.plan, f.facts";

impl KeptFile {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let facts: Option<String> = row.get("facts")?;
        Ok(Self {
            number: row.get("number")?,
            name: row.get("name")?,
            batch: row.get("batch_name")?,
            plan: parsed(&row.get::<_, String>("plan")?)?,
            facts: facts.map(|facts| parsed(&facts)).transpose()?,
        })
    }
}

impl Store {
    /// Keeps a file for a batch that is not there yet.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name of the batch is invalid, [`Refusal::NotAllowed`] if it
    /// is taken.
    pub(crate) fn keep_file(
        &self,
        path: &Path,
        name: &str,
        batch: &str,
        plan: &Plan,
    ) -> Result<KeptFile, Refusal> {
        check_name("batch", batch)?;
        let (key, new) = (name_key(batch), (batch.to_owned(), name.to_owned(), json(plan)));
        let number = self.change(move |connection| {
            let (batch, name, plan) = new;
            check_free(connection, &key, &batch)?;
            let insert =
                "INSERT INTO files (key, batch_name, name, plan, added) VALUES (?, ?, ?, ?, ?)";
            connection.execute(insert, (key, batch, name, plan, now()))?;
            Ok(connection.last_insert_rowid())
        })?;
        if let Err(refusal) = self.keep_parts(number, path) {
            _ = self.drop_file(number);
            return Err(refusal);
        }
        Ok(KeptFile {
            number,
            name: name.to_owned(),
            batch: batch.to_owned(),
            plan: plan.clone(),
            facts: None,
        })
    }

    fn keep_parts(&self, number: i64, path: &Path) -> Result<(), Refusal> {
        let failed = |source| Error::io(path, source);
        let mut file = File::open(path).map_err(failed)?;
        for part in 0.. {
            let mut bytes = Vec::new();
            Read::by_ref(&mut file).take(PART as u64).read_to_end(&mut bytes).map_err(failed)?;
            let is_last = bytes.len() < PART;
            self.change(move |connection| {
                let insert = "INSERT INTO file_parts (file, part, bytes) VALUES (?, ?, ?)";
                connection.prepare_cached(insert)?.execute((number, part, bytes))?;
                if is_last {
                    connection.execute("UPDATE files SET whole = 1 WHERE number = ?", [number])?;
                }
                Ok(())
            })?;
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Writes a kept file as it was sent.
    pub(crate) fn write_file(&self, number: i64, out: &mut dyn Write) -> Result<(), Refusal> {
        for part in 0_i64.. {
            let query = "SELECT bytes FROM file_parts WHERE file = ? AND part = ?";
            let bytes: Option<Vec<u8>> = self.read_or(|connection| {
                let mut statement = connection.prepare_cached(query)?;
                Ok(statement.query_row((number, part), |row| row.get("bytes")).optional()?)
            })?;
            let Some(bytes) = bytes else { break };
            out.write_all(&bytes).map_err(|source| Error::Output { source })?;
        }
        Ok(())
    }

    /// Returns the file that a batch was made from; `None` if the database has none.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub(crate) fn file_of(&self, batch: &str) -> Result<Option<KeptFile>, Refusal> {
        let query =
            format!("SELECT {COLUMNS} FROM files f WHERE f.batch = ? ORDER BY number LIMIT 1");
        self.read_or(|connection| {
            let batch = batch_number(connection, batch)?;
            Ok(connection.prepare_cached(&query)?.query_row([batch], KeptFile::read).optional()?)
        })
    }

    /// Counts the cases of a batch whose suggestion is hidden from someone until an answer is
    /// given.
    pub(crate) fn hidden_in(&self, batch: &str) -> Result<u64, Refusal> {
        let query = "SELECT count(*) AS cases FROM cases WHERE batch = ? \
                     AND (NOT revealed OR status = 'open' AND wanted > 1)";
        self.read_or(|connection| {
            let batch = batch_number(connection, batch)?;
            let count = connection.query_row(query, [batch], |row| row.get::<_, i64>("cases"))?;
            Ok(count.unsigned_abs())
        })
    }

    /// Returns the files whose tagging was interrupted by the end of a server.
    pub(crate) fn files_left(&self) -> Result<Vec<KeptFile>, Refusal> {
        let query =
            format!("SELECT {COLUMNS} FROM files f WHERE batch IS NULL AND whole ORDER BY number");
        self.read_or(|connection| {
            let mut statement = connection.prepare(&query)?;
            let files = statement.query_map([], KeptFile::read)?;
            Ok(files.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns whether an id belongs to a case with another text.
    pub(crate) fn is_taken(&self, id: &str, texts: &[String]) -> Result<bool, Refusal> {
        let query = "SELECT fingerprint FROM cases WHERE id = ?";
        self.read_or(|connection| {
            let mut statement = connection.prepare_cached(query)?;
            let known = statement.query_row([id], |row| row.get::<_, String>("fingerprint"));
            Ok(known.optional()?.is_some_and(|known| known != fingerprint(texts)))
        })
    }

    /// Returns whether there is a batch of this name.
    pub(crate) fn has_batch(&self, batch: &str) -> Result<bool, Refusal> {
        self.read_or(|connection| match batch_number(connection, batch) {
            Ok(_) => Ok(true),
            Err(Refusal::Unknown { .. }) => Ok(false),
            Err(refusal) => Err(refusal),
        })
    }

    /// Notes that the cases of a file are added, and what was found.
    pub(crate) fn note_tagged(&self, file: &KeptFile, facts: &Value) -> Result<(), Refusal> {
        let (number, batch, facts) = (file.number, file.batch.clone(), facts.to_string());
        self.change(move |connection| {
            let batch = batch_number(connection, &batch)?;
            let update = "UPDATE files SET batch = ?, facts = ? WHERE number = ?";
            connection.execute(update, (batch, facts, number))?;
            Ok(())
        })
    }

    /// Deletes a file.
    pub(crate) fn drop_file(&self, number: i64) -> Result<(), Refusal> {
        self.change(move |connection| {
            connection.execute("DELETE FROM files WHERE number = ?", [number])?;
            Ok(())
        })
    }
}

/// Refuses a name that a batch, or a file that is being tagged, has already.
fn check_free(connection: &Connection, key: &str, batch: &str) -> Result<(), Refusal> {
    // A file that was never stored as a whole does not keep its name.
    connection.execute(
        "DELETE FROM files WHERE key = ? AND NOT whole AND added < ?",
        (key, hours_ago(2)),
    )?;
    let query = "SELECT EXISTS (SELECT 1 FROM files WHERE key = ?1 AND batch IS NULL) \
                 OR EXISTS (SELECT 1 FROM batches WHERE key = ?1 AND withdrawn IS NULL) AS taken";
    if connection.query_row(query, [key], |row| row.get("taken"))? {
        let reason =
            format!("there is a batch named \"{batch}\" already; give this one another name");
        return Err(Refusal::NotAllowed(reason));
    }
    Ok(())
}

fn hours_ago(hours: u64) -> String {
    let ago = std::time::Duration::from_secs(3600 * hours);
    super::clock::time_text(std::time::SystemTime::now() - ago)
}
