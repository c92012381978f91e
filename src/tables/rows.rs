//! Reads the rows of an input file in order.

mod cells;
mod opening;
#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::fast::FixedState;

use super::Format;
use super::batches::BatchRows;
use super::csv::CsvRows;
use super::folder::FolderRows;
use super::jsonl::JsonlRows;
use super::repairs::Repairs;
use super::row::{Field, Row, Source, is_alike};
use super::start::{Doubt, FirstLine, Start};
use super::stream::Counter;
use super::workbook::SheetRows;
use crate::error::{Error, Note, Result};
use crate::tagger::Record;

/// The rows of an input file, in order. Each item is a row or its error, an
/// [`Error::BadRow`]. Both count as one row of the input, and the iteration continues.
/// Any other error ends it.
pub struct Rows {
    input: Input,
    file: String,
    columns: Vec<String>,
    /// The columns seen so far, if each row names its own.
    known: HashSet<String>,
    counter: Counter,
    ahead: VecDeque<Result<Row>>,
    /// The columns of the id and the texts. Spreadsheet errors in them are refused.
    checked: Vec<Field>,
    /// Whether rows were read ahead to find all columns.
    looked_far: bool,
    /// Set by another thread to stop the iteration.
    stop: Option<Arc<AtomicBool>>,
    ended: bool,
}

enum Input {
    Csv(CsvRows),
    Jsonl(JsonlRows),
    Batches(BatchRows),
    Sheet(SheetRows),
    Folder(FolderRows),
    /// Rows in memory, all of them already read ahead.
    Records,
}

impl Rows {
    /// Makes rows from records in memory. Errors use `name` as the file.
    pub fn from_records(name: &str, records: impl IntoIterator<Item = Record>) -> Self {
        let ahead: VecDeque<Result<Row>> = (1..)
            .zip(records)
            .map(|(number, record)| Ok(Row::from_record(name, number, record)))
            .collect();
        let mut columns: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        for (name, _) in ahead.iter().flatten().flat_map(Row::values) {
            if known.insert(name) {
                columns.push(name.to_owned());
            }
        }
        let (input, counter) = (Input::Records, Counter::default());
        Self {
            input,
            file: name.into(),
            columns,
            known: HashSet::new(),
            counter,
            ahead,
            checked: Vec::new(),
            looked_far: true,
            stop: None,
            ended: true,
        }
    }

    /// Reads up to `count` rows ahead where rows name their own columns (JSONL), so that
    /// [`Rows::columns`] includes their columns. One row is always read ahead.
    pub fn look_ahead(&mut self, count: usize) {
        if !matches!(self.input, Input::Jsonl(_)) {
            return;
        }
        while self.ahead.len() < count {
            let Some(row) = self.read() else { return };
            if let Ok(row) = &row {
                for name in row.names() {
                    if !self.known.contains(name) {
                        self.known.insert(name.to_owned());
                        self.columns.push(name.to_owned());
                    }
                }
            }
            self.ahead.push_back(row);
        }
    }

    /// Ends the rows with [`Error::Interrupted`] once the flag is set.
    pub fn stop_when(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = Some(flag);
        self
    }

    /// Ends the rows if another thread has asked for it.
    fn is_stopped(&mut self) -> bool {
        let is_stopped = self.stop.take_if(|stop| stop.load(Ordering::Relaxed)).is_some();
        if is_stopped {
            self.ended = true;
            self.ahead.clear();
        }
        is_stopped
    }

    /// Returns whether an unseen column is certainly missing. In a stream with rows that
    /// may omit columns, this is unknown.
    pub(super) fn has_looked_far(&self) -> bool {
        self.looked_far || self.has_header()
    }

    /// Returns the notes on how the file is read.
    pub fn notes(&self) -> &[Note] {
        match (&self.input, self.start()) {
            (Input::Folder(rows), _) => rows.notes(),
            (_, Some(start)) => &start.notes,
            _ => &[],
        }
    }

    /// Returns the sheet that is read and all visible sheets, for a workbook.
    pub fn sheets(&self) -> Option<(&str, &[String])> {
        match &self.input {
            Input::Sheet(rows) => Some(rows.sheets()),
            _ => None,
        }
    }

    /// Returns the line of the header, from 1; in a workbook, its row.
    pub fn header_line(&self) -> Option<u64> {
        self.start()?.header
    }

    /// Returns the first lines of a text or a sheet, including those above the header.
    pub fn first_lines(&self) -> &[FirstLine] {
        self.start().map_or(&[], |start| &start.lines)
    }

    /// Returns possible causes if columns are missing.
    pub(super) fn doubts(&self) -> &[Doubt] {
        self.start().map_or(&[], |start| &start.doubts)
    }

    fn start(&self) -> Option<&Start> {
        match &self.input {
            Input::Csv(rows) => Some(rows.start()),
            Input::Sheet(rows) => Some(rows.start()),
            _ => None,
        }
    }

    /// Returns whether it is a folder of texts.
    pub(super) fn is_folder(&self) -> bool {
        matches!(self.input, Input::Folder(_))
    }

    /// Returns the columns that match none of these names.
    pub fn columns_beyond(&self, known: &[String]) -> Vec<String> {
        let source = Source::new(&self.file, known.to_vec());
        let is_own = |name: &str| self.columns.iter().any(|own| own == name);
        let is_new = |name: &&String| source.position_alike(name, is_own).is_none();
        self.columns.iter().filter(is_new).cloned().collect()
    }

    /// Returns whether one of these names matches a column.
    pub(crate) fn has_any(&self, names: &[String]) -> bool {
        self.columns.iter().any(|column| names.iter().any(|name| is_alike(column, name)))
    }

    /// Returns the mean number of words in the non-empty cells of a column, over the rows
    /// read ahead.
    pub(super) fn seen_words(&self, column: &str) -> f64 {
        let cells = self.ahead.iter().flatten().filter_map(|row| row.get(column));
        let counts = cells.map(|cell| cell.split_whitespace().count()).filter(|count| *count > 0);
        let (cells, words) =
            counts.fold((0_u32, 0), |(cells, sum), count| (cells + 1, sum + count));
        words as f64 / f64::from(cells.max(1))
    }

    /// Returns whether the next row is available without waiting for input. This is known
    /// for JSON Lines and Arrow, which are answered as they arrive; other formats return
    /// `true`.
    pub fn is_ready(&self) -> bool {
        if !self.ahead.is_empty() {
            return true;
        }
        match &self.input {
            Input::Jsonl(rows) => rows.is_ready(),
            Input::Batches(rows) => rows.is_ready(),
            Input::Csv(_) | Input::Sheet(_) | Input::Folder(_) | Input::Records => true,
        }
    }

    /// Returns the repairs in the rows read so far.
    pub fn repairs(&self) -> Repairs {
        match &self.input {
            Input::Csv(rows) => rows.repairs(),
            Input::Sheet(rows) => rows.repairs(),
            _ => Repairs::default(),
        }
    }

    /// Returns the columns: the header, or the columns of the rows seen so far.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns whether all rows have the same columns, instead of each row naming its
    /// own.
    pub fn has_header(&self) -> bool {
        !matches!(self.input, Input::Jsonl(_) | Input::Records)
    }

    /// Returns a hash of the column names and, if there are any, their types.
    pub(crate) fn header_fingerprint(&self) -> u64 {
        let types = self.batches().map(BatchRows::types);
        FixedState::default().hash_one((&self.columns, types))
    }

    /// Returns the file as the caller named it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the format in which the file is read.
    pub fn format(&self) -> Format {
        match &self.input {
            Input::Csv(rows) if rows.delimiter() == b'\t' => Format::Tsv,
            Input::Csv(_) | Input::Folder(_) => Format::Csv,
            Input::Jsonl(_) | Input::Records => Format::Jsonl,
            Input::Batches(rows) => rows.format(),
            Input::Sheet(rows) => rows.format(),
        }
    }

    /// Returns the separator of the fields, if the format has one.
    pub fn delimiter(&self) -> Option<u8> {
        match &self.input {
            Input::Csv(rows) => Some(rows.delimiter()),
            _ => None,
        }
    }

    /// Returns the number of (compressed) bytes read so far, for progress. In Parquet and
    /// workbooks, it is estimated from the share of the rows.
    pub fn bytes_read(&self) -> u64 {
        match &self.input {
            Input::Folder(rows) => rows.bytes(),
            _ => self.counter.get(),
        }
    }

    /// Returns the next row that can be read, or `None` at the end. Errors of rows before
    /// it go to `failed`.
    ///
    /// # Errors
    /// Every error except [`Error::BadRow`], which stops reading.
    pub fn next_readable(&mut self, failed: &mut dyn FnMut(Error)) -> Result<Option<Row>> {
        loop {
            match self.next().transpose() {
                Err(error) if error.is_row() => failed(error),
                row => return row,
            }
        }
    }

    /// Returns the reader of record batches, in typed formats.
    pub(super) fn batches(&self) -> Option<&BatchRows> {
        match &self.input {
            Input::Batches(rows) => Some(rows),
            _ => None,
        }
    }

    /// Refuses a column with values that cannot be read as text.
    pub(super) fn check_text(&self, field: &Field) -> Result<()> {
        self.batches().map_or(Ok(()), |rows| rows.check_text(field))
    }

    fn read(&mut self) -> Option<Result<Row>> {
        if self.ended {
            return None;
        }
        let next = match &mut self.input {
            Input::Csv(rows) => rows.next(),
            Input::Jsonl(rows) => rows.next(),
            Input::Sheet(rows) => Ok(rows.next().map(Ok)),
            Input::Folder(rows) => Ok(rows.next()),
            Input::Records => Ok(None),
            Input::Batches(rows) => Ok(rows.next().transpose()),
        };
        let row = match next {
            Ok(Some(Ok(row))) => Some(Ok(row.without_apostrophes())),
            Ok(row) => row,
            Err(source) => Some(Err(Error::io(&self.file, source))),
        };
        self.ended = !matches!(&row, Some(Ok(_) | Err(Error::BadRow { .. })));
        row.map(|row| row.and_then(|row| self.checked(row)))
    }
}

impl Iterator for Rows {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_stopped() {
            return Some(Err(Error::Interrupted));
        }
        let row = self.ahead.pop_front().or_else(|| self.read());
        // What stopped this program may have stopped the one that writes to it.
        if row.is_none() && self.is_stopped() {
            return Some(Err(Error::Interrupted));
        }
        row
    }
}
