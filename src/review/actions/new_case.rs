//! A case to add to the database, with the suggestion of the model.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use crate::error::{Action, Error, Place};
use crate::review::db::batch::{Event, batch_to_fill, note};
use crate::review::db::clock::now;
use crate::review::db::fingerprint::fingerprint;
use crate::review::db::history::History;
use crate::review::db::refusal::Refusal;
use crate::review::db::search::index_words;
use crate::review::db::settings::{json, parsed, set_setting, setting};
use crate::review::db::stored_case::{StoredCase, index_metadata, title_of};
use crate::review::db::suggestion::TaggedCase;

/// A case that may be new.
pub(crate) struct NewCase {
    pub(super) id: String,
    /// The number of a row without an id, which was its id in earlier versions.
    pub(super) row_number: Option<String>,
    /// The name of its batch.
    pub(super) batch: String,
    pub(super) place: Place,
    pub(super) record: Map<String, Value>,
    pub(super) text_columns: Vec<String>,
    pub(super) texts: Vec<String>,
    pub(super) blind_check: bool,
    pub(super) wanted: u8,
    pub(super) tagged: TaggedCase,
}

impl NewCase {
    /// Adds the case, unless its id exists. In that case, updates the existing case if
    /// allowed. The words of a case that is new or updated are still to be indexed.
    fn insert(
        &self,
        connection: &Connection,
        version: &str,
        batch: i64,
        update: bool,
    ) -> Result<Insertion, Refusal> {
        let fingerprint = fingerprint(&self.texts);
        let query = "SELECT number, fingerprint, batch FROM cases WHERE id = ?1 \
                     OR id = ?2 AND fingerprint = ?3 AND batch = ?4 ORDER BY id <> ?1 LIMIT 1";
        let by = (&self.id, &self.row_number, &fingerprint, batch);
        let known = connection.prepare_cached(query)?.query_row(by, |row| {
            let fingerprint = row.get::<_, String>("fingerprint")?;
            Ok((row.get::<_, i64>("number")?, fingerprint, row.get::<_, i64>("batch")?))
        });
        if let Some((number, known, known_batch)) = known.optional()? {
            return match (update, known == fingerprint) {
                (true, _) => self.update(connection, number, version, &fingerprint),
                (false, true) => Ok(Insertion::Known { elsewhere: known_batch != batch }),
                (false, false) => Ok(Insertion::Other),
            };
        }
        let mut insert = connection.prepare_cached(
            "INSERT INTO cases (number, id, fingerprint, blind_check, wanted, added, model, priority, \
             revealed, title, batch) VALUES (1 + max( \
             coalesce((SELECT max(number) FROM cases), 0), \
             coalesce((SELECT max(number) FROM withdrawn_cases), 0)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(rusqlite::params![
            self.id,
            fingerprint,
            self.blind_check,
            self.wanted,
            now(),
            version,
            // Until the priorities are computed again, the case keeps this one and does
            // not jump to the front. The priority of a hidden suggestion is not
            // informative.
            if self.blind_check { 0.0 } else { -self.tagged.expected_errors },
            !self.blind_check,
            title_of(&self.record, &self.text_columns),
            batch
        ])?;
        let number = connection.last_insert_rowid();
        let insert = "INSERT INTO records (case_number, record, text_columns) VALUES (?, ?, ?)";
        let texts = (number, json(&self.record), json(&self.text_columns));
        connection.prepare_cached(insert)?.execute(texts)?;
        index_metadata(connection, number, &self.id, &self.record, &self.text_columns)?;
        self.tagged.insert(connection, number, version)?;
        Ok(Insertion::New(number))
    }

    /// Updates the cells of the case from the row and keeps its answers. If its texts
    /// changed, it is tagged again. Its words leave the index.
    fn update(
        &self,
        connection: &Connection,
        number: i64,
        version: &str,
        fingerprint: &str,
    ) -> Result<Insertion, Refusal> {
        let stored = StoredCase::by_number(connection, number)?;
        let (before, _) = stored.record(connection)?;
        let names = before.keys().chain(self.record.keys());
        let mut columns: Vec<String> = Vec::new();
        for name in names.filter(|name| before.get(*name) != self.record.get(*name)) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        if columns.is_empty() {
            return Ok(Insertion::Known { elsewhere: false });
        }
        let update = "UPDATE records SET record = ?, text_columns = ? WHERE case_number = ?";
        let cells = (json(&self.record), json(&self.text_columns), number);
        connection.prepare_cached(update)?.execute(cells)?;
        let update = "UPDATE cases SET fingerprint = ?, title = ? WHERE number = ?";
        let title = title_of(&self.record, &self.text_columns);
        connection.prepare_cached(update)?.execute((fingerprint, title, number))?;
        connection.prepare_cached("DELETE FROM words WHERE rowid = ?")?.execute([number])?;
        connection
            .prepare_cached("DELETE FROM metadata WHERE case_number = ?")?
            .execute([number])?;
        index_metadata(connection, number, &self.id, &self.record, &self.text_columns)?;
        if columns.iter().any(|name| self.text_columns.contains(name)) {
            // Suggestions of other models were made for the earlier texts.
            let delete = "DELETE FROM suggestions WHERE case_number = ?1 AND model <> ?2 \
                          AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.case_number = ?1 \
                          AND d.model = suggestions.model)";
            connection.prepare_cached(delete)?.execute((number, version))?;
            self.tagged.insert(connection, number, version)?;
            let update = "UPDATE cases SET model = ? WHERE number = ?";
            connection.prepare_cached(update)?.execute((version, number))?;
        }
        let answered = !History::load(connection, number)?.answers().is_empty();
        Ok(Insertion::Updated(number, UpdatedCase { id: self.id.clone(), columns, answered }))
    }
}

/// A case with updated cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatedCase {
    /// Its id.
    pub id: String,
    /// The columns with changed cells.
    pub columns: Vec<String>,
    /// Whether it had answers, which are kept.
    pub answered: bool,
}

/// The result of adding files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// Cases that are new.
    pub added: u64,
    /// Rows that already existed with the same texts.
    pub known: u64,
    /// Those of them whose case belongs to another batch, where it stays.
    pub elsewhere: u64,
    /// Rows that failed.
    pub failed: u64,
    /// New cases of the blind check.
    pub blind_check: u64,
    /// New cases that two reviewers answer.
    pub overlap: u64,
    /// Existing cases with other cells, which were updated.
    pub updated: Vec<UpdatedCase>,
    /// All cases of the blind check in the database.
    pub blind_check_in_all: u64,
    /// New cases by the number of their batch.
    pub(crate) per_batch: BTreeMap<i64, u64>,
}

impl Added {
    /// Adds the result of another file.
    pub fn add(&mut self, other: Self) {
        self.added += other.added;
        self.known += other.known;
        self.elsewhere += other.elsewhere;
        self.failed += other.failed;
        self.blind_check += other.blind_check;
        self.overlap += other.overlap;
        self.updated.extend(other.updated);
        for (batch, cases) in other.per_batch {
            *self.per_batch.entry(batch).or_default() += cases;
        }
        self.blind_check_in_all = other.blind_check_in_all.max(self.blind_check_in_all);
    }
}

enum Insertion {
    /// With the number of the case.
    New(i64),
    Known {
        /// Whether it belongs to another batch.
        elsewhere: bool,
    },
    /// Another case has the id.
    Other,
    Updated(i64, UpdatedCase),
}

/// Adds new cases and counts the others. An id that belongs to another text is an error.
pub(crate) fn insert_all(
    connection: &Connection,
    new: Vec<NewCase>,
    version: &str,
    update: bool,
) -> Result<(Added, Vec<Error>), Refusal> {
    let (mut added, mut errors) = (Added::default(), Vec::new());
    let mut batches: BTreeMap<String, (i64, u64)> = BTreeMap::new();
    // The index writes what it has collected before a statement that has a trigger. So the
    // words of all cases come last, together.
    let mut words: BTreeMap<i64, (String, Map<String, Value>)> = BTreeMap::new();
    let columns = setting(connection, "columns")?;
    let mut columns: Vec<String> =
        columns.map(|text| parsed(&text)).transpose()?.unwrap_or_default();
    for case in new {
        let batch = match batches.get(&case.batch) {
            Some((number, _)) => *number,
            None => batch_to_fill(connection, &case.batch)?,
        };
        let of_batch = batches.entry(case.batch.clone()).or_insert((batch, 0));
        match case.insert(connection, version, batch, update)? {
            Insertion::Known { elsewhere } => {
                added.known += 1;
                added.elsewhere += u64::from(elsewhere);
            }
            Insertion::Updated(number, updated) => {
                note_columns(&mut columns, &case.record);
                added.updated.push(updated);
                words.insert(number, (case.id, case.record));
            }
            Insertion::Other => {
                added.failed += 1;
                errors.push(Error::bad_row(
                    case.place,
                    format!("the id \"{}\" belongs to another text already", case.id),
                    Action::UpdateCases.to("give every case an id of its own, or name the column of the ids; to take corrected texts"),
                ));
            }
            Insertion::New(number) => {
                added.added += 1;
                of_batch.1 += 1;
                added.blind_check += u64::from(case.blind_check);
                added.overlap += u64::from(case.wanted > 1);
                note_columns(&mut columns, &case.record);
                words.insert(number, (case.id, case.record));
            }
        }
    }
    for (number, (id, record)) in &words {
        index_words(connection, *number, id, record)?;
    }
    set_setting(connection, "columns", &json(&columns))?;
    let remove = "DELETE FROM batches WHERE number = ? AND withdrawn IS NULL \
                  AND NOT EXISTS (SELECT 1 FROM cases WHERE batch = batches.number)";
    for (batch, _) in batches.values().filter(|(_, cases)| *cases == 0) {
        // All its cases were there already, in other batches.
        connection.prepare_cached(remove)?.execute([batch])?;
    }
    added.per_batch = batches.into_values().filter(|(_, cases)| *cases > 0).collect();
    Ok((added, errors))
}

/// Writes into the journal how many cases each batch got.
pub(crate) fn note_added(
    connection: &Connection,
    per_batch: &BTreeMap<i64, u64>,
) -> rusqlite::Result<()> {
    let query = "SELECT name FROM batches WHERE number = ?";
    for (batch, cases) in per_batch {
        let name = connection.query_row(query, [batch], |row| row.get::<_, String>("name"))?;
        note(connection, Event::Added, &name, [*cases, 0], None)?;
    }
    Ok(())
}

fn note_columns(columns: &mut Vec<String>, record: &Map<String, Value>) {
    for name in record.keys() {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
}
