//! The row of a case, and functions to look it up.

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::settings::parsed;
use super::suggestion::params_of;
use crate::tagger::record::value_text;
use crate::tagger::{ReviewReason, Suggestion};

/// A text of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// Name of its column.
    pub field: String,
    /// The text.
    pub text: String,
}

/// Another column of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadatum {
    /// Name of the column.
    pub name: String,
    /// Its cell.
    pub value: String,
}

/// The row of a case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredCase {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) blind_check: bool,
    /// Number of reviewers who are to answer.
    pub(crate) wanted: usize,
    pub(crate) model: String,
    /// Whether the suggestion is visible.
    pub(crate) revealed: bool,
    /// Whether it was held back from a bulk action as a random check.
    pub(crate) spot_check: bool,
    /// The name of its batch.
    pub(crate) batch: String,
    /// The beginning of the first non-empty text.
    pub(crate) title: String,
    /// Keys of the trends that its outcome says nothing about; empty if there are none.
    pub(crate) unasked: Vec<String>,
}

/// The columns that [`StoredCase::read`] reads, of the table `c`.
pub(crate) const CASE_COLUMNS: &str = "c.number, c.id, c.blind_check, c.wanted, c.model, c.revealed, c.title, c.unasked, \
     c.spot_check IS NOT NULL AS spot_check, \
     (SELECT name FROM batches WHERE number = c.batch) AS batch";

/// Maximum length of a cell that the list can be filtered by, in characters.
const LONGEST_METADATUM: usize = 100;

/// Length of a title in a list, in characters.
const TITLE: usize = 200;

impl StoredCase {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get("number")?,
            id: row.get("id")?,
            blind_check: row.get("blind_check")?,
            wanted: usize::from(row.get::<_, u8>("wanted")?),
            model: row.get("model")?,
            revealed: row.get("revealed")?,
            spot_check: row.get("spot_check")?,
            batch: row.get::<_, Option<String>>("batch")?.unwrap_or_default(),
            title: row.get("title")?,
            unasked: match row.get::<_, Option<String>>("unasked")? {
                Some(cell) => super::decision::split_keys(&cell),
                None => Vec::new(),
            },
        })
    }

    /// Returns the case with this id.
    pub(crate) fn by_id(connection: &Connection, id: &str) -> Result<Self, Refusal> {
        let query = format!("SELECT {CASE_COLUMNS} FROM cases c WHERE c.id = ?");
        let found = connection.prepare_cached(&query)?.query_row([id], Self::read).optional()?;
        found.ok_or_else(|| Refusal::NoCase(id.to_owned()))
    }

    /// Returns the case with this number.
    pub(crate) fn by_number(connection: &Connection, number: i64) -> rusqlite::Result<Self> {
        let query = format!("SELECT {CASE_COLUMNS} FROM cases c WHERE c.number = ?");
        connection.prepare_cached(&query)?.query_row([number], Self::read)
    }

    /// Returns all columns of the case, and the names of those with texts.
    pub(crate) fn record(
        &self,
        connection: &Connection,
    ) -> rusqlite::Result<(Map<String, Value>, Vec<String>)> {
        let query = "SELECT record, text_columns FROM records WHERE case_number = ?";
        let (record, text_columns) =
            connection.prepare_cached(query)?.query_row([self.number], |row| {
                Ok((row.get::<_, String>("record")?, row.get::<_, String>("text_columns")?))
            })?;
        Ok((parsed(&record)?, parsed(&text_columns)?))
    }

    /// Returns the texts, and the other columns.
    pub(crate) fn columns(
        &self,
        connection: &Connection,
    ) -> rusqlite::Result<(Vec<Text>, Vec<Metadatum>)> {
        let (mut record, names) = self.record(connection)?;
        let mut text = |name: String| {
            let text = record.shift_remove(&name).map(|value| value_text(&value).into_owned());
            let text = text.unwrap_or_default();
            Text { field: name, text }
        };
        let texts = names.into_iter().map(&mut text).collect();
        // The id has a separate field.
        let others = record.into_iter().filter(|(name, value)| {
            !(name.eq_ignore_ascii_case("id") && value.as_str() == Some(&self.id))
        });
        let others =
            others.map(|(name, value)| Metadatum { name, value: value_text(&value).into_owned() });
        Ok((texts, others.collect()))
    }

    /// Returns the suggestion of the model in use, without evidence, even if it is hidden.
    pub(crate) fn suggestion(&self, connection: &Connection) -> rusqlite::Result<Suggestion> {
        let suggestion = self.suggestion_of(connection, &self.model)?;
        suggestion.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Returns the suggestion of a model, without evidence, even if it is hidden; `None` if there
    /// is none.
    pub(crate) fn suggestion_of(
        &self,
        connection: &Connection,
        model: &str,
    ) -> rusqlite::Result<Option<Suggestion>> {
        let mut statement = connection.prepare_cached(
            "SELECT probabilities, trends, reasons FROM suggestions \
             WHERE case_number = ? AND model = ?",
        )?;
        let found = statement.query_row((self.number, model), |row| {
            let text = |column| row.get::<_, String>(column);
            Ok((text("probabilities")?, text("trends")?, text("reasons")?))
        });
        let Some((probabilities, trends, reasons)) = found.optional()? else { return Ok(None) };
        let Some(params) = params_of(connection, model)? else { return Ok(None) };
        let probabilities: Vec<f64> = parsed(&probabilities)?;
        let reasons: Vec<ReviewReason> = parsed(&reasons)?;
        let trends = super::decision::split_keys(&trends);
        Ok(Some(params.suggestion(model, &probabilities, &trends, reasons)))
    }
}

/// Returns the beginning of the first non-empty text.
pub(crate) fn title_of(record: &Map<String, Value>, text_columns: &[String]) -> String {
    let texts = text_columns.iter().filter_map(|name| record.get(name)).map(value_text);
    let text = texts.map(|text| text.trim().to_owned()).find(|text| !text.is_empty());
    text.map(|text| text.chars().take(TITLE).collect()).unwrap_or_default()
}

/// Stores the short metadata cells of a case as filters of the list.
pub(crate) fn index_metadata(
    connection: &Connection,
    number: i64,
    id: &str,
    record: &Map<String, Value>,
    text_columns: &[String],
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO metadata (name, value, case_number) VALUES (?, ?, ?)",
    )?;
    for (name, value) in record.iter().filter(|(name, _)| !text_columns.contains(name)) {
        let value = value_text(value);
        let value = value.trim();
        let is_filter =
            !value.is_empty() && value != id && value.chars().count() <= LONGEST_METADATUM;
        if is_filter {
            insert.execute((name, value, number))?;
        }
    }
    Ok(())
}

/// Returns the number of a case by its id.
pub(crate) fn number_of(connection: &Connection, id: &str) -> Result<i64, Refusal> {
    let mut statement = connection.prepare_cached("SELECT number FROM cases WHERE id = ?")?;
    let found = statement.query_row([id], |row| row.get("number")).optional()?;
    found.ok_or_else(|| Refusal::NoCase(id.to_owned()))
}

/// Returns the id of a case by its number.
pub(crate) fn id_of(connection: &Connection, number: i64) -> rusqlite::Result<String> {
    let mut statement = connection.prepare_cached("SELECT id FROM cases WHERE number = ?")?;
    statement.query_row([number], |row| row.get("id"))
}
