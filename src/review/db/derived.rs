//! Values derived from the decisions on a case: its status, and the last action of each
//! reviewer.

use rusqlite::Connection;

use super::decision::{DecisionKind, Flag};
use super::history::History;
use super::settings::{parsed, setting};
use super::stored_case::StoredCase;
use crate::taxonomy::{Taxonomy, join_keys};

/// Updates the derived columns of a case and the last actions of these reviewers.
/// Triggers update the counts of cases.
pub(crate) fn bring_up_to_date<'r>(
    connection: &Connection,
    stored: &StoredCase,
    history: &History,
    reviewers: impl IntoIterator<Item = &'r str>,
) -> rusqlite::Result<()> {
    let (status, outcome) = history.outcome(stored.wanted);
    let answered = history.entries().iter().any(|entry| entry.answer.kind == DecisionKind::Answer);
    let mut update = connection.prepare_cached(
        "UPDATE cases SET status = ?, answers = ?, final = ?, revealed = ?, flag = ?, bulk = ?, \
         unasked = ? WHERE number = ?",
    )?;
    update.execute(rusqlite::params![
        status.name(),
        history.answer_count() as i64,
        outcome.map(join_keys),
        !(stored.blind_check || stored.spot_check) || answered,
        history.flagged(stored.wanted).and_then(|skip| skip.flag).map(Flag::name),
        history.is_bulk(),
        unasked(connection, history.asked(stored.wanted))?,
        stored.number
    ])?;
    let mut stand = connection.prepare_cached(
        "INSERT INTO standing (person, case_number, kind, skipped_conflict) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET kind = excluded.kind, skipped_conflict = excluded.skipped_conflict",
    )?;
    let mut remove =
        connection.prepare_cached("DELETE FROM standing WHERE person = ? AND case_number = ?")?;
    for reviewer in reviewers {
        if let Some(answer) = history.of(reviewer) {
            let skipped_conflict = history.skipped_conflict(reviewer);
            stand.execute((reviewer, stored.number, answer.kind.name(), skipped_conflict))?;
        } else {
            remove.execute((reviewer, stored.number))?;
        }
    }
    Ok(())
}

/// Returns the keys of the labels that are not among those asked about, as a cell.
fn unasked(connection: &Connection, asked: Option<&[String]>) -> rusqlite::Result<Option<String>> {
    let Some(asked) = asked else { return Ok(None) };
    let Some(taxonomy) = setting(connection, "taxonomy")? else { return Ok(None) };
    let taxonomy: Taxonomy = parsed(&taxonomy)?;
    let unasked: Vec<&str> =
        taxonomy.keys().filter(|key| !asked.iter().any(|a| a == key)).collect();
    Ok((!unasked.is_empty()).then(|| join_keys(&unasked)))
}
