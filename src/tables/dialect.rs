//! Detects the dialect of a delimited text: its separator, the place of its header, and
//! whether each line is quoted as a whole.

use std::io;
use std::io::Cursor;

use super::format::{DELIMITERS, sniff_delimiter};
use super::records::{Record, Records, cells, split_fields};
use super::start::{Doubt, Fit, ROWS_SEEN, Seen, Start};
use super::window::Window;
use super::{Format, ReadOptions};
use crate::error::{Action, Note};

/// The dialect of a delimited text.
#[derive(Debug)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    /// Whether the first line names the separator.
    pub(super) has_told: bool,
    /// Whether each row is one quoted cell that contains the row.
    pub(super) is_wrapped: bool,
    pub(super) start: Start,
}

/// Separators that are tried if no usual one gives the columns that are wanted.
const UNUSUAL_DELIMITERS: &[u8] = b"~:#!$%&*+=?@/\\";

/// Number of bytes to examine.
const BYTES_SEEN: usize = 64 << 10;

impl Dialect {
    /// Detects the dialect from the first bytes of a text.
    pub(super) fn of(
        window: &mut Window,
        format: Format,
        options: &ReadOptions,
        file: &str,
    ) -> io::Result<Self> {
        let is_cut = window.look(BYTES_SEEN);
        let view = &window.data()[..window.data().len().min(BYTES_SEEN)];
        let told = told_delimiter(view);
        let view = View { bytes: view, is_cut, has_told: told.is_some() };
        let given = (format == Format::Tsv).then_some(b'\t');
        let wanted = &options.columns;
        let mut delimiter =
            told.or(options.delimiter).or(given).unwrap_or_else(|| sniff_delimiter(view.bytes));
        let mut seen = view.rows(delimiter)?;
        let mut is_wrapped = false;
        let is_named = told.is_some() || options.delimiter.is_some();
        let mut fit = Fit::best(&seen, wanted);
        if !is_named && !fit.has_all_texts(wanted) {
            for other in DELIMITERS {
                let rows = view.rows(other)?;
                let better = Fit::best(&rows, wanted);
                if better > fit && better.all > 1 {
                    (delimiter, seen, fit) = (other, rows, better);
                }
            }
        }
        if !is_named && !fit.has_all_texts(wanted) {
            for &other in UNUSUAL_DELIMITERS {
                let rows = view.rows(other)?;
                let better = Fit::best(&rows, wanted);
                if better > fit && better.all > 1 && better.has_all_texts(wanted) {
                    (delimiter, seen, fit) = (other, rows, better);
                }
            }
        }
        if !fit.has_all_texts(wanted) {
            for inner in DELIMITERS {
                let rows: Vec<Seen> = seen.iter().map(|row| unwrapped(row, inner)).collect();
                let better = Fit::best(&rows, wanted);
                if better > fit && better.all > 1 {
                    (delimiter, seen, fit, is_wrapped) = (inner, rows, better, true);
                }
            }
        }
        let mut start = Start::of(&seen, options, file, "line");
        if is_wrapped {
            let words =
                format!("{file}: each line is quoted as a whole; it is read without these quotes");
            start.notes.push(Note::from(words));
        }
        start.doubts.extend(doubts(&seen, delimiter));
        Ok(Self { delimiter, has_told: told.is_some(), is_wrapped, start })
    }
}

/// The first bytes of a text.
struct View<'v> {
    bytes: &'v [u8],
    /// Whether the text continues.
    is_cut: bool,
    /// Whether the first line names the separator.
    has_told: bool,
}

impl View<'_> {
    /// Returns the first rows that are not blank.
    fn rows(&self, delimiter: u8) -> io::Result<Vec<Seen>> {
        let window = Window::new(Box::new(Cursor::new(self.bytes.to_vec())))?;
        let mut records = Records::new(window, delimiter, BYTES_SEEN);
        if self.has_told {
            records.skip_line()?;
        }
        let mut rows = Vec::new();
        while rows.len() <= ROWS_SEEN
            && let Some((line, record)) = records.next()?
        {
            let (mut text, mut ends) = (Vec::new(), Vec::new());
            if let Record::Whole(bytes) = record {
                split_fields(bytes, delimiter, &mut text, &mut ends);
            }
            let cell = |cell: &[u8]| String::from_utf8_lossy(cell).trim_matches('\u{FEFF}').into();
            let cells: Vec<String> = cells(&text, &ends).map(cell).collect();
            if cells.is_empty() || cells.iter().any(|cell| !cell.trim().is_empty()) {
                rows.push(Seen { line, cells });
            }
        }
        // The last row of a partial text may be incomplete.
        if (self.is_cut || rows.len() > ROWS_SEEN) && rows.len() > 1 {
            rows.pop();
        }
        Ok(rows)
    }
}

/// Returns the row inside the only cell of a row.
fn unwrapped(row: &Seen, delimiter: u8) -> Seen {
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    match row.cells.as_slice() {
        [cell] => split_fields(cell.as_bytes(), delimiter, &mut text, &mut ends),
        _ => return Seen { line: row.line, cells: row.cells.clone() },
    }
    let cells = cells(&text, &ends).map(|cell| String::from_utf8_lossy(cell).into_owned());
    Seen { line: row.line, cells: cells.collect() }
}

/// Returns another possible cause if the requested columns are missing.
fn doubts(seen: &[Seen], delimiter: u8) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let has = |sign: char| {
        seen.first().is_some_and(|row| row.cells.iter().any(|cell| cell.contains(sign)))
    };
    if has('\0') || has('\u{FFFD}') {
        doubts.push(Doubt {
            words: "its first line has characters of another encoding".into(),
            action: Some((Action::NameEncoding, None)),
        });
    }
    let is_aligned = seen.first().is_some_and(|row| match row.cells.as_slice() {
        [cell] => cell.trim().split("  ").filter(|part| !part.trim().is_empty()).count() > 1,
        _ => false,
    });
    if is_aligned {
        doubts.push(Doubt {
            words: "its columns seem to be aligned by blanks; save the table as CSV".into(),
            action: None,
        });
    } else if !seen.is_empty() && seen.iter().all(|row| row.cells.len() <= 1) {
        let name = if delimiter == b'\t' {
            "a tab".into()
        } else {
            format!("\"{}\"", char::from(delimiter))
        };
        doubts.push(Doubt {
            words: format!("it has one column if {name} separates its fields"),
            action: Some((Action::NameDelimiter, None)),
        });
    }
    doubts
}

/// Returns the separator that a spreadsheet program wrote before the header, as in
/// `sep=;`.
fn told_delimiter(view: &[u8]) -> Option<u8> {
    let view = view.strip_prefix(b"\"").unwrap_or(view);
    match view {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter, b'\r' | b'\n' | b'"', ..]
            if delimiter.is_ascii_punctuation() || *delimiter == b'\t' =>
        {
            Some(*delimiter)
        }
        _ => None,
    }
}
