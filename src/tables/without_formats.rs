//! Replaces Parquet, Arrow and workbooks in builds without the feature `formats`. Its
//! types cannot be created, and opening such a file is an error.

/// Replaces the cells of record batches.
pub(super) mod arrow_cell {
    use std::borrow::Cow;

    use foldhash::fast::FixedState;
    use serde_json::Value;

    #[derive(Debug, Clone, PartialEq)]
    pub(in crate::tables) enum BatchRow {}

    impl BatchRow {
        pub(in crate::tables) fn text(&self, _: usize) -> Option<Cow<'_, str>> {
            match *self {}
        }

        pub(in crate::tables) fn json(&self, _: usize) -> Option<Value> {
            match *self {}
        }

        pub(in crate::tables) fn size(&self) -> u64 {
            match *self {}
        }

        pub(in crate::tables) fn fingerprint(&self, _: &FixedState) -> u64 {
            match *self {}
        }
    }
}

/// Replaces the reader of record batches.
pub(super) mod batches {
    use crate::error::Result;
    use crate::tables::Format;
    use crate::tables::row::{Field, Row};
    use crate::tables::stream::Stream;

    pub(in crate::tables) enum BatchRows {}

    impl BatchRows {
        pub(in crate::tables) fn new(_: Stream, file: &str, format: Format) -> Result<Self> {
            Err(super::missing(format, file))
        }

        pub(in crate::tables) fn columns(&self) -> &[String] {
            match *self {}
        }

        pub(in crate::tables) fn types(&self) -> &[String] {
            match *self {}
        }

        pub(in crate::tables) fn format(&self) -> Format {
            match *self {}
        }

        pub(in crate::tables) fn check_text(&self, _: &Field) -> Result<()> {
            match *self {}
        }

        pub(in crate::tables) fn is_ready(&self) -> bool {
            match *self {}
        }

        pub(in crate::tables) fn next(&mut self) -> Result<Option<Row>> {
            match *self {}
        }
    }
}

/// Replaces the reader of workbooks.
pub(super) mod workbook {
    use crate::error::Result;
    use crate::tables::row::Row;
    use crate::tables::start::Start;
    use crate::tables::stream::Stream;
    use crate::tables::{Format, ReadOptions, Repairs};

    pub(in crate::tables) enum SheetRows {}

    impl SheetRows {
        pub(in crate::tables) fn new(_: Stream, file: &str, _: &ReadOptions) -> Result<Self> {
            Err(super::missing(Format::Xlsx, file))
        }

        pub(in crate::tables) fn columns(&self) -> &[String] {
            match *self {}
        }

        pub(in crate::tables) fn repairs(&self) -> Repairs {
            match *self {}
        }

        pub(in crate::tables) fn sheets(&self) -> (&str, &[String]) {
            match *self {}
        }

        pub(in crate::tables) fn start(&self) -> &Start {
            match *self {}
        }

        pub(in crate::tables) fn cell_name(&self, _: usize, _: u64) -> String {
            match *self {}
        }

        pub(in crate::tables) fn format(&self) -> Format {
            match *self {}
        }

        pub(in crate::tables) fn next(&mut self) -> Option<Row> {
            match *self {}
        }
    }
}

/// Replaces the columns of a columnar output.
pub(super) mod layout {
    use crate::error::Result;
    use crate::tables::added_column::Added;
    use crate::tables::rows::Rows;
    use crate::tables::{Format, RowWriter};

    #[derive(Debug, Clone)]
    pub(in crate::tables) struct Layout;

    impl Layout {
        pub(in crate::tables) fn new(
            _: &RowWriter,
            _: Option<&Rows>,
            _: &[Added],
            format: Format,
        ) -> Result<Self> {
            Err(super::missing(format, "output"))
        }

        pub(in crate::tables) fn check(&self, rows: &Rows) -> Result<()> {
            Err(super::missing(Format::Parquet, rows.file()))
        }
    }
}

/// Replaces the writer of columnar files.
pub(super) mod columnar {
    use super::layout::Layout;
    use crate::error::Result;
    use crate::tables::added_column::TaggedRow;
    use crate::tables::{Format, RowWriter};

    pub(in crate::tables) enum ColumnarWriter {}

    pub(in crate::tables) struct Group {
        pub(in crate::tables) bytes: Vec<u8>,
        pub(in crate::tables) metadata: Vec<u8>,
    }

    impl ColumnarWriter {
        pub(in crate::tables) fn new(_: RowWriter, _: Layout) -> Result<Self> {
            Err(super::missing(Format::Parquet, "output"))
        }

        pub(in crate::tables) fn start(&self) -> &'static [u8] {
            match *self {}
        }

        pub(in crate::tables) fn push(&mut self, _: TaggedRow) -> Result<Option<Vec<u8>>> {
            match *self {}
        }

        pub(in crate::tables) fn flush(&mut self) -> Result<Vec<u8>> {
            match *self {}
        }

        pub(in crate::tables) fn cut(&mut self) -> Result<Group> {
            match *self {}
        }

        pub(in crate::tables) fn go_on(&mut self, _: &[Vec<u8>]) -> Result<()> {
            match *self {}
        }

        pub(in crate::tables) fn finish(self) -> Result<Vec<u8>> {
            match self {}
        }
    }
}

/// Replaces the writer of workbooks.
pub(super) mod sheet_writer {
    use std::fs::File;

    use serde_json::Value;

    use crate::error::Result;
    use crate::tables::row::Row;
    use crate::tables::{Format, RowWriter};

    #[derive(Debug, Clone, PartialEq)]
    pub(in crate::tables) enum SheetCell {}

    pub(in crate::tables) fn cells(_: &RowWriter, _: &Row, _: &[Value]) -> Result<Vec<SheetCell>> {
        Err(super::missing(Format::Xlsx, "output"))
    }

    pub(in crate::tables) fn check(_: &RowWriter) -> Result<()> {
        Err(super::missing(Format::Xlsx, "output"))
    }

    pub(in crate::tables) enum SheetWriter {}

    impl SheetWriter {
        pub(in crate::tables) fn new(_: &RowWriter) -> Result<Self> {
            Err(super::missing(Format::Xlsx, "output"))
        }

        pub(in crate::tables) fn push(&mut self, _: Vec<SheetCell>) -> Result<()> {
            match *self {}
        }

        pub(in crate::tables) fn finish(self) -> Result<File> {
            match self {}
        }
    }
}

/// Returns the error of a file in such a format.
fn missing(format: super::Format, file: &str) -> crate::error::Error {
    super::bad_file(
        file,
        format!("{format} needs a build with the feature \"formats\""),
        "convert it to CSV or JSON Lines, or use a build that has the feature",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use crate::tables::{Format, Formatter, ReadOptions, Rows, WriteOptions};

    #[test]
    fn a_format_that_is_not_built_is_an_error_that_names_the_feature() {
        for format in Format::ALL {
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            let read = Rows::from_reader(Cursor::new("id,title\n1,a\n"), "cases", &options).err();
            let written = Formatter::new(None, &[], &WriteOptions::new(format));
            let written = written.err().filter(|_| format.is_written());
            for error in [read, written].into_iter().flatten() {
                let text = error.to_string();
                assert!(!format.is_built() && text.contains("feature \"formats\""), "{text}");
            }
        }
    }
}
