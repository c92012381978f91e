//! The rows of an input file, one after the other.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::io::{self, Read};
use std::path::Path;

use arrow_schema::SchemaRef;
use foldhash::fast::FixedState;

use super::arrow_cell;
use super::batches::BatchRows;
use super::csv::CsvRows;
use super::encoding::Encoding;
use super::fields::{Field, is_alike};
use super::format::sniff_delimiter;
use super::jsonl::JsonlRows;
use super::row::Row;
use super::stream::{Counter, Stream};
use super::window::Window;
use super::workbook::SheetRows;
use super::{Format, ReadOptions, bad_file};
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
    counter: Counter,
    ahead: VecDeque<Result<Row>>,
    ended: bool,
}

enum Input {
    Csv(CsvRows),
    Jsonl(JsonlRows),
    Batches(BatchRows),
    Sheet(SheetRows),
}

impl Rows {
    /// Opens a file; `-` is standard input. A gzip or Zstandard compression is
    /// undone, whatever the name. Text and Arrow are read as a stream, Parquet
    /// page by page; of a workbook, the whole sheet is in memory.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::BadFile`] if it is empty,
    /// damaged, or has no usable header, [`Error::BadParam`] if the delimiter
    /// cannot separate fields.
    pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self> {
        let path = path.as_ref();
        if path.as_os_str() == "-" {
            return Self::from_reader(io::stdin(), "-", options);
        }
        let stream = Stream::open(path).map_err(|source| Error::io(path, source))?;
        Self::from_stream(stream, &path.display().to_string(), options)
    }

    /// Reads from a stream; `name` stands for it in errors, and its extension
    /// tells the format if the options do not. Parquet and workbooks, which
    /// cannot be read from front to back, go through a temporary file.
    ///
    /// # Errors
    /// As [`Rows::open`].
    pub fn from_reader(
        reader: impl Read + Send + 'static,
        name: &str,
        options: &ReadOptions,
    ) -> Result<Self> {
        let is_known = options.format.is_some_and(Format::is_streamed);
        let stream = Stream::from_reader(Box::new(reader), is_known);
        Self::from_stream(stream.map_err(|source| Error::io(name, source))?, name, options)
    }

    fn from_stream(stream: Stream, name: &str, options: &ReadOptions) -> Result<Self> {
        if let Some(delimiter) = options.delimiter {
            check_delimiter(delimiter)?;
        }
        // The mark of a binary format says more than the name.
        let mark = Format::from_mark(stream.start());
        let format = options.format.or(mark).or_else(|| Format::from_path(name));
        let counter = stream.counter();
        let input = match format {
            Some(format @ (Format::Parquet | Format::Arrow | Format::Arrows)) => {
                Input::Batches(BatchRows::new(stream, name, format)?)
            }
            Some(Format::Xlsx | Format::Xls | Format::Ods) => {
                Input::Sheet(SheetRows::new(stream, name, options.sheet.as_deref())?)
            }
            _ => Self::text_input(stream, format, name, options)?,
        };
        let columns = match &input {
            Input::Csv(rows) => rows.columns().to_vec(),
            Input::Batches(rows) => rows.columns().to_vec(),
            Input::Sheet(rows) => rows.columns().to_vec(),
            Input::Jsonl(_) => Vec::new(),
        };
        let ahead = VecDeque::new();
        let mut rows = Self { input, file: name.into(), columns, counter, ahead, ended: false };
        rows.look_ahead(1);
        rows.look_for(&options.columns.text);
        Ok(rows)
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
            Format::Jsonl => Input::Jsonl(JsonlRows::new(window, name)?),
            format => {
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
        })
    }

    /// Reads up to `count` rows ahead where rows name their own columns
    /// (JSONL), so that [`Rows::columns`] holds those of all of them. One row
    /// is looked at without being asked.
    pub fn look_ahead(&mut self, count: usize) {
        if !matches!(self.input, Input::Jsonl(_)) {
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

    /// Reads ahead until a row has one of the columns, as a writer may leave out
    /// a column where it is null.
    fn look_for(&mut self, wanted: &[String]) {
        let mut count = self.ahead.len();
        while count == self.ahead.len() && count < LOOK_FOR && !self.has_any(wanted) {
            count += 1;
            self.look_ahead(count);
        }
    }

    /// Whether there is a column that one of these names means.
    pub(crate) fn has_any(&self, names: &[String]) -> bool {
        self.columns.iter().any(|column| names.iter().any(|name| is_alike(column, name)))
    }

    /// Whether the next row is at hand: asking for it does not wait for the
    /// input. Only known of JSON Lines and Arrow, which may be answered as they
    /// come; of any other format it is taken to be.
    pub fn is_ready(&self) -> bool {
        if !self.ahead.is_empty() {
            return true;
        }
        match &self.input {
            Input::Jsonl(rows) => rows.is_ready(),
            Input::Batches(rows) => rows.is_ready(),
            Input::Csv(_) | Input::Sheet(_) => true,
        }
    }

    /// The columns: the header, or the columns of the rows looked at so far.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A hash of the names of the columns and, where they have such, their types.
    pub(crate) fn header_fingerprint(&self) -> u64 {
        let types = self.schema().map(|schema| schema.fields());
        FixedState::default().hash_one((&self.columns, types))
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
            Input::Batches(rows) => rows.format(),
            Input::Sheet(rows) => rows.format(),
        }
    }

    /// What separates the fields, in formats that have such.
    pub fn delimiter(&self) -> Option<u8> {
        match &self.input {
            Input::Csv(rows) => Some(rows.delimiter()),
            _ => None,
        }
    }

    /// How many bytes of the file have been read, compressed as they are, for
    /// progress; in Parquet and workbooks, as many as the share of the rows.
    pub fn bytes_read(&self) -> u64 {
        self.counter.get()
    }

    /// The types of the columns, in formats that have such.
    pub(super) fn schema(&self) -> Option<&SchemaRef> {
        match &self.input {
            Input::Batches(rows) => Some(rows.schema()),
            _ => None,
        }
    }

    /// Refuses a column whose values are no text and do not look like any.
    pub(super) fn check_text(&self, field: &Field) -> Result<()> {
        let (Some(schema), Some(index)) = (self.schema(), field.index) else { return Ok(()) };
        let kind = schema.field(index).data_type();
        if arrow_cell::is_text(kind) {
            return Ok(());
        }
        Err(bad_file(
            &self.file,
            format!("the column \"{}\" holds {kind} values, not text", field.name),
            "store it as strings, or name other columns with --text-columns",
        ))
    }

    fn read(&mut self) -> Option<Result<Row>> {
        if self.ended {
            return None;
        }
        let next = match &mut self.input {
            Input::Csv(rows) => rows.next(),
            Input::Jsonl(rows) => rows.next(),
            Input::Sheet(rows) => Ok(rows.next().map(Ok)),
            Input::Batches(rows) => Ok(rows.next().transpose()),
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

/// Rows that are looked at for a text column.
const LOOK_FOR: usize = 1000;

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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(input: &[u8], name: &str) -> Result<Rows> {
        Rows::from_reader(Cursor::new(input.to_vec()), name, &ReadOptions::default())
    }

    fn refusal(input: &[u8], name: &str) -> String {
        read(input, name).err().unwrap().to_string()
    }

    fn all(input: &[u8], name: &str) -> Vec<Result<Row, String>> {
        read(input, name).unwrap().map(|row| row.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn a_spreadsheet_export_with_marks_and_semicolons_reads_without_any_option() {
        let input = b"\xEF\xBB\xBFid;title\r\n\r\n1;\"two\r\nlines\"\r\n2;a,b\r\n";
        let rows = read(input, "export.csv").unwrap();
        assert_eq!(rows.columns(), ["id", "title"]);
        assert_eq!(rows.delimiter(), Some(b';'));
        let found: Vec<_> = rows
            .map(|row| row.unwrap())
            .map(|row| (row.number(), row.line(), row.get("title").unwrap().into_owned()))
            .collect();
        assert_eq!(found, [(1, 3, "two\r\nlines".into()), (2, 5, "a,b".into())]);
    }

    #[test]
    fn a_row_with_the_wrong_number_of_fields_is_reported_and_the_next_is_read() {
        let rows = all(b"id,title,year\n1,a\n2,b,2020,x\n3,c,2021\n", "a.csv");
        assert_eq!(
            rows[0].as_ref().unwrap_err(),
            "a.csv, row 1 (line 2): 2 fields found, 3 expected as in the header; \
             put text that holds \",\" or a line break between double quotes"
        );
        assert!(rows[1].as_ref().unwrap_err().contains("row 2 (line 3): 4 fields"));
        assert_eq!(rows[2].as_ref().unwrap().cell(2), Some("2021"));
    }

    #[test]
    fn a_cell_that_is_not_utf8_is_named_with_its_column() {
        let rows = all(b"id,title\n1,caf\xE9\n2,b\xC3,\n3,\xA9\n\xC3,\xA9\n", "a.csv");
        let error = rows[0].as_ref().unwrap_err();
        assert!(error.contains("row 1 (line 2), column \"title\""), "{error}");
        assert!(error.contains("0xE9 after 3 bytes") && error.contains("UTF-8"), "{error}");
        // The halves of "é" in two cells make no whole.
        assert!(rows[3].as_ref().unwrap_err().contains("column \"id\""), "{:?}", rows[3]);
    }

    #[test]
    fn a_quote_left_open_costs_one_row_and_hides_none() {
        let rows = all(b"id,title\n1,a\n2,\"b\n3,c\n", "a.csv");
        assert_eq!(rows.len(), 3);
        let error = rows[1].as_ref().unwrap_err();
        assert!(error.contains("row 2 (line 3): a quote is opened and never closed"), "{error}");
        assert_eq!(rows[2].as_ref().unwrap().get("title").unwrap(), "c");
    }

    #[test]
    fn an_empty_file_is_refused_and_a_lone_header_is_no_fault() {
        for (input, name) in [(&b""[..], "a.csv"), (b"\n\r\n", "a.csv"), (b" \n", "a.jsonl")] {
            let error = refusal(input, name);
            assert!(error.contains(&format!("{name}: is empty; ")), "{error}");
        }
        assert!(all(b"id,title", "a.csv").is_empty());
    }

    #[test]
    fn a_header_that_is_no_text_is_refused_with_a_remedy() {
        let error = refusal(b"id,t\xEFtre\n1,a\n", "a.csv");
        assert!(error.contains("not UTF-8") && error.contains("--encoding"), "{error}");
        let error = refusal(b"id,\"title\n1,a\n", "a.csv");
        assert!(error.contains("header") && error.contains("close the quote"), "{error}");
    }

    #[test]
    fn rows_of_any_length_are_whole_wherever_the_reading_stops_for_breath() {
        // Lengths around and beyond the 256 KiB that are read at a time.
        let lengths = [1, 262_100, 3, 700_000, 0, 262_144, 5];
        for (quote, end) in [("", "\n"), ("\"", "\r\n"), ("\"", "\r")] {
            let mut csv = format!("id,title{end}");
            let mut jsonl = String::new();
            for (id, length) in lengths.into_iter().enumerate() {
                let title = "x".repeat(length);
                csv += &format!("{id},{quote}{title}{quote}{end}");
                jsonl += &format!("{{\"id\":{id},\"title\":\"{title}\"}}\n");
            }
            for (input, name) in [(csv, "a.csv"), (jsonl, "a.jsonl")] {
                let mut rows = read(input.as_bytes(), name).unwrap();
                let found: Vec<usize> =
                    rows.by_ref().map(|row| row.unwrap().get("title").unwrap().len()).collect();
                assert_eq!(found, lengths, "{name} {end:?}");
                assert_eq!(rows.bytes_read(), input.len() as u64);
            }
        }
    }

    #[test]
    fn null_bytes_pass_through() {
        let rows = all(b"id,title\n1,a\0b\n", "a.csv");
        assert_eq!(rows[0].as_ref().unwrap().get("title").unwrap(), "a\0b");
    }

    #[test]
    fn json_values_keep_their_kind_and_show_as_text() {
        let input = b"\xEF\xBB\xBF{\"id\":7,\"title\":\"x\",\"none\":null,\"list\":[1,\"a\"]}\r\n\r\n{\"id\":8}";
        let rows = all(input, "a.jsonl");
        let (first, second) = (rows[0].as_ref().unwrap(), rows[1].as_ref().unwrap());
        assert!(first.value("id").unwrap().is_u64());
        let cells: Vec<_> = first.values().map(|(_, cell)| cell.into_owned()).collect();
        assert_eq!(cells, ["7", "x", "", "[1,\"a\"]"]);
        assert_eq!((second.number(), second.line(), second.get("title")), (2, 3, None));
    }

    #[test]
    fn a_line_that_is_no_json_object_is_reported_and_the_next_is_read() {
        let input =
            b"{\"id\":1}\n{\"id\":2\n7\n{\"id\":3,\"id\":4}\n{\"id\":\"\xE9\"}\n{\"id\":5}\n";
        let rows = all(input, "a.jsonl");
        let errors: Vec<_> = rows.iter().filter_map(|row| row.as_ref().err()).collect();
        assert_eq!((rows.len(), errors.len()), (6, 4));
        assert!(
            errors[0].starts_with("a.jsonl, row 2 (line 2): not a JSON object"),
            "{}",
            errors[0]
        );
        assert!(errors[0].contains("at character 7;"), "{}", errors[0]);
        assert!(errors[2].contains("the key \"id\" stands twice"), "{}", errors[2]);
        assert!(rows[5].is_ok());
    }

    #[test]
    fn a_json_array_is_refused_with_what_to_write_instead() {
        let error = refusal(b"[{\"id\":1}]", "a.json");
        assert!(error.contains("array") && error.contains("one JSON object per line"), "{error}");
    }

    #[test]
    fn the_content_tells_the_format_where_the_name_does_not() {
        assert_eq!(read(b"\n{\"id\":1}", "-").unwrap().format(), Format::Jsonl);
        assert_eq!(read(b"id\ttitle\n", "-").unwrap().format(), Format::Tsv);
        assert_eq!(read(b"id,title\n", "cases.txt").unwrap().format(), Format::Csv);
    }

    #[test]
    fn a_delimiter_that_cannot_separate_is_refused() {
        let options = ReadOptions { delimiter: Some(b'"'), ..ReadOptions::default() };
        let error = Rows::from_reader(io::empty(), "a.csv", &options).err().unwrap();
        assert!(error.to_string().contains("delimiter"), "{error}");
    }

    #[test]
    fn a_broken_stream_ends_the_rows_with_its_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("unplugged"))
            }
        }
        let stream = Cursor::new("id,title\n1,a\n2,b").chain(Broken);
        let rows = Rows::from_reader(stream, "a.csv", &ReadOptions::default()).unwrap();
        let found: Vec<_> = rows.map(|row| row.map_err(|e| e.to_string())).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].as_ref().unwrap_err(), "a.csv: unplugged");
    }

    /// Any input gives a refusal, or rows and faults numbered 1, 2, 3, …
    fn check_any(input: &[u8], name: &str) -> std::result::Result<(), TestCaseError> {
        let Ok(rows) = read(input, name) else { return Ok(()) };
        for (i, row) in rows.enumerate() {
            let number = match &row {
                Ok(row) => {
                    prop_assert!(row.values().all(|(name, _)| row.get(name).is_some()));
                    Some(row.number())
                }
                Err(error) => error.place().and_then(|place| place.row),
            };
            prop_assert_eq!(number, Some(i as u64 + 1));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_bytes_give_rows_or_errors(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            for name in ["a.csv", "a.tsv", "a.jsonl", "-"] {
                check_any(&input, name)?;
            }
        }

        #[test]
        fn any_bytes_that_look_like_a_table_give_rows_or_errors(
            input in proptest::collection::vec(
                prop::sample::select(&b"a,,,\"\"\n\n\r\xC3\xA9\0{}:[]1 "[..]), 0..80)
        ) {
            check_any(&[b"id,title\n", &input[..]].concat(), "a.csv")?;
            check_any(&input, "a.csv")?;
            check_any(&[b"{}\n", &input[..]].concat(), "a.jsonl")?;
        }
    }
}
