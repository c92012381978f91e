//! Writes rows with added columns in any format: what can be done for a row by
//! itself on any thread, the rest in order on one.

use std::io::{Read, Write};
use std::path::PathBuf;

use serde_json::Value;

use super::columnar::ColumnarWriter;
use super::compression::Compressed;
use super::layout::{Layout, TaggedRow};
use super::row::Row;
use super::rows::Rows;
use super::sheet_writer::{self, SheetCell, SheetWriter};
use super::writer::{RowWriter, WriteOptions};
use super::{Format, bad_file, quoted_list};
use crate::error::{Error, Result};

/// A column that is added to those of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its name; where it is taken, it gets the first free of the suffixes
    /// `_2`, `_3`, ….
    pub name: String,
    /// What its values are in the columnar formats. A text format takes any
    /// value, a workbook keeps numbers and flags.
    pub kind: Kind,
}

/// The kind of the values of an added column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Strings.
    Text,
    /// 64-bit floating-point numbers.
    Number,
    /// True or false.
    Flag,
    /// Lists of strings.
    Texts,
}

/// Formats rows; shared by threads.
#[derive(Debug, Clone)]
pub struct Formatter {
    names: RowWriter,
    shape: Shape,
    options: WriteOptions,
}

#[derive(Debug, Clone)]
enum Shape {
    Lines,
    Columns(Layout),
    Sheet,
}

/// Rows that are formatted, as far as that can be done out of order.
#[derive(Debug)]
pub struct Piece(Content);

#[derive(Debug)]
enum Content {
    Bytes(Vec<u8>),
    Rows(Vec<TaggedRow>),
    Cells(Vec<Vec<SheetCell>>),
}

impl Formatter {
    /// A formatter of the columns of the first input, and the added ones.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the format is one that can only be read, or if
    /// the first input lacks a column that is to be kept.
    pub fn new(first: Option<&Rows>, added: &[Added], options: &WriteOptions) -> Result<Self> {
        let columns = first.map(Rows::columns).unwrap_or_default();
        if let Some(first) = first {
            check_chosen(first, options)?;
        }
        let added_names: Vec<&str> = added.iter().map(|column| column.name.as_str()).collect();
        let names = RowWriter::new(columns, &added_names, options);
        let format = options.format;
        let shape = match format {
            Format::Csv | Format::Tsv | Format::Jsonl => Shape::Lines,
            Format::Parquet | Format::Arrow | Format::Arrows => {
                Shape::Columns(Layout::new(&names, first, added, format))
            }
            Format::Xlsx => Shape::Sheet,
            Format::Xls | Format::Ods => {
                return Err(bad_file(
                    "output",
                    format!("{format} can be read, but not written"),
                    "write .xlsx",
                ));
            }
        };
        Ok(Self { names, shape, options: options.clone() })
    }

    /// Whether the rows of a further input can be written beside those of the
    /// first one.
    ///
    /// # Errors
    /// [`Error::BadFile`] if a typed column of the output has another type there.
    pub fn check(&self, rows: &Rows) -> Result<()> {
        match &self.shape {
            Shape::Columns(layout) => layout.check(rows),
            _ => Ok(()),
        }
    }

    /// A piece without rows.
    pub fn piece(&self) -> Piece {
        Piece(match self.shape {
            Shape::Lines => Content::Bytes(Vec::new()),
            Shape::Columns(_) => Content::Rows(Vec::new()),
            Shape::Sheet => Content::Cells(Vec::new()),
        })
    }

    /// Adds a row, with one value per added column, to a piece.
    ///
    /// # Errors
    /// [`Error::BadRow`], with the piece as it was, if the row has columns
    /// which the output has no place for, or a cell that the format cannot hold.
    pub fn add(&self, piece: &mut Piece, row: Row, added: Vec<Value>) -> Result<()> {
        match &mut piece.0 {
            Content::Bytes(bytes) => self.names.write_row(bytes, &row, &added)?,
            Content::Cells(rows) => rows.push(sheet_writer::cells(&self.names, &row, &added)?),
            Content::Rows(rows) => {
                self.names.check(&row)?;
                rows.push((row, added));
            }
        }
        Ok(())
    }

    /// Starts the output.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written, [`Error::BadFile`] if the format
    /// cannot hold the columns.
    pub fn sink<'o>(&self, out: &'o mut dyn Write) -> Result<Sink<'o>> {
        let mut out = self.options.compression.writer(out).map_err(failed)?;
        let writer = match &self.shape {
            Shape::Lines => {
                let mut header = Vec::new();
                self.names.write_header(&mut header);
                out.write(&header).map_err(failed)?;
                Writer::Lines
            }
            Shape::Columns(layout) => {
                let writer = ColumnarWriter::new(self.names.clone(), layout.clone())?;
                Writer::Columns(Box::new(writer))
            }
            Shape::Sheet => Writer::Sheet(Box::new(SheetWriter::new(&self.names)?)),
        };
        Ok(Sink { out, writer })
    }
}

/// Every row of JSON Lines has columns of its own; the others have a header.
fn check_chosen(first: &Rows, options: &WriteOptions) -> Result<()> {
    let known = first.columns();
    let chosen = options.columns.iter().flatten();
    let missing: Vec<&String> = chosen.filter(|name| !known.contains(name)).collect();
    if missing.is_empty() || first.format() == Format::Jsonl {
        return Ok(());
    }
    let reason = format!("it has no column {}, but {}", quoted_list(&missing), quoted_list(known));
    Err(bad_file(first.file(), reason, "keep columns that are there"))
}

/// An output that is being written; without [`Sink::finish`] it is not whole.
pub struct Sink<'o> {
    out: Compressed<'o>,
    writer: Writer,
}

enum Writer {
    Lines,
    Columns(Box<ColumnarWriter>),
    Sheet(Box<SheetWriter>),
}

impl Sink<'_> {
    /// Writes the next piece.
    ///
    /// # Errors
    /// [`Error::Io`] if that fails, [`Error::BadFile`] if the format cannot
    /// hold so much.
    pub fn write(&mut self, piece: Piece) -> Result<()> {
        match (&mut self.writer, piece.0) {
            (Writer::Columns(writer), Content::Rows(rows)) => {
                for row in rows {
                    if let Some(bytes) = writer.push(row)? {
                        self.out.write(&bytes).map_err(failed)?;
                    }
                }
                Ok(())
            }
            (Writer::Sheet(writer), Content::Cells(rows)) => {
                rows.into_iter().try_for_each(|row| writer.push(row))
            }
            (_, Content::Bytes(bytes)) => self.out.write(&bytes).map_err(failed),
            _ => Err(failed(std::io::Error::other("rows of another output"))),
        }
    }

    /// Completes the output.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn finish(mut self) -> Result<()> {
        match self.writer {
            Writer::Lines => {}
            Writer::Columns(writer) => {
                self.out.write(&writer.finish()?).map_err(failed)?;
            }
            Writer::Sheet(writer) => {
                let mut file = writer.finish()?;
                let mut buffer = vec![0; 256 << 10];
                loop {
                    match file.read(&mut buffer).map_err(failed)? {
                        0 => break,
                        count => self.out.write(&buffer[..count]).map_err(failed)?,
                    }
                }
            }
        }
        self.out.finish().map_err(failed)
    }
}

fn failed(source: std::io::Error) -> Error {
    Error::io(PathBuf::from("output"), source)
}
