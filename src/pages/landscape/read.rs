//! Reads tagged and gold-labelled files as one batch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::suggestion::{self, Added, SUGGESTED, probability_keys};
use crate::error::{Action, Error, Result};
use crate::evaluate::landscape::batch::{Batch, BatchCase, Labels};
use crate::tables::{Columns, Fields, ReadOptions, Row, Rows, spreadsheet};
use crate::tagger::{ReviewReason, Suggestion};
use crate::taxonomy::check_keys;
use crate::taxonomy::labels_of;
use crate::taxonomy::{self, Taxonomy};

/// How the files of a batch are read.
#[derive(Debug, Clone, Default)]
pub struct BatchOptions {
    /// The format and the columns.
    pub read: ReadOptions,
    /// Whether a file without any of the text columns is refused; otherwise its
    /// trends are counted, and words are not reported.
    pub needs_text: bool,
    /// Which labels to use; otherwise gold where every row has it, else
    /// suggestions where there are such, else gold where it is.
    pub labels: Option<Labels>,
    /// The label set, if it is given: rows with other labels fail.
    pub taxonomy: Option<Taxonomy>,
    /// Label sets that may be the one in use: the first that fits gives the
    /// trends their order, names and definitions.
    pub known: Vec<Taxonomy>,
    /// Only rows with this value in this column: `(column, value)`.
    pub condition: Option<(String, String)>,
}

/// A row before it is known which labels count.
struct Raw {
    row: Row,
    id: String,
    texts: Vec<String>,
    /// The cell of the gold trends; `None` if it is empty.
    gold: Option<String>,
    /// The cell of the suggested trends, and the suggestion.
    suggested: Option<(String, Suggestion)>,
}

impl Raw {
    fn suggestion(&self) -> Option<&Suggestion> {
        self.suggested.as_ref().map(|(_, suggestion)| suggestion)
    }
}

impl Raw {
    /// The cell of the labels that count; `None` if there is none.
    fn cell(&self, labels: Labels) -> Option<&str> {
        match labels {
            Labels::Gold => self.gold.as_deref(),
            Labels::Suggested => self.suggested.as_ref().map(|(cell, _)| cell.as_str()),
        }
    }
}

impl Batch {
    /// Reads files; returns the batch, and one error per row that was left out.
    ///
    /// # Errors
    /// Whatever [`Rows::open`] says; [`Error::BadFile`] if no file has labels
    /// or one lacks the column of the condition, [`Error::BadCorpus`] if the
    /// labels cannot be a taxonomy.
    pub fn open(paths: &[PathBuf], options: &BatchOptions) -> Result<(Self, Vec<Error>)> {
        let mut raw = Vec::new();
        let mut errors = Vec::new();
        let mut columns: Vec<String> = Vec::new();
        for path in paths {
            let rows = Rows::open(path, &options.read)?;
            let new = read(rows, path, options, &mut raw, &mut errors)?;
            columns
                .extend(new.into_iter().filter(|name| !columns.contains(name)).collect::<Vec<_>>());
        }
        let labels = options.labels.unwrap_or_else(|| labels_in(&raw, &columns));
        let taxonomy = taxonomy(labels, &raw, &columns, options)?;
        let mut batch = Self {
            files: paths.iter().map(|path| path.display().to_string()).collect(),
            labels,
            taxonomy,
            models: Vec::new(),
            columns,
            cases: Vec::new(),
            unlabelled: 0,
            repeated_ids: 0,
        };
        let mut ids = BTreeSet::new();
        let mut models = BTreeSet::new();
        for raw in raw {
            let column = labels_column(labels, &options.read.columns);
            match case_of(raw, labels, &batch.taxonomy, column, &mut models) {
                Ok(Some(case)) => {
                    batch.repeated_ids += usize::from(!ids.insert(case.id.clone()));
                    batch.cases.push(case);
                }
                Ok(None) => batch.unlabelled += 1,
                Err(error) => errors.push(error),
            }
        }
        batch.models = models.into_iter().collect();
        Ok((batch, errors))
    }
}

/// Reads the rows of a file; returns its columns.
fn read(
    mut rows: Rows,
    path: &Path,
    options: &BatchOptions,
    raw: &mut Vec<Raw>,
    errors: &mut Vec<Error>,
) -> Result<Vec<String>> {
    // Where rows name their own columns, only all rows together show what the file has.
    rows.look_ahead(usize::MAX);
    let columns = rows.columns().to_vec();
    if let Some((column, _)) = &options.condition
        && !columns.contains(column)
    {
        let remedy = format!("name one of {}", columns.join(", "));
        let reason = format!("there is no column \"{column}\"");
        return Err(Error::bad_file(path.display().to_string(), reason, remedy));
    }
    let wanted = &options.read.columns;
    let fields = if options.needs_text || rows.has_any(&wanted.text) {
        Fields::of(&rows, wanted)?
    } else {
        Fields::without_text(&rows, wanted)?
    };
    let has_labels = fields.trends_column().index.is_some() || suggestion::is_among(&columns);
    let added = Added::of(&columns);
    if !has_labels && !columns.is_empty() {
        return Err(Error::bad_file(
            path.display().to_string(),
            format!("it has neither suggestions nor a column \"{}\" with trends", wanted.trends),
            Action::NameTrendsColumn.to("tag it first, or name the column with the trends"),
        ));
    }
    while let Some(row) = rows.next_readable(&mut |error| errors.push(error))? {
        if let Some((column, value)) = &options.condition
            && row.get(column).is_none_or(|cell| cell != value.as_str())
        {
            continue;
        }
        let gold = fields.labels(&row).map(|cell| spreadsheet::unescape(&cell).trim().to_owned());
        raw.push(Raw {
            id: fields.id(&row).into_owned(),
            texts: fields.owned_texts(&row),
            gold: gold.filter(|cell| !cell.is_empty()),
            suggested: added.read(&row),
            row,
        });
    }
    Ok(columns)
}

/// Gold where every row has it or nothing was tagged, otherwise suggestions.
fn labels_in(raw: &[Raw], columns: &[String]) -> Labels {
    let tagged = suggestion::is_among(columns);
    let all_gold = !raw.is_empty() && raw.iter().all(|raw| raw.gold.is_some());
    if tagged && !all_gold { Labels::Suggested } else { Labels::Gold }
}

fn labels_column(labels: Labels, columns: &Columns) -> &str {
    match labels {
        Labels::Gold => &columns.trends,
        Labels::Suggested => SUGGESTED,
    }
}

fn taxonomy(
    labels: Labels,
    raw: &[Raw],
    columns: &[String],
    options: &BatchOptions,
) -> Result<Taxonomy> {
    if let Some(taxonomy) = &options.taxonomy {
        return Ok(taxonomy.clone());
    }
    let mut keys: Vec<String> = Vec::new();
    let mut add = |key: &str| {
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    };
    let usable = |cell: &&str| check_keys(cell).is_ok();
    let cells = raw.iter().filter_map(|raw| raw.cell(labels)).filter(usable);
    match labels {
        Labels::Gold => cells.flat_map(taxonomy::keys).for_each(&mut add),
        Labels::Suggested => {
            probability_keys(columns).for_each(&mut add);
            for suggestion in raw.iter().filter_map(Raw::suggestion) {
                probabilities(suggestion).for_each(|(key, _)| add(key));
            }
            cells.flat_map(taxonomy::keys).for_each(&mut add);
        }
    }
    let probable = |raw: &Raw| raw.suggestion().is_some_and(|s| probabilities(s).next().is_some());
    let all_named = labels == Labels::Suggested
        && (probability_keys(columns).next().is_some() || raw.iter().any(probable));
    let fits = |taxonomy: &&Taxonomy| {
        let all_known = keys.iter().all(|key| taxonomy.id(key).is_some());
        // A file with probabilities has all trends of its model.
        all_known && (!all_named || keys.len() == taxonomy.len())
    };
    match options.known.iter().find(fits) {
        Some(taxonomy) => Ok(taxonomy.clone()),
        None => Taxonomy::from_keys(keys.iter().map(String::as_str)),
    }
}

/// Keys of trends with their probabilities.
fn probabilities(suggestion: &Suggestion) -> impl Iterator<Item = (&str, f64)> {
    suggestion.trends.iter().filter_map(|trend| Some((trend.key.as_str(), trend.probability?)))
}

/// The case of a row; `None` if it has no label of the kind that counts.
fn case_of(
    raw: Raw,
    labels: Labels,
    taxonomy: &Taxonomy,
    column: &str,
    models: &mut BTreeSet<String>,
) -> Result<Option<BatchCase>> {
    let Some(cell) = raw.cell(labels) else { return Ok(None) };
    let trends = labels_of(cell, taxonomy).map_err(|reason| Error::BadRow {
        place: Box::new(raw.row.place().with_column(column)),
        reason,
        remedy: Action::NameTaxonomy.to(
            "separate the keys of the trends by \";\", write \"-\" if none applies, or give the \
                 taxonomy that has them",
        ),
    })?;
    let Some(trends) = trends else { return Ok(None) };
    let Raw { row, id, texts, suggested, .. } = raw;
    let (probabilities, forced) = match &suggested {
        None => (None, false),
        Some((_, suggestion)) => {
            if labels == Labels::Suggested && !suggestion.model.is_empty() {
                models.insert(suggestion.model.clone());
            }
            let of: BTreeMap<&str, f64> = probabilities(suggestion).collect();
            let all = taxonomy.keys().map(|key| of.get(key).copied());
            let none_passed = suggestion.review_reasons.contains(&ReviewReason::NonePassed);
            (all.collect(), none_passed && labels == Labels::Suggested)
        }
    };
    Ok(Some(BatchCase { id, texts, trends, probabilities, forced, record: row.record().into() }))
}
