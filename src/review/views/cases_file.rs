//! The cases of a batch as a file, as they were added.

use std::io::Write;

use crate::error::Error;
use crate::review::db::batch::batch_number;
use crate::review::db::refusal::Refusal;
use crate::review::db::settings::parsed;
use crate::review::db::store::Store;

/// What is known of the cases of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BatchCases {
    /// The columns with their texts.
    pub(crate) text_columns: Vec<String>,
    pub(crate) blind_check: u64,
    /// Cases that two reviewers answer.
    pub(crate) overlap: u64,
}

impl Store {
    /// Writes the cases of a batch in the order added, with the columns that they were added
    /// with, as JSON Lines. Memory holds one case.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub(crate) fn write_cases(
        &self,
        batch: &str,
        out: &mut dyn Write,
    ) -> Result<BatchCases, Refusal> {
        let query = "SELECT c.blind_check, c.wanted > 1 AS twice, r.record, r.text_columns \
                     FROM cases c JOIN records r ON r.case_number = c.number \
                     WHERE c.batch = ? ORDER BY c.number";
        self.read_or(|connection| {
            let batch = batch_number(connection, batch)?;
            let mut statement = connection.prepare_cached(query)?;
            let mut rows = statement.query([batch])?;
            let mut cases = BatchCases::default();
            while let Some(row) = rows.next()? {
                let record: String = row.get("record")?;
                writeln!(out, "{record}").map_err(|source| Error::Output { source })?;
                cases.blind_check += u64::from(row.get::<_, bool>("blind_check")?);
                cases.overlap += u64::from(row.get::<_, bool>("twice")?);
                if cases.text_columns.is_empty() {
                    cases.text_columns = parsed(&row.get::<_, String>("text_columns")?)?;
                }
            }
            Ok(cases)
        })
    }

    /// Returns the number of the cases of a batch and the greatest of their numbers, which differ
    /// once it has other cases.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub(crate) fn state_of(&self, batch: &str) -> Result<[i64; 2], Refusal> {
        let query = "SELECT count(*) AS cases, coalesce(max(number), 0) AS last FROM cases \
                     WHERE batch = ?";
        self.read_or(|connection| {
            let batch = batch_number(connection, batch)?;
            let mut statement = connection.prepare_cached(query)?;
            Ok(statement.query_row([batch], |row| Ok([row.get("cases")?, row.get("last")?]))?)
        })
    }

    /// Returns the columns with the texts of the first case of a batch.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub(crate) fn text_columns_of(&self, batch: &str) -> Result<Vec<String>, Refusal> {
        let query = "SELECT r.text_columns FROM cases c JOIN records r ON r.case_number = c.number \
                     WHERE c.batch = ? ORDER BY c.number LIMIT 1";
        self.read_or(|connection| {
            let batch = batch_number(connection, batch)?;
            let mut statement = connection.prepare_cached(query)?;
            let mut rows = statement.query([batch])?;
            match rows.next()? {
                Some(row) => Ok(parsed(&row.get::<_, String>("text_columns")?)?),
                None => Ok(Vec::new()),
            }
        })
    }
}
