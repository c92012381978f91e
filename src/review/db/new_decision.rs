//! Adding a decision, and bringing up to date what follows from it.

use rusqlite::Connection;

use super::decision::{DecisionKind, join_keys};
use super::history::History;
use super::queue::IMPORT;
use super::refusal::Refusal;
use super::stored_case::StoredCase;

/// A decision on its way into the database.
pub(crate) struct NewDecision<'d> {
    pub(crate) request: &'d str,
    /// Position among the decisions of one request.
    pub(crate) part: usize,
    pub(crate) reviewer: &'d str,
    pub(crate) kind: DecisionKind,
    pub(crate) trends: Option<&'d str>,
    pub(crate) note: &'d str,
    pub(crate) queue: &'d str,
    pub(crate) time: &'d str,
    /// The model of the suggestion that was shown; the case's if `None`.
    pub(crate) model: Option<&'d str>,
    pub(crate) undoes: Option<i64>,
    /// Whether no other answer could be seen; found out if `None`.
    pub(crate) blind: Option<bool>,
}

impl NewDecision<'_> {
    /// Adds the row, and brings what follows from the decisions up to date.
    pub(crate) fn insert(
        &self,
        connection: &Connection,
        stored: &StoredCase,
        history: &History,
    ) -> Result<(), Refusal> {
        let model = self.model.unwrap_or(&stored.model);
        let blind =
            self.blind.unwrap_or_else(|| !history.could_see_others(self.reviewer, stored.wanted));
        let mut insert = connection.prepare_cached(
            "INSERT INTO decisions (request, part, case_number, reviewer, kind, trends, note, queue, \
             time, model, shown, blind, undoes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, \
             (SELECT probabilities FROM suggestions WHERE case_number = ?3 AND model = ?10 AND ?11), \
             ?12, ?13)",
        )?;
        let known = Self::knows_model(connection, stored.number, model)?;
        if !known {
            let reason = format!("no model \"{model}\" made a suggestion for the case");
            return Err(Refusal::Invalid { field: "model", reason });
        }
        insert.execute(rusqlite::params![
            self.request,
            self.part as i64,
            stored.number,
            self.reviewer,
            self.kind.name(),
            self.trends,
            self.note,
            self.queue,
            self.time,
            model,
            stored.revealed && self.queue != IMPORT,
            blind,
            self.undoes
        ])?;
        bring_up_to_date(connection, stored, self.reviewer)
    }

    fn knows_model(connection: &Connection, case: i64, model: &str) -> rusqlite::Result<bool> {
        let query = "SELECT 1 FROM suggestions WHERE case_number = ? AND model = ?";
        connection.prepare_cached(query)?.exists((case, model))
    }
}

/// Brings up to date what follows from the decisions on a case, after one of a
/// reviewer.
fn bring_up_to_date(
    connection: &Connection,
    stored: &StoredCase,
    reviewer: &str,
) -> Result<(), Refusal> {
    let history = History::load(connection, stored.number)?;
    let (status, outcome) = history.outcome(stored.wanted);
    let answered = history.entries().iter().any(|entry| entry.answer.kind == DecisionKind::Answer);
    let mut update = connection.prepare_cached(
        "UPDATE cases SET status = ?, answers = ?, final = ?, revealed = ? WHERE number = ?",
    )?;
    update.execute(rusqlite::params![
        status.name(),
        history.answers().len() as i64,
        outcome.map(join_keys),
        !stored.blind_check || answered,
        stored.number
    ])?;
    if let Some(answer) = history.of(reviewer) {
        let query =
            "INSERT OR REPLACE INTO standing (reviewer, case_number, kind) VALUES (?, ?, ?)";
        let row = (reviewer, stored.number, answer.kind.name());
        connection.prepare_cached(query)?.execute(row)?;
    } else {
        let query = "DELETE FROM standing WHERE reviewer = ? AND case_number = ?";
        connection.prepare_cached(query)?.execute((reviewer, stored.number))?;
    }
    Ok(())
}
