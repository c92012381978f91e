//! Tests of writing rows.

use std::io::Cursor;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::tables::ReadOptions;
use crate::tables::Rows;

fn rows(input: &str, name: &str) -> Rows {
    let mut options = ReadOptions::default();
    options.columns.text = vec!["title".into()];
    Rows::from_reader(Cursor::new(input.to_owned()), name, &options).unwrap()
}

/// Reads `input` and writes it with the column `trends` added.
fn rewrite(input: &str, name: &str, options: &WriteOptions, added: &Value) -> String {
    let rows = rows(input, name);
    let writer = RowWriter::new(rows.columns(), &["trends"], options);
    let mut out = Vec::new();
    writer.write_header(&mut out);
    for row in rows {
        writer.write_row(&mut out, &row.unwrap(), std::slice::from_ref(added)).unwrap();
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn csv_keeps_its_separator_and_gets_the_added_column() {
    let mut options = WriteOptions::new(Format::Csv);
    options.delimiter = rows("id;title\n", "a.csv").delimiter();
    let written = rewrite("id;title\r\n1;\"a;\"\"b\"\"\"\r\n", "a.csv", &options, &json!("-"));
    assert_eq!(written, "id;title;trends\n1;\"a;\"\"b\"\"\";-\n");
}

#[test]
fn csv_becomes_json_lines_of_strings_with_the_added_value_as_it_is() {
    let options = WriteOptions::new(Format::Jsonl);
    let written = rewrite("id,year,,year\n1,2020,x,2021\n", "a.csv", &options, &json!([0.5]));
    assert_eq!(
        written,
        "{\"id\":\"1\",\"year\":\"2020\",\"column_3\":\"x\",\"year_2\":\"2021\",\"trends\":[0.5]}\n"
    );
}

#[test]
fn a_line_of_json_is_passed_on_letter_by_letter() {
    let input = "{\"id\": 12345678901234567890123, \"n\": 1.10, \"x\": [{}] }\n{ }\n";
    let written = rewrite(input, "a.jsonl", &WriteOptions::new(Format::Jsonl), &json!("digital"));
    assert_eq!(
        written,
        "{\"id\": 12345678901234567890123, \"n\": 1.10, \"x\": [{}],\"trends\":\"digital\"}\n\
         {\"trends\":\"digital\"}\n"
    );
}

#[test]
fn json_becomes_csv_with_the_columns_of_the_first_row() {
    let input = "{\"id\":1,\"title\":\"a,b\",\"x\":null}\n{\"x\":[1,2],\"id\":2}\n";
    let written = rewrite(input, "a.jsonl", &WriteOptions::new(Format::Csv), &json!(null));
    assert_eq!(written, "id,title,x,trends\n1,\"a,b\",,\n2,,\"[1,2]\",\n");
}

#[test]
fn a_row_with_a_column_that_has_no_place_is_reported_and_not_written_in_part() {
    let mut rows = rows("{\"title\":\"a\"}\n{\"title\":\"b\",\"note\":\"x\"}\n", "a.jsonl");
    let writer = RowWriter::new::<&str>(rows.columns(), &[], &WriteOptions::new(Format::Csv));
    let second = rows.nth(1).unwrap().unwrap();
    let mut out = b"before".to_vec();
    let error = writer.write_row(&mut out, &second, &[]).unwrap_err().to_string();
    assert!(error.contains("a.jsonl, row 2 (line 2)") && error.contains("\"note\""), "{error}");
    assert_eq!(out, b"before");
}

#[test]
fn looking_further_ahead_finds_the_columns_of_later_rows() {
    let mut rows = rows("{\"id\":1}\n{\"id\":2,\"note\":\"x\"}\n", "a.jsonl");
    rows.look_ahead(10);
    assert_eq!(rows.columns(), ["id", "note"]);
    let numbers: Vec<u64> = rows.map(|row| row.unwrap().number()).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn an_added_column_gives_way_to_one_of_the_input() {
    let input = ["id", "trends", "trends_2"].map(String::from);
    let writer = RowWriter::new(&input, &["trends", "model"], &WriteOptions::new(Format::Csv));
    assert_eq!(writer.added(), ["trends_3", "model"]);
}

#[test]
fn a_name_that_only_a_later_json_row_takes_is_not_written_twice() {
    let mut rows = rows("{\"title\":\"a\"}\n{\"trends\":\"x\"}\n", "a.jsonl");
    let options = WriteOptions::new(Format::Jsonl);
    let writer = RowWriter::new(rows.columns(), &["trends"], &options);
    let second = rows.nth(1).unwrap().unwrap();
    let error = writer.write_row(&mut Vec::new(), &second, &[json!("y")]).unwrap_err();
    assert!(error.is_row() && error.to_string().contains("\"trends\""), "{error}");
}

#[test]
fn rows_of_another_file_are_written_by_the_names_of_their_columns() {
    let first = rows("id,title\n", "a.csv");
    let writer = RowWriter::new::<&str>(first.columns(), &[], &WriteOptions::new(Format::Csv));
    let mut out = Vec::new();
    for row in rows("title,id\nx,2\n", "b.csv") {
        writer.write_row(&mut out, &row.unwrap(), &[]).unwrap();
    }
    assert_eq!(out, b"2,x\n");
}

#[test]
fn cells_we_add_are_never_formulas_and_those_of_the_input_on_request() {
    let mut options = WriteOptions::new(Format::Csv);
    let plain = rewrite("id,title\n-1,=A1\n", "a.csv", &options, &json!("=B1"));
    assert_eq!(plain, "id,title,trends\n-1,=A1,'=B1\n");
    options.spreadsheet_safe = true;
    let safe = rewrite("id,title\n-1,=A1\n", "a.csv", &options, &json!(-0.5));
    assert_eq!(safe, "id,title,trends\n-1,'=A1,-0.5\n");
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(
        table in (1_usize..4).prop_flat_map(|width| {
            proptest::collection::vec(proptest::collection::vec("[a,;\"\r\n\t' é=-]{0,5}", width), 1..6)
        })
    ) {
        // The csv crate writes the input and reads the output.
        let width = table[0].len();
        // Blank rows are skipped.
        let is_blank = |row: &Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
        let table: Vec<_> = table.into_iter().filter(|row| !is_blank(row)).collect();
        let header: Vec<String> = (0..width).map(|i| format!("c{i}")).collect();
        let mut source = ::csv::Writer::from_writer(Vec::new());
        source.write_record(&header).unwrap();
        for row in &table {
            source.write_record(row).unwrap();
        }
        let source = String::from_utf8(source.into_inner().unwrap()).unwrap();

        let rows = rows(&source, "a.csv");
        let writer = RowWriter::new::<&str>(rows.columns(), &[], &WriteOptions::new(Format::Csv));
        let mut out = Vec::new();
        writer.write_header(&mut out);
        for (i, row) in rows.enumerate() {
            let row = row.unwrap();
            prop_assert_eq!(row.number(), i as u64 + 1);
            writer.write_row(&mut out, &row, &[]).unwrap();
        }
        let mut reader = ::csv::Reader::from_reader(&out[..]);
        prop_assert_eq!(reader.headers().unwrap(), &header);
        let back: Vec<Vec<String>> = reader
            .records()
            .map(|record| record.unwrap().iter().map(String::from).collect())
            .collect();
        prop_assert_eq!(back, table);
    }
}
