//! Tests of reading rows.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;

fn read(input: &[u8], name: &str) -> Result<Rows> {
    Rows::from_reader(Cursor::new(input.to_vec()), name, &ReadOptions::default())
}

fn refusal(input: &[u8], name: &str) -> String {
    crate::error::with_causes(&read(input, name).err().unwrap())
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
fn a_row_with_too_many_fields_is_reported_and_the_next_is_read() {
    let rows = all(b"id,title,year\n1,\"a\nb\",c,d\n2,b,2020,x\n3,c,2021\n", "a.csv");
    assert_eq!(
        rows[0].as_ref().unwrap_err(),
        "a.csv, row 1 (line 2): 4 fields found in lines 2 to 3, 3 expected as in the header; \
         put text that holds \",\" or a line break between double quotes"
    );
    assert!(rows[1].as_ref().unwrap_err().contains("row 2 (line 4): 4 fields"));
    assert_eq!(rows[2].as_ref().unwrap().cell(2), Some("2021"));
}

#[test]
fn missing_last_fields_are_filled_empty_surplus_ones_dropped_and_both_counted() {
    let input = Cursor::new(b"id,title,year\n1,a\n2,b,2020,, \n,,\n3,c,2021\n".to_vec());
    let mut rows = Rows::from_reader(input, "a.csv", &ReadOptions::default()).unwrap();
    let cells: Vec<Vec<String>> = rows
        .by_ref()
        .map(|row| row.unwrap().values().map(|(_, cell)| cell.into_owned()).collect())
        .collect();
    assert_eq!(cells, [["1", "a", ""], ["2", "b", "2020"], ["3", "c", "2021"]]);
    assert_eq!(rows.repairs(), Repairs { blank: 1, filled: 1, trimmed: 1 });
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
    assert!(error.contains("not UTF-8") && error.contains("name its encoding"), "{error}");
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
    let input = b"{\"id\":1}\n{\"id\":2\n7\n{\"id\":3,\"id\":4}\n{\"id\":\"\xE9\"}\n{\"id\":5}\n";
    let rows = all(input, "a.jsonl");
    let errors: Vec<_> = rows.iter().filter_map(|row| row.as_ref().err()).collect();
    assert_eq!((rows.len(), errors.len()), (6, 4));
    assert!(errors[0].starts_with("a.jsonl, row 2 (line 2): not a JSON object"), "{}", errors[0]);
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
    let found: Vec<_> = rows.map(|row| row.map_err(|e| crate::error::with_causes(&e))).collect();
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
