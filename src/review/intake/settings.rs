//! How a file is read, as far as a person says so.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::review::db::refusal::Refusal;
use crate::review::strict::whole_or_null;
use crate::tables::{Format, MissingText, ReadOptions};
use crate::tagger::Model;

/// How a file is read; what is not given is found out from the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FileSettings {
    /// The format.
    pub(crate) format: Option<Format>,
    /// The name of the encoding of a text format.
    pub(crate) encoding: Option<String>,
    /// What separates the fields of a CSV line: one ASCII character.
    pub(crate) delimiter: Option<String>,
    /// The sheet of a workbook.
    pub(crate) sheet: Option<String>,
    /// The line of the header, from 1; in a workbook, its row.
    #[serde(deserialize_with = "whole_or_null")]
    pub(crate) header_row: Option<i64>,
    /// Rows after the header that are no cases.
    #[serde(deserialize_with = "whole_or_null")]
    pub(crate) skip_rows: Option<i64>,
    /// Whether all rows of a merged cell get its value.
    pub(crate) fill_merged: Option<bool>,
    /// The column with the id; an empty name if there is none and rows are numbered.
    pub(crate) id_column: Option<String>,
    /// The columns with the text, in the order of the model's fields.
    pub(crate) text_columns: Option<Vec<String>>,
    /// Whether a file with only some of the text columns is read.
    pub(crate) allow_missing_columns: Option<bool>,
}

/// A name that no column has: rows are numbered.
pub(super) const NO_COLUMN: &str = "\u{1}";

/// The longest name, in characters, and the most text columns.
const MOST: (usize, usize) = (1000, 100);

impl FileSettings {
    /// Checks the values against their limits.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with the first that is not.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let invalid = |field: &'static str, reason: String| Err(Refusal::Invalid { field, reason });
        let (longest, most) = MOST;
        let is_long = |name: &String| name.chars().count() > longest;
        let names =
            [("encoding", &self.encoding), ("sheet", &self.sheet), ("id_column", &self.id_column)];
        for (field, name) in names {
            if name.as_ref().is_some_and(is_long) {
                return invalid(field, format!("give at most {longest} characters"));
            }
        }
        if self.delimiter.as_ref().is_some_and(|text| text.chars().count() != 1) {
            return invalid("delimiter", "give one character".into());
        }
        if self.header_row.is_some_and(|row| row < 1) {
            return invalid("header_row", "rows are counted from 1".into());
        }
        if self.skip_rows.is_some_and(|rows| rows < 0) {
            return invalid("skip_rows", "give a number of rows".into());
        }
        let columns = self.text_columns.as_deref().unwrap_or_default();
        if self.text_columns.is_some() && !(1..=most).contains(&columns.len())
            || columns.iter().any(is_long)
        {
            let reason = format!("give 1 to {most} names of at most {longest} characters");
            return invalid("text_columns", reason);
        }
        Ok(())
    }

    /// Returns the options for reading a file for a model, with a limit on its expanded bytes.
    ///
    /// # Errors
    /// [`Error::BadParam`] if there is no such encoding or delimiter, or the model reads
    /// fewer text columns.
    pub(crate) fn options(&self, model: &Model, max_expanded: u64) -> Result<ReadOptions> {
        let fields = &model.tagger.params().fields;
        let mut options = ReadOptions {
            format: self.format,
            encoding: self.encoding.as_deref().map(str::parse).transpose()?,
            delimiter: self.delimiter.as_deref().map(delimiter).transpose()?,
            sheet: self.sheet.clone(),
            header_row: self.header_row.map(i64::unsigned_abs),
            skip_rows: self.skip_rows.map(i64::unsigned_abs),
            fill_merged: self.fill_merged.unwrap_or(false),
            max_expanded: Some(max_expanded),
            ..ReadOptions::default()
        };
        let columns = &mut options.columns;
        columns.text = match &self.text_columns {
            Some(names) => names.clone(),
            None => model.tagger.params().text_columns(),
        };
        if columns.text.len() > fields.len() {
            return Err(Error::bad_param(
                "text columns",
                columns.text.join(", "),
                format!("the model reads {}; choose at most that number", fields.len()),
            ));
        }
        match self.id_column.as_deref() {
            None => {}
            Some("") => columns.id = NO_COLUMN.into(),
            Some(name) => columns.id = name.to_owned(),
        }
        if self.allow_missing_columns == Some(true) {
            columns.missing_text = MissingText::Allow;
        }
        Ok(options)
    }
}

fn delimiter(text: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        _ => Err(Error::bad_param("delimiter", text, "give one ASCII sign such as , ; | or a tab")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_their_limits_are_refused() {
        let read = |json: &str| -> FileSettings { serde_json::from_str(json).unwrap() };
        for valid in ["{}", r#"{"header_row": 3.0, "skip_rows": 0, "sheet": null}"#] {
            assert!(read(valid).check().is_ok(), "{valid}");
        }
        for invalid in [
            r#"{"header_row": 0}"#,
            r#"{"skip_rows": -1}"#,
            r#"{"delimiter": ""}"#,
            r#"{"text_columns": []}"#,
            &format!(r#"{{"sheet": "{}"}}"#, "x".repeat(1001)),
        ] {
            assert!(read(invalid).check().is_err(), "{invalid}");
        }
    }
}
