//! Writes rows with added columns in any format. Rows are formatted on any thread and put
//! together in order on one thread.

use std::io::{Read, Write};

use serde_json::Value;

use super::added_column::{Added, TaggedRow};
use super::columnar::ColumnarWriter;
use super::compression::Compressed;
use super::layout::Layout;
use super::row::{Row, Source};
use super::rows::Rows;
use super::sheet_writer::{self, SheetCell, SheetWriter};
use super::writer::{RowWriter, WriteOptions};
use super::{Format, bad_file};
use crate::error::{Error, Result, quoted_list};

/// Formats rows. Threads share it.
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

/// Formatted rows that still have to be put in order.
#[derive(Debug)]
pub struct Piece(Content);

#[derive(Debug)]
enum Content {
    Bytes(Vec<u8>),
    Rows(Vec<TaggedRow>),
    Cells(Vec<Vec<SheetCell>>),
}

impl Formatter {
    /// Creates a formatter for the columns of the first input and the added ones.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the format is read-only, or if the first input lacks a
    /// column to keep.
    pub fn new(first: Option<&Rows>, added: &[Added], options: &WriteOptions) -> Result<Self> {
        let columns = first.map(Rows::columns).unwrap_or_default();
        let mut options = options.clone();
        if let (Some(first), Some(chosen)) = (first, &options.columns) {
            options.columns = Some(chosen_columns(first, chosen, &options.more_columns)?);
        }
        let options = &options;
        let added_names: Vec<&str> = added.iter().map(|column| column.name.as_str()).collect();
        let names = RowWriter::new(columns, &added_names, options);
        let format = options.format;
        let shape = match format {
            Format::Csv | Format::Tsv | Format::Jsonl => Shape::Lines,
            Format::Parquet | Format::Arrow | Format::Arrows => {
                Shape::Columns(Layout::new(&names, first, added, format)?)
            }
            Format::Xlsx => {
                sheet_writer::check(&names)?;
                Shape::Sheet
            }
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

    /// Checks that the rows of a further input can be written together with those of the
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

    /// Creates an empty piece.
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
    /// [`Error::BadRow`], with the piece unchanged, if the row has columns that the
    /// output lacks, or a cell that the format cannot store.
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

    /// Returns the amount of input for one part of the output, which is written between
    /// two calls of [`Sink::cut`].
    pub fn part_size(&self) -> PartSize {
        match self.shape {
            Shape::Columns(_) => PartSize { rows: 64 << 10, bytes: 64 << 20 },
            Shape::Lines | Shape::Sheet => PartSize { rows: 4 << 10, bytes: 4 << 20 },
        }
    }

    /// Creates an output that has not been started.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the format cannot store the columns.
    pub fn sink(&self) -> Result<Sink> {
        let writer = match &self.shape {
            Shape::Lines => Writer::Lines,
            Shape::Columns(layout) => {
                let writer = ColumnarWriter::new(self.names.clone(), layout.clone())?;
                Writer::Columns(Box::new(writer))
            }
            Shape::Sheet => Writer::Sheet(Box::new(SheetWriter::new(&self.names)?)),
        };
        let mut header = Vec::new();
        match &writer {
            Writer::Lines => self.names.write_header(&mut header),
            Writer::Columns(writer) => header.extend_from_slice(writer.start()),
            Writer::Sheet(_) => {}
        }
        Ok(Sink { header, out: self.options.compression.writer(), writer })
    }
}

/// Returns the columns to keep, as the first input or a later one spells them.
fn chosen_columns(first: &Rows, chosen: &[String], more: &[String]) -> Result<Vec<String>> {
    let known: Vec<String> = first.columns().iter().chain(more).cloned().collect();
    let source = Source::new("", known);
    let found = chosen
        .iter()
        .map(|name| source.position_alike(name, |_| false).map(|at| source.columns[at].clone()));
    let found: Vec<Option<String>> = found.collect();
    let missing: Vec<&String> = chosen
        .iter()
        .zip(&found)
        .filter(|(_, found)| found.is_none())
        .map(|(name, _)| name)
        .collect();
    // In a stream of rows that name their own columns, later ones may have them.
    if !missing.is_empty() && first.has_looked_far() {
        let (missing, known) = (quoted_list(&missing), quoted_list(&source.columns));
        let reason = format!("it has no column {missing}, but {known}");
        return Err(bad_file(first.file(), reason, "keep columns that are there"));
    }
    let found = chosen.iter().zip(found).map(|(name, found)| found.unwrap_or_else(|| name.clone()));
    let found: Vec<String> = found.collect();
    if let Some(twice) = (1..found.len()).find(|&i| found[..i].contains(&found[i])) {
        let reason = format!("the column {:?} is to be kept twice", found[twice]);
        return Err(bad_file(first.file(), reason, "name each column once"));
    }
    Ok(found)
}

/// The amount of input for one part of the output; the limit that is reached first
/// counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSize {
    /// Rows.
    pub rows: u64,
    /// Bytes of rows, as [`Row::size`] reports them.
    pub bytes: u64,
}

/// An output that is being written. Every call must pass the same `out`.
pub struct Sink {
    header: Vec<u8>,
    out: Compressed,
    writer: Writer,
}

enum Writer {
    Lines,
    Columns(Box<ColumnarWriter>),
    Sheet(Box<SheetWriter>),
}

impl Sink {
    /// Starts the output.
    ///
    /// # Errors
    /// [`Error::Io`] if writing fails.
    pub fn start(&mut self, out: &mut dyn Write) -> Result<()> {
        self.out.write(&self.header, out).map_err(failed)
    }

    /// Writes the next piece.
    ///
    /// # Errors
    /// [`Error::Io`] if writing fails, [`Error::BadFile`] if the format cannot store that
    /// much.
    pub fn write(&mut self, piece: Piece, out: &mut dyn Write) -> Result<()> {
        match (&mut self.writer, piece.0) {
            (Writer::Columns(writer), Content::Rows(rows)) => {
                for row in rows {
                    if let Some(bytes) = writer.push(row)? {
                        self.out.write(&bytes, out).map_err(failed)?;
                    }
                }
                Ok(())
            }
            (Writer::Sheet(writer), Content::Cells(rows)) => {
                rows.into_iter().try_for_each(|row| writer.push(row))
            }
            (_, Content::Bytes(bytes)) if bytes.is_empty() => Ok(()),
            (_, Content::Bytes(bytes)) => self.out.write(&bytes, out).map_err(failed),
            _ => Err(failed(std::io::Error::other("rows of another output"))),
        }
    }

    /// Flushes all rows so far to the reader of `out` in formats that can be read while
    /// they are written: JSON Lines, CSV and the Arrow stream.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn flush(&mut self, out: &mut dyn Write) -> Result<()> {
        if let Writer::Columns(writer) = &mut self.writer {
            let bytes = writer.flush()?;
            self.out.write(&bytes, out).map_err(failed)?;
        }
        out.flush().map_err(failed)
    }

    /// Completes a part. In formats that can be resumed, another run can continue from
    /// here with the returned state. The bytes depend on the positions of the cuts.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn cut(&mut self, out: &mut dyn Write) -> Result<Vec<u8>> {
        match &mut self.writer {
            Writer::Lines => self.out.cut(out).map_err(failed)?,
            Writer::Sheet(_) => {}
            Writer::Columns(writer) => {
                let group = writer.cut()?;
                self.out.write(&group.bytes, out).map_err(failed)?;
                return Ok(group.metadata);
            }
        }
        Ok(Vec::new())
    }

    /// Continues after earlier parts with the state that [`Sink::cut`] returned. Replaces
    /// [`Sink::start`].
    ///
    /// # Errors
    /// [`Error::BadFile`] if the state belongs to another kind of output.
    pub fn go_on(&mut self, parts: &[Vec<u8>]) -> Result<()> {
        match &mut self.writer {
            Writer::Columns(writer) => writer.go_on(parts),
            Writer::Lines | Writer::Sheet(_) => Ok(()),
        }
    }

    /// Completes the output.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn finish(mut self, out: &mut dyn Write) -> Result<()> {
        self.cut(out)?;
        match self.writer {
            Writer::Lines => {}
            Writer::Columns(writer) => {
                self.out.write(&writer.finish()?, out).map_err(failed)?;
            }
            Writer::Sheet(writer) => {
                let mut file = writer.finish()?;
                let mut buffer = vec![0; 256 << 10];
                loop {
                    match file.read(&mut buffer).map_err(failed)? {
                        0 => break,
                        count => self.out.write(&buffer[..count], out).map_err(failed)?,
                    }
                }
            }
        }
        self.out.cut(out).map_err(failed)
    }
}

fn failed(source: std::io::Error) -> Error {
    Error::Output { source }
}
