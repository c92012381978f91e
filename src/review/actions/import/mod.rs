//! Imports labels from elsewhere as answers.

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
use crate::tagger::{Model, Scratch, Scratches};
use crate::taxonomy::Taxonomy;

/// Labels that were read from a file, before they are saved as answers.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedLabels {
    cases: Vec<LabelledCase>,
}

/// The source of a file with labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportSource {
    /// Rows with labels in any format of cases, including exports of a review.
    Table,
    /// Exports of Label Studio as JSON, JSON-MIN or CSV.
    LabelStudio,
    /// Exports of doccano (text classification) as JSON Lines, JSON or CSV.
    Doccano,
    /// Records of Argilla, as JSON or JSON Lines.
    Argilla,
    /// Tasks of Prodigy, as JSON Lines.
    Prodigy,
}

impl ImportedLabels {
    /// Reads the labels of a file; also returns one error per row that cannot be used.
    /// `control` is the name of the control or question with the labels, if the file of a
    /// tool has several.
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

/// Options for importing labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportParams {
    /// Reviewer name for labels that have none.
    pub reviewer: String,
    /// Name of the batch of new cases for which the file names none.
    pub batch: String,
    /// Whether labels are matched by id alone, without comparing texts.
    pub by_id: bool,
    /// Whether an answer replaces an earlier one of the same reviewer.
    pub replace: bool,
}

impl ImportParams {
    /// Returns options that use the name of the file as the reviewer of labels without a
    /// name.
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
    /// Answers that the database already has, or that equal the decision.
    pub known: u64,
    /// Cases that were added for them.
    pub added: u64,
    /// Cases without a label in the file.
    pub unlabelled: u64,
    /// Cases that were matched by id alone.
    pub by_id: u64,
    /// Rows and answers that failed.
    pub failed: u64,
}

impl Store {
    /// Saves labels as answers, after adding missing cases. A label belongs to the case
    /// with the same text. If its id belongs to a case with another text, it is refused,
    /// unless labels are matched by id alone. Labels without a reviewer that equal the
    /// decision change nothing; others are added to the existing answers. `failed` receives
    /// labels that are refused.
    ///
    /// # Errors
    /// [`Error::BadParam`] for an invalid name, [`Error::BadFile`] if no row has a text and
    /// labels are not matched by id alone, [`Error::BadCorpus`] if the trends of the model
    /// differ, [`Error::Database`].
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
        let scratches = Scratches::default();
        let new = missing.par_iter().map(|case| {
            scratches.with(|scratch| NewCase::labelled(case, &params.batch, model, scratch))
        });
        let new: Vec<NewCase> = new.collect();
        // One transaction: an import is saved completely or not at all.
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

    /// Returns the cases with their matches in the database.
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
    /// Refuses a file of ids and labels without texts to compare.
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
    /// Makes a case from an imported one. It is not drawn for the blind check, but belongs
    /// to it if the export says so, so that no model learns from it.
    fn labelled(case: &LabelledCase, batch: &str, model: &Model, scratch: &mut Scratch) -> Self {
        let (text_columns, texts): (Vec<String>, Vec<String>) = case.texts.iter().cloned().unzip();
        Self {
            id: case.new_id(),
            row_number: None,
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
