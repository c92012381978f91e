//! Cases into the database: tagged, drawn for the audit and for two reviewers.

use rayon::prelude::*;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::case::Stored;
use super::facts::{Facts, keys};
use super::new_case::{NewCase, TaggedCase, insert_all};
use super::order::set_priorities;
use super::store::{Store, json, set, setting};
use super::{Refusal, case};
use crate::artifact::Model;
use crate::case::{Columns, Fields, Rows};
use crate::error::{Error, Result};
use crate::tagger::Scratch;

/// How cases are added.
#[derive(Debug, Clone, PartialEq)]
pub struct AddParams {
    /// Columns of the files that matter.
    pub columns: Columns,
    /// Share of the cases drawn for the audit, within `0..=1`.
    pub audit: f64,
    /// Share of the other cases that two reviewers answer, within `0..=1`.
    pub overlap: f64,
    /// Seed of both draws.
    pub seed: u64,
}

impl Default for AddParams {
    fn default() -> Self {
        Self { columns: Columns::default(), audit: 0.1, overlap: 0.0, seed: 1 }
    }
}

/// What came of adding files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Cases that are new.
    pub added: u64,
    /// Rows that were there already, with the same texts.
    pub known: u64,
    /// Rows that failed.
    pub failed: u64,
    /// New cases that belong to the audit.
    pub audit: u64,
    /// New cases that two reviewers answer.
    pub overlap: u64,
}

/// Cases that are tagged and saved together.
const TOGETHER: usize = 256;

impl Store {
    /// Tags the rows of a file and adds those that are new. Whether a case is
    /// drawn for the audit depends on seed and id alone. `failed` hears of rows
    /// that cannot be read or whose id another case has; the others are added.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the file lacks the text columns, [`Error::BadCorpus`]
    /// if the model knows other trends than the cases there are,
    /// [`Error::BadParam`] for a share outside `0..=1`.
    pub fn add(
        &self,
        model: &Model,
        mut rows: Rows,
        params: &AddParams,
        failed: &mut dyn FnMut(Error),
    ) -> Result<Added> {
        params.check()?;
        self.register(model)?;
        let fields = Fields::of(&rows, &params.columns)?;
        let mut total = Added::default();
        loop {
            let chunk: Vec<_> = rows.by_ref().take(TOGETHER).collect();
            if chunk.is_empty() {
                break;
            }
            let mut good = Vec::new();
            for row in chunk {
                match row {
                    Ok(row) => good.push(row),
                    Err(error) if error.is_row() => {
                        total.failed += 1;
                        failed(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            let new = good.par_iter().map_init(Scratch::default, |scratch, row| {
                NewCase::of(row, &fields, params, model, scratch)
            });
            let (new, version) = (new.collect::<Vec<_>>(), model.version.clone());
            let (added, errors) = self
                .change(move |connection| insert_all(connection, new, &version))
                .map_err(|refusal| self.error(refusal))?;
            total.add(added);
            errors.into_iter().for_each(&mut *failed);
        }
        self.change(|connection| Ok(set_priorities(connection)?)).map_err(|r| self.error(r))?;
        Ok(total)
    }

    /// Lets a model make the suggestions that are shown from now on; those of
    /// others are kept. Returns how many cases it tagged.
    ///
    /// # Errors
    /// [`Refusal::OtherTaxonomy`] if it knows other trends.
    pub fn use_model(&self, model: &Model) -> Result<u64, Refusal> {
        self.register(model).map_err(|error| match error {
            Error::BadCorpus { .. } => Refusal::OtherTaxonomy,
            error => error.into(),
        })?;
        // A case has a suggestion of the model it names: where all name this one,
        // a server starts without looking at them.
        let query =
            "SELECT (SELECT min(model) FROM cases) = ?1 AND (SELECT max(model) FROM cases) = ?1";
        let in_use = |connection: &Connection| {
            connection.query_row(query, [&model.version], |row| row.get::<_, Option<bool>>(0))
        };
        if self.read(in_use)?.unwrap_or(false) {
            return Ok(0);
        }
        let (mut after, mut count) = (0, 0);
        loop {
            let stored = self.read_or(|connection| not_of(connection, &model.version, after))?;
            let Some(last) = stored.last() else { break };
            after = last.number;
            count += stored.len() as u64;
            let tagged = stored.into_par_iter().map_init(Scratch::default, |scratch, stored| {
                let texts: Vec<String> =
                    stored.columns()?.0.into_iter().map(|text| text.text).collect();
                Ok((stored.number, TaggedCase::of(model, &texts, scratch)))
            });
            let tagged = tagged.collect::<rusqlite::Result<Vec<_>>>()?;
            let version = model.version.clone();
            self.change(move |connection| {
                tagged
                    .iter()
                    .try_for_each(|(case, tagged)| tagged.insert(connection, *case, &version))?;
                Ok(())
            })?;
        }
        // All cases change over at once.
        let version = model.version.clone();
        self.change(move |connection| {
            connection.execute("UPDATE cases SET model = ?1 WHERE model <> ?1", [version])?;
            Ok(set_priorities(connection)?)
        })?;
        Ok(count)
    }

    /// Notes a model and, with the first one, the taxonomy.
    pub(super) fn register(&self, model: &Model) -> Result<()> {
        let taxonomy = model.tagger.taxonomy();
        if self.taxonomy()?.is_some_and(|known| keys(&known) != keys(taxonomy)) {
            return Err(Error::BadCorpus {
                reason: format!(
                    "the model {} knows other trends than {}",
                    model.version,
                    self.path.display()
                ),
                remedy: "give a model with the same trends, or start a new database".into(),
            });
        }
        let (version, facts, taxonomy) =
            (model.version.clone(), json(&Facts::of(model)), json(taxonomy));
        self.change(move |connection| {
            if setting(connection, "taxonomy")?.is_none() {
                set(connection, "taxonomy", &taxonomy)?;
            }
            let insert = "INSERT OR IGNORE INTO models (version, facts) VALUES (?, ?)";
            connection.execute(insert, [version, facts])?;
            Ok(())
        })
        .map_err(|refusal| self.error(refusal))
    }
}

impl AddParams {
    fn check(&self) -> Result<()> {
        for (name, value) in [("audit", self.audit), ("overlap", self.overlap)] {
            if !(0.0..=1.0).contains(&value) {
                let (value, remedy) = (value.to_string(), "use a share between 0 and 1".into());
                return Err(Error::BadParam { name, value, remedy });
            }
        }
        Ok(())
    }

    /// Whether a case is drawn into a share: by a hash, so that neither the order
    /// of the files nor how often they are added matters.
    pub(super) fn draws(&self, what: &str, id: &str, share: f64) -> bool {
        let hash = Sha256::digest(format!("{what} {} {id}", self.seed));
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        (number as f64) < share * 2_f64.powi(64)
    }
}

impl Added {
    /// Adds what came of another file.
    pub fn add(&mut self, other: Self) {
        self.added += other.added;
        self.known += other.known;
        self.failed += other.failed;
        self.audit += other.audit;
        self.overlap += other.overlap;
    }
}

/// Some cases after a number that have no suggestion of a model.
fn not_of(connection: &Connection, version: &str, after: i64) -> Result<Vec<Stored>, Refusal> {
    let query = format!(
        "SELECT {} FROM cases c WHERE c.number > ? AND NOT EXISTS (SELECT 1 FROM suggestions s \
         WHERE s.case_number = c.number AND s.model = ?) ORDER BY c.number LIMIT {TOGETHER}",
        case::COLUMNS
    );
    let mut statement = connection.prepare_cached(&query)?;
    let stored = statement.query_map((after, version), Stored::read)?;
    Ok(stored.collect::<rusqlite::Result<_>>()?)
}
