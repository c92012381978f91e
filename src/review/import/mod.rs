//! Labels that were given elsewhere, as answers.

mod doccano;
mod label_studio;
mod table;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Refusal;
use super::add::{NewCase, fingerprint};
use super::decide::{NewDecision, check_reviewer};
use super::fold::{History, Kind, cell};
use super::order::set_priorities;
use super::store::{Store, now};
use crate::artifact::Model;
use crate::case::spreadsheet;
use crate::error::{Error, Place, Result};
use crate::tagger::hex;
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
struct LabelledCase {
    place: Place,
    id: String,
    /// The whole row.
    record: Map<String, Value>,
    /// Names and texts.
    texts: Vec<(String, String)>,
    /// Whether the id was given by the tool in which it was labelled, so that
    /// the text tells better which case it is.
    foreign_id: bool,
    /// Who gave which trends (keys); without a name, whoever imports.
    answers: Vec<(Option<String>, Vec<String>)>,
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
    /// being added first. Labels that are what is decided change nothing; others
    /// stand beside the answers there are. They never count as first answers to
    /// the audit. `failed` hears of cases that cannot be found or added.
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
        // Together: an import is there as a whole or not at all.
        let (reviewer, model_version) = (params.reviewer.clone(), model.version.clone());
        let mut new = labels.cases;
        let mut prepared = Vec::new();
        for case in new.drain(..) {
            if case.answers.is_empty() {
                total.unlabelled += 1;
                continue;
            }
            let found = self.read(|connection| case.find(connection))?;
            let addition = match found {
                Some(_) => None,
                None if case.texts.iter().all(|(_, text)| text.trim().is_empty()) => {
                    total.failed += 1;
                    failed(Error::BadRow {
                        place: Box::new(case.place.clone()),
                        reason: format!("there is no case \"{}\", and no text to add", case.id),
                        remedy: "add the cases first, or name the column with --id-column".into(),
                    });
                    continue;
                }
                None => Some(NewCase::labelled(
                    case.id.clone(),
                    case.place.clone(),
                    case.record.clone(),
                    case.texts.clone(),
                    model,
                )),
            };
            prepared.push((case, addition));
        }
        let (saved, errors) = self
            .change(move |connection| save(connection, prepared, &reviewer, &model_version))
            .map_err(|refusal| self.error(refusal))?;
        errors.into_iter().for_each(&mut *failed);
        total.saved = saved.saved;
        total.known = saved.known;
        total.added = saved.added;
        total.failed += saved.failed;
        Ok(total)
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

fn save(
    connection: &Connection,
    prepared: Vec<(LabelledCase, Option<NewCase>)>,
    importer: &str,
    model: &str,
) -> Result<(Imported, Vec<Error>), Refusal> {
    let (mut total, mut errors) = (Imported::default(), Vec::new());
    let time = now();
    for (case, addition) in prepared {
        if let Some(addition) = addition {
            let (added, failed) = super::add::insert_all(connection, vec![addition], model)?;
            total.added += added.added;
            total.failed += added.failed;
            errors.extend(failed);
        }
        let Some(number) = case.find(connection)? else { continue };
        for (reviewer, trends) in &case.answers {
            let stored = super::queue::by_number(connection, number)?;
            let reviewer = reviewer.as_deref().unwrap_or(importer);
            let history = History::load(connection, number)?;
            let decided = history.outcome(stored.wanted).1 == Some(trends.as_slice());
            let said = history
                .of(reviewer)
                .is_some_and(|answer| answer.kind == Kind::Answer && answer.trends == *trends);
            if decided || said {
                total.known += 1;
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
            total.saved += 1;
        }
    }
    set_priorities(connection)?;
    Ok((total, errors))
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

/// The texts of an object: those of the fields that are there, or else its
/// `text` or `data`.
fn texts_of(object: &Map<String, Value>, fields: &[String]) -> Vec<(String, String)> {
    let text = |name: &str| {
        let value = object.get(name).and_then(Value::as_str);
        value.map(|text| (name.to_owned(), text.to_owned()))
    };
    let texts: Vec<_> = fields.iter().filter_map(|name| text(name)).collect();
    if texts.is_empty() {
        text("text").or_else(|| text("data")).into_iter().collect()
    } else {
        texts
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
