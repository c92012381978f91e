//! Batches that were withdrawn: their rows wait in tables of their own, where no query of
//! the review meets them.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::batch::{Event, batch_number, note};
use super::clock::now;
use super::derived::bring_up_to_date;
use super::guards::unguarded;
use super::history::History;
use super::refusal::Refusal;
use super::reviewer::name_key;
use super::search::index_words;
use super::stored_case::{StoredCase, index_metadata};

/// A batch that was withdrawn or brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Its name.
    pub batch: String,
    /// Its cases.
    pub cases: u64,
    /// The decisions on them.
    pub answers: u64,
}

/// The tables with rows of a batch; a table comes before those that refer to it.
const TABLES: [&str; 4] = ["cases", "records", "suggestions", "decisions"];

/// Returns the rows of a table that belong to the batch `?1`, by the cases of `cases`.
fn of_batch(table: &str, cases: &str) -> String {
    match table {
        "cases" => "batch = ?1".to_owned(),
        _ => format!("case_number IN (SELECT number FROM {cases} WHERE batch = ?1)"),
    }
}

/// Takes a batch out of the tables of the review.
pub(crate) fn withdraw(
    connection: &Connection,
    batch: &str,
    who: Option<&str>,
) -> Result<Moved, Refusal> {
    let number = batch_number(connection, batch)?;
    let run = |statement: String| connection.execute(&statement, [number]).map(|_| ());
    for table in TABLES {
        let rows = of_batch(table, "cases");
        run(format!("INSERT INTO withdrawn_{table} SELECT * FROM {table} WHERE {rows}"))?;
    }
    for table in ["standing", "metadata"] {
        run(format!("DELETE FROM {table} WHERE {}", of_batch(table, "cases")))?;
    }
    run("DELETE FROM words WHERE rowid IN (SELECT number FROM cases WHERE batch = ?1)".into())?;
    unguarded(connection, || {
        let mut tables = TABLES.iter().rev();
        tables.try_for_each(|table| {
            run(format!("DELETE FROM {table} WHERE {}", of_batch(table, "cases")))
        })
    })?;
    let mark = "UPDATE batches SET withdrawn = ? WHERE number = ?";
    connection.execute(mark, (now(), number))?;
    let moved = moved(connection, number)?;
    note(connection, Event::Withdrawn, &moved.batch, [moved.cases, moved.answers], who)?;
    Ok(moved)
}

/// Puts a batch that was withdrawn back into the tables of the review.
pub(crate) fn restore(
    connection: &Connection,
    batch: &str,
    who: Option<&str>,
) -> Result<Moved, Refusal> {
    let query = "SELECT number FROM batches WHERE key = ? AND number IN \
                 (SELECT batch FROM withdrawn_cases) ORDER BY withdrawn DESC LIMIT 1";
    let found = connection.query_row(query, [name_key(batch)], |row| row.get::<_, i64>("number"));
    let number = found.optional()?.ok_or_else(|| Refusal::Unknown {
        field: "batch",
        what: "withdrawn batch",
        name: batch.to_owned(),
    })?;
    if batch_number(connection, batch).is_ok() {
        return Err(Refusal::NotAllowed(format!(
            "a batch named \"{batch}\" was added meanwhile; withdraw that one first"
        )));
    }
    let query = "SELECT w.id FROM withdrawn_cases w JOIN cases c ON c.id = w.id \
                 WHERE w.batch = ? ORDER BY w.number LIMIT 1";
    let taken = connection.query_row(query, [number], |row| row.get::<_, String>("id"));
    if let Some(id) = taken.optional()? {
        return Err(Refusal::NotAllowed(format!(
            "a case with the id \"{id}\" was added meanwhile; withdraw its batch first"
        )));
    }
    let moved = moved(connection, number)?;
    for table in TABLES {
        let rows = of_batch(table, "withdrawn_cases");
        let copy = format!("INSERT INTO {table} SELECT * FROM withdrawn_{table} WHERE {rows}");
        connection.execute(&copy, [number])?;
    }
    remove(connection, number)?;
    connection.execute("UPDATE batches SET withdrawn = NULL WHERE number = ?", [number])?;
    derive(connection, number)?;
    note(connection, Event::Restored, &moved.batch, [moved.cases, moved.answers], who)?;
    Ok(moved)
}

/// Makes what follows from the cases of a batch and the decisions on them.
fn derive(connection: &Connection, batch: i64) -> rusqlite::Result<()> {
    let mut cases = connection.prepare("SELECT number FROM cases WHERE batch = ?")?;
    let cases = cases.query_map([batch], |row| row.get::<_, i64>("number"))?;
    let cases = cases.collect::<rusqlite::Result<Vec<_>>>()?;
    for &case in &cases {
        let stored = StoredCase::by_number(connection, case)?;
        let (record, text_columns) = stored.record(connection)?;
        index_metadata(connection, case, &stored.id, &record, &text_columns)?;
        let history = History::load(connection, case)?;
        let names = history.entries().iter().map(|entry| entry.answer.reviewer.as_str());
        bring_up_to_date(connection, &stored, &history, names.collect::<BTreeSet<_>>())?;
    }
    // All words together: the index writes what it has collected before other statements.
    for case in cases {
        let stored = StoredCase::by_number(connection, case)?;
        index_words(connection, case, &stored.id, &stored.record(connection)?.0)?;
    }
    Ok(())
}

/// A batch that is withdrawn, by its number, and the time since which it is.
pub(crate) type Withdrawn = (i64, String);

/// Returns the batches that are withdrawn and were not dropped.
pub(crate) fn withdrawn_batches(connection: &Connection) -> rusqlite::Result<Vec<Withdrawn>> {
    let query = "SELECT number, withdrawn FROM batches WHERE withdrawn IS NOT NULL \
                 AND number IN (SELECT batch FROM withdrawn_cases) ORDER BY number";
    let mut statement = connection.prepare(query)?;
    statement.query_map([], |row| Ok((row.get("number")?, row.get("withdrawn")?)))?.collect()
}

/// Removes those of these batches that have been withdrawn since the same time, because a
/// backup contains them; the journal names them. A batch that was withdrawn later stays:
/// the backup may lack its last answers.
pub(crate) fn drop_withdrawn(
    connection: &Connection,
    in_backup: &[Withdrawn],
) -> rusqlite::Result<()> {
    let still = withdrawn_batches(connection)?;
    for &(number, _) in still.iter().filter(|batch| in_backup.contains(batch)) {
        let moved = moved(connection, number)?;
        remove(connection, number)?;
        note(connection, Event::Dropped, &moved.batch, [moved.cases, moved.answers], None)?;
    }
    Ok(())
}

fn remove(connection: &Connection, batch: i64) -> rusqlite::Result<()> {
    TABLES.iter().rev().try_for_each(|table| {
        let rows = of_batch(table, "withdrawn_cases");
        let delete = format!("DELETE FROM withdrawn_{table} WHERE {rows}");
        connection.execute(&delete, [batch]).map(|_| ())
    })
}

fn moved(connection: &Connection, number: i64) -> rusqlite::Result<Moved> {
    let query = "SELECT name, \
                 (SELECT count(*) FROM withdrawn_cases WHERE batch = b.number) AS cases, \
                 (SELECT count(*) FROM withdrawn_decisions WHERE kind <> 'undo' AND case_number IN \
                 (SELECT number FROM withdrawn_cases WHERE batch = b.number)) AS answers \
                 FROM batches b WHERE number = ?";
    connection.query_row(query, [number], |row| {
        let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok(Moved { batch: row.get("name")?, cases: count("cases")?, answers: count("answers")? })
    })
}
