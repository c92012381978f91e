//! The file formats, recognised by name, extension or first bytes.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::compression::Compression;
use crate::error::Error;

/// A file format of cases. Most formats can be read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A header and one record per row, with fields separated by `,` (or `;`).
    Csv,
    /// CSV with tabs.
    Tsv,
    /// One JSON object per line.
    Jsonl,
    /// Apache Parquet: typed columns in compressed row groups.
    Parquet,
    /// The Arrow IPC file, also known as Feather version 2.
    Arrow,
    /// The Arrow IPC stream, for pipes.
    Arrows,
    /// An Excel workbook.
    Xlsx,
    /// An Excel workbook from before 2007; read only.
    Xls,
    /// An OpenDocument spreadsheet; read only.
    Ods,
}

impl Format {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::Csv,
        Self::Tsv,
        Self::Jsonl,
        Self::Parquet,
        Self::Arrow,
        Self::Arrows,
        Self::Xlsx,
        Self::Xls,
        Self::Ods,
    ];

    /// Returns the name of the format, as users write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Arrows => "arrows",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Ods => "ods",
        }
    }

    /// Returns the format for the extension of a file, if it is known. The extension of a
    /// compression is ignored.
    pub fn from_path(path: impl AsRef<Path>) -> Option<Self> {
        let path = path.as_ref();
        if Compression::from_path(path) != Compression::None {
            return Self::from_path(path.with_extension(""));
        }
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "parquet" | "pq" => Some(Self::Parquet),
            "arrow" | "feather" | "ipc" => Some(Self::Arrow),
            "arrows" => Some(Self::Arrows),
            "xlsx" | "xlsm" => Some(Self::Xlsx),
            "xls" => Some(Self::Xls),
            "ods" => Some(Self::Ods),
            _ => None,
        }
    }

    /// Returns the default separator of the fields; `None` for formats without one.
    pub fn delimiter(self) -> Option<u8> {
        match self {
            Self::Csv => Some(b','),
            Self::Tsv => Some(b'\t'),
            _ => None,
        }
    }

    /// Returns whether this build supports the format. Without the feature `formats`, it
    /// supports only CSV, TSV and JSON Lines.
    pub fn is_built(self) -> bool {
        cfg!(feature = "formats") || matches!(self, Self::Csv | Self::Tsv | Self::Jsonl)
    }

    /// Returns whether the format can be written.
    pub fn is_written(self) -> bool {
        !matches!(self, Self::Xls | Self::Ods)
    }

    /// Returns whether rows can be answered one by one as they arrive.
    pub fn is_streamed(self) -> bool {
        matches!(self, Self::Jsonl | Self::Arrow | Self::Arrows)
    }

    /// Returns whether a separator stands between the cells of a line.
    pub(super) fn is_delimited(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv)
    }

    /// Returns whether the format is a workbook, of which one sheet is read as a whole.
    pub fn is_workbook(self) -> bool {
        matches!(self, Self::Xlsx | Self::Xls | Self::Ods)
    }

    /// Returns the binary format for the magic bytes of a file. Each has bytes that do
    /// not occur in text.
    pub(super) fn from_mark(start: &[u8]) -> Option<Self> {
        const ODS: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
        if start.starts_with(b"PAR1\x15") {
            Some(Self::Parquet)
        } else if start.starts_with(b"ARROW1\0\0") {
            Some(Self::Arrow)
        } else if start.starts_with(b"\xFF\xFF\xFF\xFF") {
            Some(Self::Arrows)
        } else if start.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            Some(Self::Xls)
        } else if start.starts_with(b"PK\x03\x04") {
            // The first entry of a ZIP archive has its name at byte 30.
            let is_ods = start.get(30..).is_some_and(|rest| rest.starts_with(ODS));
            Some(if is_ods { Self::Ods } else { Self::Xlsx })
        } else {
            None
        }
    }

    /// Guesses the text format from the beginning of a text.
    pub(super) fn from_start(start: &[u8]) -> Self {
        match start.trim_ascii_start().first() {
            Some(b'{' | b'[') => Self::Jsonl,
            _ => Self::Csv,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// # Errors
    /// [`Error::BadParam`] that lists the known formats.
    fn from_str(name: &str) -> Result<Self, Error> {
        let lower = name.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.name() == lower).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::bad_param("format", name, format!("give one of {names}"))
        })
    }
}

/// Separators that are detected, the more likely ones first.
pub(super) const DELIMITERS: [u8; 5] = [b',', b';', b'\t', b'|', b'^'];

/// Number of lines examined for the separator.
const LINES_SEEN: usize = 20;

/// Detects the separator of a file. Among those with the same count, outside quotes, in
/// the header and in every complete line after it, the most frequent one wins. If there
/// is none, the most frequent one in the header wins, and `,` if the header has none.
pub(super) fn sniff_delimiter(start: &[u8]) -> u8 {
    let lines = counts(start);
    let Some((header, rows)) = lines.split_first() else { return b',' };
    let is_even = |at: &usize| rows.iter().all(|row| row[*at] == header[*at]);
    let most = |of: &mut dyn Iterator<Item = usize>| {
        let counted = of.filter(|&at| header[at] > 0);
        counted.reduce(|best, at| if header[at] > header[best] { at } else { best })
    };
    let even =
        if rows.is_empty() { None } else { most(&mut (0..DELIMITERS.len()).filter(is_even)) };
    let usual = even.or_else(|| most(&mut (0..3)));
    DELIMITERS[usual.or_else(|| most(&mut (3..DELIMITERS.len()))).unwrap_or(0)]
}

/// Counts each separator outside quotes, in the header and in the complete, non-empty
/// lines after it.
fn counts(start: &[u8]) -> Vec<[usize; DELIMITERS.len()]> {
    let mut lines = Vec::new();
    let mut line = [0; DELIMITERS.len()];
    let (mut quoted, mut is_empty) = (false, true);
    for &byte in start.trim_ascii_start() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => {
                if !is_empty {
                    lines.push(std::mem::take(&mut line));
                }
                if lines.len() > LINES_SEEN {
                    return lines;
                }
                is_empty = true;
                continue;
            }
            _ if quoted => {}
            _ => {
                for (count, delimiter) in line.iter_mut().zip(DELIMITERS) {
                    *count += usize::from(byte == delimiter);
                }
            }
        }
        is_empty = false;
    }
    if lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_name_by_extension_and_by_content() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
        }
        assert_eq!(Format::from_path("a/b.NDJSON"), Some(Format::Jsonl));
        assert_eq!(Format::from_path("a/b.tsv"), Some(Format::Tsv));
        assert_eq!(Format::from_path("a/b.csv.GZ"), Some(Format::Csv));
        assert_eq!(Format::from_path("a/b.v2.jsonl.zst"), Some(Format::Jsonl));
        assert_eq!(Format::from_path("b.gz"), None);
        assert_eq!(Format::from_path("-"), None);
        assert_eq!(Format::from_start(b"\n {\"id\":1}"), Format::Jsonl);
        assert_eq!(Format::from_start(b"id,title"), Format::Csv);
    }

    #[test]
    fn an_unknown_format_is_answered_with_the_known_ones() {
        let error = "doc".parse::<Format>().unwrap_err().to_string();
        assert!(error.contains("doc") && error.contains("csv, tsv, jsonl"), "{error}");
    }

    #[test]
    fn separators_inside_quotes_do_not_count() {
        assert_eq!(sniff_delimiter(b"id;\"a,b,c\";d\n1,2,3,4,5"), b';');
        assert_eq!(sniff_delimiter(b"id\ttitle"), b'\t');
        assert_eq!(sniff_delimiter(b"id,title;x,y"), b',');
        assert_eq!(sniff_delimiter(b"id"), b',');
        assert_eq!(sniff_delimiter(b"id|title\n1|a, b, c\n"), b'|');
        assert_eq!(sniff_delimiter(b"id^title, short\n1^a, b, c\n2^d\n"), b'^');
        let commas = b"id;title, short, or long\n1;a\n2;b, c\n";
        assert_eq!(sniff_delimiter(commas), b';', "as often in every line");
    }
}
