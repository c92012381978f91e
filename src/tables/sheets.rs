//! Chooses the sheet of a workbook that contains the cases.

use std::fs::File;
use std::io::BufReader;

use calamine::{Reader, SheetType, SheetVisible};

use super::sheet::{SheetRow, first_rows};
use super::start::{Doubt, Fit, ROWS_SEEN};
use super::{Columns, ReadOptions, bad_file};
use crate::error::{Action, Note, Result, quoted_list};

/// The sheet that is read.
pub(super) struct Chosen {
    /// Its name; `None` if all sheets are empty.
    pub(super) sheet: Option<String>,
    /// The names of all visible sheets.
    pub(super) visible: Vec<String>,
    pub(super) notes: Vec<Note>,
    /// Possible causes if it lacks the requested columns.
    pub(super) doubts: Vec<Doubt>,
}

impl Chosen {
    fn of(sheet: Option<String>, visible: &[String]) -> Self {
        Self { sheet, visible: visible.to_vec(), notes: Vec::new(), doubts: Vec::new() }
    }

    /// Returns the rows of the sheet.
    pub(super) fn rows<W>(
        &self,
        workbook: &mut W,
        read: impl Fn(&mut W, &str, Option<usize>) -> Result<Vec<SheetRow>>,
    ) -> Result<Vec<SheetRow>> {
        self.sheet.as_ref().map_or(Ok(Vec::new()), |sheet| read(workbook, sheet, None))
    }
}

/// Chooses the requested sheet. Without a request, it is the first visible non-empty one,
/// unless that has none of the requested columns and exactly one other sheet has them.
/// `read` reads a sheet up to a number of rows.
pub(super) fn choose<W: Reader<BufReader<File>>>(
    workbook: &mut W,
    name: &str,
    options: &ReadOptions,
    read: impl Fn(&mut W, &str, Option<usize>) -> Result<Vec<SheetRow>>,
) -> Result<Chosen> {
    let sheets = workbook.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let visible = sheets.clone().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let (all, visible): (Vec<_>, Vec<_>) =
        (sheets.map(|s| s.name.clone()).collect(), visible.map(|s| s.name.clone()).collect());
    if let Some(wanted) = &options.sheet {
        let alike = |name: &&String| name.trim().to_lowercase() == wanted.trim().to_lowercase();
        let found = all.iter().find(|name| *name == wanted).or_else(|| all.iter().find(alike));
        return match found {
            Some(found) => Ok(Chosen::of(Some(found.clone()), &visible)),
            None => Err(bad_file(
                name,
                format!("there is no sheet \"{wanted}\"; it has {}", quoted_list(&all)),
                Action::NameSheet.to("name one of them"),
            )),
        };
    }
    let mut fits = Vec::new();
    for sheet in &visible {
        // Errors of a sheet are reported when it is read.
        let rows = read(workbook, sheet, Some(ROWS_SEEN)).map(|rows| first_rows(&rows));
        if rows.as_ref().is_ok_and(Vec::is_empty) {
            continue;
        }
        let rows = rows.unwrap_or_default();
        fits.push((sheet, is_table(Fit::best(&rows, &options.columns), &options.columns)));
    }
    let Some(&(first, is_fit)) = fits.first() else {
        return Ok(Chosen::of(None, &visible));
    };
    let fitting: Vec<&String> =
        fits.iter().filter(|(_, is_fit)| *is_fit).map(|(sheet, _)| *sheet).collect();
    let mut chosen = Chosen::of(Some(first.clone()), &visible);
    match fitting.as_slice() {
        [] if all.len() > 1 => {
            let others: Vec<&String> = all.iter().filter(|sheet| *sheet != first).collect();
            let mut hidden = others.iter().filter(|sheet| !visible.contains(sheet));
            let hidden = hidden.find(|sheet| {
                let rows = read(workbook, sheet, Some(ROWS_SEEN)).map(|rows| first_rows(&rows));
                rows.is_ok_and(|rows| {
                    is_table(Fit::best(&rows, &options.columns), &options.columns)
                })
            });
            let more = hidden.map_or(String::new(), |sheet| {
                format!("; \"{sheet}\" is hidden and has the columns")
            });
            let names = quoted_list(&others);
            chosen.doubts.push(Doubt {
                words: format!("the sheet \"{first}\" was read; there are also {names}{more}"),
                action: Some((Action::NameSheet, hidden.map(|sheet| (*sheet).clone()))),
            });
        }
        [only] if !is_fit => {
            let others: Vec<&String> = all.iter().filter(|sheet| sheet != only).collect();
            chosen.notes.push(Note::with_remedy(
                format!(
                    "{name}: the cases are read from the sheet \"{only}\", the only one that has \
                     the columns; the others are {}",
                    quoted_list(&others)
                ),
                Action::NameSheet.to("if that is wrong, name the sheet"),
            ));
            chosen.sheet = Some((*only).clone());
        }
        [_, _, ..] if !is_fit => {
            return Err(bad_file(
                name,
                format!(
                    "its first sheet, \"{first}\", has none of the columns, but {} have them",
                    quoted_list(&fitting)
                ),
                Action::NameSheet.to("name the sheet with the cases"),
            ));
        }
        [_, others @ ..] if !others.is_empty() => chosen.notes.push(Note::with_remedy(
            format!(
                "{name}: only the sheet \"{first}\" is read; the same columns are in {}",
                quoted_list(others)
            ),
            Action::NameSheet.to("to read another sheet, name it"),
        )),
        _ => {}
    }
    Ok(chosen)
}

/// Returns whether a sheet looks like the table of cases.
fn is_table(fit: Fit, wanted: &Columns) -> bool {
    fit.has_all_texts(wanted) || fit.is_header(wanted) && fit.all > 1
}
