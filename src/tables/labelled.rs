//! Reads a labelled file as a whole: cases with their gold trends, and the errors of rows
//! that could not be used.

use std::collections::BTreeMap;
use std::path::Path;

use super::fields::{Fields, bare_id};
use super::label_columns::LabelColumns;
use super::row::Row;
use super::rows::Rows;
use super::{ReadOptions, bad_file};
use crate::error::{Action, Error, Note, Result, quoted_list};
use crate::tagger::{Case, Corpus};
use crate::taxonomy::{LabelReader, Taxonomy, TrendSet};

impl Corpus {
    /// Reads a labelled file; without a taxonomy, one is derived from the labels. Returns
    /// the corpus and one error per row that was left out.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the file lacks the text or trends columns or has a duplicate
    /// id, [`Error::BadCorpus`] if no taxonomy is given and no case has a label, and the
    /// errors of [`Rows::open`].
    pub fn open(
        path: impl AsRef<Path>,
        options: &ReadOptions,
        taxonomy: Option<Taxonomy>,
    ) -> Result<(Self, Vec<Error>)> {
        Self::from_rows(Rows::open(path, options)?, options, taxonomy)
    }

    /// Reads cases from one file and their gold trends from another, joined by id; cases
    /// that are missing in the other file are unlabelled.
    ///
    /// # Errors
    /// As [`Corpus::open`]; [`Error::BadFile`] if the gold file has no id column, if no row
    /// of it can be used, or if no id occurs in both files.
    pub fn open_with_gold(
        cases: impl AsRef<Path>,
        gold: impl AsRef<Path>,
        options: &ReadOptions,
        taxonomy: Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let gold_file = gold.as_ref().display().to_string();
        let (mut labels, mut errors) = open_gold(&gold, options, taxonomy.clone())?;
        let gold_notes = std::mem::take(&mut labels.notes);
        let mut labels: BTreeMap<String, Case> =
            labels.cases.into_iter().map(|case| (case.id.clone(), case)).collect();

        let mut rows = Rows::open(cases, options)?;
        let fields = Fields::of(&rows, &options.columns)?;
        let mut corpus = Self {
            taxonomy,
            columns: rows.columns().to_vec(),
            cases: Vec::new(),
            examples: Vec::new(),
            notes: Vec::new(),
        };
        while let Some(row) = rows.next_readable(&mut |error| errors.push(error))? {
            let id = fields.id(&row).into_owned();
            let gold = labels.remove(&id).and_then(|labelled| labelled.gold);
            corpus.cases.push(case_of(&row, id, fields.owned_texts(&row), gold));
        }
        corpus.refuse_repeated_ids(&fields.id_column().name)?;
        corpus.notes.extend(rows.notes().iter().cloned());
        corpus.notes.extend(repair_note(&rows));
        corpus.notes.extend(missing_note(&rows, &fields));
        corpus.notes.extend(gold_notes);
        let without = corpus.without_case(labels.keys(), &gold_file);
        if corpus.unlabelled() == corpus.cases.len() {
            let more = without.map_or(String::new(), |note| format!(": {note}"));
            return Err(bad_file(
                rows.file(),
                format!("none of its ids has a label in {gold_file}{more}"),
                Action::NameIdColumn
                    .to("give the gold of the same cases, or name the column of the ids"),
            ));
        }
        corpus.notes.extend(without.map(Note::from));
        Ok((corpus, errors))
    }

    /// Notes how many ids of a gold file match no case.
    fn without_case<'i>(
        &self,
        ids: impl ExactSizeIterator<Item = &'i String> + Clone,
        gold_file: &str,
    ) -> Option<String> {
        let first = ids.clone().next()?;
        let unlabelled = self.cases.iter().filter(|case| case.gold.is_none());
        let alike: BTreeMap<String, &str> =
            unlabelled.map(|case| (alike_id(&case.id), case.id.as_str())).collect();
        let near: Vec<(&String, &&str)> =
            ids.clone().filter_map(|id| Some((id, alike.get(&alike_id(id))?))).collect();
        let near = match near.first() {
            None => String::new(),
            Some((id, of_case)) => format!(
                "; {} of them differ from the id of a case only by blanks, case or \".0\", such as \
                 \"{id}\" and \"{of_case}\"",
                near.len()
            ),
        };
        Some(format!(
            "{} ids of {gold_file} belong to no case, such as \"{first}\"{near}",
            ids.len()
        ))
    }

    /// Reads a corpus from rows that were opened with the same options.
    ///
    /// # Errors
    /// As [`Corpus::open`].
    pub fn from_rows(
        mut rows: Rows,
        options: &ReadOptions,
        taxonomy: Option<Taxonomy>,
    ) -> Result<(Self, Vec<Error>)> {
        // If each row names its own columns, the columns are known only after all rows.
        rows.look_ahead(usize::MAX);
        let columns = &options.columns;
        // Gold labels come without texts.
        let fields = match columns.text.is_empty() {
            true => Fields::without_text(&rows, columns)?,
            false => Fields::of(&rows, columns)?,
        };
        let source = LabelColumns::of(&rows, &fields, columns)?;
        let mut labelled = Vec::new();
        let mut errors = Vec::new();
        for row in &mut rows {
            match row.and_then(|row| source.cell(&row).map(|cell| (row, cell))) {
                Ok(labels) => labelled.push(labels),
                Err(error) if error.is_row() => errors.push(error),
                Err(error) => return Err(error),
            }
        }
        let separator = columns.label_separator.as_deref();
        let taxonomy = match taxonomy {
            Some(taxonomy) => taxonomy,
            None => source.taxonomy().unwrap_or_else(|| {
                Taxonomy::from_cells(labelled.iter().map(|(_, cell)| cell.as_str()), separator)
            })?,
        };
        let reader = LabelReader::new(&taxonomy, separator);
        source.check(&reader, rows.file())?;
        let mut cases = Vec::with_capacity(labelled.len());
        for (row, cell) in labelled {
            match reader.read(&cell) {
                Ok(gold) => {
                    let id = fields.id(&row).into_owned();
                    cases.push(case_of(&row, id, fields.owned_texts(&row), gold));
                }
                Err(reason) => errors.push(source.bad_label(&row, reason)),
            }
        }
        errors.sort_by_key(|error| error.place().and_then(|place| place.row));
        let columns = rows.columns().to_vec();
        let mut corpus = Self { taxonomy, columns, cases, examples: Vec::new(), notes: Vec::new() };
        corpus.refuse_repeated_ids(&fields.id_column().name)?;
        corpus.notes.extend(rows.notes().iter().cloned());
        corpus.notes.extend(repair_note(&rows));
        corpus.notes.extend(missing_note(&rows, &fields));
        corpus.notes.extend(corpus.label_counts().map(Note::from));
        Ok((corpus, errors))
    }

    /// Notes how many cases have no label or are unlabelled, if any.
    fn label_counts(&self) -> Option<String> {
        let unlabelled = self.unlabelled();
        let none =
            self.cases.iter().filter(|case| case.gold.as_ref().is_some_and(TrendSet::is_empty));
        let none = none.count();
        let labelled = self.cases.len() - unlabelled - none;
        (unlabelled + none > 0).then(|| {
            format!(
                "{labelled} cases with labels, {none} to which none applies (\"-\"), {unlabelled} \
                 unlabelled (blank, or a word such as N/A)"
            )
        })
    }
}

/// Reads a file of gold labels with the ids of their cases.
fn open_gold(
    gold: impl AsRef<Path>,
    options: &ReadOptions,
    taxonomy: Taxonomy,
) -> Result<(Corpus, Vec<Error>)> {
    let columns = super::Columns { text: Vec::new(), ..options.columns.clone() };
    let options = ReadOptions { columns, ..options.clone() };
    let rows = Rows::open(&gold, &options)?;
    let file = rows.file().to_owned();
    if !rows.columns().is_empty() && !rows.has_any(std::slice::from_ref(&options.columns.id)) {
        let (id, columns) = (&options.columns.id, quoted_list(rows.columns()));
        return Err(bad_file(
            &file,
            format!("there is no id column \"{id}\"; the file has {columns}"),
            Action::NameIdColumn.to("name the column with the ids of the cases"),
        ));
    }
    let (corpus, errors) = Corpus::from_rows(rows, &options, Some(taxonomy))?;
    match errors.first() {
        Some(first) if corpus.cases.is_empty() => Err(bad_file(
            &file,
            format!("none of its {} rows of labels can be read: {first}", errors.len()),
            "correct the labels, or give the taxonomy that has them",
        )),
        _ => Ok((corpus, errors)),
    }
}

/// Notes the repairs in a file that has been read.
fn repair_note(rows: &Rows) -> Option<Note> {
    let words = rows.repairs().in_words();
    (!words.is_empty()).then(|| Note::from(format!("{}: rows {}", rows.file(), words.join("; "))))
}

/// Notes the text columns that a file lacks.
fn missing_note(rows: &Rows, fields: &Fields) -> Option<Note> {
    let missing = fields.missing();
    let words = || format!("{}: read without the text columns {}", rows.file(), missing.join(", "));
    (rows.has_header() && !missing.is_empty()).then(|| Note::from(words()))
}

/// Returns an id as a spreadsheet or data frame may have changed it.
fn alike_id(id: &str) -> String {
    bare_id(id).to_lowercase()
}

/// Makes a case from a row.
pub(crate) fn case_of(row: &Row, id: String, texts: Vec<String>, gold: Option<TrendSet>) -> Case {
    Case { id, texts, gold, record: row.record().into(), place: Some(row.place()) }
}

#[cfg(test)]
mod tests;
