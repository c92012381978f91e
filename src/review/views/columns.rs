//! The columns that a list can be filtered by, with their values.

use serde::Serialize;

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
    /// Returns the columns other than texts, by name. Cells of more than 100 characters
    /// are left out.
    ///
    /// # Errors
    /// [`Refusal::TooSlow`] if there are too many cells.
    pub fn metadata_columns(&self) -> Result<Vec<MetadataColumn>, Refusal> {
        self.read_within(LONGEST_SEARCH, |connection| {
            let query = "SELECT DISTINCT name FROM metadata ORDER BY name";
            let mut names = connection.prepare_cached(query)?;
            let names = names.query_map([], |row| row.get::<_, String>("name"))?;
            let query = "SELECT value, count(*) AS cases FROM metadata WHERE name = ? \
                         GROUP BY value ORDER BY cases DESC, value LIMIT ?";
            let mut cells = connection.prepare_cached(query)?;
            let mut columns = Vec::new();
            for name in names {
                let name = name?;
                let values = cells.query_map((&name, MOST_VALUES + 1), |row| {
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
