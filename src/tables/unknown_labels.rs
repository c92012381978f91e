//! Finds labels in a file that a taxonomy does not contain.

use std::collections::BTreeMap;
use std::path::Path;

use super::fields::Fields;
use super::label_columns::LabelColumns;
use super::rows::Rows;
use super::{Columns, ReadOptions};
use crate::error::{Error, Result};
use crate::taxonomy::{LabelReader, Taxonomy};

/// Counts the rows of a labelled file with each unknown label. Returns one error per row
/// that cannot be read.
///
/// # Errors
/// [`Error::BadFile`] if the file lacks the label columns of `options`, and the errors of
/// [`Rows::open`].
pub fn unknown_labels(
    path: impl AsRef<Path>,
    options: &ReadOptions,
    taxonomy: &Taxonomy,
) -> Result<(BTreeMap<String, usize>, Vec<Error>)> {
    let columns = Columns { text: Vec::new(), ..options.columns.clone() };
    let options = ReadOptions { columns, ..options.clone() };
    let mut rows = Rows::open(path, &options)?;
    rows.look_ahead(usize::MAX);
    let fields = Fields::without_text(&rows, &options.columns)?;
    let source = LabelColumns::of(&rows, &fields, &options.columns)?;
    let reader = LabelReader::new(taxonomy, options.columns.label_separator.as_deref());
    let (mut unknown, mut errors) = (BTreeMap::new(), Vec::new());
    for row in &mut rows {
        match row.and_then(|row| source.cell(&row)) {
            Ok(cell) => {
                for label in reader.unknown_in(&cell) {
                    *unknown.entry(label).or_default() += 1;
                }
            }
            Err(error) if error.is_row() => errors.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok((unknown, errors))
}
