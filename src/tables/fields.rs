//! Which columns of a row are the id, the texts and the trends.

use std::borrow::Cow;

use super::row::{Field, Row, is_alike};
use super::rows::Rows;
use super::{Columns, bad_file};
use crate::error::{Error, Result, quoted_list};

/// The columns of a file that matter, looked up once for all its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    id: Field,
    texts: Vec<Field>,
    trends: Field,
}

impl Fields {
    /// Looks the columns up in a file. A missing id, a missing trends column
    /// and some missing text columns are no fault.
    ///
    /// # Errors
    /// [`Error::BadFile`] if none of the text columns is there, or one of the
    /// columns is there twice.
    pub fn of(rows: &Rows, wanted: &Columns) -> Result<Self> {
        let texts = wanted.text.iter().map(|name| find(rows, name)).collect::<Result<_>>()?;
        let fields = Self { texts, ..Self::without_text(rows, wanted)? };
        let known = rows.columns().is_empty() || fields.texts.iter().any(|f| f.index.is_some());
        if known {
            fields.texts.iter().try_for_each(|field| rows.check_text(field))?;
            return Ok(fields);
        }
        Err(bad_file(
            rows.file(),
            format!(
                "none of the text columns {} is there; the file has {}",
                quoted_list(&wanted.text),
                quoted_list(rows.columns())
            ),
            "name those that hold the text with --text-columns, joined by commas",
        ))
    }

    /// As [`Fields::of`], for what needs no text: no text column is looked up.
    pub(crate) fn without_text(rows: &Rows, wanted: &Columns) -> Result<Self> {
        let (id, trends) = (find(rows, &wanted.id)?, find(rows, &wanted.trends)?);
        Ok(Self { id, texts: Vec::new(), trends })
    }

    /// The id of the case: its id cell, or the number of the row if it has none.
    pub fn id<'r>(&self, row: &'r Row) -> Cow<'r, str> {
        row.field(&self.id)
            .filter(|id| !id.trim().is_empty())
            .unwrap_or_else(|| Cow::Owned(row.number().to_string()))
    }

    /// The texts of the case, one per text column; empty where there is none.
    pub fn texts<'r>(&'r self, row: &'r Row) -> impl ExactSizeIterator<Item = Cow<'r, str>> {
        self.texts.iter().map(|field| row.field(field).unwrap_or_default())
    }

    /// The trends cell of the case: keys joined by `;`. A list (of JSON or of a
    /// columnar file) counts as its elements joined, an empty one as `-`,
    /// checked and none applies.
    pub fn labels<'r>(&self, row: &'r Row) -> Option<Cow<'r, str>> {
        row.labels(&self.trends)
    }

    /// The id column.
    pub fn id_column(&self) -> &Field {
        &self.id
    }

    /// The text columns.
    pub fn text_columns(&self) -> &[Field] {
        &self.texts
    }

    /// The trends column.
    pub fn trends_column(&self) -> &Field {
        &self.trends
    }
}

/// Exact names come first; "Title " is taken for `title` only if there is no `title`.
pub(super) fn find(rows: &Rows, wanted: &str) -> Result<Field, Error> {
    let columns = rows.columns();
    let index = columns.iter().position(|name| name == wanted);
    let index = index.or_else(|| columns.iter().position(|name| is_alike(name, wanted)));
    let name = index.and_then(|index| columns.get(index)).map_or(wanted, String::as_str);
    if columns.iter().filter(|other| *other == name).count() > 1 {
        return Err(bad_file(
            rows.file(),
            format!("the column \"{name}\" stands twice in the header"),
            "rename or remove one of the two",
        ));
    }
    Ok(Field { name: name.into(), index })
}
