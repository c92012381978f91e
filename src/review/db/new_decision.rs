//! Adds decisions.

use rusqlite::Connection;

use super::decision::{Answer, DecisionKind, Flag, StoredDecision, split_keys};
use super::derived::bring_up_to_date;
use super::history::History;
use super::refusal::Refusal;
use super::reviewer::Reviewer;
use super::stored_case::StoredCase;
use crate::taxonomy::join_keys;

/// A decision to add to the database.
pub(crate) struct NewDecision<'d> {
    pub(crate) request: &'d str,
    /// Position among the decisions of one request.
    pub(crate) part: usize,
    pub(crate) reviewer: &'d Reviewer,
    /// The name of the reviewer as given.
    pub(crate) spelling: &'d str,
    pub(crate) kind: DecisionKind,
    pub(crate) trends: Option<&'d str>,
    pub(crate) note: &'d str,
    pub(crate) queue: &'d str,
    pub(crate) time: &'d str,
    /// The model of the suggestion that was shown; that of the case if `None`.
    pub(crate) model: Option<&'d str>,
    pub(crate) undoes: Option<i64>,
    /// Whether no other answer was visible; determined if `None`.
    pub(crate) blind: Option<bool>,
    pub(crate) flag: Option<Flag>,
    /// Whether it is accepted in bulk without being read.
    pub(crate) bulk: bool,
    /// Whether the reviewer saw the suggestion.
    pub(crate) seen: bool,
    /// Keys of the trends that it was asked about; `None` if about all.
    pub(crate) asked: Option<&'d [String]>,
}

impl NewDecision<'_> {
    /// Adds the row and updates the derived values of the case.
    pub(crate) fn save(
        &self,
        connection: &Connection,
        stored: &StoredCase,
        history: &mut History,
    ) -> Result<(), Refusal> {
        self.insert(connection, stored, history)?;
        bring_up_to_date(connection, stored, history, [self.reviewer.name.as_str()])?;
        Ok(())
    }

    /// Adds the row to the database and to `history`. The caller must update the derived
    /// values.
    pub(crate) fn insert(
        &self,
        connection: &Connection,
        stored: &StoredCase,
        history: &mut History,
    ) -> Result<(), Refusal> {
        let (name, model) = (self.reviewer.name.as_str(), self.model.unwrap_or(&stored.model));
        let blind = self.blind.unwrap_or_else(|| !history.could_see_others(name, stored.wanted));
        if !Self::knows_model(connection, stored.number, model)? {
            let (what, name) = ("suggestion for the case by the model", model.to_owned());
            return Err(Refusal::Unknown { field: "model", what, name });
        }
        self.reviewer.register(connection)?;
        let mut insert = connection.prepare_cached(
            "INSERT INTO decisions (request, part, case_number, reviewer, person, kind, trends, note, \
             queue, time, model, shown, blind, undoes, flag, bulk, asked) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
             (SELECT probabilities FROM suggestions WHERE case_number = ?3 AND model = ?11 AND ?12), \
             ?13, ?14, ?15, ?16, ?17)",
        )?;
        insert.execute(rusqlite::params![
            self.request,
            self.part as i64,
            stored.number,
            self.spelling,
            name,
            self.kind.name(),
            self.trends,
            self.note,
            self.queue,
            self.time,
            model,
            self.seen,
            blind,
            self.undoes,
            self.flag.map(Flag::name),
            self.bulk,
            self.asked.map(join_keys)
        ])?;
        history.push(StoredDecision {
            answer: Answer {
                decision: connection.last_insert_rowid(),
                reviewer: name.to_owned(),
                trends: self.trends.map(split_keys).unwrap_or_default(),
                note: self.note.to_owned(),
                kind: self.kind,
                queue: self.queue.to_owned(),
                time: Some(self.time.to_owned()),
                model: model.to_owned(),
                flag: self.flag,
                bulk: self.bulk,
            },
            case_number: stored.number,
            undoes: self.undoes,
            blind,
            seen: self.seen,
            asked: self.asked.map(<[String]>::to_vec),
        });
        Ok(())
    }

    fn knows_model(connection: &Connection, case: i64, model: &str) -> rusqlite::Result<bool> {
        let query = "SELECT 1 FROM suggestions WHERE case_number = ? AND model = ?";
        connection.prepare_cached(query)?.exists((case, model))
    }
}
