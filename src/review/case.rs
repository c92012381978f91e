//! A case as a reviewer may see it.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Refusal;
use super::facts::{Facts, Suggestion};
use super::fold::{Answer, History, Status};
use super::new_case::fingerprint;
use super::store::{Store, parsed, time_text};
use crate::artifact::Model;
use crate::case::value_text;
use crate::tagger::Review;

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

/// A case as a reviewer may see it: what he is to judge for himself is not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseView {
    /// The id.
    pub id: String,
    /// Its texts, in the order of the model's fields.
    pub texts: Vec<Text>,
    /// The other columns, in the order of the file.
    pub metadata: Vec<Metadatum>,
    /// How far it is.
    pub status: Status,
    /// The state to base an answer on.
    pub version: i64,
    /// Whether it belongs to the audit.
    pub audit: bool,
    /// How many reviewers are to answer.
    pub reviewers_wanted: usize,
    /// Whether the suggestion is hidden, because it is to be measured.
    pub suggestion_hidden: bool,
    /// The suggestion.
    pub suggestion: Option<Suggestion>,
    /// What this reviewer answered, or that he skipped it.
    pub mine: Option<Answer>,
    /// Who said what; `None` if this reviewer is to answer without seeing it.
    pub answers: Option<Vec<Answer>>,
    /// The trends that answers agree on or that were settled.
    #[serde(rename = "final")]
    pub outcome: Option<Vec<String>>,
    /// Another reviewer who has it open.
    pub held_by: Option<String>,
    /// Until when at the latest, UTC.
    pub held_until: Option<String>,
}

/// Pieces of evidence a trend that a reviewer sees.
const EVIDENCE: usize = 12;

/// A row of the cases.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub(super) number: i64,
    pub(super) id: String,
    pub(super) record: String,
    pub(super) text_columns: String,
    pub(super) audit: bool,
    pub(super) wanted: usize,
    pub(super) model: String,
    pub(super) revealed: bool,
}

/// The columns that [`Stored::read`] reads, of the table `c`.
pub(super) const COLUMNS: &str =
    "c.number, c.id, c.record, c.text_columns, c.audit, c.wanted, c.model, c.revealed";

impl Stored {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            id: row.get(1)?,
            record: row.get(2)?,
            text_columns: row.get(3)?,
            audit: row.get(4)?,
            wanted: usize::from(row.get::<_, u8>(5)?),
            model: row.get(6)?,
            revealed: row.get(7)?,
        })
    }

    pub(super) fn load(connection: &Connection, id: &str) -> Result<Self, Refusal> {
        let query = format!("SELECT {COLUMNS} FROM cases c WHERE c.id = ?");
        let found = connection.prepare_cached(&query)?.query_row([id], Self::read).optional()?;
        found.ok_or_else(|| Refusal::NoCase(id.to_owned()))
    }

    /// The texts, and the other columns.
    pub(super) fn columns(&self) -> rusqlite::Result<(Vec<Text>, Vec<Metadatum>)> {
        let mut record: Map<String, Value> = parsed(&self.record)?;
        let names: Vec<String> = parsed(&self.text_columns)?;
        let mut text = |name: String| {
            let text = record.shift_remove(&name).map(|value| value_text(&value).into_owned());
            let text = text.unwrap_or_default();
            Text { field: name, text }
        };
        let texts = names.into_iter().map(&mut text).collect();
        // The id stands by itself already.
        let others = record.into_iter().filter(|(name, value)| {
            !(name.eq_ignore_ascii_case("id") && value.as_str() == Some(&self.id))
        });
        let others =
            others.map(|(name, value)| Metadatum { name, value: value_text(&value).into_owned() });
        Ok((texts, others.collect()))
    }

    /// The suggestion of the present model, without evidence, however hidden.
    pub(super) fn suggestion(&self, connection: &Connection) -> rusqlite::Result<Suggestion> {
        let mut statement = connection.prepare_cached(
            "SELECT probabilities, trends, reasons FROM suggestions WHERE case_number = ? AND model = ?",
        )?;
        let (probabilities, trends, reasons) =
            statement.query_row((self.number, &self.model), |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            })?;
        let facts =
            Facts::load(connection, &self.model)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let probabilities: Vec<f64> = parsed(&probabilities)?;
        let reasons: Vec<Review> = parsed(&reasons)?;
        Ok(facts.suggestion(&self.model, &probabilities, &super::fold::split(&trends), &reasons))
    }
}

impl Store {
    /// A case as a reviewer may see it, with evidence if `model` made the
    /// suggestion.
    ///
    /// # Errors
    /// [`Refusal::NoCase`].
    pub fn case(
        &self,
        id: &str,
        reviewer: &str,
        model: Option<&Model>,
    ) -> Result<CaseView, Refusal> {
        let now = SystemTime::now();
        self.read_or(|connection| {
            let stored = Stored::load(connection, id)?;
            self.view(connection, &stored, reviewer, model, now)
        })
    }

    /// Refuses texts of audit cases that nobody has answered: what is suggested
    /// for them is not to be known yet.
    ///
    /// # Errors
    /// [`Refusal::InAudit`].
    pub fn refuse_hidden<'t>(
        &self,
        texts: impl IntoIterator<Item = &'t [String]>,
    ) -> Result<(), Refusal> {
        self.read_or(|connection| {
            let query = "SELECT 1 FROM cases WHERE fingerprint = ? AND NOT revealed";
            let mut hidden = connection.prepare_cached(query)?;
            for texts in texts {
                if hidden.exists([fingerprint(texts)])? {
                    return Err(Refusal::InAudit);
                }
            }
            Ok(())
        })
    }

    pub(super) fn view(
        &self,
        connection: &Connection,
        stored: &Stored,
        reviewer: &str,
        model: Option<&Model>,
        now: SystemTime,
    ) -> Result<CaseView, Refusal> {
        let history = History::load(connection, stored.number)?;
        let (texts, metadata) = stored.columns()?;
        let suggestion = if stored.revealed {
            let mut suggestion = stored.suggestion(connection)?;
            if let Some(model) = model.filter(|model| model.version == stored.model) {
                let texts: Vec<String> = texts.iter().map(|text| text.text.clone()).collect();
                suggestion.explain(model, &texts, EVIDENCE);
            }
            Some(suggestion)
        } else {
            None
        };
        let blind = history.is_blind(reviewer, stored.wanted);
        let said = history.answers().into_iter().chain(history.adjudication());
        let (status, outcome) = history.outcome(stored.wanted);
        let held = self.claims.others(stored.number, reviewer, now);
        let held = held.into_iter().next();
        Ok(CaseView {
            id: stored.id.clone(),
            texts,
            metadata,
            status,
            version: history.version(reviewer, stored.wanted),
            audit: stored.audit,
            reviewers_wanted: stored.wanted,
            suggestion_hidden: !stored.revealed,
            suggestion,
            mine: history.of(reviewer).cloned(),
            answers: (!blind).then(|| said.cloned().collect()),
            outcome: outcome.filter(|_| !blind).map(<[String]>::to_vec),
            held_until: held.as_ref().map(|(_, until)| time_text(*until)),
            held_by: held.map(|(by, _)| by),
        })
    }
}
