//! Version 3 of the schema: the tables for queues, filters and safe bulk actions, and
//! filling them from an older database.

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::guards::unguarded;
use super::history::History;
use super::settings::parsed;
use super::stored_case::{index_metadata, title_of};
use super::suggestion::{TaggedCase, params_of};
use crate::tagger::ReviewReason;

/// Every open case is in the queues of all, whether or not its suggestion is hidden, so
/// their indices do not depend on it. A suggestion stores its expected errors, and a case
/// the values that lists filter and sort by.
pub(crate) const VERSION_3: &str = "
ALTER TABLE decisions ADD COLUMN flag TEXT;
ALTER TABLE decisions ADD COLUMN bulk INTEGER NOT NULL DEFAULT 0;

ALTER TABLE suggestions RENAME COLUMN margin TO expected_errors;
ALTER TABLE suggestions ADD COLUMN unsure TEXT NOT NULL DEFAULT '-';
ALTER TABLE suggestions ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE suggestions DROP COLUMN count;

ALTER TABLE cases ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN flag TEXT;
ALTER TABLE cases ADD COLUMN bulk INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN spot_check TEXT;
CREATE INDEX cases_of_spot_check ON cases (spot_check) WHERE spot_check IS NOT NULL;
DROP INDEX cases_by_priority;
CREATE INDEX cases_by_priority ON cases (status, priority, number);
DROP INDEX cases_by_number;
CREATE INDEX cases_by_number ON cases (status, number);
CREATE INDEX cases_hidden ON cases (status, number) WHERE NOT revealed;

CREATE TABLE metadata (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    case_number INTEGER NOT NULL REFERENCES cases,
    PRIMARY KEY (name, value, case_number)
) STRICT, WITHOUT ROWID;
CREATE INDEX metadata_by_case ON metadata (case_number);
";

/// Fills what version 3 added: titles, metadata, expected errors of suggestions, and
/// answers that were given in bulk.
pub(crate) fn fill_version_3(connection: &Connection) -> rusqlite::Result<()> {
    let query = "SELECT c.number, c.id, r.record, r.text_columns FROM cases c \
                 JOIN records r ON r.case_number = c.number";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut update = connection.prepare("UPDATE cases SET title = ? WHERE number = ?")?;
    while let Some(row) = rows.next()? {
        let (number, id): (i64, String) = (row.get("number")?, row.get("id")?);
        let record: Map<String, Value> = parsed(&row.get::<_, String>("record")?)?;
        let texts: Vec<String> = parsed(&row.get::<_, String>("text_columns")?)?;
        update.execute((title_of(&record, &texts), number))?;
        index_metadata(connection, number, &id, &record, &texts)?;
    }
    expect_errors(connection)?;
    // An action that answered several cases was a bulk acceptance.
    unguarded(connection, || {
        connection.execute_batch(
            "UPDATE decisions SET bulk = 1 WHERE kind = 'answer' AND queue <> 'import' \
             AND request IN (SELECT request FROM decisions WHERE kind = 'answer' \
             GROUP BY request HAVING count(*) > 1)",
        )
    })?;
    let mut cases = connection.prepare("SELECT DISTINCT case_number FROM decisions WHERE bulk")?;
    let cases = cases.query_map([], |row| row.get("case_number"))?;
    let mut update = connection.prepare("UPDATE cases SET bulk = ? WHERE number = ?")?;
    for case in cases.collect::<rusqlite::Result<Vec<i64>>>()? {
        update.execute((History::load(connection, case)?.is_bulk(), case))?;
    }
    Ok(())
}

/// Computes the expected errors of each suggestion from its probabilities and its model.
fn expect_errors(connection: &Connection) -> rusqlite::Result<()> {
    let query = "SELECT case_number, model, probabilities, trends, reasons FROM suggestions";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut update = connection.prepare(
        "UPDATE suggestions SET expected_errors = ?, unsure = ?, alone = ? \
         WHERE case_number = ? AND model = ?",
    )?;
    let mut params = None;
    while let Some(row) = rows.next()? {
        let (case, model): (i64, String) = (row.get("case_number")?, row.get("model")?);
        let text = |column| row.get::<_, String>(column);
        let reasons: Vec<ReviewReason> = parsed(&text("reasons")?)?;
        let probabilities: Vec<f64> = parsed(&text("probabilities")?)?;
        if params.as_ref().is_none_or(|(version, _)| *version != model) {
            params = params_of(connection, &model)?.map(|params| (model.clone(), params));
        }
        let Some((_, params)) = &params else { continue };
        let tagged = TaggedCase::of_stored(params, &probabilities, &text("trends")?, reasons);
        update.execute((tagged.expected_errors, tagged.unsure, tagged.alone, case, model))?;
    }
    Ok(())
}
