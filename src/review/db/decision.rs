//! A decision: its kind, its result, and reading its row.

use rusqlite::types::Type;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use super::queue::Queue;
use crate::taxonomy::keys;

/// The kind of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecisionKind {
    /// An answer: the trends that a reviewer assigns.
    Answer,
    /// An adjudication: the trends that settle a conflict.
    Adjudication,
    /// A skip.
    Skip,
    /// An undo of an earlier decision.
    Undo,
}

/// A flag that a reviewer sets instead of answering. The decision is a skip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// The case is unusable: no model learns from it, and no figure counts it.
    Unusable,
    /// A colleague should look at it.
    AskColleague,
}

/// Status of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseStatus {
    /// The case has fewer answers than required.
    Open,
    /// All required answers agree, or the case was adjudicated.
    Decided,
    /// The answers differ and there is no adjudication.
    Conflict,
}

/// A decision as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Number of its row; 0 if it was not saved.
    pub decision: i64,
    /// The reviewer.
    pub reviewer: String,
    /// Keys of the trends; empty if none applies or the decision gives no trends.
    pub trends: Vec<String>,
    /// A note.
    pub note: String,
    /// The kind of the decision.
    pub kind: DecisionKind,
    /// The queue in which it was made, or `import`.
    pub queue: String,
    /// When it was made, in UTC; `None` if it was not saved.
    pub time: Option<String>,
    /// Version of the model of the suggestion that was shown.
    pub model: String,
    /// The reason for a skip, if given.
    pub flag: Option<Flag>,
    /// Whether it was accepted in bulk without being read. No model learns from it or is
    /// measured on it.
    pub bulk: bool,
}

/// A row of the table of decisions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredDecision {
    pub(crate) answer: Answer,
    pub(crate) case_number: i64,
    /// The decision that this one undoes.
    pub(crate) undoes: Option<i64>,
    /// Whether the reviewer could see no other answer.
    pub(crate) blind: bool,
    /// Whether the reviewer saw the suggestion.
    pub(crate) seen: bool,
    /// Keys of the labels that it was asked about; `None` if about all.
    pub(crate) asked: Option<Vec<String>>,
}

/// The columns that [`StoredDecision::read`] reads, of the table `d`.
pub(crate) const DECISION_COLUMNS: &str = "d.number, d.case_number, \
     d.person AS reviewer, d.kind, d.trends, d.note, d.queue, d.time, d.model, d.undoes, d.blind, \
     d.flag, d.bulk, d.shown IS NOT NULL AS seen, d.asked";

impl StoredDecision {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let trends: Option<String> = row.get("trends")?;
        Ok(Self {
            answer: Answer {
                decision: row.get("number")?,
                reviewer: row.get("reviewer")?,
                kind: DecisionKind::read(row, "kind")?,
                trends: trends.map(|cell| split_keys(&cell)).unwrap_or_default(),
                note: row.get("note")?,
                queue: queue_name(row.get("queue")?),
                time: Some(row.get("time")?),
                model: row.get("model")?,
                flag: Flag::read(row, "flag")?,
                bulk: row.get("bulk")?,
            },
            case_number: row.get("case_number")?,
            undoes: row.get("undoes")?,
            blind: row.get("blind")?,
            seen: row.get("seen")?,
            asked: row.get::<_, Option<String>>("asked")?.map(|cell| split_keys(&cell)),
        })
    }

    /// Returns the decisions of a request, in order.
    pub(crate) fn of_request(
        connection: &Connection,
        request: &str,
    ) -> rusqlite::Result<Vec<Self>> {
        let query = format!(
            "SELECT {DECISION_COLUMNS} FROM decisions d WHERE d.request = ? ORDER BY d.part"
        );
        let mut statement = connection.prepare_cached(&query)?;
        statement.query_map([request], Self::read)?.collect()
    }
}

impl DecisionKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Adjudication => "adjudication",
            Self::Skip => "skip",
            Self::Undo => "undo",
        }
    }

    /// Reads a kind from a column. An unknown name is an error.
    pub(crate) fn read(row: &Row<'_>, column: &'static str) -> rusqlite::Result<Self> {
        match row.get_ref(column)?.as_str()? {
            "answer" => Ok(Self::Answer),
            "adjudication" => Ok(Self::Adjudication),
            "skip" => Ok(Self::Skip),
            "undo" => Ok(Self::Undo),
            other => Err(unknown(format!("unknown kind of decision \"{other}\""))),
        }
    }
}

impl Flag {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unusable => "unusable",
            Self::AskColleague => "ask-colleague",
        }
    }

    /// Reads a flag from a column. An unknown name is an error.
    pub(crate) fn read(row: &Row<'_>, column: &'static str) -> rusqlite::Result<Option<Self>> {
        match row.get_ref(column)?.as_str_or_null()? {
            None => Ok(None),
            Some("unusable") => Ok(Some(Self::Unusable)),
            Some("ask-colleague") => Ok(Some(Self::AskColleague)),
            Some(other) => Err(unknown(format!("unknown flag \"{other}\""))),
        }
    }
}

impl CaseStatus {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Decided => "decided",
            Self::Conflict => "conflict",
        }
    }

    /// Reads a status from a column. An unknown name is an error.
    pub(crate) fn read(row: &Row<'_>, column: &'static str) -> rusqlite::Result<Self> {
        match row.get_ref(column)?.as_str()? {
            "open" => Ok(Self::Open),
            "decided" => Ok(Self::Decided),
            "conflict" => Ok(Self::Conflict),
            other => Err(unknown(format!("unknown status of a case \"{other}\""))),
        }
    }
}

/// Returns the name of a queue. Earlier versions called the blind check "audit".
fn queue_name(stored: String) -> String {
    if stored == "audit" { Queue::BlindCheck.name().to_owned() } else { stored }
}

/// Returns the error for a stored value that this program cannot read.
fn unknown(message: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, message.into())
}

/// Returns the keys in a `trends` cell.
pub(crate) fn split_keys(cell: &str) -> Vec<String> {
    keys(cell).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::join_keys;

    #[test]
    fn cells_hold_keys_and_a_dash_where_none_applies() {
        let both = (join_keys(&split_keys("a;b")), join_keys(&split_keys("-")));
        assert_eq!(both, ("a;b".into(), "-".into()));
    }

    #[test]
    fn an_unknown_kind_or_status_is_an_error_and_never_a_default() {
        let connection = Connection::open_in_memory().unwrap();
        let query = "SELECT 'veto' AS kind, 'lost' AS status";
        let kind = connection.query_row(query, [], |row| DecisionKind::read(row, "kind"));
        assert!(kind.unwrap_err().to_string().contains("\"veto\""));
        let status = connection.query_row(query, [], |row| CaseStatus::read(row, "status"));
        assert!(status.unwrap_err().to_string().contains("\"lost\""));
    }
}
