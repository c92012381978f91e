//! Tests of reading rows.

use std::io::{self, Cursor, Read};

use proptest::prelude::*;

use super::*;
use crate::tables::ReadOptions;
use crate::tables::row::Cells;

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
         put text that contains \",\" or a line break in double quotes"
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
    let expected = Repairs { blank: 1, filled: 1, trimmed: 1, ..Repairs::default() };
    assert_eq!(rows.repairs(), expected);
}

#[test]
fn a_cell_that_is_not_utf8_is_named_with_its_column() {
    let rows = all(b"id,title\n1,caf\xE9\n2,b\xC3,\n3,\xA9\n\xC3,\xA9\n", "a.csv");
    let error = rows[0].as_ref().unwrap_err();
    assert!(error.contains("row 1 (line 2), column \"title\""), "{error}");
    assert!(error.contains("0xE9 after 3 bytes") && error.contains("UTF-8"), "{error}");
    // The two halves of "é" in neighbouring cells are invalid.
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
    assert!(errors[2].contains("the key \"id\" occurs twice"), "{}", errors[2]);
    assert!(rows[5].is_ok());
}

/// Returns the number, line and title of each row, or its error.
fn titles(input: &[u8], name: &str) -> Vec<Result<(u64, u64, String), String>> {
    let title = |row: Row| (row.number(), row.line(), row.get("title").unwrap_or_default().into());
    all(input, name).into_iter().map(|row| row.map(title)).collect()
}

#[test]
fn a_json_array_is_read_on_one_line_or_over_many() {
    let expected = [Ok((1, 1, "a".into())), Ok((2, 1, "b".into()))];
    assert_eq!(titles(b"[{\"title\":\"a\"},{\"title\":\"b\"}]", "a.json"), expected);
    let pretty =
        b" \n[\n  {\n    \"id\": 1,\n    \"title\": \"a ]}\\\"\"\n  },\n  {\"title\": \"b\"}\n]\n";
    let rows = titles(pretty, "a.json");
    assert_eq!(rows, [Ok((1, 3, "a ]}\"".into())), Ok((2, 7, "b".into()))]);
    let joined = b"[{\"title\":\"a\"}]\n[{\"title\":\"b\"}]";
    assert_eq!(titles(joined, "a.json").len(), 2, "files that were joined");
    assert!(titles(b"[]", "a.json").is_empty());
    // The original line of a row is written back.
    let row = all(pretty, "a.json").remove(0).unwrap();
    assert!(matches!(&row.cells, Cells::Json { line, .. } if !line.contains('\n')), "{row:?}");
}

#[test]
fn objects_over_several_lines_are_read() {
    let rows = titles(b"{\n \"title\": \"a\"\n}\n{\n \"title\": \"b\"\n}\n", "a.jsonl");
    assert_eq!(rows, [Ok((1, 1, "a".into())), Ok((2, 4, "b".into()))]);
}

#[test]
fn a_json_array_that_is_cut_or_has_other_values_says_so() {
    let rows = titles(b"[{\"title\":\"a\"},{\"title\":", "a.json");
    assert!(rows[1].as_ref().unwrap_err().contains("has no end"), "{rows:?}");
    let rows = titles(b"[{\"title\":\"a\"},7,{\"title\":\"b\"}", "a.json");
    assert!(rows[1].as_ref().unwrap_err().contains("not a JSON object"), "{rows:?}");
    assert_eq!(rows[2], Ok((3, 1, "b".into())));
    assert!(rows[3].as_ref().unwrap_err().contains("truncated"), "{rows:?}");
    let error = refusal(b"[1,2]", "a.json");
    assert!(error.contains("array of values that are not objects"), "{error}");
}

#[test]
fn json_that_has_columns_or_cases_inside_an_object_names_the_call_that_mends_it() {
    let pandas = [
        "{\"id\":{\"0\":1,\"1\":2},\"title\":{\"0\":\"a\",\"1\":\"b\"}}",
        "{\n \"id\":{\"0\":1},\n \"title\":{\"0\":\"a\"}\n}\n",
        "{\"id\":[1,2],\"title\":[\"a\",\"b\"]}",
        "{\"0\":{\"id\":1,\"title\":\"a\"},\"1\":{\"id\":2,\"title\":\"b\"}}",
        "{\"columns\":[\"id\",\"title\"],\"index\":[0],\"data\":[[1,\"a\"]]}",
    ];
    for input in pandas {
        let error = refusal(input.as_bytes(), "a.json");
        assert!(error.contains("orient=\"records\", lines=True"), "{input}: {error}");
    }
    let error = refusal(b"{\"next\":null,\"results\":[{\"title\":\"a\"}]}", "a.json");
    assert!(error.contains("member \"results\"") && error.contains("jq"), "{error}");
    let nan = titles(b"{\"title\":\"a\",\"year\":NaN}\n", "a.jsonl");
    assert!(nan[0].as_ref().unwrap_err().contains("write null"), "{nan:?}");
    let nested = titles(b"{\"title\":{\"en\":\"a\"},\"id\":1}\n{\"title\":\"b\"}\n", "a.jsonl");
    assert!(nested[0].as_ref().unwrap_err().contains("an object, not text"), "{nested:?}");
}

#[test]
fn ids_of_any_length_keep_their_digits() {
    let input = b"{\"id\":12345678901234567890123,\"title\":\"a\"}\n{\"id\":-98765432109876543210,\"big\":1e300}\n";
    let rows = all(input, "a.jsonl");
    let id = |row: usize| rows[row].as_ref().unwrap().get("id").unwrap().into_owned();
    assert_eq!(
        (id(0).as_str(), id(1).as_str()),
        ("12345678901234567890123", "-98765432109876543210")
    );
    assert!(rows[1].as_ref().unwrap().value("big").unwrap().is_f64());
}

#[test]
fn lines_that_are_quoted_as_a_whole_are_read() {
    let input = b"\"id,title,summary\"\n\"1,\"\"Citizens, vote\"\",a\"\n\"2,\"\"say \"\"\"\"hi\"\"\"\"\"\",b\"\n";
    let rows = read(input, "a.csv").unwrap();
    assert_eq!(rows.columns(), ["id", "title", "summary"]);
    assert!(rows.notes()[0].to_string().contains("quoted as a whole"));
    assert_eq!(titles(input, "a.csv")[1], Ok((2, 3, "say \"hi\"".into())));
    // Only lines in which a program with another separator found quotes.
    let some = b"id,title,summary\n1,plain,a\n\"2,\"\"Citizens, vote\"\",b\"\n\"3\"\n";
    let mut rows = read(some, "a.csv").unwrap();
    let found: Vec<String> =
        rows.by_ref().map(|row| row.unwrap().get("title").unwrap().into_owned()).collect();
    assert_eq!(found, ["plain", "Citizens, vote", ""]);
    assert_eq!(rows.repairs().unwrapped, 1);
}

#[test]
fn a_separator_is_found_by_the_columns_below_a_title() {
    for separator in [";", "|", "^", "\t"] {
        let input = ["Export, of 1 May, 2024", "id;title, short;summary", "1;Citizens;a, b, c"]
            .join("\n")
            .replace(';', separator);
        let rows = read(input.as_bytes(), "a.csv").unwrap();
        assert_eq!(rows.columns(), ["id", "title, short", "summary"], "{separator}");
        let row = rows.map(|row| row.unwrap()).next().unwrap();
        assert_eq!((row.number(), row.line()), (1, 3));
    }
}

#[test]
fn the_header_and_the_rows_after_it_can_be_named() {
    let input = Cursor::new(b"x,y,z\nnr,title,note\nA,B,C\n1,a,b\n".to_vec());
    let options = ReadOptions { header_row: Some(2), skip_rows: Some(1), ..ReadOptions::default() };
    let rows = Rows::from_reader(input.clone(), "a.csv", &options).unwrap();
    assert_eq!(rows.columns(), ["nr", "title", "note"]);
    assert_eq!(rows.map(|row| row.unwrap().line()).collect::<Vec<_>>(), [4]);
    for line in [9, 40] {
        let options = ReadOptions { header_row: Some(line), ..ReadOptions::default() };
        let error = Rows::from_reader(input.clone(), "a.csv", &options).err().unwrap().to_string();
        assert!(error.contains("its last row is on line 4"), "{error}");
    }
}

#[test]
fn a_header_in_the_middle_of_joined_files_is_no_case() {
    let mut rows =
        read(b"id,title\n1,a\nid,title\n2,b\n\xEF\xBB\xBFid,title\n3,c\n", "a.csv").unwrap();
    let numbers: Vec<u64> = rows.by_ref().map(|row| row.unwrap().number()).collect();
    assert_eq!((numbers.as_slice(), rows.repairs().headers), (&[1, 2, 3][..], 2));
}

#[test]
fn errors_of_a_spreadsheet_are_neither_ids_nor_texts() {
    let input = b"id,title,note\n1,#REF!,a\n#NV,b,c\n3,d,#N/A\n4,#1 in Europe,e\n5, #n/a ,f\n";
    let rows = titles(input, "a.csv");
    let fault = |row: usize| rows[row].as_ref().unwrap_err().as_str();
    assert!(fault(0).contains("row 1 (line 2), column \"title\": the cell has the error #REF!"));
    assert!(fault(1).contains("column \"id\"") && fault(1).contains("#NV"), "{}", fault(1));
    assert!(rows[2].is_ok() && rows[3].is_ok(), "in other columns it is only kept");
    assert!(fault(4).contains("#n/a"));
}

#[test]
fn a_blank_id_is_no_number_that_another_row_may_have() {
    let rows = read(b"id,title\n,a\n2,b\n \xC2\xA0,c\n", "a.csv").unwrap();
    let fields = crate::tables::Fields::of(&rows, &columns(&["title"])).unwrap();
    let ids: Vec<String> = rows.map(|row| fields.id(&row.unwrap()).into_owned()).collect();
    assert_eq!(ids, ["row 1 (no id)", "2", "row 3 (no id)"]);
}

fn columns(text: &[&str]) -> crate::tables::Columns {
    let text = text.iter().map(|name| (*name).to_owned()).collect();
    crate::tables::Columns { text, ..crate::tables::Columns::default() }
}

#[test]
fn a_missing_text_column_is_told_with_all_columns_and_what_may_be_wrong() {
    let options = ReadOptions { columns: columns(&["title", "summary"]), ..ReadOptions::default() };
    let refusal = |input: &str, name: &str| {
        let input = Cursor::new(input.as_bytes().to_vec());
        let rows = Rows::from_reader(input, name, &options).unwrap();
        crate::tables::Fields::of(&rows, &options.columns).unwrap_err()
    };
    let error = refusal("id,Titel,summary\n1,a,b\n", "a.csv").to_string();
    assert!(
        error.contains("of the text columns \"title\", \"summary\", the column \"title\""),
        "{error}"
    );
    assert!(
        error.contains("the file has \"id\", \"Titel\", \"summary\"; \"Titel\" may be"),
        "{error}"
    );
    let banner = refusal("Report of May\nNr,Name,Text\n1,a,b\n2,c,d\n", "a.csv");
    assert!(banner.to_string().contains("line 2 has 3 cells and line 1 only 1"), "{banner}");
    let action = (crate::error::Action::NameHeaderRow, Some("2".to_owned()));
    assert!(banner.remedy().unwrap().actions().contains(&action), "{banner:?}");
    let one = refusal("a~b\n1~x\n", "a.csv").to_string();
    assert!(one.contains("one column if \",\" separates"), "{one}");
    let bare = refusal("1,2024,Citizens vote\n2,2023,b\n", "a.csv").to_string();
    assert!(bare.contains("looks like a case"), "{bare}");
    let text = refusal("Citizens vote on the budget.\nAnd more.\n", "a.txt").to_string();
    assert!(text.contains("a folder of such files"), "{text}");
    let lines = "{\"id\":1,\"title\":\"a\"}\n".repeat(3);
    assert!(refusal(&lines, "a.jsonl").to_string().contains("the column \"summary\" is missing"));
}

#[test]
fn a_file_that_is_cut_while_it_is_read_says_so() {
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    let row = "1,Citizens vote on the budget of the city\n".repeat(40_000);
    io::Write::write_all(&mut file, format!("id,title\n{row}").as_bytes()).unwrap();
    let mut rows = Rows::open(file.path(), &ReadOptions::default()).unwrap();
    assert!(rows.next().unwrap().is_ok());
    file.as_file().set_len(400_000).unwrap();
    let last = rows.last().unwrap().unwrap_err().to_string();
    assert!(last.contains("truncated while it was read"), "{last}");
}

#[test]
fn a_folder_of_texts_has_a_case_per_file() {
    let folder = tempfile::tempdir().unwrap();
    let write =
        |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content).unwrap();
    write("b.txt", b"Citizens vote,\non \"the\" budget");
    write("a.md", "\u{feff}# Open data".as_bytes());
    write("c.TXT", &"wide".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    write("d.txt", b"caf\xE9");
    write("e.pdf", b"%PDF");
    write(".hidden", b"");
    let rows = Rows::open(folder.path(), &ReadOptions::default()).unwrap();
    assert_eq!(rows.columns(), ["id", "text"]);
    assert!(rows.notes()[0].to_string().contains("(1, such as \"e.pdf\")"), "{:?}", rows.notes());
    let fields = crate::tables::Fields::of(&rows, &ReadOptions::default().columns).unwrap();
    let rows: Vec<Result<Row>> = rows.collect();
    let found: Vec<(String, String)> = rows
        .iter()
        .flatten()
        .map(|row| (fields.id(row).into_owned(), fields.texts(row).next().unwrap().into_owned()))
        .collect();
    let expected = [
        ("a.md", "# Open data"),
        ("b.txt", "Citizens vote,\non \"the\" budget"),
        ("c.TXT", "wide"),
    ];
    assert_eq!(found, expected.map(|(id, text)| (id.to_owned(), text.to_owned())));
    let error = rows[3].as_ref().unwrap_err().to_string();
    assert!(error.contains("d.txt, row 4: not UTF-8"), "{error}");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let error = Rows::open(folder.path().join("empty"), &ReadOptions::default()).err().unwrap();
    assert!(error.to_string().contains("folder without .txt or .md files"), "{error}");
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

/// Any input gives a refusal, or rows and errors numbered 1, 2, 3, …
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
        check_any(&[b"[", &input[..]].concat(), "a.json")?;
        check_any(&[b"{\n\"a\":1}\n", &input[..]].concat(), "a.json")?;
    }
}

#[test]
fn an_input_that_ends_because_everything_is_interrupted_is_not_taken_as_whole() {
    let flag = Arc::new(AtomicBool::new(false));
    let mut rows = read(b"id,title\n1,a\n", "a.csv").unwrap().stop_when(Arc::clone(&flag));
    assert!(rows.next().unwrap().is_ok());
    flag.store(true, Ordering::Relaxed);
    assert!(matches!(rows.next(), Some(Err(Error::Interrupted))));
    assert!(rows.next().is_none());
}
