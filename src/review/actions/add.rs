//! Adds the cases of a file: tags them, and draws samples for the blind check and for two
//! reviewers.

use std::borrow::Cow;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::new_case::{Added, NewCase, insert_all, note_added};
use super::priority::set_priorities;
use crate::error::{Error, Result};
use crate::review::db::batch::UNNAMED;
use crate::review::db::reviewer::check_name;
use crate::review::db::search::collect_words;
use crate::review::db::store::Store;
use crate::review::db::suggestion::TaggedCase;
use crate::tables::{Columns, Fields, Row, Rows};
use crate::tagger::Model;
use crate::tagger::{Scratch, Scratches};

/// Options for adding cases.
#[derive(Debug, Clone, PartialEq)]
pub struct AddParams {
    /// Name of the batch of the new cases.
    pub batch: String,
    /// Names of the columns in the files.
    pub columns: Columns,
    /// Share of the cases drawn for the blind check, within `0..=1`.
    pub blind_check: f64,
    /// Share of the other cases that two reviewers answer, within `0..=1`.
    pub overlap: f64,
    /// Seed of both draws.
    pub seed: u64,
    /// Whether existing cases take the cells of their rows; their answers are kept.
    pub update: bool,
}

impl Default for AddParams {
    fn default() -> Self {
        Self {
            batch: UNNAMED.to_owned(),
            columns: Columns::default(),
            blind_check: 0.1,
            overlap: 0.0,
            seed: 1,
            update: false,
        }
    }
}

/// Number of cases that are tagged and saved together: each commit writes a part of the index
/// of words, and parts are merged.
const CHUNK: usize = 1024;

impl Store {
    /// Tags the rows of a file and adds the new ones. Whether a case is drawn for the
    /// blind check depends only on the seed and its id. `failed` receives rows that
    /// cannot be read or that have the id of another case; the others are added.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the file lacks the text columns, [`Error::BadCorpus`] if the
    /// trends of the model differ from those of the existing cases, [`Error::BadParam`]
    /// for a share outside `0..=1` or an invalid batch name.
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
        self.change(collect_words).map_err(|refusal| self.error(refusal))?;
        let (mut total, scratches) = (Added::default(), Scratches::default());
        loop {
            let chunk: Vec<_> = rows.by_ref().take(CHUNK).collect();
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
            let new = good.par_iter().map(|row| {
                scratches.with(|scratch| NewCase::of(row, &fields, params, model, scratch))
            });
            let (new, version) = (new.collect::<Vec<_>>(), model.version.clone());
            let update = params.update;
            let (added, errors) = self
                .change(move |connection| insert_all(connection, new, &version, update))
                .map_err(|refusal| self.error(refusal))?;
            total.add(added);
            errors.into_iter().for_each(&mut *failed);
        }
        let count = "SELECT count(*) AS cases FROM cases WHERE blind_check";
        let per_batch = total.per_batch.clone();
        let counted = self.change(move |connection| {
            note_added(connection, &per_batch)?;
            set_priorities(connection)?;
            Ok(connection.query_row(count, [], |row| row.get::<_, i64>("cases"))?)
        });
        total.blind_check_in_all = counted.map_err(|r| self.error(r))?.unsigned_abs();
        Ok(total)
    }
}

impl AddParams {
    fn check(&self) -> Result<()> {
        check_name("batch", &self.batch).map_err(|refusal| {
            Error::bad_param("batch", self.batch.clone(), refusal.to_string())
        })?;
        for (name, value) in [("blind check", self.blind_check), ("overlap", self.overlap)] {
            if !(0.0..=1.0).contains(&value) {
                let (value, remedy) = (value.to_string(), "use a share between 0 and 1".into());
                return Err(Error::BadParam { name, value, remedy });
            }
        }
        Ok(())
    }

    /// Returns the id of a case, and the number of a row without an id. The number of a row is
    /// no name among several batches, so its id names the batch too.
    fn id(&self, fields: &Fields, row: &Row) -> (String, Option<String>) {
        let given = row.field(fields.id_column());
        let is_given = given.is_some_and(|id| !id.trim().is_empty());
        let id = fields.id(row).into_owned();
        if is_given { (id, None) } else { (format!("{}: {id}", self.batch), Some(id)) }
    }

    /// Returns whether a case is drawn into a share. It uses a hash, so the order of the
    /// files and adding them repeatedly do not matter.
    pub(crate) fn draws(&self, what: &str, id: &str, share: f64) -> bool {
        let hash = Sha256::digest(format!("{what} {} {id}", self.seed));
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        (number as f64) < share * 2_f64.powi(64)
    }
}

impl NewCase {
    /// Creates a tagged row, with its draws for the blind check and for two reviewers.
    pub(crate) fn of(
        row: &Row,
        fields: &Fields,
        params: &AddParams,
        model: &Model,
        scratch: &mut Scratch,
    ) -> Self {
        let (id, row_number) = params.id(fields, row);
        let texts: Vec<String> = fields.texts(row).map(Cow::into_owned).collect();
        // This word keeps the draw identical to databases of earlier versions.
        let blind_check = params.draws("audit", &id, params.blind_check);
        let twice = !blind_check && params.draws("overlap", &id, params.overlap);
        Self {
            batch: params.batch.clone(),
            place: row.place(),
            record: row.record(),
            text_columns: fields.text_columns().iter().map(|field| field.name.clone()).collect(),
            tagged: TaggedCase::of(model, &texts, scratch),
            texts,
            blind_check,
            wanted: if twice { 2 } else { 1 },
            id,
            row_number,
        }
    }
}
