//! The columns that a list can be filtered by, with what their cells hold.

use serde::Serialize;

use crate::review::db::batch::narrowed;
use crate::review::db::condition::LONGEST_SEARCH;
use crate::review::db::refusal::Refusal;
use crate::review::db::store::Store;

/// A column that is no text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MetadataColumn {
    /// Its name.
    pub name: String,
    /// What its cells hold, most frequent first; at most 200.
    pub values: Vec<MetadataValue>,
    /// Whether its cells hold more than that.
    pub more: bool,
}

/// What a cell holds, and how many do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MetadataValue {
    /// The cell, blanks at its ends left out.
    pub value: String,
    /// Cases with it.
    pub cases: u64,
}

/// The most values of a column.
const MOST_VALUES: i64 = 200;

impl Store {
    /// The columns that are no texts, by name, with what they hold in the review or in one
    /// batch. Cells of more than 100 characters are
    /// left out.
    ///
    /// # Errors
    /// [`Refusal::TooSlow`] if there are too many cells, [`Refusal::Unknown`] if there is no
    /// such batch.
    pub fn metadata_columns(&self, batch: Option<&str>) -> Result<Vec<MetadataColumn>, Refusal> {
        self.read_within(LONGEST_SEARCH, |connection| {
            let batch = narrowed(connection, batch)?;
            // The columns stay the same: only what their cells hold is narrowed.
            let query = "SELECT DISTINCT name FROM metadata ORDER BY name";
            let mut names = connection.prepare_cached(query)?;
            let names = names.query_map([], |row| row.get::<_, String>("name"))?;
            let query = "SELECT value, count(*) AS cases FROM metadata WHERE name = ?1 \
                         AND (?3 IS NULL OR case_number IN (SELECT number FROM cases WHERE batch = ?3)) \
                         GROUP BY value ORDER BY cases DESC, value LIMIT ?2";
            let mut cells = connection.prepare_cached(query)?;
            let mut columns = Vec::new();
            for name in names {
                let name = name?;
                let values = cells.query_map((&name, MOST_VALUES + 1, batch), |row| {
                    let cases = row.get::<_, i64>("cases")?.unsigned_abs();
                    Ok(MetadataValue { value: row.get("value")?, cases })
                })?;
                let mut values = values.collect::<rusqlite::Result<Vec<_>>>()?;
                let more = values.len() > MOST_VALUES as usize;
                values.truncate(MOST_VALUES as usize);
                columns.push(MetadataColumn { name, values, more });
            }
            Ok(columns)
        })
    }
}
