//! Fills the tables of a newer schema from an older database, after copying it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::copy::{copy, with_ending};
use super::derived::bring_up_to_date;
use super::fingerprint::fingerprint;
use super::history::History;
use super::reviewer::{Reviewer, name_key};
use super::search::index_words;
use super::settings::parsed;
use super::stored_case::StoredCase;
use crate::error::Result;
use crate::tagger::record::value_text;

/// Copies a database to its own folder, completely or not at all. Returns the path.
pub(crate) fn copy_before_upgrade(
    connection: &Connection,
    path: &Path,
    version: usize,
) -> Result<PathBuf> {
    let to = with_ending(path, &format!(".version-{version}"));
    copy(connection, &to)?;
    Ok(to)
}

/// Fills what version 2 of the schema added: fingerprints, the words for the search, the
/// identities of reviewers, and their last action on each case.
pub(crate) fn fill_version_2(connection: &Connection) -> rusqlite::Result<()> {
    let mut records = connection.prepare(
        "SELECT c.number, c.id, r.record, r.text_columns FROM cases c JOIN records r ON r.case_number = c.number",
    )?;
    let mut mark = connection.prepare("UPDATE cases SET fingerprint = ? WHERE number = ?")?;
    let mut rows = records.query([])?;
    while let Some(row) = rows.next()? {
        let (id, record): (String, String) = (row.get("id")?, row.get("record")?);
        let record: Map<String, Value> = parsed(&record)?;
        let names: Vec<String> = parsed(&row.get::<_, String>("text_columns")?)?;
        let texts = names.iter().filter_map(|name| record.get(name)).map(value_text);
        mark.execute((fingerprint(&texts.collect::<Vec<_>>()), row.get::<_, i64>("number")?))?;
        index_words(connection, row.get("number")?, &id, &record)?;
    }
    name_persons(connection)?;
    let mut cases =
        connection.prepare("SELECT DISTINCT case_number FROM decisions ORDER BY case_number")?;
    let cases = cases.query_map([], |row| row.get("case_number"))?;
    for case in cases.collect::<rusqlite::Result<Vec<i64>>>()? {
        let stored = StoredCase::by_number(connection, case)?;
        let history = History::load(connection, case)?;
        let names = history.entries().iter().map(|entry| entry.answer.reviewer.as_str());
        let names: BTreeSet<&str> = names.collect();
        bring_up_to_date(connection, &stored, &history, names)?;
    }
    Ok(())
}

/// Maps each spelling of a reviewer to the first one. The rows themselves are unchanged.
fn name_persons(connection: &Connection) -> rusqlite::Result<()> {
    let mut spellings = connection
        .prepare("SELECT reviewer FROM decisions GROUP BY reviewer ORDER BY min(number)")?;
    let spellings = spellings.query_map([], |row| row.get("reviewer"))?;
    let mut persons: BTreeMap<String, String> = BTreeMap::new();
    let guard = "CREATE TRIGGER decisions_are_not_changed BEFORE UPDATE ON decisions
        BEGIN SELECT RAISE(ABORT, 'decisions are not changed'); END;";
    connection.execute_batch("DROP TRIGGER decisions_are_not_changed")?;
    for spelling in spellings.collect::<rusqlite::Result<Vec<String>>>()? {
        let key = name_key(&spelling);
        let name = persons.entry(key.clone()).or_insert_with(|| spelling.clone()).clone();
        Reviewer { name: name.clone(), key }.register(connection)?;
        let update = "UPDATE decisions SET person = ? WHERE reviewer = ?";
        connection.prepare_cached(update)?.execute([name, spelling])?;
    }
    connection.execute_batch(guard)
}
