//! Cases into the database: tagged, drawn for the audit and for two reviewers.

use std::borrow::Cow;

use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::case::{Stored, cell_text};
use super::facts::{Facts, keys, set_keys};
use super::fold::cell;
use super::order::{margin, set_priorities};
use super::store::{Store, json, now, parsed, set, setting};
use super::{Refusal, case};
use crate::artifact::Model;
use crate::case::{Columns, Fields, Row, Rows};
use crate::error::{Error, Place, Result};
use crate::tagger::{Scratch, hex};
use crate::taxonomy::Taxonomy;

/// How cases are added.
#[derive(Debug, Clone, PartialEq)]
pub struct AddParams {
    /// Columns of the files that matter.
    pub columns: Columns,
    /// Share of the cases drawn for the audit, within `0..=1`.
    pub audit: f64,
    /// Share of the other cases that two reviewers answer, within `0..=1`.
    pub overlap: f64,
    /// Seed of both draws.
    pub seed: u64,
}

impl Default for AddParams {
    fn default() -> Self {
        Self { columns: Columns::default(), audit: 0.1, overlap: 0.0, seed: 1 }
    }
}

/// What came of adding files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Cases that are new.
    pub added: u64,
    /// Rows that were there already, with the same texts.
    pub known: u64,
    /// Rows that failed.
    pub failed: u64,
    /// New cases that belong to the audit.
    pub audit: u64,
    /// New cases that two reviewers answer.
    pub overlap: u64,
}

/// Cases that are tagged and saved together.
const TOGETHER: usize = 256;

impl Store {
    /// Tags the rows of a file and adds those that are new. Whether a case is
    /// drawn for the audit depends on seed and id alone. `failed` hears of rows
    /// that cannot be read or whose id another case has; the others are added.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the file lacks the text columns, [`Error::BadCorpus`]
    /// if the model knows other trends than the cases there are,
    /// [`Error::BadParam`] for a share outside `0..=1`.
    pub fn add(
        &self,
        model: &Model,
        mut rows: Rows,
        params: &AddParams,
        failed: &mut dyn FnMut(Error),
    ) -> Result<Added> {
        params.check()?;
        self.register(model)?;
        let fields = Fields::of(&rows, &params.columns)?;
        let mut total = Added::default();
        loop {
            let chunk: Vec<_> = rows.by_ref().take(TOGETHER).collect();
            if chunk.is_empty() {
                break;
            }
            let mut new = Vec::new();
            for row in chunk {
                match row {
                    Ok(row) => new.push(NewCase::of(&row, &fields, params)),
                    Err(error) if error.is_row() => {
                        total.failed += 1;
                        failed(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            let tagged = new.into_par_iter().map_init(Scratch::default, |scratch, mut case| {
                case.tagged = Some(TaggedCase::of(model, &case.texts, scratch));
                case
            });
            let (new, version) = (tagged.collect::<Vec<_>>(), model.version.clone());
            let (added, errors) = self
                .change(move |connection| insert_all(connection, new, &version))
                .map_err(|refusal| self.error(refusal))?;
            total.add(added);
            errors.into_iter().for_each(&mut *failed);
        }
        self.change(|connection| Ok(set_priorities(connection)?)).map_err(|r| self.error(r))?;
        Ok(total)
    }

    /// Lets a model make the suggestions that are shown from now on; those of
    /// others are kept. Returns how many cases it tagged.
    ///
    /// # Errors
    /// [`Refusal::OtherTaxonomy`] if it knows other trends.
    pub fn use_model(&self, model: &Model) -> Result<u64, Refusal> {
        self.register(model).map_err(|error| match error {
            Error::BadCorpus { .. } => Refusal::OtherTaxonomy,
            error => error.into(),
        })?;
        // A case has a suggestion of the model it names: where all name this one,
        // a server starts without looking at them.
        let query =
            "SELECT (SELECT min(model) FROM cases) = ?1 AND (SELECT max(model) FROM cases) = ?1";
        let in_use = |connection: &Connection| {
            connection.query_row(query, [&model.version], |row| row.get::<_, Option<bool>>(0))
        };
        if self.read(in_use)?.unwrap_or(false) {
            return Ok(0);
        }
        let (mut after, mut count) = (0, 0);
        loop {
            let stored = self.read_or(|connection| not_of(connection, &model.version, after))?;
            let Some(last) = stored.last() else { break };
            after = last.number;
            count += stored.len() as u64;
            let tagged = stored.into_par_iter().map_init(Scratch::default, |scratch, stored| {
                let texts: Vec<String> =
                    stored.columns()?.0.into_iter().map(|text| text.text).collect();
                Ok((stored.number, TaggedCase::of(model, &texts, scratch)))
            });
            let tagged = tagged.collect::<rusqlite::Result<Vec<_>>>()?;
            let version = model.version.clone();
            self.change(move |connection| {
                tagged
                    .iter()
                    .try_for_each(|(case, tagged)| tagged.insert(connection, *case, &version))?;
                Ok(())
            })?;
        }
        // All cases change over at once.
        let version = model.version.clone();
        self.change(move |connection| {
            connection.execute("UPDATE cases SET model = ?1 WHERE model <> ?1", [version])?;
            Ok(set_priorities(connection)?)
        })?;
        Ok(count)
    }

    /// Notes a model and, with the first one, the taxonomy.
    pub(super) fn register(&self, model: &Model) -> Result<()> {
        let taxonomy = model.tagger.taxonomy();
        if self.taxonomy()?.is_some_and(|known| keys(&known) != keys(taxonomy)) {
            return Err(Error::BadCorpus {
                reason: format!(
                    "the model {} knows other trends than {}",
                    model.version,
                    self.path.display()
                ),
                remedy: "give a model with the same trends, or start a new database".into(),
            });
        }
        let (version, facts, taxonomy) =
            (model.version.clone(), json(&Facts::of(model)), json(taxonomy));
        self.change(move |connection| {
            if setting(connection, "taxonomy")?.is_none() {
                set(connection, "taxonomy", &taxonomy)?;
            }
            let insert = "INSERT OR IGNORE INTO models (version, facts) VALUES (?, ?)";
            connection.execute(insert, [version, facts])?;
            Ok(())
        })
        .map_err(|refusal| self.error(refusal))
    }
}

impl AddParams {
    fn check(&self) -> Result<()> {
        for (name, value) in [("audit", self.audit), ("overlap", self.overlap)] {
            if !(0.0..=1.0).contains(&value) {
                let (value, remedy) = (value.to_string(), "use a share between 0 and 1".into());
                return Err(Error::BadParam { name, value, remedy });
            }
        }
        Ok(())
    }

    /// Whether a case is drawn into a share: by a hash, so that neither the order
    /// of the files nor how often they are added matters.
    fn draws(&self, what: &str, id: &str, share: f64) -> bool {
        let hash = Sha256::digest(format!("{what} {} {id}", self.seed));
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        (number as f64) < share * 2_f64.powi(64)
    }
}

impl Added {
    fn add(&mut self, other: Self) {
        self.added += other.added;
        self.known += other.known;
        self.failed += other.failed;
        self.audit += other.audit;
        self.overlap += other.overlap;
    }
}

/// A case that may be new.
pub(super) struct NewCase {
    id: String,
    place: Place,
    record: Map<String, Value>,
    text_columns: Vec<String>,
    texts: Vec<String>,
    audit: bool,
    wanted: u8,
    tagged: Option<TaggedCase>,
}

impl NewCase {
    fn of(row: &Row, fields: &Fields, params: &AddParams) -> Self {
        let id = fields.id(row).into_owned();
        let cell = |(name, cell): (&str, Cow<'_, str>)| {
            let value = row.value(name).map(Cow::into_owned);
            (name.to_owned(), value.unwrap_or_else(|| Value::from(cell.into_owned())))
        };
        let audit = params.draws("audit", &id, params.audit);
        let twice = !audit && params.draws("overlap", &id, params.overlap);
        Self {
            place: row.place(),
            record: row.values().map(cell).collect(),
            text_columns: fields.text_columns().iter().map(|field| field.name.clone()).collect(),
            texts: fields.texts(row).map(|text| text.into_owned()).collect(),
            audit,
            wanted: if twice { 2 } else { 1 },
            tagged: None,
            id,
        }
    }

    /// A case that comes with labels: no longer fit for the audit.
    pub(super) fn labelled(
        id: String,
        place: Place,
        record: Map<String, Value>,
        texts: Vec<(String, String)>,
        model: &Model,
    ) -> Self {
        let (text_columns, texts): (Vec<String>, Vec<String>) = texts.into_iter().unzip();
        let tagged = Some(TaggedCase::of(model, &texts, &mut Scratch::default()));
        Self { id, place, record, text_columns, texts, audit: false, wanted: 1, tagged }
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
             priority, revealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
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
            !self.audit
        ])?;
        let number = connection.last_insert_rowid();
        let cells = self.record.values().cloned().map(cell_text);
        let words = std::iter::once(self.id.clone()).chain(cells).collect::<Vec<_>>().join("\n");
        connection
            .prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?
            .execute((number, words))?;
        if let Some(tagged) = &self.tagged {
            tagged.insert(connection, number, version)?;
        }
        Ok(Insertion::New)
    }
}

enum Insertion {
    New,
    Known,
    /// Another case has the id.
    Other,
}

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
struct TaggedCase {
    probabilities: String,
    trends: String,
    reasons: String,
    margin: f64,
    count: usize,
}

impl TaggedCase {
    fn of(model: &Model, texts: &[String], scratch: &mut Scratch) -> Self {
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

    fn insert(&self, connection: &Connection, case: i64, version: &str) -> rusqlite::Result<()> {
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

/// Some cases after a number that have no suggestion of a model.
fn not_of(connection: &Connection, version: &str, after: i64) -> Result<Vec<Stored>, Refusal> {
    let query = format!(
        "SELECT {} FROM cases c WHERE c.number > ? AND NOT EXISTS (SELECT 1 FROM suggestions s \
         WHERE s.case_number = c.number AND s.model = ?) ORDER BY c.number LIMIT {TOGETHER}",
        case::COLUMNS
    );
    let mut statement = connection.prepare_cached(&query)?;
    let stored = statement.query_map((after, version), Stored::read)?;
    Ok(stored.collect::<rusqlite::Result<_>>()?)
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
