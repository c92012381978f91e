//! A case on its way into the database, with what the model says of it.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::add::{AddParams, Added};
use super::facts::set_keys;
use super::fold::cell;
use super::import::LabelledCase;
use super::order::margin;
use super::store::{json, now, parsed, set, setting};
use super::{Refusal, export};
use crate::artifact::Model;
use crate::case::{Fields, Row, value_text};
use crate::error::{Error, Place};
use crate::tagger::{Scratch, hex};
use crate::taxonomy::Taxonomy;

/// A case that may be new.
pub(super) struct NewCase {
    id: String,
    place: Place,
    record: Map<String, Value>,
    text_columns: Vec<String>,
    texts: Vec<String>,
    audit: bool,
    wanted: u8,
    tagged: TaggedCase,
}

impl NewCase {
    /// A row, tagged, and drawn for the audit or for two reviewers.
    pub(super) fn of(
        row: &Row,
        fields: &Fields,
        params: &AddParams,
        model: &Model,
        scratch: &mut Scratch,
    ) -> Self {
        let id = fields.id(row).into_owned();
        let texts: Vec<String> = fields.texts(row).map(Cow::into_owned).collect();
        let audit = params.draws("audit", &id, params.audit);
        let twice = !audit && params.draws("overlap", &id, params.overlap);
        Self {
            place: row.place(),
            record: row.record(),
            text_columns: fields.text_columns().iter().map(|field| field.name.clone()).collect(),
            tagged: TaggedCase::of(model, &texts, scratch),
            texts,
            audit,
            wanted: if twice { 2 } else { 1 },
            id,
        }
    }

    /// A case that comes with labels: not drawn for the audit, but of it if the
    /// export that it comes from says so, so that no model learns from it.
    pub(super) fn labelled(case: &LabelledCase, model: &Model, scratch: &mut Scratch) -> Self {
        let (text_columns, texts): (Vec<String>, Vec<String>) = case.texts.iter().cloned().unzip();
        Self {
            id: case.id.clone(),
            place: case.place.clone(),
            audit: export::is_of_audit(&case.record),
            record: case.record.clone(),
            text_columns,
            tagged: TaggedCase::of(model, &texts, scratch),
            texts,
            wanted: 1,
        }
    }

    /// Adds it, unless a case has its id.
    fn insert(&self, connection: &Connection, version: &str) -> Result<Insertion, Refusal> {
        let fingerprint = fingerprint(&self.texts);
        let mut known = connection.prepare_cached("SELECT fingerprint FROM cases WHERE id = ?")?;
        let known: Option<String> = known.query_row([&self.id], |row| row.get(0)).optional()?;
        if let Some(known) = known {
            let same = known == fingerprint;
            return Ok(if same { Insertion::Known } else { Insertion::Other });
        }
        let mut insert = connection.prepare_cached(
            "INSERT INTO cases (id, record, text_columns, fingerprint, audit, wanted, added, model, \
             priority, revealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(rusqlite::params![
            self.id,
            json(&self.record),
            json(&self.text_columns),
            fingerprint,
            self.audit,
            self.wanted,
            now(),
            version,
            // Until all cases are ordered anew it waits at its place, not in front.
            self.tagged.margin,
            !self.audit
        ])?;
        let number = connection.last_insert_rowid();
        let cells = self.record.values().map(value_text);
        let words = std::iter::once(Cow::Borrowed(self.id.as_str())).chain(cells);
        let words = words.collect::<Vec<_>>().join("\n");
        connection
            .prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?
            .execute((number, words))?;
        self.tagged.insert(connection, number, version)?;
        Ok(Insertion::New)
    }
}

enum Insertion {
    New,
    Known,
    /// Another case has the id.
    Other,
}

/// Adds those that are new; the others are counted, with an error where another
/// text has the id.
pub(super) fn insert_all(
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
                    reason: format!("another text has the id \"{}\" already", case.id),
                    remedy: "give every case an id of its own (--id-column names its column)"
                        .into(),
                });
            }
            Insertion::New => {
                added.added += 1;
                added.audit += u64::from(case.audit);
                added.overlap += u64::from(case.wanted > 1);
                for name in case.record.keys() {
                    if !columns.contains(name) {
                        columns.push(name.clone());
                    }
                }
            }
        }
    }
    set(connection, "columns", &json(&columns))?;
    Ok((added, errors))
}

/// What a model says of a case, as it is stored.
pub(super) struct TaggedCase {
    probabilities: String,
    trends: String,
    reasons: String,
    margin: f64,
    count: usize,
}

impl TaggedCase {
    pub(super) fn of(model: &Model, texts: &[String], scratch: &mut Scratch) -> Self {
        let tagged = model.tagger.tag(texts, 0, scratch);
        let taxonomy: &Taxonomy = model.tagger.taxonomy();
        let decision = model.tagger.decision();
        Self {
            probabilities: json(&tagged.probabilities),
            trends: cell(&set_keys(taxonomy, &tagged.suggested)),
            reasons: json(&tagged.review),
            margin: margin(&tagged.probabilities, &decision.thresholds, &decision.triage),
            count: tagged.suggested.len(),
        }
    }

    pub(super) fn insert(
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

/// Tells texts apart, whatever their fields are called; empty fields do not count.
pub(super) fn fingerprint<S: AsRef<str>>(texts: &[S]) -> String {
    let mut hash = Sha256::new();
    for text in texts.iter().map(|text| text.as_ref().trim()).filter(|text| !text.is_empty()) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hex(&hash.finalize())
}
