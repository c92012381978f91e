//! The labels of a row, in one cell or in one column for each label.

use serde_json::Value;

use super::fields::{Fields, find};
use super::row::{Field, Row};
use super::rows::Rows;
use super::{Columns, bad_file, bad_row, spreadsheet};
use crate::error::{Action, Error, Result, quoted_list};
use crate::taxonomy::{LabelReader, NONE_APPLIES, Taxonomy, TrendSet};

/// The columns with the labels of a file.
pub(crate) enum LabelColumns {
    /// One cell with all labels of a row.
    Together(Field),
    /// One column per label, with a mark where the label applies.
    OneEach(Vec<Field>),
}

/// Reads the marks of one column per label. A row with only blank marks is unlabelled.
enum Mark {
    Blank,
    Applies,
    DoesNotApply,
}

impl LabelColumns {
    /// Looks the columns up in a file.
    ///
    /// # Errors
    /// [`Error::BadFile`] if one of the columns is missing.
    pub(crate) fn of(rows: &Rows, fields: &Fields, wanted: &Columns) -> Result<Self> {
        let no_header = rows.columns().is_empty();
        if wanted.label_columns.is_empty() {
            let field = fields.trends_column().clone();
            return match field.index {
                None if !no_header => Err(no_trends_column(rows, &wanted.trends)),
                _ => Ok(Self::Together(field)),
            };
        }
        let found: Vec<Field> =
            wanted.label_columns.iter().map(|name| find(rows, name)).collect::<Result<_>>()?;
        match found.iter().find(|field| field.index.is_none()) {
            Some(missing) if !no_header => Err(bad_file(
                rows.file(),
                format!(
                    "there is no label column \"{}\"; the file has {}",
                    missing.name,
                    quoted_list(rows.columns())
                ),
                Action::NameLabelColumns.to("name columns of the file"),
            )),
            _ => Ok(Self::OneEach(found)),
        }
    }

    /// Returns the label set of the columns, if there is one column per label.
    pub(super) fn taxonomy(&self) -> Option<Result<Taxonomy>> {
        match self {
            Self::Together(_) => None,
            Self::OneEach(fields) => {
                Some(Taxonomy::from_keys(fields.iter().map(|field| field.name.trim())))
            }
        }
    }

    /// Refuses columns that name no trend.
    pub(super) fn check(&self, reader: &LabelReader, file: &str) -> Result<()> {
        let Self::OneEach(fields) = self else { return Ok(()) };
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        reader.read_list(&names).map(|_| ()).map_err(|reason| {
            bad_file(file, reason, "name the columns as the taxonomy names its trends")
        })
    }

    /// Returns the labels of a row as one cell.
    ///
    /// # Errors
    /// [`Error::BadRow`] for a mark that means neither yes nor no.
    pub(crate) fn cell(&self, row: &Row) -> Result<String> {
        let fields = match self {
            Self::Together(field) => {
                if let Some(labels) = row.list(field) {
                    return Ok(of_list(labels));
                }
                let cell = row.field(field).unwrap_or_default();
                return Ok(spreadsheet::unescape(&cell).to_owned());
            }
            Self::OneEach(fields) => fields,
        };
        let mut labels = Vec::new();
        let mut is_labelled = false;
        for field in fields {
            match mark(&row.field(field).unwrap_or_default()) {
                Some(Mark::Blank) => {}
                Some(Mark::DoesNotApply) => is_labelled = true,
                Some(Mark::Applies) => labels.push(field.name.trim()),
                None => {
                    let cell = row.field(field).unwrap_or_default();
                    return Err(bad_row(
                        row.place().with_column(&field.name),
                        format!("\"{cell}\" does not say whether the label applies"),
                        "write 1, yes, TRUE or x if it applies, 0, no or FALSE if not",
                    ));
                }
            }
        }
        Ok(match (labels.is_empty(), is_labelled) {
            (true, true) => NONE_APPLIES.to_owned(),
            (true, false) => String::new(),
            (false, _) => Value::from(labels).to_string(),
        })
    }

    /// Returns the gold trends of a row; `None` if it is unlabelled.
    ///
    /// # Errors
    /// [`Error::BadRow`] for a cell that names no trends of the taxonomy.
    pub(crate) fn gold(&self, row: &Row, reader: &LabelReader) -> Result<Option<TrendSet>> {
        reader.read(&self.cell(row)?).map_err(|reason| self.bad_label(row, reason))
    }

    /// Returns the error of a row whose labels cannot be read.
    pub(super) fn bad_label(&self, row: &Row, reason: String) -> Error {
        let place = match self {
            Self::Together(field) => row.place().with_column(&field.name),
            Self::OneEach(_) => row.place(),
        };
        let is_mark = |field| row.field(field).is_some_and(|cell| !is_blank_or_text(&cell));
        let remedy = match self {
            Self::Together(field) if is_mark(field) => {
                Action::NameLabelColumns.to("name the columns that have one label each")
            }
            _ => Action::NameLabelSeparator.to(
                "separate the keys of the trends by \";\", write \"-\" if none applies, or leave \
                 the cell empty",
            ),
        };
        bad_row(place, reason, remedy)
    }
}

/// Returns whether a cell is no mark of a column with one label.
fn is_blank_or_text(cell: &str) -> bool {
    matches!(mark(cell), None | Some(Mark::Blank))
}

/// Writes a list of labels as one cell, in JSON, so that a label can contain a separator.
/// A list of blank items is unlabelled; an empty list means that none applies.
fn of_list(labels: Vec<String>) -> String {
    if labels.is_empty() {
        return NONE_APPLIES.to_owned();
    }
    let labels: Vec<String> = labels.into_iter().filter(|label| !label.trim().is_empty()).collect();
    if labels.is_empty() { String::new() } else { Value::from(labels).to_string() }
}

fn mark(cell: &str) -> Option<Mark> {
    let cell = cell.trim().to_lowercase();
    Some(match cell.as_str() {
        "" | "nan" | "none" | "null" | "na" | "n/a" | "#n/a" | "<na>" => Mark::Blank,
        "1" | "1.0" | "1,0" | "yes" | "y" | "true" | "t" | "x" | "✓" | "✔" | "☑" => {
            Mark::Applies
        }
        "0" | "0.0" | "0,0" | "no" | "n" | "false" | "f" | "-" | "☐" => Mark::DoesNotApply,
        _ => return None,
    })
}

fn no_trends_column(rows: &Rows, wanted: &str) -> Error {
    bad_file(
        rows.file(),
        format!(
            "there is no trends column \"{wanted}\"; the file has {}",
            quoted_list(rows.columns())
        ),
        Action::NameTrendsColumn
            .to("name the column with the labels, or the columns for one label each")
            .by(Action::NameLabelColumns),
    )
}
