//! The rows of an input file, one after the other.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::csv::CsvRows;
use super::format::sniff_delimiter;
use super::jsonl::JsonlRows;
use super::row::Row;
use super::window::Window;
use super::{Format, ReadOptions};
use crate::error::{Error, Result};

/// The rows of an input file, in order.
///
/// Each item is a row or, as [`Error::BadRow`], what is wrong with it; either
/// way it counts as one row of the input, and the iteration goes on. Any other
/// error ends it.
pub struct Rows {
    input: Input,
    file: String,
    columns: Vec<String>,
    ahead: VecDeque<Result<Row>>,
    ended: bool,
}

enum Input {
    Csv(CsvRows),
    Jsonl(JsonlRows),
}

impl Rows {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::BadFile`] if it is empty
    /// or has no usable header, [`Error::BadParam`] if the delimiter cannot
    /// separate fields.
    pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self> {
        let path = path.as_ref();
        if path.as_os_str() == "-" {
            return Self::from_reader(io::stdin(), "-", options);
        }
        let file = File::open(path).map_err(|source| Error::io(path, source))?;
        Self::from_reader(file, &path.display().to_string(), options)
    }

    /// Reads from a stream; `name` stands for it in errors, and its extension
    /// tells the format if the options do not.
    ///
    /// # Errors
    /// As [`Rows::open`].
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        name: &str,
        options: &ReadOptions,
    ) -> Result<Self> {
        if let Some(delimiter) = options.delimiter {
            check_delimiter(delimiter)?;
        }
        let wrap = |source| Error::io(name, source);
        let mut window = Window::new(Box::new(reader)).map_err(wrap)?;
        let format = match options.format.or_else(|| Format::from_path(name)) {
            Some(format) => format,
            None => {
                while window.data().trim_ascii().is_empty() && window.fill().map_err(wrap)? {}
                Format::from_start(window.data())
            }
        };
        let input = match format {
            Format::Csv | Format::Tsv => {
                let delimiter = match (options.delimiter, format) {
                    (Some(delimiter), _) => delimiter,
                    (None, Format::Tsv) => b'\t',
                    (None, _) => {
                        // A header beyond this length is judged by its beginning.
                        while window.data().len() < HEADER_SEEN
                            && !window.data().trim_ascii_start().contains(&b'\n')
                            && window.fill().map_err(wrap)?
                        {}
                        sniff_delimiter(window.data())
                    }
                };
                Input::Csv(CsvRows::new(window, name, delimiter)?)
            }
            Format::Jsonl => Input::Jsonl(JsonlRows::new(window, name)?),
        };
        let columns = match &input {
            Input::Csv(rows) => rows.columns().to_vec(),
            Input::Jsonl(_) => Vec::new(),
        };
        let ahead = VecDeque::new();
        let mut rows = Self { input, file: name.into(), columns, ahead, ended: false };
        if matches!(rows.input, Input::Jsonl(_)) {
            rows.look_ahead(1);
        }
        Ok(rows)
    }

    /// Reads up to `count` rows ahead where rows name their own columns
    /// (JSONL), so that [`Rows::columns`] holds those of all of them. One row
    /// is looked at without being asked.
    pub fn look_ahead(&mut self, count: usize) {
        if matches!(self.input, Input::Csv(_)) {
            return;
        }
        while self.ahead.len() < count {
            let Some(row) = self.read() else { return };
            if let Ok(row) = &row {
                for (name, _) in row.values() {
                    if !self.columns.iter().any(|known| known == name) {
                        self.columns.push(name.to_owned());
                    }
                }
            }
            self.ahead.push_back(row);
        }
    }

    /// The columns: the header, or the columns of the rows looked at so far.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The file as it was named by the caller.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The format in which the file is read.
    pub fn format(&self) -> Format {
        match &self.input {
            Input::Csv(rows) if rows.delimiter() == b'\t' => Format::Tsv,
            Input::Csv(_) => Format::Csv,
            Input::Jsonl(_) => Format::Jsonl,
        }
    }

    /// What separates the fields, in formats that have such.
    pub fn delimiter(&self) -> Option<u8> {
        match &self.input {
            Input::Csv(rows) => Some(rows.delimiter()),
            Input::Jsonl(_) => None,
        }
    }

    /// How many bytes of the file are done with, for progress.
    pub fn bytes_read(&self) -> u64 {
        match &self.input {
            Input::Csv(rows) => rows.consumed(),
            Input::Jsonl(rows) => rows.consumed(),
        }
    }

    fn read(&mut self) -> Option<Result<Row>> {
        if self.ended {
            return None;
        }
        let next = match &mut self.input {
            Input::Csv(rows) => rows.next(),
            Input::Jsonl(rows) => rows.next(),
        };
        let row = match next {
            Ok(row) => row,
            Err(source) => Some(Err(Error::io(&self.file, source))),
        };
        self.ended = !matches!(&row, Some(Ok(_) | Err(Error::BadRow { .. })));
        row
    }
}

impl Iterator for Rows {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.ahead.pop_front().or_else(|| self.read())
    }
}

const HEADER_SEEN: usize = 64 << 10;

fn check_delimiter(delimiter: u8) -> Result<()> {
    if delimiter.is_ascii() && !delimiter.is_ascii_alphanumeric() && !b"\"\r\n".contains(&delimiter)
    {
        return Ok(());
    }
    Err(Error::BadParam {
        name: "delimiter",
        value: format!("{:?}", char::from(delimiter)),
        remedy: "give one ASCII sign such as , ; | or a tab".into(),
    })
}
