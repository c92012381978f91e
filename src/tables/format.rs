//! The file formats, told by name, by extension or by the first bytes.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::compression::Compression;
use crate::error::Error;

/// A format in which cases are read and, most of them, written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One row per record, a header first, fields apart by `,` (or `;`).
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
    /// An Excel workbook of before 2007; read only.
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

    /// The name, as `--format` takes it.
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

    /// The format that the extension of a file stands for, if it is known; the
    /// extension of a compression is passed over.
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

    /// What separates the fields in this format if nothing else is said;
    /// `None` where there is no separator.
    pub fn delimiter(self) -> Option<u8> {
        match self {
            Self::Csv => Some(b','),
            Self::Tsv => Some(b'\t'),
            _ => None,
        }
    }

    /// Whether it is read and written by this build: without the feature
    /// `formats`, only CSV, TSV and JSON Lines are.
    pub fn is_built(self) -> bool {
        cfg!(feature = "formats") || matches!(self, Self::Csv | Self::Tsv | Self::Jsonl)
    }

    /// Whether rows can be written in it.
    pub fn is_written(self) -> bool {
        !matches!(self, Self::Xls | Self::Ods)
    }

    /// Whether rows can be answered one after the other as they come in.
    pub fn is_streamed(self) -> bool {
        matches!(self, Self::Jsonl | Self::Arrow | Self::Arrows)
    }

    /// Whether it is a workbook, of which one sheet is read as a whole.
    pub fn is_workbook(self) -> bool {
        matches!(self, Self::Xlsx | Self::Xls | Self::Ods)
    }

    /// The binary format whose mark a file begins with. Each mark has bytes
    /// that no text has.
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

    /// The text format that the beginning of a text looks like.
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
    /// [`Error::BadParam`] naming the formats there are.
    fn from_str(name: &str) -> Result<Self, Error> {
        let lower = name.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.name() == lower).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::bad_param("format", name, format!("give one of {names}"))
        })
    }
}

/// What may separate fields without being named, the likelier ones first.
pub(super) const DELIMITERS: [u8; 5] = [b',', b';', b'\t', b'|', b'^'];

/// Lines that are looked at for the separator.
const LINES_SEEN: usize = 20;

/// The separator a file uses: of those that stand as often, outside quotes, in
/// the header as in every complete line after it, the most frequent; if there is
/// none, the most frequent in the header; `,` if there is none there.
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

/// How often each separator stands outside quotes, in the header and in the
/// complete lines after it that are not empty.
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
