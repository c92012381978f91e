//! Every format in, every format out: nothing is lost, whatever the cells contain.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use trendtag::Error;
use trendtag::tables::Columns;
use trendtag::tables::Compression;
use trendtag::tables::Fields;
use trendtag::tables::Format;
use trendtag::tables::Formatter;
use trendtag::tables::MissingText;
use trendtag::tables::ReadOptions;
use trendtag::tables::Rows;
use trendtag::tables::WriteOptions;
use trendtag::tables::batch::BatchParams;
use trendtag::tables::batch::Content;
use trendtag::tables::batch::Event;
use trendtag::tables::batch::Summary;
use trendtag::tables::batch::tag_batch;
use trendtag::tagger::Model;

/// The formats that can be written and read back.
const FORMATS: [Format; 7] = [
    Format::Csv,
    Format::Tsv,
    Format::Jsonl,
    Format::Parquet,
    Format::Arrow,
    Format::Arrows,
    Format::Xlsx,
];

/// Columns that a file may lack.
fn some_columns() -> Columns {
    Columns { missing_text: MissingText::Allow, ..Columns::default() }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats").join(name)
}

fn read(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Rows, Error> {
    Rows::from_reader(Cursor::new(bytes.to_vec()), name, options)
}

/// Converts rows to another format without adding anything.
fn convert(rows: Rows, options: &WriteOptions) -> Vec<u8> {
    let formatter = Formatter::new(Some(&rows), &[], options).unwrap();
    let mut out = Vec::new();
    let mut sink = formatter.sink().unwrap();
    sink.start(&mut out).unwrap();
    let mut piece = formatter.piece();
    for row in rows {
        formatter.add(&mut piece, row.unwrap(), Vec::new()).unwrap();
    }
    sink.write(piece, &mut out).unwrap();
    sink.finish(&mut out).unwrap();
    out
}

/// Returns the JSON Lines from which all other files of these tests are made.
fn lines(rows: &[[&str; 3]]) -> Vec<u8> {
    let line = |[id, title, summary]: &[&str; 3]| {
        format!("{}\n", json!({ "id": id, "title": title, "summary": summary }))
    };
    rows.iter().map(line).collect::<String>().into_bytes()
}

fn file(rows: &[[&str; 3]], format: Format) -> Vec<u8> {
    let rows = read(&lines(rows), "a.jsonl", &ReadOptions::default()).unwrap();
    convert(rows, &WriteOptions::new(format))
}

struct Tagged {
    bytes: Vec<u8>,
    summary: Summary,
    failed: Vec<String>,
}

fn tag(
    inputs: Vec<Result<Rows, Error>>,
    write: WriteOptions,
    jobs: usize,
) -> Result<Tagged, Error> {
    let model = Model::built_in().unwrap();
    // Most files here have a title and a summary only.
    let columns = some_columns();
    let content = Content { explain: 2, ..Content::default() };
    let params = BatchParams { columns, write, content, ranking: None, stream: false, jobs };
    let (mut bytes, mut failed) = (Vec::new(), Vec::new());
    let summary = tag_batch(&model, inputs, &params, &mut bytes, &mut |event| {
        if let Event::Failed(error) = event {
            failed.push(error.to_string());
        }
    })?;
    Ok(Tagged { bytes, summary, failed })
}

fn tag_file(path: &str, format: Format) -> Vec<u8> {
    let rows = Rows::open(fixture(path), &ReadOptions::default());
    tag(vec![rows], WriteOptions::new(format), 1).unwrap().bytes
}

/// Returns the cells of the named columns, row by row.
fn cells(bytes: &[u8], format: Format, names: &[&str]) -> Vec<Vec<String>> {
    let rows = read(bytes, &format!("a.{format}"), &ReadOptions::default()).unwrap();
    let cell = |row: &trendtag::tables::Row, name| row.get(name).unwrap_or_default().into_owned();
    rows.map(|row| row.unwrap())
        .map(|row| names.iter().map(|name| cell(&row, name)).collect())
        .collect()
}

const HOSTILE: [[&str; 3]; 9] = [
    ["a", "Citizens vote on the city budget", "An open platform for participation."],
    ["b", "", ""],
    ["007", "🗳️ café \u{202e}שלום", "two\nlines\n\nand\ttabs"],
    ["1e3", "=1+1", "@SUM(A1)"],
    ["-", "\"quoted\", with; separators", " spaces around "],
    ["TRUE", "carriage\r\nreturn\rhere", "_x0041_ and _x000D_"],
    ["2024-05-31", "<b>&amp;</b> ]]>", "null"],
    ["é", "http://example.org", "{\"not\": \"json\"}"],
    ["N/A", "control \u{1} \u{1b}[31m", "ends with newline\n"],
];

#[test]
fn every_pair_of_formats_keeps_every_cell_and_says_the_same_of_every_case() {
    let expected: Vec<Vec<String>> =
        HOSTILE.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    let suggested = |bytes: &[u8], format| match format {
        Format::Jsonl => {
            let rows = std::str::from_utf8(bytes).unwrap().lines();
            let rows = rows.map(|line| serde_json::from_str::<Value>(line).unwrap());
            rows.map(|row| row["suggestions"]["suggested"].clone()).collect::<Vec<_>>()
        }
        Format::Csv | Format::Tsv | Format::Xlsx => {
            let rows = cells(bytes, format, &["suggested_trends"]).into_iter().flatten();
            rows.map(|cell| cell.split(';').filter(|key| *key != "-").collect()).collect()
        }
        _ => {
            let rows = read(bytes, "a", &ReadOptions::default()).unwrap();
            rows.map(|row| row.unwrap().value("suggested_trends").unwrap().into_owned()).collect()
        }
    };
    let mut all = Vec::new();
    for input in FORMATS {
        let bytes = file(&HOSTILE, input);
        for output in FORMATS {
            let rows = read(&bytes, &format!("a.{input}"), &ReadOptions::default());
            let tagged = tag(vec![rows], WriteOptions::new(output), 2).unwrap();
            assert_eq!(tagged.failed, [""; 0], "{input} to {output}");
            assert_eq!(tagged.summary.rows, HOSTILE.len() as u64);
            let found = cells(&tagged.bytes, output, &["id", "title", "summary"]);
            assert_eq!(found, expected, "{input} to {output}");
            all.push((input, output, suggested(&tagged.bytes, output)));
        }
    }
    let first = all[0].2.clone();
    assert!(first.iter().any(|trends| trends.as_array().is_some_and(|t| !t.is_empty())));
    for (input, output, trends) in all {
        assert_eq!(trends, first, "{input} to {output}");
    }
}

#[test]
fn the_output_is_the_same_to_the_byte_for_any_number_of_threads() {
    let mut csv = String::from("id,title,summary\n");
    for i in 0..2500 {
        csv += &format!("{i},Citizens vote number {i},\"open, data {}\"\n", i % 7);
    }
    for output in FORMATS {
        let once = |jobs| {
            let rows = read(csv.as_bytes(), "a.csv", &ReadOptions::default());
            tag(vec![rows], WriteOptions::new(output), jobs).unwrap().bytes
        };
        let one = once(1);
        assert!(one == once(3) && one == once(8), "{output}");
        let ids = cells(&one, output, &["id"]).concat();
        assert!(ids.iter().enumerate().all(|(i, id)| i.to_string() == *id), "{output}");
    }
}

#[test]
fn compressed_text_reads_by_its_content_and_writes_by_its_name() {
    for (path, compression) in [("a.csv.gz", Compression::Gzip), ("a.csv.zst", Compression::Zstd)] {
        assert_eq!(Compression::from_path(path), compression);
        let options = WriteOptions { compression, ..WriteOptions::new(Format::Csv) };
        let plain = file(&HOSTILE, Format::Csv);
        let packed = convert(read(&plain, "a.csv", &ReadOptions::default()).unwrap(), &options);
        assert_ne!(packed, plain);
        let mut rows = read(&packed, path, &ReadOptions::default()).unwrap();
        assert_eq!(rows.by_ref().count(), HOSTILE.len());
        assert_eq!(rows.bytes_read(), packed.len() as u64);

        // Two members, as `cat a.gz b.gz` makes them; the name does not matter.
        let second = WriteOptions { compression, ..WriteOptions::new(Format::Jsonl) };
        let pack = |id: &str| {
            let line = lines(&[[id, "t", "s"]]);
            convert(read(&line, "a.jsonl", &ReadOptions::default()).unwrap(), &second)
        };
        let both = [pack("1"), pack("2")].concat();
        assert_eq!(cells(&both, Format::Jsonl, &["id"]), [["1"], ["2"]]);

        let cut = read(&packed[..packed.len() - 5], path, &ReadOptions::default());
        let error = cut.and_then(|rows| rows.collect::<Result<Vec<_>, _>>()).unwrap_err();
        let error = trendtag::error::with_causes(&error);
        assert!(error.contains(path) && error.contains("truncated"), "{error}");
    }
}

#[test]
fn columns_keep_their_types_from_arrow_and_parquet_to_arrow_and_parquet() {
    use arrow_array::{Array, RecordBatch, RecordBatchReader};
    let load = |bytes: Vec<u8>, format| -> Vec<RecordBatch> {
        match format {
            Format::Arrows => arrow_ipc::reader::StreamReader::try_new(Cursor::new(bytes), None)
                .unwrap()
                .map(Result::unwrap)
                .collect(),
            Format::Arrow => arrow_ipc::reader::FileReader::try_new(Cursor::new(bytes), None)
                .unwrap()
                .map(Result::unwrap)
                .collect(),
            _ => {
                let file = tempfile::NamedTempFile::new().unwrap();
                std::fs::write(file.path(), bytes).unwrap();
                let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(
                    file.reopen().unwrap(),
                    1000,
                )
                .unwrap();
                assert_eq!(reader.schema().field(0).name(), "id");
                reader.map(Result::unwrap).collect()
            }
        }
    };
    for (name, input) in [
        ("pyarrow.parquet", Format::Parquet),
        ("pyarrow.feather", Format::Arrow),
        ("pyarrow.arrows", Format::Arrows),
        ("polars.parquet", Format::Parquet),
        ("polars.arrow", Format::Arrow),
    ] {
        let original = load(std::fs::read(fixture(name)).unwrap(), input);
        let width = original[0].num_columns();
        for output in [Format::Parquet, Format::Arrow, Format::Arrows] {
            let tagged = load(tag_file(name, output), output);
            let names: Vec<String> =
                tagged[0].schema().fields()[width..].iter().map(|f| f.name().clone()).collect();
            assert_eq!(names[0], "suggested_trends");
            assert_eq!(
                names[names.len() - 6..],
                [
                    "needs_review",
                    "review_reasons",
                    "expected_errors",
                    "unsure_trends",
                    "evidence",
                    "model"
                ]
            );
            let kinds = tagged[0].schema();
            let kind = |name: &str| kinds.field_with_name(name).unwrap().data_type().to_string();
            assert_eq!(kind("needs_review"), "Boolean");
            assert_eq!(kind("review_reasons"), kind("suggested_trends"));
            assert_eq!(kind("unsure_trends"), kind("suggested_trends"));
            assert_eq!(kind("expected_errors"), "Float64");
            assert_eq!(kind(&names[1]), "Float64");
            assert!(kind("suggested_trends").starts_with("List("), "{}", kind("suggested_trends"));

            for at in 0..width {
                let field = original[0].schema().field(at).clone();
                let column = |batches: &[RecordBatch]| {
                    let columns: Vec<_> = batches.iter().map(|b| b.column(at).as_ref()).collect();
                    arrow_select::concat::concat(&columns).unwrap()
                };
                let (before, after) = (column(&original), column(&tagged));
                // A file has one dictionary per column; a stream can have several.
                let plain = output == Format::Arrow && input != Format::Arrow;
                if plain && field.name() == "description" {
                    assert_eq!(after.data_type().to_string(), "Utf8");
                    let before = arrow_cast::cast(&before, after.data_type()).unwrap();
                    assert_eq!(before.to_data(), after.to_data());
                } else {
                    assert_eq!(before.to_data(), after.to_data(), "{name} to {output}, {field}");
                }
            }
        }
    }
}

#[test]
fn values_of_columnar_files_are_cells_in_text_and_keep_their_kind_in_json() {
    for name in ["pyarrow.parquet", "pyarrow.feather", "pyarrow.arrows"] {
        let lines = String::from_utf8(tag_file(name, Format::Jsonl)).unwrap();
        let rows: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let id = |row: &Value| row["id"].clone();
        assert_eq!(rows.iter().map(id).collect::<Vec<_>>(), [json!(7), json!(null), json!(9)]);
        assert_eq!(rows[0]["tags"], json!(["a", "b"]));
        assert_eq!(rows[0]["time"], "2024-05-31T10:00:00Z");
        assert_eq!((&rows[2]["share"], &rows[2]["checked"]), (&json!(1e-7), &Value::Null));

        let csv = tag_file(name, Format::Csv);
        let names = ["id", "title", "description", "share", "checked"];
        let found = cells(&csv, Format::Csv, &names);
        assert_eq!(found[0], ["7", "Citizens vote 🗳️ on the budget", "service", "0.5", "true"]);
        assert_eq!(found[1], ["", "", "policy", "", "false"]);

        // A null id is replaced by the number of the row; a null is an empty text.
        let rows = Rows::open(fixture(name), &ReadOptions::default()).unwrap();
        let fields = Fields::of(&rows, &ReadOptions::default().columns).unwrap();
        let second = rows.map(Result::unwrap).nth(1).unwrap();
        assert_eq!(fields.id(&second), "row 2 (no id)");
        let texts: Vec<_> = fields.texts(&second).collect();
        assert_eq!(texts, ["", "An AI reads letters.", "policy"]);
    }
}

#[test]
fn a_sheet_reads_as_a_person_sees_it_wherever_it_stands_in_the_workbook() {
    let rows = Rows::open(fixture("openpyxl.xlsx"), &ReadOptions::default()).unwrap();
    assert_eq!(rows.columns(), ["id", "title", "date", "clock", "share", "checked"]);
    let rows: Vec<_> = rows.map(Result::unwrap).collect();
    let texts =
        |at: usize| rows[at].values().map(|(_, cell)| cell.into_owned()).collect::<Vec<_>>();
    assert_eq!(texts(0), ["1", "Citizens vote 🗳️", "2024-05-31", "09:30:00", "0.25", "TRUE"]);
    assert_eq!(texts(1), ["2", "two\nlines", "2024-05-31 10:05:00", "", "3", "FALSE"]);
    assert_eq!(rows[1].place().to_string().split(", ").last(), Some("row 2 (line 6)"));

    for name in ["xlwt.xls", "odfpy.ods"] {
        let rows = Rows::open(fixture(name), &ReadOptions::default()).unwrap();
        let row = rows.map(Result::unwrap).next().unwrap();
        let texts: Vec<_> = row.values().map(|(_, cell)| cell.into_owned()).collect();
        assert_eq!(texts, ["1", "Citizens vote 🗳️", "2024-05-31"], "{name}");
    }
}

#[test]
fn a_sheet_is_chosen_by_name_and_a_missing_one_is_answered_with_those_there_are() {
    let open = |sheet: &str| {
        let options = ReadOptions { sheet: Some(sheet.into()), ..ReadOptions::default() };
        Rows::open(fixture("openpyxl.xlsx"), &options)
    };
    let row = open("Other").unwrap().next().unwrap().unwrap();
    assert_eq!(row.get("title").unwrap(), "elsewhere");
    let error = open("2024").err().unwrap().to_string();
    assert!(error.contains("\"empty\", \"cases\", \"other\""), "{error}");
    assert!(error.contains("name one of them"), "{error}");
    let error = open("empty").err().unwrap().to_string();
    assert!(error.contains("is empty"), "{error}");
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason_and_a_remedy() {
    let refusal = |name| match Rows::open(fixture(name), &ReadOptions::default()) {
        Err(error) => error.to_string(),
        Ok(rows) => Fields::of(&rows, &some_columns()).unwrap_err().to_string(),
    };
    assert!(refusal("password.xlsx").contains("protected by a password; save a copy without"));
    let binary = refusal("binary.parquet");
    assert!(binary.contains("\"title\" holds Binary") && binary.contains("strings"), "{binary}");
    for name in ["a.xlsx", "a.xls", "a.ods", "a.parquet", "a.arrow", "a.arrows"] {
        for content in ["id,title\n1,a\n", ""] {
            let rows = read(content.as_bytes(), name, &ReadOptions::default());
            let error = rows.err().unwrap();
            assert!(matches!(error, Error::BadFile { .. }), "{name}: {error}");
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
    let rows = read(b"id,title\n", "a.csv", &ReadOptions::default()).unwrap();
    let error = Formatter::new(Some(&rows), &[], &WriteOptions::new(Format::Ods)).unwrap_err();
    assert!(error.to_string().contains("write .xlsx"), "{error}");
}

#[test]
fn a_workbook_named_csv_is_read_as_the_workbook_it_is() {
    let bytes = file(&HOSTILE, Format::Xlsx);
    let rows = read(&bytes, "export.csv", &ReadOptions::default()).unwrap();
    assert_eq!(rows.format(), Format::Xlsx);
    assert_eq!(rows.count(), HOSTILE.len());
}

#[test]
fn other_encodings_are_read_by_name_and_utf16_by_its_mark() {
    let options = |name: &str| ReadOptions {
        encoding: Some(name.parse().unwrap()),
        ..ReadOptions::default()
    };
    let latin = b"id,title\n1,caf\xE9 \x80\n";
    let title = |bytes: &[u8], options: &ReadOptions| {
        let row = read(bytes, "a.csv", options).unwrap().next().unwrap();
        row.map(|row| row.get("title").unwrap().into_owned()).map_err(|error| error.to_string())
    };
    assert_eq!(title(latin, &options("windows-1252")).unwrap(), "café €");
    let text = "id,title\n1,café 🗳️\n";
    let little = |mark: &[u8]| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        mark.iter().copied().chain(units).collect::<Vec<u8>>()
    };
    let big: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for bytes in [little(b"\xFF\xFE"), big] {
        assert_eq!(title(&bytes, &ReadOptions::default()).unwrap(), "café 🗳️");
        assert_eq!(title(&bytes, &options("utf-16")).unwrap(), "café 🗳️");
    }
    assert_eq!(title(&little(b""), &options("utf-16le")).unwrap(), "café 🗳️");

    // Half of a surrogate pair, and a byte that is invalid in Shift_JIS.
    let mut broken = little(b"\xFF\xFE");
    broken.extend([0x32, 0, 0x2C, 0, 0x00, 0xD8, 0x0A, 0]);
    let rows = read(&broken, "a.csv", &ReadOptions::default()).unwrap();
    let rows: Vec<_> = rows.collect();
    assert_eq!((rows.len(), rows[0].is_ok()), (2, true));
    let error = rows[1].as_ref().unwrap_err();
    assert!(error.is_row() && error.to_string().contains("row 2 (line 3)"), "{error}");
    let error = title(b"id,title\n1,a\xFFb\n", &options("shift_jis")).unwrap_err();
    assert!(error.contains("column \"title\""), "{error}");
    let error = "klingon".parse::<trendtag::tables::Encoding>().unwrap_err().to_string();
    assert!(error.contains("windows-1252"), "{error}");
}

#[test]
fn a_cell_too_long_for_a_workbook_fails_its_row_and_is_whole_in_other_formats() {
    let long = "x".repeat(1 << 20);
    let rows = [["1", "a", "b"], ["2", long.as_str(), "b"], ["3", "c", "d"]];
    for format in FORMATS {
        let rows = read(&lines(&rows), "a.jsonl", &ReadOptions::default());
        let tagged = tag(vec![rows], WriteOptions::new(format), 2).unwrap();
        let lengths: Vec<usize> =
            cells(&tagged.bytes, format, &["title"]).iter().map(|row| row[0].len()).collect();
        if format == Format::Xlsx {
            assert_eq!(lengths, [1, 1]);
            assert_eq!((tagged.summary.tagged, tagged.summary.failed), (2, 1));
            let failed = &tagged.failed[0];
            assert!(failed.starts_with("a.jsonl, row 2 (line 2), column \"title\""), "{failed}");
            assert!(failed.contains("32767 characters"), "{failed}");
        } else {
            assert_eq!(lengths, [1, 1 << 20, 1], "{format}");
        }
    }
}

#[test]
fn files_of_several_formats_are_tagged_one_after_the_other() {
    let inputs = || {
        let csv = read(b"id,title\n1,a\n", "a.csv", &ReadOptions::default());
        let jsonl = read(b"{\"title\":null,\"id\":2}\n", "b.jsonl", &ReadOptions::default());
        let xlsx = read(&file(&[["3", "c", ""]], Format::Xlsx), "c.xlsx", &ReadOptions::default());
        let parquet = Rows::open(fixture("pyarrow.parquet"), &ReadOptions::default());
        vec![csv, jsonl, xlsx, parquet]
    };
    for output in FORMATS {
        let tagged = tag(inputs(), WriteOptions::new(output), 2).unwrap();
        // The workbook and the Parquet file have columns that the first file
        // lacks; only JSON Lines has a place for them.
        assert_eq!(
            (tagged.summary.rows, tagged.summary.failed),
            (6, if output == Format::Jsonl { 0 } else { 4 }),
            "{output}: {:?}",
            tagged.failed
        );
    }
    // Typed columns take no text.
    let mut inputs = inputs();
    inputs.reverse();
    let error = tag(inputs, WriteOptions::new(Format::Parquet), 1).err().unwrap().to_string();
    assert!(
        error.starts_with("c.xlsx: its columns do not match") && error.contains("Int64"),
        "{error}"
    );
}

#[test]
fn record_batches_of_several_files_of_one_kind_become_one_file() {
    let open = |name| Rows::open(fixture(name), &ReadOptions::default());
    for output in [Format::Parquet, Format::Arrow, Format::Arrows] {
        let inputs = vec![open("pyarrow.parquet"), open("pyarrow.arrows"), open("pyarrow.feather")];
        let tagged = tag(inputs, WriteOptions::new(output), 1).unwrap();
        let ids = cells(&tagged.bytes, output, &["id", "description"]);
        let once = [["7", "service"], ["", "policy"], ["9", "service"]];
        assert_eq!(ids, [once, once, once].concat(), "{output}");
    }
}

/// Reads to the end; faults must be errors, not panics.
fn outcome(bytes: &[u8], name: &str) -> Result<usize, Error> {
    let rows = read(bytes, name, &ReadOptions::default())?;
    let mut count = 0;
    for row in rows {
        match row {
            Ok(row) => {
                row.values().for_each(|(_, cell)| assert!(cell.len() < 1 << 24));
                count += 1;
            }
            Err(error) if error.is_row() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

fn binary_files() -> Vec<(&'static str, Vec<u8>)> {
    [
        "pyarrow.parquet",
        "pyarrow.feather",
        "pyarrow.arrows",
        "openpyxl.xlsx",
        "xlwt.xls",
        "odfpy.ods",
    ]
    .map(|name| (name, std::fs::read(fixture(name)).unwrap()))
    .into()
}

#[test]
fn a_file_cut_anywhere_is_refused_and_never_read_in_part_without_a_word() {
    for (name, bytes) in binary_files() {
        let whole = outcome(&bytes, name).unwrap();
        assert!(whole > 0);
        for length in (1..bytes.len()).step_by(bytes.len() / 40) {
            match outcome(&bytes[..length], name) {
                Err(error) => assert!(matches!(error, Error::BadFile { .. }), "{name}: {error}"),
                // Padding after the last record may be missing.
                Ok(count) => assert_eq!(count, whole, "{name} cut to {length}"),
            }
        }
    }
}

#[test]
fn a_size_that_cannot_be_is_refused_before_memory_is_asked_for() {
    // Files are opened slowly under Wine, and read by the same code.
    let step = if cfg!(windows) { 50 } else { 2 };
    for (name, bytes) in binary_files() {
        for at in (0..bytes.len() - 8).step_by(step) {
            for size in [&[0, 0, 0, 0, 0x40, 0, 0, 0][..], b"\xFF\xFF\xFF\x7F"] {
                let mut damaged = bytes.clone();
                damaged[at..at + size.len()].copy_from_slice(size);
                _ = outcome(&damaged, name);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn damaged_bytes_give_rows_or_errors(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        for (name, mut bytes) in binary_files() {
            for (index, byte) in &flips {
                let index = index.index(bytes.len());
                bytes[index] = *byte;
            }
            _ = outcome(&bytes, name);
        }
    }

    #[test]
    fn any_bytes_after_the_mark_of_a_format_give_rows_or_errors(
        rest in proptest::collection::vec(any::<u8>(), 0..300)
    ) {
        let marks: [&[u8]; 6] = [
            b"PAR1\x15", b"ARROW1\0\0", b"\xFF\xFF\xFF\xFF", b"PK\x03\x04", b"\x1F\x8B\x08\0",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        ];
        for mark in marks {
            _ = outcome(&[mark, &rest[..], b"PAR1"].concat(), "-");
            _ = outcome(&[mark, &rest[..], b"\x10\0\0\0ARROW1"].concat(), "-");
        }
    }
}
