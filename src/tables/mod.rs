//! Cases in files: streaming readers and writers, and the labelled corpus. [`Rows`] reads a file
//! row by row, [`Fields`] finds the columns with the id, the texts and the trends, [`Formatter`]
//! and [`Sink`] write rows with added columns ([`RowWriter`] in the text formats), and
//! [`Corpus`](crate::tagger::Corpus) loads a labelled file as a whole.

mod added_column;
#[cfg(feature = "formats")]
mod arrow_cell;
pub mod batch;
#[cfg(feature = "formats")]
mod batches;
#[cfg(feature = "formats")]
mod biff;
#[cfg(feature = "formats")]
mod columnar;
mod compression;
mod csv;
mod dialect;
mod encoding;
mod examples;
mod fields;
mod folder;
mod format;
mod formatter;
mod guard;
#[cfg(feature = "formats")]
mod ipc;
mod json_layout;
mod jsonl;
mod label_columns;
mod labelled;
#[cfg(feature = "formats")]
mod layout;
mod model;
pub mod output;
#[cfg(feature = "formats")]
mod parquet;
mod records;
mod repairs;
mod reviewed;
mod row;
mod rows;
#[cfg(feature = "formats")]
mod schema_depth;
#[cfg(feature = "formats")]
mod sheet;
mod sheet_value;
#[cfg(feature = "formats")]
pub(crate) mod sheet_writer;
#[cfg(feature = "formats")]
mod sheets;
pub mod spreadsheet;
mod start;
mod stream;
mod unknown_labels;
mod window;
#[cfg(not(feature = "formats"))]
mod without_formats;
#[cfg(feature = "formats")]
mod workbook;
#[cfg(feature = "formats")]
mod workbook_limits;
mod writer;

pub use added_column::{Added, Kind};
pub use compression::Compression;
pub use encoding::Encoding;
pub use examples::{built_in_examples, open_examples};
pub use fields::Fields;
pub(crate) use fields::bare_id;
pub use format::Format;
pub use formatter::{Formatter, PartSize, Piece, Sink};
pub use guard::is_guarded;
pub(crate) use label_columns::LabelColumns;
pub(crate) use labelled::case_of;
pub use repairs::Repairs;
pub use row::{Field, Row, find_column};
pub use rows::Rows;
pub use start::FirstLine;
pub use unknown_labels::unknown_labels;
pub use writer::{RowWriter, WriteOptions};

#[cfg(not(feature = "formats"))]
use without_formats::{arrow_cell, batches, columnar, layout, sheet_writer, workbook};

use serde::{Deserialize, Serialize};

use crate::error::{Action, Error, Place, Remedy};

/// Names of the columns that are read; every other column is metadata. A name without an
/// exact match is matched without regard to case, spaces, punctuation and byte-order
/// marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// The column with the id. If it is missing or blank, the row number is the id.
    pub id: String,
    /// The columns with the texts, in this order.
    pub text: Vec<String>,
    /// The column with the gold trends.
    pub trends: String,
    /// Columns that mark one label each, instead of `trends`.
    pub label_columns: Vec<String>,
    /// The separator of the labels in a cell; detected if absent.
    pub label_separator: Option<String>,
    /// How to treat a file that lacks some of the text columns.
    #[serde(skip_serializing_if = "MissingText::is_default")]
    pub missing_text: MissingText,
}

/// How to treat a file that lacks some of the text columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MissingText {
    /// The file is refused.
    #[default]
    Refuse,
    /// It is read.
    Allow,
}

impl MissingText {
    /// Returns the default is omitted, so that files saved by older versions stay identical.
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            id: "id".into(),
            text: ["title", "summary", "description"].map(String::from).into(),
            trends: "trends".into(),
            label_columns: Vec::new(),
            label_separator: None,
            missing_text: MissingText::default(),
        }
    }
}

/// Options for reading a file. Options that are not given are detected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// The format. If absent, it is detected by the name of the file, else by its
    /// content.
    pub format: Option<Format>,
    /// The separator of CSV fields, an ASCII character. If absent, it is the one of `,` `;`
    /// tab `|` `^` that yields the requested columns or occurs equally often in each of the
    /// first lines.
    pub delimiter: Option<u8>,
    /// The encoding of a text format. If absent, it is UTF-16 or UTF-32 if the file has
    /// their byte-order mark or zero bytes, else UTF-8.
    pub encoding: Option<Encoding>,
    /// The sheet of a workbook. If absent, it is the only visible one with the columns,
    /// else the first visible one with data.
    pub sheet: Option<String>,
    /// The line (in a workbook the row) of the header, from 1. If absent, it is the first
    /// one, or the only one of the first rows that contains the column names.
    pub header_row: Option<u64>,
    /// Number of rows after the header that are not cases. If absent, the rows that
    /// survey tools add are detected.
    pub skip_rows: Option<u64>,
    /// Whether the value of a merged cell in a workbook is copied to all of its rows.
    pub fill_merged: bool,
    /// The names of the columns.
    pub columns: Columns,
    /// Maximum expanded size of a compressed file or workbook, in bytes. If absent, it is
    /// [`DEFAULT_MAX_EXPANDED`], and at most 1,000 times the size of the file.
    pub max_expanded: Option<u64>,
}

/// Maximum expanded size of a compressed file or workbook, in bytes, and maximum ratio to
/// the size of the file, which applies to large sizes only.
pub const DEFAULT_MAX_EXPANDED: u64 = 16 << 30;
const MAX_EXPANSION: u64 = 1000;
const EXPANDED_FREELY: u64 = 64 << 20;

/// Returns the number of bytes that a file of this length may expand to.
fn expanded_limit(wanted: Option<u64>, length: u64) -> u64 {
    let share = length.saturating_mul(MAX_EXPANSION).max(EXPANDED_FREELY);
    wanted.unwrap_or_else(|| share.min(DEFAULT_MAX_EXPANDED))
}

/// Maximum length of a row, in bytes. It limits memory and is far longer than any text.
const MAX_ROW: usize = 256 << 20;

fn raise_the_limit() -> Remedy {
    Action::RaiseLimit.to("if the file is what it should be, raise the limit")
}

fn say_encoding() -> Remedy {
    Action::NameEncoding.to(
        "save the file as UTF-8 (in Excel: \"CSV UTF-8\"), or name its encoding, such as windows-1252",
    )
}

fn bad_row(place: Place, reason: impl Into<String>, remedy: impl Into<Remedy>) -> Error {
    Error::bad_row(place, reason, remedy)
}

fn bad_file(file: &str, reason: impl Into<String>, remedy: impl Into<Remedy>) -> Error {
    Error::bad_file(file, reason, remedy)
}
