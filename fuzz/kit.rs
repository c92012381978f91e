//! Shared code of the fuzz targets: reading a file with any content.

use std::io::Cursor;
use std::sync::Once;

use trendtag::Taxonomy;
use trendtag::review::{ImportSource, ImportedLabels};
use trendtag::tables::{Columns, Fields, Format, ReadOptions, Rows};

/// Maximum number of rows to read. A small file can declare very many.
const ROWS: usize = 10_000;

/// Reads the bytes as a table; each item counts as one row.
///
/// # Panics
/// If the number of a row is not the number of items so far.
pub fn read_table(bytes: &[u8], format: Format) {
    read(bytes, Some(format));
}

/// Reads the bytes as a table in a detected format.
///
/// # Panics
/// As [`read_table`].
pub fn read_any(bytes: &[u8]) {
    read(bytes, None);
}

fn read(bytes: &[u8], format: Option<Format>) {
    static HOOK: Once = Once::new();
    // The hook of libFuzzer aborts at panics of decoders that the library catches.
    // Without it, a panic that is not caught still ends the target.
    HOOK.call_once(|| drop(std::panic::take_hook()));
    let options = ReadOptions { format, ..ReadOptions::default() };
    let Ok(rows) = Rows::from_reader(Cursor::new(bytes.to_vec()), "fuzz", &options) else {
        return;
    };
    let fields = Fields::of(&rows, &Columns::default());
    for (number, row) in (1..).zip(rows.take(ROWS)) {
        let Ok(row) = row else { continue };
        assert_eq!(row.number(), number, "a row is missing, or read twice");
        let _ = row.record();
        if let Ok(fields) = &fields {
            let _ = fields.texts(&row).count();
        }
    }
}

/// Reads the bytes as labels of another tool.
pub fn read_labels(bytes: &[u8], source: ImportSource) {
    let Ok(taxonomy) = Taxonomy::from_keys(["red", "blue"]) else { return };
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if std::io::Write::write_all(&mut file, bytes).is_err() {
        return;
    }
    let _ = ImportedLabels::open(file.path(), source, &ReadOptions::default(), None, &taxonomy);
}
