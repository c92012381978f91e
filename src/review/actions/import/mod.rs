//! Labels that were given elsewhere, as answers.

mod argilla;
mod doccano;
mod label_studio;
mod labelled;
mod prodigy;
mod save;
mod table;
mod tools;

use std::path::Path;

use rayon::prelude::*;
use serde::Deserialize;

use self::labelled::{Found, LabelledCase, Labels};
use self::tools::Reading;
use super::new_case::{NewCase, insert_all, note_added};
use crate::error::{Action, Error, Result};
use crate::review::db::batch::UNNAMED;
use crate::review::db::reviewer::{check_name, check_reviewer};
use crate::review::db::store::Store;
use crate::review::db::suggestion::TaggedCase;
use crate::tables::{ReadOptions, Rows};
use crate::tagger::{Model, Scratch};
use crate::taxonomy::Taxonomy;

/// Labels that were read from a file, before they are anyone's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedLabels {
    cases: Vec<LabelledCase>,
}

/// The kind of a file with labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportSource {
    /// Rows with labels, in any format of cases; what a review exported, too.
    Table,
    /// What Label Studio exports as JSON, JSON-MIN or CSV.
    LabelStudio,
    /// What doccano exports of a text classification, as JSON Lines, JSON or CSV.
    Doccano,
    /// Records of Argilla, as JSON or JSON Lines.
    Argilla,
    /// Tasks of Prodigy, as JSON Lines.
    Prodigy,
}

impl ImportedLabels {
    /// Reads the labels of a file; also returns one error per row that cannot be used.
    /// `control` is the name of the control or question whose choices are the labels, where
    /// a file of a tool has several.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::BadFile`] if it is not of this
    /// kind or has several controls; as [`Self::from_rows`].
    pub fn open(
        path: &Path,
        source: ImportSource,
        options: &ReadOptions,
        control: Option<&str>,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let read = match source {
            ImportSource::Table => {
                return Self::from_rows(Rows::open(path, options)?, options, taxonomy);
            }
            ImportSource::LabelStudio => label_studio::read,
            ImportSource::Doccano => doccano::read,
            ImportSource::Argilla => argilla::read,
            ImportSource::Prodigy => prodigy::read,
        };
        let (items, mut errors) = tools::items(path, options)?;
        let labels = Labels::new(taxonomy);
        let file = path.display().to_string();
        let reading = Reading { file, columns: &options.columns, control, labels };
        let (cases, more) = read(items, &reading)?;
        errors.extend(more);
        errors.sort_by_key(|error| error.place().and_then(|place| place.row));
        Ok((Self { cases }, errors))
    }
}

/// How labels are imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportParams {
    /// Reviewer name for labels that have none.
    pub reviewer: String,
    /// Name of the batch of new cases for which the file names none.
    pub batch: String,
    /// Whether ids alone tell which case is meant, whatever the texts are.
    pub by_id: bool,
    /// Whether an answer replaces another one that the same reviewer gave before.
    pub replace: bool,
}

impl ImportParams {
    /// Labels of a file that have no name are those of whoever the file is named after.
    pub fn of_file(path: &Path) -> Self {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let name = stem.filter(|stem| *stem != "-" && check_reviewer(stem).is_ok());
        let reviewer = name.unwrap_or("import").to_owned();
        let batch = name.unwrap_or(UNNAMED).to_owned();
        Self { reviewer, batch, by_id: false, replace: false }
    }
}

/// The result of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Answers that were saved.
    pub saved: u64,
    /// Answers that the database has already, or whose trends are decided.
    pub known: u64,
    /// Cases that were added for them.
    pub added: u64,
    /// Cases that have no label in the file.
    pub unlabelled: u64,
    /// Cases that were told by their ids alone.
    pub by_id: u64,
    /// Rows and answers that failed.
    pub failed: u64,
}

impl Store {
    /// Saves labels as answers, cases that are not there being added first. A label belongs
    /// to the case that has the same text; with an id whose case has another text it is
    /// refused, unless ids alone are to decide. Labels without a giver that are what is
    /// decided change nothing; others stand beside the answers there are. `failed` hears of
    /// labels that are refused.
    ///
    /// # Errors
    /// [`Error::BadParam`] for an invalid name, [`Error::BadFile`] if no row has a text and
    /// ids alone are not to decide, [`Error::BadCorpus`] if the model knows other trends,
    /// [`Error::Database`].
    pub fn import(
        &self,
        model: &Model,
        labels: ImportedLabels,
        params: &ImportParams,
        failed: &mut dyn FnMut(Error),
    ) -> Result<Imported> {
        check_reviewer(&params.reviewer).map_err(|refusal| {
            Error::bad_param("reviewer", params.reviewer.clone(), refusal.to_string())
        })?;
        check_name("batch", &params.batch).map_err(|refusal| {
            Error::bad_param("batch", params.batch.clone(), refusal.to_string())
        })?;
        labels.check_texts(params)?;
        self.register(model)?;
        let mut total = Imported::default();
        let (mut cases, mut missing) = (Vec::new(), Vec::new());
        for (case, found) in self.looked_up(labels.cases, params)? {
            if case.answers.is_empty() {
                total.unlabelled += 1;
                if !case.is_of_review {
                    continue;
                }
            }
            match case.refusal(found) {
                Some(error) => {
                    total.failed += 1;
                    failed(error);
                }
                None => {
                    if found == Found::Missing {
                        missing.push(case.clone());
                    }
                    cases.push(case);
                }
            }
        }
        let new = missing.par_iter().map_init(Scratch::default, |scratch, case| {
            NewCase::labelled(case, &params.batch, model, scratch)
        });
        let new: Vec<NewCase> = new.collect();
        // Together: an import is there as a whole or not at all.
        let (params, version) = (params.clone(), model.version.clone());
        let (total, errors) = self
            .change(move |connection| {
                let (added, mut errors) = insert_all(connection, new, &version, false)?;
                note_added(connection, &added.per_batch)?;
                (total.added, total.failed) = (added.added, total.failed + added.failed);
                errors.extend(save::save(connection, &cases, &params, &mut total)?);
                Ok((total, errors))
            })
            .map_err(|refusal| self.error(refusal))?;
        errors.into_iter().for_each(failed);
        Ok(total)
    }

    /// The cases, and which case of the database each is.
    fn looked_up(
        &self,
        cases: Vec<LabelledCase>,
        params: &ImportParams,
    ) -> Result<Vec<(LabelledCase, Found)>> {
        self.read(|connection| {
            let look_up = |case: LabelledCase| {
                let found = case.find(connection, params.by_id)?;
                Ok((case, found))
            };
            cases.into_iter().map(look_up).collect()
        })
    }
}

impl ImportedLabels {
    /// Refuses a file of ids and labels whose texts are nowhere to compare.
    fn check_texts(&self, params: &ImportParams) -> Result<()> {
        let first = match self.cases.first() {
            Some(first) if !params.by_id && !self.cases.iter().any(LabelledCase::has_text) => first,
            _ => return Ok(()),
        };
        Err(Error::bad_file(
            first.place.file.clone(),
            "it has labels but no texts, so nothing shows that an id means the same case here",
            Action::MatchById
                .to("name the columns of the texts; to trust the ids, match by id")
                .by(Action::NameTextColumns),
        ))
    }
}

impl NewCase {
    /// A case that comes with labels: not drawn for the blind check, but part of it if the
    /// export that it comes from says so, so that no model learns from it.
    fn labelled(case: &LabelledCase, batch: &str, model: &Model, scratch: &mut Scratch) -> Self {
        let (text_columns, texts): (Vec<String>, Vec<String>) = case.texts.iter().cloned().unzip();
        Self {
            id: case.new_id(),
            batch: case.batch.as_deref().unwrap_or(batch).to_owned(),
            place: case.place.clone(),
            blind_check: case.blind_check,
            record: case.record.clone(),
            text_columns,
            tagged: TaggedCase::of(model, &texts, scratch),
            texts,
            wanted: case.wanted,
        }
    }
}
