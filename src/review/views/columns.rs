//! The columns that a list can be filtered by, with their values.

use serde::Serialize;

use crate::review::db::batch::narrowed;
use crate::review::db::condition::LONGEST_SEARCH;
use crate::review::db::refusal::Refusal;
use crate::review::db::store::Store;

/// A column other than texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MetadataColumn {
    /// Its name.
    pub name: String,
    /// Its values, most frequent first; at most 200.
    pub values: Vec<MetadataValue>,
    /// Whether it has more values.
    pub more: bool,
}

/// A value, with its number of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MetadataValue {
    /// The value, without surrounding spaces.
    pub value: String,
    /// Number of cases with it.
    pub cases: u64,
}

/// Maximum number of values of a column.
const MOST_VALUES: i64 = 200;

impl Store {
    /// Returns the columns other than texts, by name, with their values in the review or in
    /// a batch. Cells of more than 100 characters are left out.
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
