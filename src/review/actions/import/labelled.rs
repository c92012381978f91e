//! Imported cases with labels, and their matches in the database.

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use crate::error::{Action, Error, Place, Result};
use crate::review::db::decision::{DecisionKind, Flag};
use crate::review::db::fingerprint::{fingerprint, folded, has_words};
use crate::review::db::settings::parsed;
use crate::tables::{bare_id, spreadsheet};
use crate::tagger::{hex, keys_of_set, record::value_text};
use crate::taxonomy::{LabelReader, Taxonomy};

/// An imported case with its labels.
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
    /// Number of reviewers who are to answer.
    pub(super) wanted: u8,
    /// The name of its batch, if the file has one.
    pub(super) batch: Option<String>,
    /// Whether it is added even without an answer.
    pub(super) is_of_review: bool,
}

/// The id of a case in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CaseId {
    /// The id that the case had before it was labelled.
    Own(String),
    /// An id that the labelling tool assigned.
    Tool(String),
    /// None.
    Missing,
}

/// An answer: the labels of a case from one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GivenAnswer {
    /// The person; without a name, the one who imports.
    pub(super) by: Option<String>,
    pub(super) kind: DecisionKind,
    /// Keys of trends, in the order of the taxonomy.
    pub(super) trends: Vec<String>,
    pub(super) note: String,
    /// The queue of a review in which they were given.
    pub(super) queue: Option<String>,
    /// The time, as written in the file.
    pub(super) time: Option<String>,
    /// The model of the suggestion that was in view.
    pub(super) seen: Option<String>,
    /// Whether no other answer was in view.
    pub(super) blind: bool,
    /// The reason for skipping a case.
    pub(super) flag: Option<Flag>,
    /// Whether it was accepted in bulk without being read.
    pub(super) bulk: bool,
    /// Keys of the trends that it was asked about; `None` if about all.
    pub(super) asked: Option<Vec<String>>,
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
            asked: None,
        }
    }
}

/// The match of an imported case in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The case with this number has the same text.
    SameText(i64),
    /// The case with this number has the id; texts were not compared.
    SameId(i64),
    /// No case matches.
    Missing,
    /// No case matches, but one has an id that differs only by blanks or `.0`.
    AlikeId,
    /// The id belongs to a case with another text.
    OtherText,
    /// There is no text to compare.
    WithoutText,
}

impl LabelledCase {
    /// Finds the matching case: by id alone if `by_id` is set, otherwise by text. Among
    /// cases with the same text, the one with the same id wins.
    pub(super) fn find(&self, connection: &Connection, by_id: bool) -> rusqlite::Result<Found> {
        let found = self.find_exactly(connection, by_id)?;
        match &self.id {
            CaseId::Own(id) if found == Found::Missing && has_alike_id(connection, id)? => {
                Ok(Found::AlikeId)
            }
            _ => Ok(found),
        }
    }

    fn find_exactly(&self, connection: &Connection, by_id: bool) -> rusqlite::Result<Found> {
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
                // A review can contain cases without text.
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

    /// Returns whether each given text equals that column of the case. A file can lack
    /// some columns.
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

    /// Returns the id for adding the case: its own, or one derived from its text.
    pub(super) fn new_id(&self) -> String {
        match &self.id {
            CaseId::Own(id) | CaseId::Tool(id) => id.clone(),
            CaseId::Missing => {
                format!("text-{}", fingerprint(&self.values()).chars().take(12).collect::<String>())
            }
        }
    }

    /// Returns why the case cannot be identified; `None` if it was found or can be added.
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
            Found::AlikeId => (
                format!(
                    "there is no case \"{id}\", but one whose id differs only by blanks or \".0\""
                ),
                "give the label the id that the case has in the review".into(),
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

/// Returns the number and the fingerprint of the case with an id.
fn by_name(connection: &Connection, id: &str) -> rusqlite::Result<Option<(i64, String)>> {
    let query = "SELECT number, fingerprint FROM cases WHERE id = ?";
    let mut statement = connection.prepare_cached(query)?;
    let mut find = |id: &str| {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get("number")?, row.get("fingerprint")?));
        statement.query_row([id], read).optional()
    };
    // An export for spreadsheets may have escaped ids such as "=1".
    match find(id)? {
        Some(found) => Ok(Some(found)),
        None => find(spreadsheet::unescape(id)),
    }
}

/// Returns whether a case has the id as a spreadsheet or data frame may have changed it.
fn has_alike_id(connection: &Connection, id: &str) -> rusqlite::Result<bool> {
    let bare = bare_id(id);
    let query = "SELECT 1 FROM cases WHERE id IN (?, ?) LIMIT 1";
    connection.prepare_cached(query)?.exists([bare, &format!("{bare}.0")])
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

    /// Returns the keys of labels, in the order of the taxonomy.
    pub(super) fn keys<S: AsRef<str>>(&self, labels: &[S], place: &Place) -> Result<Vec<String>> {
        let labels: Vec<&str> =
            labels.iter().map(|label| spreadsheet::unescape(label.as_ref())).collect();
        let set = self.reader.read_list(&labels).map_err(|reason| {
            let remedy = "use the keys, names or aliases of the taxonomy";
            Error::bad_row(place.clone(), reason, remedy)
        })?;
        Ok(keys_of_set(self.taxonomy, &set))
    }

    /// Returns the keys of the trends that an answer with these trends was asked about,
    /// from a cell of labels; `None` if about all.
    pub(super) fn asked(&self, cell: Option<&str>, given: &[String]) -> Option<Vec<String>> {
        let given = given.iter().filter_map(|key| self.taxonomy.id(key)).collect();
        let asked = self.taxonomy.asked(cell?, &given)?;
        Some(keys_of_set(self.taxonomy, &asked))
    }

    pub(super) fn knows(&self, label: &str) -> bool {
        self.reader.find(spreadsheet::unescape(label)).is_some()
    }
}

/// Returns a request id: a hash that is equal for equal labels, so that they are saved
/// once.
pub(super) fn request_of(parts: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    format!("import-{}", hex(&Sha256::digest(parts.join("\n"))))
}
