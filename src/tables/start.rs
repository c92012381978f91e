//! Finds where a table begins: its header among the first rows, and the rows after the
//! header that repeat or explain it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::row::{is_alike, letters_of};
use super::{Columns, ReadOptions};
use crate::error::{Action, Note};

/// Number of rows to examine.
pub(super) const ROWS_SEEN: usize = 50;

/// One of the first non-empty rows of a table.
#[derive(Debug)]
pub(super) struct Seen {
    /// The line, or the row of the sheet, where it starts, from 1.
    pub(super) line: u64,
    /// Its cells; none if they cannot be separated.
    pub(super) cells: Vec<String>,
}

/// One of the first lines of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FirstLine {
    /// The line, or the row of the sheet, from 1.
    pub line: u64,
    /// The start of each of its first cells.
    pub cells: Vec<String>,
}

/// Maximum number of first lines, of cells per line, and of characters per cell.
const SHOWN: (usize, usize, usize) = (15, 100, 200);

impl FirstLine {
    fn of(row: &Seen) -> Self {
        let (_, cells, characters) = SHOWN;
        let shown = |cell: &String| cell.chars().take(characters).collect();
        Self { line: row.line, cells: row.cells.iter().take(cells).map(shown).collect() }
    }
}

/// The start of a table.
#[derive(Debug, Default)]
pub(super) struct Start {
    /// The line of the header; `None` if it is the first row.
    pub(super) header: Option<u64>,
    /// The first lines, including those above the header.
    pub(super) lines: Vec<FirstLine>,
    /// Number of non-empty rows after the header that are not cases.
    pub(super) after: u64,
    /// Notes about the start.
    pub(super) notes: Vec<Note>,
    /// Possible causes if columns are missing.
    pub(super) doubts: Vec<Doubt>,
}

/// A possible cause of missing columns.
#[derive(Debug, Clone)]
pub(super) struct Doubt {
    pub(super) words: String,
    /// The action that fixes it, with its value.
    pub(super) action: Option<(Action, Option<String>)>,
}

/// Number of requested columns that a row names, and number of text columns among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    pub(super) all: usize,
    pub(super) texts: usize,
}

impl Fit {
    /// Scores the cells of a row as a header.
    fn of(cells: &[String], wanted: &Columns) -> Self {
        let cells: Vec<String> = cells.iter().map(|cell| letters_of(cell)).collect();
        let is_there = |name: &&String| {
            let name = letters_of(name);
            !name.is_empty() && cells.contains(&name)
        };
        let texts = wanted.text.iter().filter(is_there).count();
        let others = [&wanted.id, &wanted.trends].into_iter().chain(&wanted.label_columns);
        Self { all: texts + others.filter(is_there).count(), texts }
    }

    /// Returns the best of the first rows.
    pub(super) fn best(seen: &[Seen], wanted: &Columns) -> Self {
        seen.iter().map(|row| Self::of(&row.cells, wanted)).max().unwrap_or_default()
    }

    /// Returns whether a table with this header can be read.
    pub(super) fn is_header(self, wanted: &Columns) -> bool {
        self.all > 0 && (self.texts > 0 || wanted.text.is_empty())
    }

    /// Returns whether all text columns are there.
    pub(super) fn has_all_texts(self, wanted: &Columns) -> bool {
        self.is_header(wanted) && self.texts == wanted.text.len()
    }
}

impl Start {
    /// Finds the start of a table. Notes use `unit` as the unit of its rows.
    pub(super) fn of(seen: &[Seen], options: &ReadOptions, file: &str, unit: &str) -> Self {
        let lines = seen.iter().take(SHOWN.0).map(FirstLine::of).collect();
        let mut start = Self { header: options.header_row, lines, ..Self::default() };
        let at = match options.header_row {
            Some(line) => seen.iter().position(|row| row.line == line),
            None => Some(header(seen, &options.columns)),
        };
        let Some((at, header)) = at.and_then(|at| Some((at, seen.get(at)?))) else {
            start.after = options.skip_rows.unwrap_or(0);
            return start;
        };
        start.header = Some(header.line);
        let rest = &seen[at + 1..];
        if options.header_row.is_none() {
            if at > 0 {
                let line = header.line;
                start.notes.push(Note::with_remedy(
                    format!(
                        "{file}: the header is in {unit} {line}; {at} {} left out",
                        if at == 1 { "row above it is" } else { "rows above it are" }
                    ),
                    Action::NameHeaderRow.to("if another row is the header, name it"),
                ));
            }
            start.doubts = doubts(header, seen, &options.columns, unit);
        }
        start.after = options.skip_rows.unwrap_or_else(|| {
            let after = further_headers(header, rest);
            if let Some(last) = after.checked_sub(1).and_then(|last| rest.get(last)) {
                let (first, last) = (rest[0].line, last.line);
                let lines = match first == last {
                    true => format!("{unit} {first} belongs to the header and is not a case"),
                    false => {
                        format!("{unit}s {first} to {last} belong to the header and are not cases")
                    }
                };
                start.notes.push(Note::with_remedy(
                    format!("{file}: {lines}"),
                    Action::SkipRows
                        .to_value("if that is wrong, give the number of rows to skip", "0"),
                ));
            }
            after as u64
        });
        start
    }
}

/// Finds the header: the first row, unless exactly one other names more of the requested
/// columns.
fn header(seen: &[Seen], wanted: &Columns) -> usize {
    let fits: Vec<Fit> = seen.iter().map(|row| Fit::of(&row.cells, wanted)).collect();
    let Some((&first, &best)) = fits.first().zip(fits.iter().max()) else { return 0 };
    let is_best = |fit: &&Fit| **fit == best;
    if best.all <= first.all || !best.is_header(wanted) || fits.iter().filter(is_best).count() > 1 {
        return 0;
    }
    let at = fits.iter().position(|fit| *fit == best).unwrap_or(0);
    // A case may contain the name of a column in a cell; a title has fewer cells.
    let width = filled(&seen[at]);
    let are_titles = || seen[..at].iter().all(|row| filled(row) < width);
    if best.all > 1 || are_titles() { at } else { 0 }
}

/// Counts the non-empty cells of a row.
fn filled(row: &Seen) -> usize {
    row.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// Counts the rows after the header that belong to it, as survey tools write them.
fn further_headers(header: &Seen, rest: &[Seen]) -> usize {
    // Qualtrics: the text of the question, then the id of the import.
    let is_import = |row: &Seen| row.cells.iter().any(|cell| cell.trim().starts_with(IMPORT_ID));
    if let Some(at) = rest.iter().take(3).position(is_import) {
        return at + 1;
    }
    let repeated = rest.iter().take(2).take_while(|row| repeats(header, row)).count();
    if repeated > 0 {
        return repeated;
    }
    // SurveyMonkey: the kind of the answer.
    let is_kind = |cell: &String| cell.trim().eq_ignore_ascii_case("open-ended response");
    usize::from(rest.first().is_some_and(|row| row.cells.iter().any(is_kind)))
}

const IMPORT_ID: &str = "{\"ImportId\"";

/// Returns whether a row repeats the names of columns in these columns.
fn repeats(header: &Seen, row: &Seen) -> bool {
    let pairs = header.cells.iter().zip(&row.cells);
    let alike = pairs.filter(|(name, cell)| is_alike(cell, name)).map(|(name, _)| letters_of(name));
    alike.filter(|letters| !letters.is_empty()).collect::<BTreeSet<_>>().len() >= 2
}

/// Returns possible causes if the requested columns are not in this header.
fn doubts(header: &Seen, seen: &[Seen], wanted: &Columns, unit: &str) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let others = || seen.iter().filter(|row| row.line != header.line);
    let likely: Vec<u64> = others()
        .filter(|row| Fit::of(&row.cells, wanted).is_header(wanted))
        .map(|row| row.line)
        .collect();
    let widest = seen.iter().map(filled).max().unwrap_or(0);
    // Text with the separator in it is wide as well.
    let is_name = |cell: &String| cell.split_whitespace().count() <= 5;
    let are_names = |row: &&Seen| row.cells.iter().all(is_name);
    let wide = seen.iter().find(|row| 2 * filled(row) > widest).filter(are_names);
    if let [first, ..] = likely.as_slice() {
        let lines: Vec<String> = likely.iter().take(5).map(u64::to_string).collect();
        doubts.push(Doubt {
            words: format!("{unit} {} may be the header", lines.join(" or ")),
            action: Some((Action::NameHeaderRow, Some(first.to_string()))),
        });
    } else if let Some(row) = wide.filter(|row| row.line != header.line && widest > 2) {
        doubts.push(Doubt {
            words: format!(
                "{unit} {} has {} cells and {unit} {} only {}, so it may be the header",
                row.line,
                filled(row),
                header.line,
                filled(header)
            ),
            action: Some((Action::NameHeaderRow, Some(row.line.to_string()))),
        });
    }
    let is_text = |cell: &String| {
        let words = cell.split_whitespace().count();
        words > 12 || words > 4 && cell.trim_end().ends_with('.')
    };
    let is_number = |cell: &String| cell.trim().parse::<f64>().is_ok();
    if header.cells.iter().any(|cell| is_text(cell) || is_number(cell)) {
        doubts.push(Doubt {
            words: "the header looks like a case: a file without a header needs one".into(),
            action: None,
        });
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(rows: &[&[&str]]) -> Start {
        let seen: Vec<Seen> = (1..)
            .zip(rows)
            .map(|(line, cells)| Seen { line, cells: cells.iter().map(|c| (*c).into()).collect() })
            .collect();
        Start::of(&seen, &ReadOptions::default(), "a.csv", "line")
    }

    #[test]
    fn the_header_is_the_one_row_that_names_most_of_the_columns() {
        let banner = start(&[&["Cases of 2024"], &["Title", ""], &["id", "Title", "summary:"]]);
        assert_eq!((banner.header, banner.after), (Some(3), 0));
        assert!(banner.notes[0].to_string().starts_with("a.csv: the header is in line 3"));
        let plain = start(&[&["id", "title"], &["1", "Summary"], &["2", "description"]]);
        assert_eq!((plain.header, plain.notes.len()), (Some(1), 0));
        let foreign = start(&[&["Nr", "Name"], &["title", "b"], &["c", "d"]]);
        assert_eq!(foreign.header, Some(1), "a cell of a case is no header");
    }

    #[test]
    fn two_tables_in_one_file_are_a_doubt() {
        let two = start(&[&["x"], &["id", "title"], &["1", "a"], &["id", "title"], &["2", "b"]]);
        assert_eq!(two.header, Some(1));
        assert!(two.doubts[0].words.contains("line 2 or 4"), "{:?}", two.doubts);
    }

    #[test]
    fn rows_that_survey_tools_add_to_the_header_are_no_cases() {
        let qualtrics = start(&[
            &["StartDate", "Status", "title"],
            &["Start Date", "Response Type", "What is it called?"],
            &[
                "{\"ImportId\":\"startDate\"}",
                "{\"ImportId\":\"status\"}",
                "{\"ImportId\":\"QID1\"}",
            ],
            &["2024-01-01", "IP Address", "Participatory budget"],
        ]);
        assert_eq!((qualtrics.header, qualtrics.after), (Some(1), 2));
        let two = start(&[&["StartDate", "Status", "title"], &["Start Date", "Status", "Name?"]]);
        assert_eq!(two.after, 1);
        let monkey =
            start(&[&["Respondent ID", "title"], &["", "Open-Ended Response"], &["1", "a"]]);
        assert_eq!(monkey.after, 1);
        assert!(monkey.notes[0].to_string().contains("line 2 belongs to the header"));
    }
}
