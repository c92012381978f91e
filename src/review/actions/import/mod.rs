//! Labels that were given elsewhere, as answers.

mod doccano;
mod label_studio;

use std::collections::BTreeSet;
use std::path::Path;

use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::new_case::{NewCase, insert_all};
use super::priority::set_priorities;
use crate::error::{Error, Place, Result};
use crate::review::db::decision::DecisionKind;
use crate::review::db::derived::bring_up_to_date;
use crate::review::db::history::History;
use crate::review::db::new_decision::NewDecision;
use crate::review::db::queue::IMPORT;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::{Reviewer, check_reviewer};
use crate::review::db::store::{Store, now};
use crate::review::db::stored_case::{StoredCase, fingerprint};
use crate::review::db::suggestion::TaggedCase;
use crate::tables::{Columns, ReadOptions, Rows, spreadsheet};
use crate::tagger::Corpus;
use crate::tagger::Model;
use crate::tagger::record::{BLIND_CHECK, BLIND_CHECK_COLUMN, OLD_BLIND_CHECK_COLUMN};
use crate::tagger::{Scratch, hex, keys_of_set};
use crate::taxonomy::{LabelReader, Taxonomy, join_keys};

/// Labels that were read from a file, before they are anyone's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedLabels {
    cases: Vec<LabelledCase>,
}

/// A case with the labels that others gave it.
#[derive(Debug, Clone, PartialEq)]
struct LabelledCase {
    place: Place,
    id: String,
    /// The whole row.
    record: Map<String, Value>,
    /// Names and texts, in the order of the fields of the model.
    texts: Vec<(String, String)>,
    /// Whether the id was given by the tool in which it was labelled, so that
    /// the text tells better which case it is.
    foreign_id: bool,
    /// Who gave which trends (keys); without a name, whoever imports.
    answers: Vec<(Option<String>, Vec<String>)>,
}

/// The kind of a file with labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportSource {
    /// Rows with ids and labels, in any format of cases.
    Table,
    /// The JSON export of Label Studio.
    LabelStudio,
    /// The JSON Lines export of doccano.
    Doccano,
}

impl ImportedLabels {
    /// Reads the labels of a file; also returns one error per row that cannot be
    /// used.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; as [`Self::from_rows`] and
    /// [`Self::from_label_studio`].
    pub fn open(
        path: &Path,
        source: ImportSource,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let file = path.display().to_string();
        let text = || std::fs::read_to_string(path).map_err(|e| Error::io(path, e));
        let Columns { text: fields, id, .. } = &options.columns;
        match source {
            ImportSource::Table => Self::from_rows(Rows::open(path, options)?, options, taxonomy),
            ImportSource::LabelStudio => {
                Self::from_label_studio(&text()?, &file, fields, id, taxonomy)
            }
            ImportSource::Doccano => Ok(Self::from_doccano(&text()?, &file, fields, id, taxonomy)),
        }
    }
}

/// How labels are imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportParams {
    /// Reviewer name for labels that have none.
    pub reviewer: String,
}

/// The result of an import.
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
        labels: ImportedLabels,
        params: &ImportParams,
        failed: &mut dyn FnMut(Error),
    ) -> Result<Imported> {
        check_reviewer(&params.reviewer).map_err(|refusal| {
            Error::bad_param("reviewer", params.reviewer.clone(), refusal.to_string())
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
                    remedy: "add the cases first, or name the column of the ids".into(),
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
                let (added, errors) = insert_all(connection, new, &version, false)?;
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

impl ImportedLabels {
    /// Reads labelled rows; also returns one error per row that cannot be used.
    ///
    /// # Errors
    /// As [`Corpus::from_rows`].
    pub fn from_rows(
        rows: Rows,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let mut options = options.clone();
        let has = |name: &String| rows.columns().iter().any(|column| column == name);
        if !rows.columns().is_empty() && !options.columns.text.iter().any(has) {
            // Ids and labels are enough for cases that are there.
            options.columns.text = vec![options.columns.id.clone()];
        }
        let without_text = options.columns.text == [options.columns.id.clone()];
        let (corpus, errors) = Corpus::from_rows(rows, &options, Some(taxonomy.clone()))?;
        let labelled = corpus.cases.into_iter().map(|case| {
            let texts = options.columns.text.iter().cloned().zip(case.texts);
            LabelledCase {
                place: case.place.unwrap_or_default(),
                id: case.id,
                record: case.record.into_object(),
                texts: if without_text { Vec::new() } else { texts.collect() },
                foreign_id: false,
                answers: case.gold.iter().map(|set| (None, keys_of_set(taxonomy, set))).collect(),
            }
        });
        Ok((Self { cases: labelled.collect() }, errors))
    }
}

impl LabelledCase {
    /// The number of the case that is meant.
    fn find(&self, connection: &Connection) -> rusqlite::Result<Option<i64>> {
        let query = "SELECT number FROM cases WHERE id = ?";
        let mut by_id = connection.prepare_cached(query)?;
        let mut by_id = |id: &str| by_id.query_row([id], |row| row.get("number")).optional();
        if self.foreign_id {
            let texts: Vec<&String> = self.texts.iter().map(|(_, text)| text).collect();
            let query = "SELECT number FROM cases WHERE fingerprint = ? ORDER BY number LIMIT 1";
            let mut by_text = connection.prepare_cached(query)?;
            let found =
                by_text.query_row([fingerprint(&texts)], |row| row.get("number")).optional()?;
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

impl NewCase {
    /// A case that comes with labels: not drawn for the blind check, but part of
    /// it if the export that it comes from says so, so that no model learns from it.
    fn labelled(case: &LabelledCase, model: &Model, scratch: &mut Scratch) -> Self {
        let (text_columns, texts): (Vec<String>, Vec<String>) = case.texts.iter().cloned().unzip();
        Self {
            id: case.id.clone(),
            place: case.place.clone(),
            blind_check: [BLIND_CHECK_COLUMN, OLD_BLIND_CHECK_COLUMN]
                .iter()
                .any(|name| case.record.get(*name).is_some_and(|value| value == BLIND_CHECK)),
            record: case.record.clone(),
            text_columns,
            tagged: TaggedCase::of(model, &texts, scratch),
            texts,
            wanted: 1,
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
        let stored = StoredCase::by_number(connection, number)?;
        let mut history = History::load(connection, number)?;
        let mut reviewers = BTreeSet::new();
        for (given, trends) in &case.answers {
            let spelling = given.as_deref().unwrap_or(importer);
            let reviewer = Reviewer::find(connection, spelling)?;
            // Whoever gave a label themselves answers, whether or not others agree.
            let decided =
                given.is_none() && history.outcome(stored.wanted).1 == Some(trends.as_slice());
            let said = history.of(&reviewer.name).is_some_and(|answer| {
                answer.kind == DecisionKind::Answer && answer.trends == *trends
            });
            if decided || said {
                known += 1;
                continue;
            }
            let cell = join_keys(trends);
            let last = history.version(&reviewer.name, 1);
            let hash = Sha256::digest(format!("{}\n{}\n{cell}\n{last}", stored.id, reviewer.name));
            let new = NewDecision {
                request: &format!("import-{}", hex(&hash)),
                part: 0,
                reviewer: &reviewer,
                spelling,
                kind: DecisionKind::Answer,
                trends: Some(&cell),
                note: "",
                queue: IMPORT,
                time: &time,
                model: None,
                undoes: None,
                blind: Some(true),
                flag: None,
                bulk: false,
            };
            new.insert(connection, &stored, &mut history)?;
            reviewers.insert(reviewer.name);
            saved += 1;
        }
        // Once for all its answers: there may be thousands.
        if !reviewers.is_empty() {
            let reviewers = reviewers.iter().map(String::as_str);
            bring_up_to_date(connection, &stored, &history, reviewers)?;
        }
    }
    set_priorities(connection)?;
    Ok((saved, known))
}

/// The keys of labels, in the order of the taxonomy.
fn keys_of(taxonomy: &Taxonomy, labels: &[String], place: &Place) -> Result<Vec<String>> {
    let labels: Vec<&str> = labels.iter().map(|label| spreadsheet::unescape(label)).collect();
    let set = LabelReader::new(taxonomy, None).read_list(&labels);
    let set = set.map_err(|reason| {
        Error::bad_row(place.clone(), reason, "use the keys, names or aliases of the taxonomy")
    })?;
    Ok(keys_of_set(taxonomy, &set))
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
