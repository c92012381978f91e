//! Labels that were given elsewhere, as answers.

mod doccano;
mod label_studio;
mod table;

use std::path::Path;

use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Refusal;
use super::decide::{NewDecision, check_reviewer};
use super::fold::{History, Kind, cell};
use super::new_case::{NewCase, fingerprint, insert_all};
use super::order::set_priorities;
use super::store::{Store, now};
use crate::artifact::Model;
use crate::case::{Columns, ReadOptions, Rows, spreadsheet};
use crate::error::{Error, Place, Result};
use crate::tagger::{Scratch, hex};
use crate::taxonomy::Taxonomy;

/// The queue that imported answers are said to come from.
pub(super) const QUEUE: &str = "import";

/// Labels that were read from a file, before they are anyone's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    cases: Vec<LabelledCase>,
}

/// A case with the labels that others gave it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LabelledCase {
    pub(super) place: Place,
    pub(super) id: String,
    /// The whole row.
    pub(super) record: Map<String, Value>,
    /// Names and texts, in the order of the fields of the model.
    pub(super) texts: Vec<(String, String)>,
    /// Whether the id was given by the tool in which it was labelled, so that
    /// the text tells better which case it is.
    foreign_id: bool,
    /// Who gave which trends (keys); without a name, whoever imports.
    answers: Vec<(Option<String>, Vec<String>)>,
}

/// The kind of a file with labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Rows with ids and labels, in any format of cases.
    Table,
    /// The JSON export of Label Studio.
    LabelStudio,
    /// The JSON Lines export of doccano.
    Doccano,
}

impl Labels {
    /// Reads the labels of a file; also returns one error per row that cannot be
    /// used.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; as [`Self::from_rows`] and
    /// [`Self::from_label_studio`].
    pub fn open(
        path: &Path,
        source: Source,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let file = path.display().to_string();
        let text = || std::fs::read_to_string(path).map_err(|e| Error::io(path, e));
        let Columns { text: fields, id, .. } = &options.columns;
        match source {
            Source::Table => Self::from_rows(Rows::open(path, options)?, options, taxonomy),
            Source::LabelStudio => Self::from_label_studio(&text()?, &file, fields, id, taxonomy),
            Source::Doccano => Ok(Self::from_doccano(&text()?, &file, fields, id, taxonomy)),
        }
    }
}

/// How labels are imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Under which name labels are kept whose giver the file does not name.
    pub reviewer: String,
}

/// What came of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Answers that were saved.
    pub saved: u64,
    /// Answers that the database has already, or whose trends are decided.
    pub known: u64,
    /// Cases that were added for them.
    pub added: u64,
    /// Cases that have no label in the file.
    pub unlabelled: u64,
    /// Rows that failed.
    pub failed: u64,
}

impl Store {
    /// Saves labels as answers in the queue `import`, cases that are not there
    /// being added first. Labels without a giver that are what is decided change
    /// nothing; others stand beside the answers there are, unless their giver said
    /// the same. They never count as first answers to the audit. `failed` hears of
    /// cases that cannot be found or added.
    ///
    /// # Errors
    /// [`Error::BadParam`] for a name that cannot be, [`Error::BadCorpus`] if the
    /// model knows other trends, [`Error::Database`].
    pub fn import(
        &self,
        model: &Model,
        labels: Labels,
        params: &Import,
        failed: &mut dyn FnMut(Error),
    ) -> Result<Imported> {
        check_reviewer(&params.reviewer).map_err(|refusal| Error::BadParam {
            name: "reviewer",
            value: params.reviewer.clone(),
            remedy: refusal.to_string(),
        })?;
        self.register(model)?;
        let mut total = Imported::default();
        let mut cases = Vec::new();
        for (case, is_there) in self.looked_up(labels.cases)? {
            if case.answers.is_empty() {
                total.unlabelled += 1;
            } else if is_there || case.texts.iter().any(|(_, text)| !text.trim().is_empty()) {
                cases.push((case, is_there));
            } else {
                total.failed += 1;
                failed(Error::BadRow {
                    reason: format!("there is no case \"{}\", and no text to add", case.id),
                    place: Box::new(case.place),
                    remedy: "add the cases first, or name the column with --id-column".into(),
                });
            }
        }
        let missing = cases.par_iter().filter(|(_, is_there)| !is_there);
        let new = missing.map_init(Scratch::default, |scratch, (case, _)| {
            NewCase::labelled(case, model, scratch)
        });
        let new: Vec<NewCase> = new.collect();
        // Together: an import is there as a whole or not at all.
        let (reviewer, version) = (params.reviewer.clone(), model.version.clone());
        let (added, errors, (saved, known)) = self
            .change(move |connection| {
                let (added, errors) = insert_all(connection, new, &version)?;
                let cases = cases.iter().map(|(case, _)| case);
                Ok((added, errors, save(connection, cases, &reviewer)?))
            })
            .map_err(|refusal| self.error(refusal))?;
        errors.into_iter().for_each(&mut *failed);
        total.failed += added.failed;
        Ok(Imported { saved, known, added: added.added, ..total })
    }

    /// The cases, and whether each is in the database.
    fn looked_up(&self, cases: Vec<LabelledCase>) -> Result<Vec<(LabelledCase, bool)>> {
        self.read(|connection| {
            let look_up = |case: LabelledCase| {
                let is_there = case.find(connection)?.is_some();
                Ok((case, is_there))
            };
            cases.into_iter().map(look_up).collect()
        })
    }
}

impl LabelledCase {
    /// The number of the case that is meant.
    fn find(&self, connection: &Connection) -> rusqlite::Result<Option<i64>> {
        let query = "SELECT number FROM cases WHERE id = ?";
        let mut by_id = connection.prepare_cached(query)?;
        let mut by_id = |id: &str| by_id.query_row([id], |row| row.get(0)).optional();
        if self.foreign_id {
            let texts: Vec<&String> = self.texts.iter().map(|(_, text)| text).collect();
            let query = "SELECT number FROM cases WHERE fingerprint = ? ORDER BY number LIMIT 1";
            let mut by_text = connection.prepare_cached(query)?;
            let found = by_text.query_row([fingerprint(&texts)], |row| row.get(0)).optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        // An export that is safe in spreadsheets has changed ids such as "=1".
        match by_id(&self.id)? {
            Some(number) => Ok(Some(number)),
            None => by_id(spreadsheet::unescape(&self.id)),
        }
    }
}

/// Saves the answers to cases that are there; returns how many were saved, and
/// how many were known.
fn save<'c>(
    connection: &Connection,
    cases: impl Iterator<Item = &'c LabelledCase>,
    importer: &str,
) -> Result<(u64, u64), Refusal> {
    let (mut saved, mut known) = (0, 0);
    let time = now();
    for case in cases {
        let Some(number) = case.find(connection)? else { continue };
        for (reviewer, trends) in &case.answers {
            let stored = super::queue::by_number(connection, number)?;
            let history = History::load(connection, number)?;
            // Whoever gave a label himself answers, whether or not others agree.
            let decided =
                reviewer.is_none() && history.outcome(stored.wanted).1 == Some(trends.as_slice());
            let reviewer = reviewer.as_deref().unwrap_or(importer);
            let said = history
                .of(reviewer)
                .is_some_and(|answer| answer.kind == Kind::Answer && answer.trends == *trends);
            if decided || said {
                known += 1;
                continue;
            }
            let cell = cell(trends);
            let last = history.version(reviewer, 1);
            let hash = Sha256::digest(format!("{}\n{reviewer}\n{cell}\n{last}", stored.id));
            let new = NewDecision {
                request: &format!("import-{}", hex(&hash)),
                part: 0,
                reviewer,
                kind: Kind::Answer,
                trends: Some(&cell),
                note: "",
                queue: QUEUE,
                time: &time,
                model: None,
                undoes: None,
                blind: Some(true),
            };
            new.insert(connection, &stored, &history)?;
            saved += 1;
        }
    }
    set_priorities(connection)?;
    Ok((saved, known))
}

/// The key of a label that a tool shows by key or by name.
fn key_of<'t>(taxonomy: &'t Taxonomy, label: &str) -> Option<&'t str> {
    let label = spreadsheet::unescape(label).trim();
    let named = taxonomy.trends.iter().find(|trend| trend.key == label);
    let named = named.or_else(|| taxonomy.trends.iter().find(|trend| trend.name == label));
    named.map(|trend| trend.key.as_str())
}

/// The keys of labels, in the order of the taxonomy.
fn keys_of(taxonomy: &Taxonomy, labels: &[String], place: &Place) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for label in labels {
        let key = key_of(taxonomy, label).ok_or_else(|| Error::BadRow {
            place: Box::new(place.clone()),
            reason: format!("\"{label}\" is neither key nor name of a trend"),
            remedy: "name the labels as the taxonomy does".into(),
        })?;
        found.push(key);
    }
    let keys = taxonomy.trends.iter().map(|trend| trend.key.clone());
    Ok(keys.filter(|key| found.contains(&key.as_str())).collect())
}

/// The texts of an object: one per field, empty where it is not there, so that
/// each weighs as its field does; or, without any of them, its `text` or `data`.
fn texts_of(object: &Map<String, Value>, fields: &[String]) -> Vec<(String, String)> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    if fields.iter().any(|name| text(name).is_some()) {
        fields.iter().map(|name| pair(name, text(name).unwrap_or_default())).collect()
    } else {
        let only = ["text", "data"].into_iter().find_map(|name| Some(pair(name, text(name)?)));
        only.into_iter().collect()
    }
}

/// A JSON value as an id.
fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
