//! A case with the labels that others gave it, and which case of the database it is.

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use crate::error::{Action, Error, Place, Result};
use crate::review::db::decision::{DecisionKind, Flag};
use crate::review::db::fingerprint::{fingerprint, folded, has_words};
use crate::review::db::settings::parsed;
use crate::tables::spreadsheet;
use crate::tagger::{hex, keys_of_set, record::value_text};
use crate::taxonomy::{LabelReader, Taxonomy};

/// A case with the labels that others gave it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LabelledCase {
    pub(super) place: Place,
    pub(super) id: CaseId,
    /// Its columns, without labels.
    pub(super) record: Map<String, Value>,
    /// Names and texts, in the order of the fields of the model.
    pub(super) texts: Vec<(String, String)>,
    pub(super) answers: Vec<GivenAnswer>,
    /// Whether it belongs to the blind check.
    pub(super) blind_check: bool,
    /// How many reviewers are to answer.
    pub(super) wanted: u8,
    /// The name of its batch, if the file has one.
    pub(super) batch: Option<String>,
    /// Whether it is added even if nobody has answered it.
    pub(super) is_of_review: bool,
}

/// What a file says of the id of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CaseId {
    /// The id that the case had before it was labelled.
    Own(String),
    /// One that the tool in which it was labelled gave it.
    Tool(String),
    /// None.
    Missing,
}

/// Labels that someone gave a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GivenAnswer {
    /// Who gave them; without a name, whoever imports.
    pub(super) by: Option<String>,
    pub(super) kind: DecisionKind,
    /// Keys of trends, in the order of the taxonomy.
    pub(super) trends: Vec<String>,
    pub(super) note: String,
    /// The queue of a review in which they were given.
    pub(super) queue: Option<String>,
    /// When, as the file has it.
    pub(super) time: Option<String>,
    /// The model whose suggestion was in view.
    pub(super) seen: Option<String>,
    /// Whether no other answer was in view.
    pub(super) blind: bool,
    /// Why a case was passed over.
    pub(super) flag: Option<Flag>,
    /// Whether it was accepted unread, together with others.
    pub(super) bulk: bool,
}

impl GivenAnswer {
    pub(super) fn new(by: Option<String>, trends: Vec<String>) -> Self {
        Self {
            by,
            kind: DecisionKind::Answer,
            trends,
            note: String::new(),
            queue: None,
            time: None,
            seen: None,
            blind: true,
            flag: None,
            bulk: false,
        }
    }
}

/// Which case of the database is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The case with this number has the same text.
    SameText(i64),
    /// The case with this number has the id; texts were not compared.
    SameId(i64),
    /// There is none.
    Missing,
    /// The id belongs to a case with another text.
    OtherText,
    /// There is no text to compare.
    WithoutText,
}

impl LabelledCase {
    /// Finds the case. Ids alone decide if `by_id`; otherwise texts do, and of cases with
    /// the same text that with the same id.
    pub(super) fn find(&self, connection: &Connection, by_id: bool) -> rusqlite::Result<Found> {
        let named = match &self.id {
            CaseId::Own(id) | CaseId::Tool(id) => by_name(connection, id)?,
            CaseId::Missing => None,
        };
        if by_id {
            return Ok(match (&self.id, named) {
                (CaseId::Own(_), Some((number, _))) => Found::SameId(number),
                (CaseId::Own(_), None) => Found::Missing,
                _ => Found::WithoutText,
            });
        }
        let texts = self.values();
        if !has_words(&texts) {
            let empty = named.as_ref().filter(|(_, known)| *known == fingerprint(&texts));
            return Ok(match empty {
                Some((number, _)) if self.is_own() && !self.texts.is_empty() => {
                    Found::SameText(*number)
                }
                // A review may have cases without text.
                None if self.is_of_review && named.is_none() => Found::Missing,
                _ => Found::WithoutText,
            });
        }
        let unescaped: Vec<&str> = texts.iter().map(|text| spreadsheet::unescape(text)).collect();
        for texts in [&texts, &unescaped] {
            let same = fingerprint(texts);
            if let Some((number, _)) = named.as_ref().filter(|(_, known)| *known == same) {
                return Ok(Found::SameText(*number));
            }
            let query = "SELECT number FROM cases WHERE fingerprint = ? ORDER BY number LIMIT 1";
            let mut by_text = connection.prepare_cached(query)?;
            if let Some(number) = by_text.query_row([same], |row| row.get("number")).optional()? {
                return Ok(Found::SameText(number));
            }
        }
        match named {
            None => Ok(Found::Missing),
            Some((number, _)) if self.is_own() && self.has_columns_of(connection, number)? => {
                Ok(Found::SameText(number))
            }
            Some(_) => Ok(Found::OtherText),
        }
    }

    fn is_own(&self) -> bool {
        matches!(self.id, CaseId::Own(_))
    }

    /// Whether each text that is given is that of the same column of the case: a file may
    /// lack some columns.
    fn has_columns_of(&self, connection: &Connection, number: i64) -> rusqlite::Result<bool> {
        let query = "SELECT record FROM records WHERE case_number = ?";
        let record: String =
            connection.prepare_cached(query)?.query_row([number], |row| row.get("record"))?;
        let record: Map<String, Value> = parsed(&record)?;
        let mut given = self.texts.iter().filter(|(_, text)| has_words(&[text]));
        Ok(given.all(|(name, text)| {
            let known = record.get(name).map(value_text).unwrap_or_default();
            let known = folded(&[known]);
            known == folded(&[text]) || known == folded(&[spreadsheet::unescape(text)])
        }))
    }

    pub(super) fn values(&self) -> Vec<&str> {
        self.texts.iter().map(|(_, text)| text.as_str()).collect()
    }

    pub(super) fn has_text(&self) -> bool {
        has_words(&self.values())
    }

    /// The id under which it is added: one made of its text if it has none.
    pub(super) fn new_id(&self) -> String {
        match &self.id {
            CaseId::Own(id) | CaseId::Tool(id) => id.clone(),
            CaseId::Missing => {
                format!("text-{}", fingerprint(&self.values()).chars().take(12).collect::<String>())
            }
        }
    }

    /// Why the case cannot be told; `None` if it was found, or may be added.
    pub(super) fn refusal(&self, found: Found) -> Option<Error> {
        let id = match &self.id {
            CaseId::Own(id) | CaseId::Tool(id) => id.as_str(),
            CaseId::Missing => "",
        };
        let (reason, remedy) = match found {
            Found::SameText(_) | Found::SameId(_) => return None,
            Found::Missing if self.has_text() || self.is_of_review => return None,
            Found::Missing => (
                format!("there is no case \"{id}\", and no text to add"),
                Action::NameIdColumn.to("add the cases first, or name the column of the ids"),
            ),
            Found::OtherText => (
                format!("the case \"{id}\" has another text, so the label may not be meant for it"),
                Action::MatchById
                    .to("give each label the id of the case it belongs to; to trust the ids, match by id")
                    .by(Action::NameIdColumn),
            ),
            Found::WithoutText if id.is_empty() => (
                "there is neither a text nor an id".to_owned(),
                Action::NameTextColumns.to("name the columns of the texts, or that of the ids"),
            ),
            Found::WithoutText => (
                format!("there is no text to compare with that of the case \"{id}\""),
                Action::MatchById
                    .to("name the columns of the texts; to trust the ids, match by id")
                    .by(Action::NameTextColumns),
            ),
        };
        Some(Error::bad_row(self.place.clone(), reason, remedy))
    }
}

/// The number and the fingerprint of the case with an id.
fn by_name(connection: &Connection, id: &str) -> rusqlite::Result<Option<(i64, String)>> {
    let query = "SELECT number, fingerprint FROM cases WHERE id = ?";
    let mut statement = connection.prepare_cached(query)?;
    let mut find = |id: &str| {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get("number")?, row.get("fingerprint")?));
        statement.query_row([id], read).optional()
    };
    // An export that is safe in spreadsheets may have changed ids such as "=1".
    match find(id)? {
        Some(found) => Ok(Some(found)),
        None => find(spreadsheet::unescape(id)),
    }
}

/// Reads labels by the keys, names and aliases of a taxonomy.
pub(super) struct Labels<'t> {
    pub(super) taxonomy: &'t Taxonomy,
    pub(super) reader: LabelReader,
}

impl<'t> Labels<'t> {
    pub(super) fn new(taxonomy: &'t Taxonomy) -> Self {
        Self { taxonomy, reader: LabelReader::new(taxonomy, None) }
    }

    /// The keys of labels, in the order of the taxonomy.
    pub(super) fn keys<S: AsRef<str>>(&self, labels: &[S], place: &Place) -> Result<Vec<String>> {
        let labels: Vec<&str> =
            labels.iter().map(|label| spreadsheet::unescape(label.as_ref())).collect();
        let set = self.reader.read_list(&labels).map_err(|reason| {
            let remedy = "use the keys, names or aliases of the taxonomy";
            Error::bad_row(place.clone(), reason, remedy)
        })?;
        Ok(keys_of_set(self.taxonomy, &set))
    }

    pub(super) fn knows(&self, label: &str) -> bool {
        self.reader.find(spreadsheet::unescape(label)).is_some()
    }
}

/// What a request saves is saved once: a hash that is the same for the same labels.
pub(super) fn request_of(parts: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    format!("import-{}", hex(&Sha256::digest(parts.join("\n"))))
}
