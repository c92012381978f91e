//! Reads tagged and gold-labelled files as one batch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::batch::{Batch, BatchCase, Labels};
use crate::case::{Columns, Fields, ReadOptions, Row, Rows, spreadsheet};
use crate::error::{Error, Place, Result};
use crate::tagger::Review;
use crate::taxonomy::{NONE_APPLIES, Taxonomy, TrendSet};

/// How the files of a batch are read.
#[derive(Debug, Clone, Default)]
pub struct BatchOptions {
    /// The format and the columns.
    pub read: ReadOptions,
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

/// What the model that tagged a row said.
struct Suggestion {
    keys: Vec<String>,
    probabilities: Vec<(String, f64)>,
    forced: bool,
    model: String,
}

/// A row before it is known which labels count.
struct Raw {
    row: Row,
    id: String,
    texts: Vec<String>,
    gold: Option<Vec<String>>,
    suggestion: Option<Suggestion>,
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
        let labels = options.labels.unwrap_or_else(|| labels_of(&raw, &columns));
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
            match case(raw, labels, &batch.taxonomy, column, &mut models) {
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

const SUGGESTED: &str = "suggested_trends";
const OBJECT: &str = "suggestions";

/// Reads the rows of a file; returns its columns.
fn read(
    mut rows: Rows,
    path: &Path,
    options: &BatchOptions,
    raw: &mut Vec<Raw>,
    errors: &mut Vec<Error>,
) -> Result<Vec<String>> {
    let columns = rows.columns().to_vec();
    let bad = |reason: String, remedy: &str| Error::BadFile {
        place: Box::new(Place::file(path.display().to_string())),
        reason,
        remedy: remedy.to_owned(),
    };
    if let Some((column, _)) = &options.condition
        && !columns.contains(column)
    {
        let remedy = format!("name one of {}", columns.join(", "));
        return Err(bad(format!("there is no column \"{column}\""), &remedy));
    }
    // Counts need no text: without text columns, the id stands in for them.
    let wanted = &options.read.columns;
    let without_text =
        Columns { text: columns.iter().take(1).cloned().collect(), ..wanted.clone() };
    let (fields, has_text) = match Fields::of(&rows, wanted) {
        Ok(fields) => (fields, true),
        Err(_) => (Fields::of(&rows, &without_text)?, false),
    };
    let has_gold = fields.trends_column().index.is_some();
    let has_labels = has_gold || columns.iter().any(|c| c == SUGGESTED || c == OBJECT);
    if !has_labels && !columns.is_empty() {
        return Err(bad(
            format!("it has neither suggestions nor a column \"{}\" with trends", wanted.trends),
            "tag it first with `trendtag tag`, or name the column with the trends with --trends-column",
        ));
    }
    for row in &mut rows {
        let row = match row {
            Ok(row) => row,
            Err(error) if error.is_row() => {
                errors.push(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some((column, value)) = &options.condition
            && row.get(column).is_none_or(|cell| cell != value.as_str())
        {
            continue;
        }
        let gold = fields.labels(&row).map(|cell| spreadsheet::unescape(&cell).to_owned());
        raw.push(Raw {
            id: fields.id(&row).into_owned(),
            texts: match has_text {
                true => fields.texts(&row).map(|text| text.into_owned()).collect(),
                false => Vec::new(),
            },
            gold: gold.as_deref().and_then(keys),
            suggestion: suggestion(&row, &columns),
            row,
        });
    }
    Ok(columns)
}

/// The keys of a cell; `None` if it is unlabelled.
fn keys(cell: &str) -> Option<Vec<String>> {
    let cell = cell.trim();
    if cell.is_empty() {
        return None;
    }
    let keys = cell.split(';').map(str::trim).filter(|key| !key.is_empty() && *key != NONE_APPLIES);
    Some(keys.map(str::to_owned).collect())
}

fn suggestion(row: &Row, columns: &[String]) -> Option<Suggestion> {
    match row.value(OBJECT).as_deref() {
        Some(Value::Object(object)) => {
            let strings = |key: &str| -> Option<Vec<String>> {
                let values = object.get(key)?.as_array()?.iter();
                Some(values.filter_map(Value::as_str).map(str::to_owned).collect())
            };
            let probabilities = object.get("probabilities").and_then(Value::as_object);
            let probabilities = probabilities.into_iter().flatten();
            let no_trend = serde_json::to_value(Review::NoTrendPassed).ok()?;
            Some(Suggestion {
                keys: strings("trends")?,
                probabilities: probabilities
                    .filter_map(|(k, p)| Some((k.clone(), p.as_f64()?)))
                    .collect(),
                forced: strings("review_reasons")
                    .is_some_and(|reasons| reasons.into_iter().any(|reason| no_trend == reason)),
                model: object.get("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
            })
        }
        _ => from_cells(row, columns),
    }
}

fn from_cells(row: &Row, columns: &[String]) -> Option<Suggestion> {
    let keys = match row.value(SUGGESTED).as_deref() {
        Some(Value::Array(keys)) => {
            keys.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => keys(spreadsheet::unescape(&row.get(SUGGESTED)?))?,
    };
    let probability = |key: &str| -> Option<f64> {
        let cell = row.get(&format!("p_{key}"))?;
        cell.trim().parse().ok().filter(|p| (0.0..=1.0).contains(p))
    };
    let no_trend = Review::NoTrendPassed.reason();
    let reasons = ["needs_review", "review_reasons"].map(|name| row.get(name).unwrap_or_default());
    Some(Suggestion {
        keys,
        probabilities: probability_keys(columns)
            .filter_map(|key| Some((key.to_owned(), probability(key)?)))
            .collect(),
        forced: reasons.iter().any(|reason| reason.contains(no_trend)),
        model: row.get("model").unwrap_or_default().trim().to_owned(),
    })
}

/// The trends of which a file has probabilities, from the names of its columns.
fn probability_keys(columns: &[String]) -> impl Iterator<Item = &str> {
    let added = columns.iter().skip_while(|name| *name != SUGGESTED);
    added.filter_map(|name| name.strip_prefix("p_"))
}

/// Gold is better, unless only some rows have it and all have suggestions.
fn labels_of(raw: &[Raw], columns: &[String]) -> Labels {
    let tagged = columns.iter().any(|name| name == SUGGESTED || name == OBJECT);
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
    match labels {
        Labels::Gold => raw.iter().flat_map(|r| r.gold.iter().flatten()).for_each(|key| add(key)),
        Labels::Suggested => {
            probability_keys(columns).for_each(&mut add);
            for suggestion in raw.iter().filter_map(|raw| raw.suggestion.as_ref()) {
                suggestion.probabilities.iter().for_each(|(key, _)| add(key));
                suggestion.keys.iter().for_each(|key| add(key));
            }
        }
    }
    let probable = |raw: &Raw| raw.suggestion.as_ref().is_some_and(|s| !s.probabilities.is_empty());
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

/// The case of a row; `None` if it has no label of the kind that counts.
fn case(
    raw: Raw,
    labels: Labels,
    taxonomy: &Taxonomy,
    column: &str,
    models: &mut BTreeSet<String>,
) -> Result<Option<BatchCase>> {
    let Raw { row, id, texts, gold, suggestion } = raw;
    let keys = match labels {
        Labels::Gold => gold,
        Labels::Suggested => suggestion.as_ref().map(|suggestion| suggestion.keys.clone()),
    };
    let Some(keys) = keys else { return Ok(None) };
    let ids: std::result::Result<Vec<_>, &String> =
        keys.iter().map(|key| taxonomy.id(key).ok_or(key)).collect();
    let ids = ids.map_err(|key| Error::BadRow {
        place: Box::new(row.place().with_column(column)),
        reason: format!("unknown trend \"{key}\""),
        remedy: "give the taxonomy that has it with --taxonomy".into(),
    })?;
    let (probabilities, forced) = match &suggestion {
        None => (None, false),
        Some(suggestion) => {
            if labels == Labels::Suggested && !suggestion.model.is_empty() {
                models.insert(suggestion.model.clone());
            }
            let of: BTreeMap<&str, f64> =
                suggestion.probabilities.iter().map(|(key, p)| (key.as_str(), *p)).collect();
            let all = taxonomy.iter().map(|(_, trend)| of.get(trend.key.as_str()).copied());
            (all.collect(), suggestion.forced && labels == Labels::Suggested)
        }
    };
    let trends = TrendSet::from_iter(ids);
    Ok(Some(BatchCase { id, texts, trends, probabilities, forced, row }))
}
