//! Reads tagged and gold-labelled files as one batch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::added_columns::{AddedColumns, SUGGESTED, probability};
use crate::error::{Action, Error, Note, Place, Result, quoted_list};
use crate::evaluate::landscape::batch::{Batch, BatchCase, Labels, Source};
use crate::tables::{
    Columns, Fields, LabelColumns, MissingText, ReadOptions, Row, Rows, find_column,
};
use crate::tagger::record::STATUS_COLUMN;
use crate::tagger::{ReviewReason, Suggestion};
use crate::taxonomy::{LabelReader, Taxonomy, check_keys, is_unlabelled};

/// How the files of a batch are read.
#[derive(Debug, Clone, Default)]
pub struct BatchOptions {
    /// The format and the columns.
    pub read: ReadOptions,
    /// Whether a file without one of the text columns is refused; otherwise its
    /// trends are counted, and missing words are not reported.
    pub needs_text: bool,
    /// Which labels to use; otherwise those of a finished batch where all files say who decided,
    /// else gold where every row has it, else suggestions where there are such, else gold
    /// where it is.
    pub labels: Option<Labels>,
    /// The label set, if given. Rows with other labels fail.
    pub taxonomy: Option<Taxonomy>,
    /// Label sets that may be the one in use: the first that fits gives the
    /// trends their order, names and definitions.
    pub known: Vec<Taxonomy>,
    /// Only rows with this value in this column: `(column, value)`.
    pub condition: Option<(String, String)>,
}

impl BatchOptions {
    /// Returns all label sets that may name the trends.
    fn taxonomies(&self) -> Vec<Taxonomy> {
        self.taxonomy.iter().chain(&self.known).cloned().collect()
    }
}

/// A row before it is known which labels count.
struct Raw {
    place: Place,
    record: Map<String, Value>,
    id: String,
    texts: Vec<String>,
    /// The cell of the gold trends; `None` if it is unlabelled.
    gold: Option<String>,
    /// The cell of the suggested trends, and the suggestion.
    suggested: Option<(String, Suggestion)>,
    /// Who decided, in a finished batch.
    decided_by: Option<String>,
    /// The batch of a review that the case belongs to.
    batch: Option<String>,
}

/// Returns the names of batches in their order; none if any case belongs to no batch.
fn names(raw: &[Raw]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for raw in raw {
        let Some(name) = &raw.batch else { return Vec::new() };
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

impl Raw {
    fn suggestion(&self) -> Option<&Suggestion> {
        self.suggested.as_ref().map(|(_, suggestion)| suggestion)
    }

    /// Returns the cell of the labels that count; `None` if there is none.
    fn cell(&self, labels: Labels) -> Option<&str> {
        match labels {
            Labels::Gold | Labels::Finished => self.gold.as_deref(),
            Labels::Suggested => self.suggested.as_ref().map(|(cell, _)| cell.as_str()),
        }
    }
}

/// The data read from the files, in order.
#[derive(Default)]
struct Reading {
    raw: Vec<Raw>,
    errors: Vec<Error>,
    /// Names of the columns, as the first file with each spells them.
    columns: Vec<String>,
    /// Keys of trends with probabilities.
    keys: Vec<String>,
    is_tagged: bool,
    /// Whether each file says who decided.
    finished: Vec<bool>,
    sources: Vec<Source>,
    notes: Vec<Note>,
}

impl Batch {
    /// Reads files; returns the batch, and one error per row that was left out.
    ///
    /// # Errors
    /// The errors of [`Rows::open`]; [`Error::BadFile`] if no file has labels or one
    /// lacks the column of the condition, [`Error::BadCorpus`] if the labels cannot be a
    /// taxonomy.
    pub fn open(paths: &[PathBuf], options: &BatchOptions) -> Result<(Self, Vec<Error>)> {
        let mut reading = Reading::default();
        for path in paths {
            let mut read = options.read.clone();
            if !options.needs_text {
                read.columns.missing_text = MissingText::Allow;
            }
            reading.add(Rows::open(path, &read)?, options)?;
        }
        let labels = options.labels.unwrap_or_else(|| reading.labels());
        reading.note_unread(labels, paths);
        let taxonomy = reading.taxonomy(labels, options)?;
        let separator = match labels {
            Labels::Gold | Labels::Finished => options.read.columns.label_separator.as_deref(),
            Labels::Suggested => None,
        };
        let reader = LabelReader::new(&taxonomy, separator);
        let Reading { raw, mut errors, columns, sources, notes, .. } = reading;
        let mut batch = Self {
            files: paths.iter().map(|path| path.display().to_string()).collect(),
            names: names(&raw),
            labels,
            taxonomy,
            models: Vec::new(),
            sources,
            columns,
            cases: Vec::new(),
            unlabelled: 0,
            unfinished: BTreeMap::new(),
            repeated_ids: 0,
            notes,
        };
        let mut ids = BTreeSet::new();
        let mut models = BTreeSet::new();
        for raw in raw {
            let column = labels_column(labels, &options.read.columns);
            let unfinished = raw.decided_by.clone().filter(|_| labels == Labels::Finished);
            match case_of(raw, &batch, &reader, column, &mut models) {
                Ok(Some(case)) => {
                    batch.repeated_ids += usize::from(!ids.insert(case.id.clone()));
                    batch.cases.push(case);
                }
                Ok(None) => {
                    batch.unlabelled += 1;
                    if let Some(why) = unfinished {
                        *batch.unfinished.entry(why).or_default() += 1;
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        batch.models = models.into_iter().collect();
        Ok((batch, errors))
    }
}

impl Reading {
    /// Reads the rows of a file.
    fn add(&mut self, mut rows: Rows, options: &BatchOptions) -> Result<()> {
        // If each row names its own columns, the columns are known only after all rows.
        rows.look_ahead(usize::MAX);
        let columns = rows.columns().to_vec();
        let condition = match &options.condition {
            None => None,
            Some((column, value)) => match find_column(&columns, column) {
                Some(at) => Some((columns[at].clone(), value)),
                None => {
                    let remedy = format!("name one of {}", columns.join(", "));
                    let reason = format!("there is no column \"{column}\"");
                    return Err(Error::bad_file(rows.file(), reason, remedy));
                }
            },
        };
        let wanted = &options.read.columns;
        let fields = if options.needs_text || rows.has_any(&wanted.text) {
            let missing_text = match options.needs_text {
                true => wanted.missing_text,
                false => MissingText::Allow,
            };
            Fields::of(&rows, &Columns { missing_text, ..wanted.clone() })?
        } else {
            Fields::without_text(&rows, wanted)?
        };
        let known = options.taxonomies();
        let added = AddedColumns::of(&columns, &known);
        let has_gold = fields.trends_column().index.is_some() || !wanted.label_columns.is_empty();
        let source = match has_gold {
            true => Some(LabelColumns::of(&rows, &fields, wanted)?),
            false => None,
        };
        let first = self.raw.len();
        let spelled = self.add_columns(&rows);
        for row in &mut rows {
            let read = row.and_then(|row| {
                let matches = condition.as_ref().is_none_or(|(column, value)| {
                    row.get(column).is_some_and(|cell| cell == value.as_str())
                });
                let read = || raw_of(&row, &fields, source.as_ref(), &added, &spelled);
                if matches { read().map(Some) } else { Ok(None) }
            });
            match read {
                Ok(raw) => self.raw.extend(raw),
                Err(error) if error.is_row() => self.errors.push(error),
                Err(error) => return Err(error),
            }
        }
        if !added.is_tagged() && source.is_none() && !columns.is_empty() {
            return Err(self.no_labels(&rows, wanted, &known, first));
        }
        self.refuse_renamed(&rows, &added, first)?;
        self.note_taggings(&rows, &added, first);
        self.is_tagged |= added.is_tagged();
        self.finished.push(self.raw[first..].iter().any(|raw| raw.decided_by.is_some()));
        self.sources.push(self.source(&added, first));
        for (key, _) in added.probabilities {
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
        self.notes.extend(rows.notes().iter().cloned());
        Ok(())
    }

    /// Adds the columns of a file; returns those that earlier files spell otherwise, with
    /// their spelling.
    fn add_columns(&mut self, rows: &Rows) -> BTreeMap<String, String> {
        let new = rows.columns_beyond(&self.columns);
        let others = rows.columns().iter().filter(|name| !new.contains(name));
        let others = others.filter(|name| !self.columns.contains(name));
        let spelled = others.filter_map(|name| {
            let at = find_column(&self.columns, name)?;
            Some((name.clone(), self.columns[at].clone()))
        });
        let spelled = spelled.collect();
        self.columns.extend(new);
        spelled
    }

    /// What tagged the rows of a file.
    fn source(&self, added: &AddedColumns, first: usize) -> Source {
        let suggestions = || self.raw[first..].iter().filter_map(Raw::suggestion);
        let models: BTreeSet<&str> = suggestions().map(|one| one.model.as_str()).collect();
        let models = models.into_iter().filter(|model| !model.is_empty()).map(str::to_owned);
        let mut trends: BTreeSet<String> =
            added.probabilities.iter().map(|(key, _)| key.clone()).collect();
        let named = suggestions().flat_map(probabilities).map(|(key, _)| key.to_owned());
        trends.extend(named);
        Source { models: models.collect(), trends: trends.into_iter().collect() }
    }

    /// Returns the error of a file without labels; a column that seems to have them is named.
    fn no_labels(&self, rows: &Rows, wanted: &Columns, known: &[Taxonomy], first: usize) -> Error {
        let raw = &self.raw[first..];
        let readers: Vec<LabelReader> =
            known.iter().map(|taxonomy| LabelReader::new(taxonomy, None)).collect();
        let holds_labels = |name: &&String| {
            let cells = raw.iter().filter_map(|raw| raw.record.get(name.as_str())?.as_str());
            let cells: Vec<&str> = cells.filter(|cell| !is_unlabelled(cell)).collect();
            let read = |reader: &LabelReader| {
                cells.iter().all(|cell| reader.read(cell).is_ok())
                    && cells.iter().any(|cell| {
                        reader.read(cell).is_ok_and(|set| set.is_some_and(|set| !set.is_empty()))
                    })
            };
            !cells.is_empty() && readers.iter().any(read)
        };
        let like = rows.columns().iter().find(holds_labels);
        let more =
            like.map_or(String::new(), |name| format!("; \"{name}\" looks like one of them"));
        let reason = format!(
            "it has neither suggestions (a column \"{SUGGESTED}\") nor a column \"{}\" with \
             trends; the file has {}{more}",
            wanted.trends,
            quoted_list(rows.columns())
        );
        let words = "tag it first, give the columns of a tagged file their names again, or name \
                     the column with the trends";
        let remedy = match like {
            Some(name) => Action::NameTrendsColumn.to_value(words, name.clone()),
            None => Action::NameTrendsColumn.to(words),
        };
        Error::bad_file(rows.file(), reason, remedy)
    }

    /// Refuses a file in which probabilities have other names: their trends would be
    /// counted without them.
    fn refuse_renamed(&self, rows: &Rows, added: &AddedColumns, first: usize) -> Result<()> {
        let holds_probabilities = |name: &str| {
            let cells = self.raw[first..].iter().filter_map(|raw| raw.record.get(name));
            let cells = cells.map(|cell| match cell {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            });
            let mut found = cells.map(|cell| probability(&cell)).peekable();
            found.peek().is_some() && {
                let found: Vec<_> = found.collect();
                found.iter().all(Result::is_ok) && found.iter().flatten().any(Option::is_some)
            }
        };
        let spelled = added.unknown.iter().map(|field| field.name.as_str());
        // Other columns can follow without a mark.
        let renamed: Vec<&str> = spelled.take_while(|name| holds_probabilities(name)).collect();
        if renamed.is_empty() {
            return Ok(());
        }
        Err(Error::bad_file(
            rows.file(),
            format!(
                "the columns {} are in the place of the probabilities, under other names",
                quoted_list(&renamed)
            ),
            "call each \"p_\" and the key of its trend again, or give the file as it was tagged",
        ))
    }

    /// Notes which suggestions count in a file that was tagged several times, and unknown
    /// models.
    fn note_taggings(&mut self, rows: &Rows, added: &AddedColumns, first: usize) {
        let file = rows.file();
        let models = self.raw[first..].iter().filter_map(Raw::suggestion);
        let models: BTreeSet<&str> = models.map(|suggestion| suggestion.model.as_str()).collect();
        let models: Vec<&str> = models.into_iter().filter(|model| !model.is_empty()).collect();
        if added.times > 1 {
            let by = if models.is_empty() {
                "which no model is named for".to_owned()
            } else {
                format!("by the model {}", models.join(", "))
            };
            let words = format!(
                "{file}: it was tagged {} times; the last suggestions count, {by}",
                added.times
            );
            self.notes.push(Note::from(words));
        } else if added.trends.is_some() && models.is_empty() && self.raw.len() > first {
            let words = format!("{file}: no column \"model\" names the model that tagged it");
            self.notes.push(Note::from(words));
        }
    }

    /// Notes files whose unread cases count as labelled, since other files do not say who decided.
    fn note_unread(&mut self, labels: Labels, paths: &[PathBuf]) {
        let files = paths.iter().zip(&self.finished).filter(|(_, is_finished)| **is_finished);
        if labels == Labels::Gold {
            self.notes.extend(files.map(|(path, _)| {
                let path = path.display();
                Note::from(format!("{path}: trends that nobody has read count as labelled"))
            }));
        }
    }

    /// Those of a finished batch where each file says who decided; gold where every row has it,
    /// where it was reviewed, or where nothing was tagged;
    /// otherwise suggestions.
    fn labels(&self) -> Labels {
        if !self.finished.is_empty() && self.finished.iter().all(|is_finished| *is_finished) {
            return Labels::Finished;
        }
        let all_gold = !self.raw.is_empty() && self.raw.iter().all(|raw| raw.gold.is_some());
        // Undecided cases are no reason to count suggestions instead.
        let is_reviewed = self.columns.iter().any(|name| name == STATUS_COLUMN);
        let counts_suggestions = self.is_tagged && !all_gold && !is_reviewed;
        if counts_suggestions { Labels::Suggested } else { Labels::Gold }
    }

    fn taxonomy(&self, labels: Labels, options: &BatchOptions) -> Result<Taxonomy> {
        if let Some(taxonomy) = &options.taxonomy {
            return Ok(taxonomy.clone());
        }
        let usable = |cell: &&str| check_keys(cell).is_ok();
        let cells = self.raw.iter().filter_map(|raw| raw.cell(labels)).filter(usable);
        let cells: BTreeSet<&str> = cells.collect();
        let mut named: Vec<&str> = Vec::new();
        if labels != Labels::Gold {
            named.extend(self.keys.iter().map(String::as_str));
            for suggestion in self.raw.iter().filter_map(Raw::suggestion) {
                named.extend(probabilities(suggestion).map(|(key, _)| key));
            }
        }
        let separator = match labels {
            Labels::Gold | Labels::Finished => options.read.columns.label_separator.as_deref(),
            Labels::Suggested => None,
        };
        let mut seen = BTreeSet::new();
        named.retain(|key| seen.insert(*key));
        let fits = |taxonomy: &&Taxonomy| {
            let reader = LabelReader::new(taxonomy, separator);
            let ids: Option<BTreeSet<_>> = named.iter().map(|key| reader.find(key)).collect();
            // A file with probabilities has all trends of its model.
            let all_named = ids.is_some_and(|ids| ids.is_empty() || ids.len() == taxonomy.len());
            // Then a row with another trend is an error of that row.
            all_named && (!named.is_empty() || cells.iter().all(|cell| reader.read(cell).is_ok()))
        };
        match options.known.iter().find(fits) {
            Some(taxonomy) => Ok(taxonomy.clone()),
            None => Taxonomy::from_cells(cells.into_iter().chain(named), separator),
        }
    }
}

fn raw_of(
    row: &Row,
    fields: &Fields,
    source: Option<&LabelColumns>,
    added: &AddedColumns,
    spelled: &BTreeMap<String, String>,
) -> Result<Raw> {
    let gold = source.map(|source| source.cell(row)).transpose()?;
    let name = |name: String| spelled.get(&name).cloned().unwrap_or(name);
    Ok(Raw {
        id: fields.id(row).into_owned(),
        texts: fields.owned_texts(row),
        gold: gold.filter(|cell| !is_unlabelled(cell)),
        suggested: added.read(row)?,
        decided_by: added.decided_by.as_ref().and_then(|field| {
            let cell = row.labels(field)?.trim().to_lowercase();
            Some(cell).filter(|cell| !cell.is_empty())
        }),
        batch: added.batch.as_ref().and_then(|field| {
            let name = row.field(field)?.trim().to_owned();
            Some(name).filter(|name| !name.is_empty())
        }),
        record: row.record().into_iter().map(|(key, value)| (name(key), value)).collect(),
        place: row.place(),
    })
}

fn labels_column(labels: Labels, columns: &Columns) -> &str {
    match labels {
        Labels::Gold | Labels::Finished => &columns.trends,
        Labels::Suggested => SUGGESTED,
    }
}

/// Returns the keys of trends with their probabilities.
fn probabilities(suggestion: &Suggestion) -> impl Iterator<Item = (&str, f64)> {
    suggestion.trends.iter().filter_map(|trend| Some((trend.key.as_str(), trend.probability?)))
}

/// Returns the case of a row; `None` if it has no label of the kind that counts.
fn case_of(
    raw: Raw,
    batch: &Batch,
    reader: &LabelReader,
    column: &str,
    models: &mut BTreeSet<String>,
) -> Result<Option<BatchCase>> {
    let Some(cell) = raw.cell(batch.labels) else { return Ok(None) };
    let trends = reader.read(cell).map_err(|reason| Error::BadRow {
        place: Box::new(raw.place.clone().with_column(column)),
        reason,
        remedy: Action::NameTaxonomy.to(
            "separate the keys of the trends by \";\", write \"-\" if none applies, or give the \
                 taxonomy that has them",
        ),
    })?;
    let Some(trends) = trends else { return Ok(None) };
    let Raw { record, id, texts, suggested, decided_by, .. } = raw;
    let is_tagged = batch.labels != Labels::Gold;
    // Without an entry nobody is known to have read it.
    let decided_by = (batch.labels == Labels::Finished).then(|| decided_by.unwrap_or_default());
    let (probabilities, forced) = match &suggested {
        None => (None, false),
        Some((_, suggestion)) => {
            if is_tagged && !suggestion.model.is_empty() {
                models.insert(suggestion.model.clone());
            }
            let of = probabilities(suggestion).filter_map(|(key, p)| Some((reader.find(key)?, p)));
            let of: BTreeMap<_, f64> = of.collect();
            let all = batch.taxonomy.iter().map(|(id, _)| of.get(&id).copied());
            let none_passed = suggestion.review_reasons.contains(&ReviewReason::NonePassed);
            (all.collect(), none_passed && is_tagged)
        }
    };
    let mut case =
        BatchCase { id, texts, trends, probabilities, forced, decided_by, record: record.into() };
    case.forced &= batch.labels == Labels::Suggested || !case.is_read();
    Ok(Some(case))
}
