//! Reads the rows of an input file in order.

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::fast::FixedState;
use serde_json::Value;

use super::batches::BatchRows;
use super::csv::CsvRows;
use super::dialect::Dialect;
use super::encoding::Encoding;
use super::folder::FolderRows;
use super::jsonl::JsonlRows;
use super::repairs::Repairs;
use super::row::{Field, Row, Source, is_alike};
use super::sheet_value::SheetValue;
use super::start::{Doubt, FirstLine, Start};
use super::stream::{Counter, Stream};
use super::window::Window;
use super::workbook::SheetRows;
use super::{Format, ReadOptions, bad_row, spreadsheet};
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
    /// Opens a file; `-` is standard input. Gzip and Zstandard are decompressed, whatever
    /// the name. Text and Arrow are read as a stream and Parquet page by page; the whole
    /// sheet of a workbook is in memory. A folder gives one case per text file, with the
    /// file name as the id.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::BadFile`] if it is empty, damaged, or
    /// has no usable header, [`Error::BadParam`] if the delimiter cannot separate fields.
    pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self> {
        let path = path.as_ref();
        if path.as_os_str() == "-" {
            return Self::from_reader(io::stdin(), "-", options);
        }
        let name = path.display().to_string();
        if path.is_dir() {
            let folder = Input::Folder(FolderRows::new(path, options)?);
            return Ok(Self::of_input(folder, Counter::default(), &name, options, true));
        }
        Self::open_as(path, &name, options)
    }

    /// Opens a file (not standard input or a folder) under another name, which errors use and
    /// whose extension gives the format.
    ///
    /// # Errors
    /// As [`Rows::open`].
    pub fn open_as(path: &Path, name: &str, options: &ReadOptions) -> Result<Self> {
        let stream =
            Stream::open(path, options.max_expanded).map_err(|source| Error::io(name, source))?;
        Self::from_stream(stream, name, options, true)
    }

    /// Reads from a stream. Errors use `name`, and its extension gives the format unless
    /// the options do. Parquet and workbooks need random access, so they are copied to a
    /// temporary file.
    ///
    /// # Errors
    /// As [`Rows::open`].
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        name: &str,
        options: &ReadOptions,
    ) -> Result<Self> {
        let is_known = options.format.is_some_and(Format::is_streamed);
        let stream = Stream::from_reader(Box::new(reader), is_known, options.max_expanded);
        let stream = stream.map_err(|source| Error::io(name, source))?;
        Self::from_stream(stream, name, options, !is_known)
    }

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

    /// `may_wait` states whether to wait for rows to find out their columns.
    fn from_stream(
        stream: Stream,
        name: &str,
        options: &ReadOptions,
        may_wait: bool,
    ) -> Result<Self> {
        if let Some(delimiter) = options.delimiter {
            check_delimiter(delimiter)?;
        }
        // The magic bytes of a binary format take precedence over the name.
        let mark = Format::from_mark(stream.start());
        let format = options.format.or(mark).or_else(|| Format::from_path(name));
        let counter = stream.counter();
        let input = match format {
            Some(format @ (Format::Parquet | Format::Arrow | Format::Arrows)) => {
                Input::Batches(BatchRows::new(stream, name, format)?)
            }
            Some(Format::Xlsx | Format::Xls | Format::Ods) => {
                Input::Sheet(SheetRows::new(stream, name, options)?)
            }
            _ => Self::text_input(stream, format, name, options)?,
        };
        Ok(Self::of_input(input, counter, name, options, may_wait))
    }

    fn of_input(
        input: Input,
        counter: Counter,
        name: &str,
        options: &ReadOptions,
        may_wait: bool,
    ) -> Self {
        let columns = match &input {
            Input::Csv(rows) => rows.columns().to_vec(),
            Input::Batches(rows) => rows.columns().to_vec(),
            Input::Sheet(rows) => rows.columns().to_vec(),
            Input::Folder(rows) => rows.columns().to_vec(),
            Input::Jsonl(_) | Input::Records => Vec::new(),
        };
        let mut rows = Self {
            input,
            file: name.into(),
            columns,
            known: HashSet::new(),
            counter,
            ahead: VecDeque::new(),
            checked: Vec::new(),
            looked_far: may_wait,
            stop: None,
            ended: false,
        };
        let wanted = &options.columns;
        let used = [&wanted.id].into_iter().chain(&wanted.text);
        rows.checked = used
            .map(|name| {
                let index = rows.columns.iter().position(|column| column == name);
                let alike = || rows.columns.iter().position(|column| is_alike(column, name));
                let index = index.or_else(alike);
                let found = index.map_or(name, |index| &rows.columns[index]);
                Field { name: found.clone(), index }
            })
            .collect();
        rows.look_ahead(1);
        rows.look_for(&wanted.text, may_wait);
        let missing = |name: &String| !rows.columns.iter().any(|column| is_alike(column, name));
        if matches!(rows.input, Input::Csv(_) | Input::Sheet(_)) && wanted.text.iter().any(missing)
        {
            while rows.ahead.len() < LOOK_AT {
                let Some(row) = rows.read() else { break };
                rows.ahead.push_back(row);
            }
        }
        rows
    }

    fn text_input(
        stream: Stream,
        format: Option<Format>,
        name: &str,
        options: &ReadOptions,
    ) -> Result<Input> {
        let wrap = |source| Error::io(name, source);
        let encoding = Encoding::of(stream.start(), options.encoding);
        let mut reader = stream.into_reader();
        if let Some(encoding) = encoding {
            reader = Box::new(encoding.reader(reader));
        }
        let mut window = Window::new(reader).map_err(wrap)?;
        let format = match format {
            Some(format) => format,
            None => {
                while window.data().trim_ascii().is_empty() && window.fill().map_err(wrap)? {}
                Format::from_start(window.data())
            }
        };
        Ok(match format {
            Format::Jsonl => Input::Jsonl(JsonlRows::new(window, name, &options.columns)?),
            format => {
                let dialect = Dialect::of(&mut window, format, options, name).map_err(wrap)?;
                Input::Csv(CsvRows::new(window, name, dialect)?)
            }
        })
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

    /// Reads ahead until all of the columns have occurred, or one of them if it must not
    /// wait for more rows. Writers may omit columns that are null.
    fn look_for(&mut self, wanted: &[String], all: bool) {
        let mut count = self.ahead.len();
        let is_there = |rows: &Self| match all {
            true => wanted.iter().all(|name| rows.has_any(std::slice::from_ref(name))),
            false => rows.has_any(wanted),
        };
        while count == self.ahead.len() && count < LOOK_FOR && !is_there(self) {
            count += 1;
            self.look_ahead(count);
        }
    }

    /// Ends the rows with [`Error::Interrupted`] once the flag is set.
    pub fn stop_when(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = Some(flag);
        self
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

    /// Refuses a row with an id or text that is a spreadsheet error, a formula without a
    /// result, an object or a list.
    fn checked(&self, row: Row) -> Result<Row> {
        let field = self.checked.iter().find_map(|field| Some((field, self.fault(&row, field)?)));
        let Some((field, fault)) = field else { return Ok(row) };
        let (mut reason, remedy) = match fault {
            CellFault::Error(error) => (
                format!("the cell has the error {error} of a spreadsheet"),
                "fix its formula, or clear the cell",
            ),
            CellFault::NoResult => (
                "the cell has a formula whose result is not stored".to_owned(),
                "open the file in a spreadsheet program, let it calculate, and save it",
            ),
            CellFault::Nested(kind) => {
                (format!("the value is {kind}, not text"), "write the text as one string")
            }
        };
        if let (Input::Sheet(rows), Some(index)) = (&self.input, field.index) {
            reason = format!("{}: {reason}", rows.cell_name(index, row.line()));
        }
        Err(bad_row(row.place().with_column(&field.name), reason, remedy))
    }

    fn fault(&self, row: &Row, field: &Field) -> Option<CellFault> {
        match &self.input {
            Input::Csv(_) | Input::Sheet(_) => {
                let index = field.index?;
                if row.sheet_value(index) == Some(SheetValue::NoResult) {
                    return Some(CellFault::NoResult);
                }
                let error = spreadsheet::error_value(row.cell(index)?)?;
                Some(CellFault::Error(error.to_owned()))
            }
            Input::Jsonl(_) => match row.value(&field.name).as_deref() {
                Some(Value::Object(_)) => Some(CellFault::Nested("an object")),
                Some(Value::Array(_)) => Some(CellFault::Nested("a list")),
                _ => None,
            },
            Input::Batches(_) | Input::Folder(_) | Input::Records => None,
        }
    }
}

/// Returns why a cell cannot be an id or a text.
enum CellFault {
    Error(String),
    NoResult,
    Nested(&'static str),
}

impl Iterator for Rows {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stop.take_if(|stop| stop.load(Ordering::Relaxed)).is_some() {
            self.ended = true;
            self.ahead.clear();
            return Some(Err(Error::Interrupted));
        }
        self.ahead.pop_front().or_else(|| self.read())
    }
}

/// Number of rows to examine if a text column is missing.
const LOOK_AT: usize = 20;

/// Number of rows to examine to find a text column.
const LOOK_FOR: usize = 1000;

fn check_delimiter(delimiter: u8) -> Result<()> {
    if delimiter.is_ascii() && !delimiter.is_ascii_alphanumeric() && !b"\"\r\n".contains(&delimiter)
    {
        return Ok(());
    }
    Err(Error::bad_param(
        "delimiter",
        format!("{:?}", char::from(delimiter)),
        "give one ASCII sign such as , ; | or a tab",
    ))
}

#[cfg(test)]
mod tests;
