//! Opens an input: finds its format, its columns, and the rows to look at first.

use std::collections::{HashSet, VecDeque};
use std::io::{self, Read};
use std::path::Path;

use super::{Input, Rows};
use crate::error::{Error, Result};
use crate::tables::batches::BatchRows;
use crate::tables::csv::CsvRows;
use crate::tables::dialect::Dialect;
use crate::tables::encoding::Encoding;
use crate::tables::folder::FolderRows;
use crate::tables::jsonl::JsonlRows;
use crate::tables::row::{Field, is_alike};
use crate::tables::stream::{Counter, Stream};
use crate::tables::window::Window;
use crate::tables::workbook::SheetRows;
use crate::tables::{Format, ReadOptions};

/// Number of rows to examine if a text column is missing.
const LOOK_AT: usize = 20;

/// Number of rows to examine to find a text column.
const LOOK_FOR: usize = 1000;

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
        // Some programs call JSON a CSV file.
        let is_json = options.format.is_none() && is_json(stream.start());
        let format = format.filter(|format| !(is_json && format.is_delimited()));
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
}

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

/// Returns whether a text starts as a JSON object, or as an array of objects.
fn is_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    let inner = start.strip_prefix(b"[").unwrap_or(start).trim_ascii_start();
    inner.strip_prefix(b"{").is_some_and(|object| object.trim_ascii_start().starts_with(b"\""))
}
