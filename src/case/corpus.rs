//! A labelled file as a whole: cases with their gold trends, and what was
//! wrong with the rows that could not be used.

use std::collections::BTreeMap;
use std::path::Path;

use super::fields::Fields;
use super::row::Row;
use super::rows::Rows;
use super::{ReadOptions, bad_file, bad_row, quoted_list, spreadsheet};
use crate::error::{Error, Place, Result};
use crate::taxonomy::{NONE_APPLIES, Taxonomy, TrendSet};

/// One case with its texts and gold trends.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The id, unique in its corpus.
    pub id: String,
    /// The texts, one per text column.
    pub texts: Vec<String>,
    /// The gold trends: `None` if unlabelled, an empty set if none applies.
    pub gold: Option<TrendSet>,
    /// The row it was read from, with all metadata.
    pub row: Row,
}

/// Labelled cases with the taxonomy of their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Corpus {
    /// The taxonomy given, or the labels of the file, sorted.
    pub taxonomy: Taxonomy,
    /// The columns of the file.
    pub columns: Vec<String>,
    /// The usable cases in the order of the file.
    pub cases: Vec<Case>,
}

impl Corpus {
    /// Reads a labelled file; without a taxonomy, the labels in use are the
    /// taxonomy. Returns the corpus and one error per row that was left out.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the file lacks the text or trends columns or an
    /// id stands twice, [`Error::BadCorpus`] if no taxonomy is given and no
    /// case has a label, and whatever [`Rows::open`] says.
    pub fn open(
        path: impl AsRef<Path>,
        options: &ReadOptions,
        taxonomy: Option<Taxonomy>,
    ) -> Result<(Self, Vec<Error>)> {
        Self::from_rows(Rows::open(path, options)?, options, taxonomy)
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
        let fields = Fields::of(&rows, &options.columns)?;
        let mut labelled = Vec::new();
        let mut errors = Vec::new();
        let mut has_trends = fields.trends_column().index.is_some();
        for row in &mut rows {
            match row {
                Ok(row) => {
                    let cell = fields.labels(&row);
                    has_trends |= cell.is_some();
                    let cell = spreadsheet::unescape(&cell.unwrap_or_default()).to_owned();
                    labelled.push((row, cell));
                }
                Err(error) if error.is_row() => errors.push(error),
                Err(error) => return Err(error),
            }
        }
        if !has_trends {
            return Err(no_trends_column(&rows, &options.columns.trends));
        }
        labelled.retain(|(row, cell)| match check_keys(cell) {
            Ok(()) => true,
            Err(reason) => {
                errors.push(bad_label(row, &fields, reason));
                false
            }
        });
        let taxonomy = match taxonomy {
            Some(taxonomy) => taxonomy,
            None => Taxonomy::from_keys(labelled.iter().flat_map(|(_, cell)| keys(cell)))?,
        };
        let mut cases = Vec::with_capacity(labelled.len());
        for (row, cell) in labelled {
            match taxonomy.parse_cell(&cell) {
                Ok(gold) => cases.push(Case {
                    id: fields.id(&row).into_owned(),
                    texts: fields.texts(&row).map(|text| text.into_owned()).collect(),
                    gold,
                    row,
                }),
                Err(key) => errors.push(bad_label(&row, &fields, unknown_key(key, &taxonomy))),
            }
        }
        errors.sort_by_key(|error| error.place().and_then(|place| place.row));
        refuse_repeated_ids(&cases, &fields)?;
        Ok((Self { taxonomy, columns: rows.columns().to_vec(), cases }, errors))
    }

    /// How many cases carry no label.
    pub fn unlabelled(&self) -> usize {
        self.cases.iter().filter(|case| case.gold.is_none()).count()
    }
}

fn keys(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|key| !key.is_empty() && *key != NONE_APPLIES)
}

/// Refuses what neither names a trend nor says that there is none.
fn check_keys(cell: &str) -> Result<(), String> {
    let cell = cell.trim();
    if cell.is_empty() || cell == NONE_APPLIES {
        return Ok(());
    }
    if keys(cell).next().is_none() {
        return Err(format!("\"{cell}\" names no trend"));
    }
    if cell.split(';').any(|key| key.trim() == NONE_APPLIES) {
        return Err(format!("\"-\" (none applies) stands beside a trend in \"{cell}\""));
    }
    Ok(())
}

fn bad_label(row: &Row, fields: &Fields, reason: String) -> Error {
    bad_row(
        row.place().with_column(&fields.trends_column().name),
        reason,
        "join the keys of the trends by \";\", write \"-\" if none applies, or leave the cell empty",
    )
}

fn unknown_key(key: &str, taxonomy: &Taxonomy) -> String {
    const SHOWN: usize = 20;
    let known: Vec<&str> = taxonomy.iter().map(|(_, trend)| trend.key.as_str()).collect();
    let more = known.len().saturating_sub(SHOWN);
    let shown = quoted_list(&known[..known.len() - more]);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("unknown trend \"{key}\" (the taxonomy has {shown}{more})")
}

fn no_trends_column(rows: &Rows, wanted: &str) -> Error {
    bad_file(
        rows.file(),
        format!(
            "there is no trends column \"{wanted}\"; the file has {}",
            quoted_list(rows.columns())
        ),
        "name the column that holds the labels with --trends-column",
    )
}

fn refuse_repeated_ids(cases: &[Case], fields: &Fields) -> Result<()> {
    let mut seen: BTreeMap<&str, &Row> = BTreeMap::new();
    for case in cases {
        let Some(first) = seen.insert(&case.id, &case.row) else { continue };
        let place: Place = case.row.place().with_column(&fields.id_column().name);
        return Err(Error::BadFile {
            place: Box::new(place),
            reason: format!(
                "the id \"{}\" stands in row {} (line {}) already",
                case.id,
                first.number(),
                first.line()
            ),
            remedy: "give every case an id of its own, or remove one of the two".into(),
        });
    }
    Ok(())
}
