//! Which columns of a row are the id, the texts and the trends.

use std::borrow::Cow;

use super::folder::TEXT;
use super::row::{Field, Row, is_alike, letters_of};
use super::rows::Rows;
use super::{Columns, MissingText, bad_file, spreadsheet};
use crate::error::{Action, Error, Remedy, Result, quoted_list};

/// The columns of a file that are read, looked up once for all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    id: Field,
    texts: Vec<Field>,
    trends: Field,
}

impl Fields {
    /// Looks up the columns of a file. A missing id column or trends column is not an error.
    /// A missing text column is one, unless [`Columns::missing_text`] allows it. In JSON
    /// Lines, a row may omit columns that are null: a column is missing if none of the first
    /// 1,000 rows has it. In a stream, one text column is enough unless another column looks
    /// like the missing one, because reading ahead would delay answers. In a folder of
    /// texts, the content of each file is the only text.
    ///
    /// # Errors
    /// [`Error::BadFile`] if there is no text column, if a required one is missing, or if
    /// one of the columns occurs twice.
    pub fn of(rows: &Rows, wanted: &Columns) -> Result<Self> {
        let texts = match rows.is_folder() {
            true => vec![find(rows, TEXT)?],
            false => wanted.text.iter().map(|name| find(rows, name)).collect::<Result<_>>()?,
        };
        let fields = Self { texts, ..Self::without_text(rows, wanted)? };
        if rows.columns().is_empty() {
            return Ok(fields);
        }
        let missing = fields.missing();
        let none = missing.len() == fields.texts.len();
        let matches = likely_matches(rows, &fields, &missing);
        let texts = if missing.is_empty() { Vec::new() } else { other_texts(rows, &fields) };
        let is_read = match wanted.missing_text {
            MissingText::Allow => true,
            MissingText::Refuse => !rows.has_looked_far() && matches.is_empty(),
        };
        if none || !missing.is_empty() && !is_read {
            return Err(missing_columns(rows, wanted, &fields, &missing, &matches, &texts));
        }
        fields.texts.iter().try_for_each(|field| rows.check_text(field))?;
        Ok(fields)
    }

    fn uses(&self, name: &str) -> bool {
        let known = [&self.id, &self.trends].into_iter().chain(&self.texts);
        known.filter(|field| field.index.is_some()).any(|field| field.name == name)
    }

    /// Returns the text columns that the file lacks.
    pub fn missing(&self) -> Vec<&str> {
        let missing = self.texts.iter().filter(|field| field.index.is_none());
        missing.map(|field| field.name.as_str()).collect()
    }

    /// Does the same as [`Fields::of`] without looking up text columns.
    pub(crate) fn without_text(rows: &Rows, wanted: &Columns) -> Result<Self> {
        let (id, trends) = (find(rows, &wanted.id)?, find(rows, &wanted.trends)?);
        Ok(Self { id, texts: Vec::new(), trends })
    }

    /// Returns the id of the case: the id cell, or the row number if the file has no ids.
    /// If only some rows have an id, a row without one gets a unique name.
    pub fn id<'r>(&self, row: &'r Row) -> Cow<'r, str> {
        let id = row.field(&self.id).filter(|id| !id.trim().is_empty());
        id.unwrap_or_else(|| match self.id.index {
            Some(_) => Cow::Owned(format!("row {} (no id)", row.number())),
            None => Cow::Owned(row.number().to_string()),
        })
    }

    /// Returns the texts of the case, one per text column. A missing cell or a spreadsheet
    /// error gives an empty text.
    pub fn texts<'r>(&'r self, row: &'r Row) -> impl ExactSizeIterator<Item = Cow<'r, str>> {
        self.texts.iter().map(|field| match row.field(field) {
            Some(text) if spreadsheet::error_value(&text).is_none() => text,
            _ => Cow::Borrowed(""),
        })
    }

    /// Returns the texts of [`Fields::texts`] as owned strings.
    pub fn owned_texts(&self, row: &Row) -> Vec<String> {
        self.texts(row).map(Cow::into_owned).collect()
    }

    /// Returns the trends cell of the case: keys joined by `;`. A list (of JSON or of a columnar
    /// file) is joined; an empty one gives `-`, which means checked and none applies.
    pub fn labels<'r>(&self, row: &'r Row) -> Option<Cow<'r, str>> {
        row.labels(&self.trends)
    }

    /// Returns the id column.
    pub fn id_column(&self) -> &Field {
        &self.id
    }

    /// Returns the text columns.
    pub fn text_columns(&self) -> &[Field] {
        &self.texts
    }

    /// Returns the trends column.
    pub fn trends_column(&self) -> &Field {
        &self.trends
    }
}

/// Returns an id without what spreadsheets and data frames add to it: blanks and `.0`.
pub(crate) fn bare_id(id: &str) -> &str {
    let id = id.trim();
    id.strip_suffix(".0").unwrap_or(id)
}

/// Exact names take precedence. "Title " is read as `title` only if there is no `title`
/// and no other candidate.
pub(super) fn find(rows: &Rows, wanted: &str) -> Result<Field, Error> {
    let columns = rows.columns();
    let exact = columns.iter().position(|name| name == wanted);
    let index = exact.or_else(|| columns.iter().position(|name| is_alike(name, wanted)));
    let name = index.and_then(|index| columns.get(index)).map_or(wanted, String::as_str);
    if columns.iter().filter(|other| *other == name).count() > 1 {
        return Err(bad_file(
            rows.file(),
            format!("the column \"{name}\" occurs twice in the header"),
            "rename or remove one of the two",
        ));
    }
    let alike: Vec<_> = columns.iter().filter(|name| is_alike(name, wanted)).collect();
    if exact.is_none() && alike.len() > 1 {
        return Err(bad_file(
            rows.file(),
            format!("several columns match \"{wanted}\": {}", quoted_list(&alike)),
            "rename all but one of them",
        ));
    }
    Ok(Field { name: name.into(), index })
}

/// Returns other columns that contain text, judging by the rows that were examined.
fn other_texts<'r>(rows: &'r Rows, fields: &Fields) -> Vec<&'r str> {
    // Columns that this program added are not texts of a case.
    let is_ours = |name: &str| name.starts_with("review_") || name == "evidence";
    let free = rows.columns().iter().filter(|name| !fields.uses(name) && !is_ours(name));
    free.filter(|name| rows.seen_words(name) >= WORDS_OF_TEXT).map(String::as_str).collect()
}

/// Columns with at least this many words per cell on average contain text.
const WORDS_OF_TEXT: f64 = 5.0;

/// Returns, for each missing column, the most similar unused column of the file.
fn likely_matches<'r>(
    rows: &'r Rows,
    fields: &Fields,
    missing: &[&'r str],
) -> Vec<(String, &'r str)> {
    let free = || rows.columns().iter().filter(|name| !fields.uses(name));
    let likely = missing.iter().filter_map(|wanted| {
        let rated = free().filter_map(|name| Some((likeness(name, wanted)?, name)));
        // The first one wins a tie.
        let best = rated.rev().max_by(|a, b| a.0.total_cmp(&b.0));
        best.map(|(_, name)| ((*wanted).to_owned(), name.as_str()))
    });
    likely.collect()
}

/// Returns the similarity of a column to a requested one; `None` if it is too low.
fn likeness(column: &str, wanted: &str) -> Option<f64> {
    let (column, wanted) = (letters_of(column), letters_of(wanted));
    if column.chars().count() < 3 || wanted.chars().count() < 3 {
        return None;
    }
    let is_part = column.contains(&wanted) || wanted.contains(&column);
    let alike = strsim::jaro_winkler(&column, &wanted);
    (is_part || alike >= 0.85).then_some(if is_part { 1.0 + alike } else { alike })
}

/// Returns the columns to name instead of the requested ones, separated by commas, if
/// there is a likely one for each or a single one that contains text.
fn likely_columns(fields: &Fields, matches: &[(String, &str)], texts: &[&str]) -> Option<String> {
    let mut others = texts.iter();
    let names = fields.texts.iter().map(|field| match field.index {
        Some(_) => Some(field.name.as_str()),
        None => match matches.iter().find(|(missing, _)| *missing == field.name) {
            Some((_, name)) => Some(*name),
            None => others.next().copied(),
        },
    });
    let names: Option<Vec<&str>> = names.collect();
    let is_none_there = fields.texts.iter().all(|field| field.index.is_none());
    let only = || match texts {
        [only] if is_none_there && matches.is_empty() => Some(vec![*only]),
        _ => None,
    };
    let quoted = |name: &str| match name.contains([',', '"']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    };
    let names = names.or_else(only)?;
    Some(names.into_iter().map(quoted).collect::<Vec<_>>().join(","))
}

fn missing_columns(
    rows: &Rows,
    wanted: &Columns,
    fields: &Fields,
    missing: &[&str],
    matches: &[(String, &str)],
    texts: &[&str],
) -> Error {
    // A column that is similar to several missing ones is not any of them.
    let is_unique = |name: &str| matches.iter().filter(|(_, other)| *other == name).count() == 1;
    let matches: Vec<(String, &str)> =
        matches.iter().filter(|(_, name)| is_unique(name)).cloned().collect();
    let none = missing.len() == wanted.text.len();
    let what = if none {
        format!("the file has none of the text columns {}", quoted_list(&wanted.text))
    } else {
        let is = if missing.len() == 1 { "column" } else { "columns" };
        let (wanted, missing) = (quoted_list(&wanted.text), quoted_list(missing));
        format!("of the text columns {wanted}, the {is} {missing} is missing")
    };
    let mut reason = format!("{what}; the file has {}", quoted_list(rows.columns()));
    for (wanted, name) in &matches {
        reason += &format!("; \"{name}\" may be \"{wanted}\"");
    }
    let texts: Vec<&str> =
        texts.iter().copied().filter(|text| matches.iter().all(|(_, name)| name != text)).collect();
    if !texts.is_empty() {
        let is = if texts.len() == 1 { "is" } else { "are" };
        reason += &format!("; {} {is} text", quoted_list(&texts));
    }
    for doubt in rows.doubts() {
        reason += &format!("; {}", doubt.words);
    }
    if is_text_file(rows.file()) {
        reason += "; a folder of such files is read as one text per file";
    }
    let words = "name the columns with the text";
    let remedy = if none {
        words.to_owned()
    } else {
        format!("{words}, or read without those that are missing")
    };
    let mut remedy = Remedy::from(remedy);
    for (action, value) in rows.doubts().iter().filter_map(|doubt| doubt.action.clone()) {
        remedy = match value {
            Some(value) => remedy.by_value(action, value),
            None => remedy.by(action),
        };
    }
    remedy = match likely_columns(fields, &matches, &texts) {
        Some(names) => remedy.by_value(Action::NameTextColumns, names),
        None => remedy.by(Action::NameTextColumns),
    };
    if !none {
        remedy = remedy.by(Action::AllowMissingColumns);
    }
    bad_file(rows.file(), reason, remedy)
}

/// Returns whether a file name looks like a single text rather than a table.
fn is_text_file(file: &str) -> bool {
    let extension = std::path::Path::new(file).extension().unwrap_or_default();
    ["txt", "md"].iter().any(|text| extension.eq_ignore_ascii_case(text))
}
