//! Changes the model that supplies the suggestions.

use rayon::prelude::*;
use rusqlite::Connection;

use super::priority::set_priorities;
use crate::error::{Error, Result};
use crate::review::db::refusal::Refusal;
use crate::review::db::settings::{json, set_setting, setting};
use crate::review::db::store::Store;
use crate::review::db::stored_case::{CASE_COLUMNS, StoredCase};
use crate::review::db::suggestion::TaggedCase;
use crate::tagger::{Model, Scratches, SuggestionParams};

/// Number of cases that are tagged and saved together.
const CHUNK: usize = 256;

impl Store {
    /// Uses a model for the suggestions from now on, and keeps those of other models.
    /// Returns the number of cases that it tagged.
    ///
    /// # Errors
    /// [`Refusal::OtherTaxonomy`] if its trends differ.
    pub fn use_model(&self, model: &Model) -> Result<u64, Refusal> {
        self.register(model).map_err(|error| match error {
            Error::BadCorpus { .. } => Refusal::OtherTaxonomy,
            error => error.into(),
        })?;
        // Each case has a suggestion of the model that it names. If all name this model,
        // a server starts without reading the cases.
        let query = "SELECT (SELECT min(model) FROM cases) = ?1 AND (SELECT max(model) FROM cases) = ?1 AS in_use";
        let in_use = |connection: &Connection| {
            connection
                .query_row(query, [&model.version], |row| row.get::<_, Option<bool>>("in_use"))
        };
        if self.read(in_use)?.unwrap_or(false) {
            return Ok(0);
        }
        let (mut after, mut count, scratches) = (0, 0, Scratches::default());
        loop {
            let texts = self.read_or(|connection| untagged(connection, &model.version, after))?;
            let Some((last, _)) = texts.last() else { break };
            after = *last;
            count += texts.len() as u64;
            let tagged = texts.into_par_iter().map(|(case, texts)| {
                (case, scratches.with(|scratch| TaggedCase::of(model, &texts, scratch)))
            });
            let tagged: Vec<_> = tagged.collect();
            let version = model.version.clone();
            self.change(move |connection| {
                tagged
                    .iter()
                    .try_for_each(|(case, tagged)| tagged.insert(connection, *case, &version))?;
                Ok(())
            })?;
        }
        // All cases switch to the model at once.
        let version = model.version.clone();
        self.change(move |connection| {
            connection.execute("UPDATE cases SET model = ?1 WHERE model <> ?1", [version])?;
            Ok(set_priorities(connection)?)
        })?;
        Ok(count)
    }

    /// Stores a model that is to be used, and returns how many cases have no suggestion of it
    /// in use yet; they keep those that they have until [`Store::use_model`] is done.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if its trends differ.
    pub fn waiting_for(&self, model: &Model) -> Result<u64> {
        self.register(model)?;
        let query = "SELECT count(*) AS cases FROM cases WHERE model <> ?";
        let count = self.read(|connection| {
            connection.query_row(query, [&model.version], |row| row.get::<_, i64>("cases"))
        });
        Ok(count?.unsigned_abs())
    }

    /// Stores a model and, for the first one, the taxonomy.
    pub(crate) fn register(&self, model: &Model) -> Result<()> {
        let taxonomy = model.tagger.taxonomy();
        if self.taxonomy()?.is_some_and(|known| !known.keys().eq(taxonomy.keys())) {
            return Err(Error::bad_corpus(
                format!(
                    "the model {} has other trends than {}",
                    model.version,
                    self.path.display()
                ),
                "give a model with the same trends, or start a new database",
            ));
        }
        let (version, record, taxonomy) =
            (model.version.clone(), json(&SuggestionParams::of(&model.tagger)), json(taxonomy));
        self.change(move |connection| {
            if setting(connection, "taxonomy")?.is_none() {
                set_setting(connection, "taxonomy", &taxonomy)?;
            }
            let insert = "INSERT OR IGNORE INTO models (version, facts) VALUES (?, ?)";
            connection.execute(insert, [version, record])?;
            Ok(())
        })
        .map_err(|refusal| self.error(refusal))
    }
}

/// Returns the numbers and texts of some cases, after a given number, without a
/// suggestion of a model.
pub(super) fn untagged(
    connection: &Connection,
    version: &str,
    after: i64,
) -> Result<Vec<(i64, Vec<String>)>, Refusal> {
    let query = format!(
        "SELECT {CASE_COLUMNS} FROM cases c WHERE c.number > ? AND NOT EXISTS (SELECT 1 \
         FROM suggestions s WHERE s.case_number = c.number AND s.model = ?) \
         ORDER BY c.number LIMIT {CHUNK}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let cases = statement.query_map((after, version), StoredCase::read)?;
    let texts = cases.map(|case| {
        let case = case?;
        let (texts, _) = case.columns(connection)?;
        Ok((case.number, texts.into_iter().map(|text| text.text).collect()))
    });
    Ok(texts.collect::<rusqlite::Result<_>>()?)
}
