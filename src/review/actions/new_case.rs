//! A case on its way into the database, with the suggestion of the model.

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use super::priority::margin;
use crate::error::{Error, Place};
use crate::review::db::refusal::Refusal;
use crate::review::db::search::index_words;
use crate::review::db::settings::{json, parsed, set_setting, setting};
use crate::review::db::store::now;
use crate::review::db::stored_case::fingerprint;
use crate::tagger::{Model, Scratch};
use crate::taxonomy::Taxonomy;

/// A case that may be new.
pub(crate) struct NewCase {
    pub(super) id: String,
    pub(super) place: Place,
    pub(super) record: Map<String, Value>,
    pub(super) text_columns: Vec<String>,
    pub(super) texts: Vec<String>,
    pub(super) blind_check: bool,
    pub(super) wanted: u8,
    pub(super) tagged: TaggedCase,
}

impl NewCase {
    /// Adds the case, unless another one has its id.
    fn insert(&self, connection: &Connection, version: &str) -> Result<Insertion, Refusal> {
        let fingerprint = fingerprint(&self.texts);
        let mut known = connection.prepare_cached("SELECT fingerprint FROM cases WHERE id = ?")?;
        let known: Option<String> =
            known.query_row([&self.id], |row| row.get("fingerprint")).optional()?;
        if let Some(known) = known {
            let same = known == fingerprint;
            return Ok(if same { Insertion::Known } else { Insertion::Other });
        }
        let mut insert = connection.prepare_cached(
            "INSERT INTO cases (id, fingerprint, blind_check, wanted, added, model, priority, revealed) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(rusqlite::params![
            self.id,
            fingerprint,
            self.blind_check,
            self.wanted,
            now(),
            version,
            // Until the priorities are computed again, the case keeps this one and
            // does not jump to the front.
            self.tagged.margin,
            !self.blind_check
        ])?;
        let number = connection.last_insert_rowid();
        let insert = "INSERT INTO records (case_number, record, text_columns) VALUES (?, ?, ?)";
        let texts = (number, json(&self.record), json(&self.text_columns));
        connection.prepare_cached(insert)?.execute(texts)?;
        index_words(connection, number, &self.id, &self.record)?;
        self.tagged.insert(connection, number, version)?;
        Ok(Insertion::New)
    }
}

/// The result of adding files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Cases that are new.
    pub added: u64,
    /// Rows that were there already, with the same texts.
    pub known: u64,
    /// Rows that failed.
    pub failed: u64,
    /// New cases of the blind check.
    pub blind_check: u64,
    /// New cases that two reviewers answer.
    pub overlap: u64,
}

impl Added {
    /// Adds the result of another file.
    pub fn add(&mut self, other: Self) {
        self.added += other.added;
        self.known += other.known;
        self.failed += other.failed;
        self.blind_check += other.blind_check;
        self.overlap += other.overlap;
    }
}

enum Insertion {
    New,
    Known,
    /// Another case has the id.
    Other,
}

/// Adds the cases that are new and counts the others; an id that belongs to
/// another text is an error.
pub(crate) fn insert_all(
    connection: &Connection,
    new: Vec<NewCase>,
    version: &str,
) -> Result<(Added, Vec<Error>), Refusal> {
    let (mut added, mut errors) = (Added::default(), Vec::new());
    let columns = setting(connection, "columns")?;
    let mut columns: Vec<String> =
        columns.map(|text| parsed(&text)).transpose()?.unwrap_or_default();
    for case in new {
        match case.insert(connection, version)? {
            Insertion::Known => added.known += 1,
            Insertion::Other => {
                added.failed += 1;
                errors.push(Error::BadRow {
                    place: Box::new(case.place),
                    reason: format!("the id \"{}\" belongs to another text already", case.id),
                    remedy: "give every case an id of its own, or name the column of the ids"
                        .into(),
                });
            }
            Insertion::New => {
                added.added += 1;
                added.blind_check += u64::from(case.blind_check);
                added.overlap += u64::from(case.wanted > 1);
                for name in case.record.keys() {
                    if !columns.contains(name) {
                        columns.push(name.clone());
                    }
                }
            }
        }
    }
    set_setting(connection, "columns", &json(&columns))?;
    Ok((added, errors))
}

/// The suggestion of a model for a case, as it is stored.
pub(crate) struct TaggedCase {
    probabilities: String,
    trends: String,
    reasons: String,
    margin: f64,
    count: usize,
}

impl TaggedCase {
    pub(crate) fn of(model: &Model, texts: &[String], scratch: &mut Scratch) -> Self {
        let tagged = model.tagger.tag(texts, 0, scratch);
        let taxonomy: &Taxonomy = model.tagger.taxonomy();
        let decision = model.tagger.decision();
        Self {
            probabilities: json(&tagged.probabilities),
            trends: taxonomy.format_cell(&tagged.suggested),
            reasons: json(&tagged.review),
            margin: margin(&tagged.probabilities, &decision.thresholds, &decision.triage),
            count: tagged.suggested.len(),
        }
    }

    pub(crate) fn insert(
        &self,
        connection: &Connection,
        case: i64,
        version: &str,
    ) -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(
            "INSERT OR IGNORE INTO suggestions \
             (case_number, model, probabilities, trends, reasons, margin, count) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(rusqlite::params![
            case,
            version,
            self.probabilities,
            self.trends,
            self.reasons,
            self.margin,
            self.count as i64
        ])?;
        Ok(())
    }
}
