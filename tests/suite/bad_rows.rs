//! Invalid rows: each is named, counted and listed; the other rows are processed.

use super::support::{Desk, Table};

/// Seven rows, three of them good and one that lacks its last cell.
const BAD: &[u8] = b"id,title,summary\n\
    a,Citizens vote,on the budget\n\
    b,Open data\n\
    c,too,many,fields\n\
    d,\"never closed,x\n\
    e,not text,\xff\xfe\n\
    f,Cloud registry,shared\n\
    g,Sensors,in the harbour\n";

#[test]
fn bad_rows_are_told_with_their_place_and_the_others_are_tagged() {
    let desk = Desk::with("bad.csv", BAD);
    let run = desk.run("tag bad.csv --allow-missing-columns").exits(1);
    assert_eq!(run.table().column("id"), ["a", "b", "f", "g"]);
    let told: Vec<&str> = run.err.lines().filter(|line| line.starts_with("row failed")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    row failed: bad.csv, row 3 (line 4): 4 fields found, 3 expected as in the header; put text that contains "," or a line break in double quotes
    row failed: bad.csv, row 4 (line 5): a quote is opened and never closed; close the quote, or write a quote that is part of the text twice
    row failed: bad.csv, row 5 (line 6), column "summary": not UTF-8 text (0xFF after 0 bytes of the cell); save the file as UTF-8 (in Excel: "CSV UTF-8"), or name its encoding, such as windows-1252 (--encoding NAME)
    "#);
    run.says("7 rows read, 4 tagged, 3 failed")
        .says("1 with fewer fields than the header, filled with empty ones");
}

#[test]
fn bad_rows_are_listed_in_a_file() {
    let desk = Desk::with("bad.csv", BAD);
    desk.run("tag bad.csv -o tagged.csv --errors errors.csv --allow-missing-columns").exits(1);
    let list = Table::parse(&desk.text("errors.csv"), b',');
    assert_eq!(list.header, ["file", "row", "line", "column", "error"]);
    assert_eq!(list.column("file"), ["bad.csv"; 3]);
    assert_eq!(list.column("row"), ["3", "4", "5"]);
    assert_eq!(list.column("line"), ["4", "5", "6"]);
    assert_eq!(list.column("column"), ["", "", "summary"]);
    assert!(list.column("error")[2].contains("not UTF-8"));
    assert_eq!(Table::parse(&desk.text("tagged.csv"), b',').rows.len(), 4);
}

#[test]
fn every_row_is_in_the_output_or_in_the_list() {
    // Each row is damaged in its own way, or not at all; twice as many as are
    // tagged together.
    let mut input = String::from("id,title,summary\n");
    for i in 0..300 {
        input.push_str(&match i % 7 {
            0 => format!("{i},one\n"),
            3 => format!("{i},a,b,c\n"),
            5 => format!("{i},\"quoted, {i}\",text\n"),
            _ => format!("{i},Citizens vote,on budget {i}\n"),
        });
    }
    let desk = Desk::with("mixed.csv", input);
    let run =
        desk.run("tag mixed.csv --errors errors.csv --jobs 2 --allow-missing-columns").exits(1);
    let out = run.table();
    let list = Table::parse(&desk.text("errors.csv"), b',');
    // Ids count from 0, rows from 1.
    let tagged = out.column("id").into_iter().map(|id| id.parse::<u32>().unwrap() + 1);
    let failed = list.column("row").into_iter().map(|row| row.parse::<u32>().unwrap());
    let mut rows: Vec<u32> = tagged.chain(failed).collect();
    rows.sort_unstable();
    assert_eq!(rows, (1..=300).collect::<Vec<_>>());
}

#[test]
fn a_quote_that_is_never_closed_costs_its_row_alone() {
    let input = "id,title\n1,\"open\n2,Citizens vote\n3,Cloud registry\n";
    let run = Desk::with("open.csv", input).run("tag open.csv --allow-missing-columns").exits(1);
    assert_eq!(run.table().column("id"), ["2", "3"]);
    run.says("open.csv, row 1 (line 2): a quote is opened and never closed");
}

#[test]
fn a_stray_quote_that_swallows_lines_names_the_first_and_the_last() {
    let input = "id,title\n1,\"open\n2,Citizens vote\n3,\"shut\"\n4,Cloud registry\n";
    let run = Desk::with("stray.csv", input).run("tag stray.csv --allow-missing-columns").exits(1);
    assert_eq!(run.table().column("id"), ["4"]);
    run.says("stray.csv, row 1 (line 2)").says("check lines 2 to 4 for a stray quote");
}

#[test]
fn bad_lines_of_json_are_told_too() {
    let lines = "{\"id\": 1, \"title\": \"Citizens vote\"}\nnonsense\n{\"id\": 2, \"id\": 3}\n\
                 {\"id\": 4, \"title\": \"Cloud\"}\n";
    let desk = Desk::with("bad.jsonl", lines);
    let run = desk.run("tag bad.jsonl --allow-missing-columns").exits(1);
    let ids: Vec<_> = run.json_lines().iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, [1, 4]);
    run.says("bad.jsonl, row 2 (line 2): not a JSON object")
        .says("bad.jsonl, row 3 (line 3)")
        .says("the key \"id\" occurs twice");
}

#[test]
fn an_empty_file_is_an_error_and_a_header_alone_is_not() {
    let desk = Desk::with("empty.csv", "");
    desk.write("empty.jsonl", "\n\n");
    desk.write("header.csv", "id,title\n");
    desk.run("tag empty.csv --allow-missing-columns").exits(2).says("empty.csv: is empty");
    desk.run("tag empty.jsonl --allow-missing-columns").exits(2).says("empty.jsonl: is empty");
    let run = desk.run("tag header.csv --allow-missing-columns").ok();
    assert_eq!(run.out.lines().count(), 1);
    assert!(run.table().rows.is_empty());
}

#[test]
fn nul_bytes_and_cells_of_five_megabytes_pass_through() {
    let long = "Citizens vote on, the budget.\n".repeat(175_000);
    assert!(long.len() > 5_000_000);
    let input = format!("id,title,summary\n1,nul \0 byte,\"{long}\"\n2,Cloud,registry\n");
    let desk = Desk::with("big.csv", &input);
    let out = desk.run("tag big.csv --allow-missing-columns").ok().table();
    assert_eq!(out.column("title"), ["nul \0 byte", "Cloud"]);
    assert!(out.column("summary")[0] == long, "the long cell is changed");
}

#[test]
fn any_bytes_give_rows_or_errors_and_never_a_crash() {
    // A fixed linear congruential sequence: bytes of every value.
    let mut state = 1_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let desk = Desk::new();
    for length in [1, 10, 100, 5_000] {
        let noise: Vec<u8> = (0..length).map(|_| byte()).collect();
        for head in ["", "id,title\n", "{\"title\":\"a\"}\n"] {
            let run = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("trendtag"))
                .current_dir(desk.path(""))
                .args(["tag", "-"])
                .write_stdin([head.as_bytes(), &noise].concat())
                .output()
                .unwrap();
            let err = String::from_utf8_lossy(&run.stderr);
            assert!(matches!(run.status.code(), Some(0..=2)), "{err}");
            assert!(!err.contains("panicked"), "{err}");
        }
    }
}

#[test]
fn rows_that_are_blank_in_every_cell_are_skipped_and_counted() {
    let input = "id,title,summary,description\n1,Citizens vote,,\n,,,\n , ,\"\",\n,Open data,,\n";
    let run = Desk::with("blank.csv", input).run("tag blank.csv").ok();
    assert_eq!(run.table().column("title"), ["Citizens vote", "Open data"]);
    run.says("2 rows read, 2 tagged, 0 failed").says("2 blank and skipped");
}

#[test]
fn a_row_without_any_text_gets_no_suggestion_and_the_reason() {
    let input = "id,title,summary,description\n1,???,,\n2,,,\n";
    let run = Desk::with("none.csv", input).run("tag none.csv").ok();
    assert_eq!(run.table().column("suggested_trends"), ["-", "-"]);
    assert!(run.table().column("review_reasons").iter().all(|cell| cell.contains("no-text")));
    run.says("2 without text");
}

#[test]
fn a_file_whose_text_stands_under_another_name_is_refused_with_the_likely_one() {
    let rows = "1,Citizens vote,on the budget of their own quarter,a\n";
    let desk = Desk::with("short.csv", format!("id,Title:,Short summary,description\n{rows}"));
    desk.run("tag short.csv")
        .exits(2)
        .says("the column \"summary\" is missing")
        .says("\"Short summary\" may be \"summary\"")
        .says("--text-columns \"Title:,Short summary,description\"")
        .says("--allow-missing-columns");
    desk.run("tag short.csv --allow-missing-columns")
        .ok()
        .says("read without the text columns summary");
    desk.write("other.csv", format!("id,title,abstract,description\n{rows}"));
    desk.run("tag other.csv").exits(2).says("\"abstract\" is text");
    desk.write("typo.csv", "id,title,summary\n1,Citizens vote,a\n");
    desk.run("tag typo.csv --text-columns title,sumary")
        .exits(2)
        .says("\"summary\" may be \"sumary\"");
}

#[test]
fn a_compressed_file_that_expands_beyond_the_limit_is_refused_with_the_flag() {
    let desk = Desk::new();
    let text = format!("id,title,summary,description\n1,{},,\n", "a ".repeat(1 << 20));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
    desk.write("large.csv.gz", gzip.finish().unwrap());
    desk.run("tag large.csv.gz --max-expanded 1M").exits(2).says("--max-expanded");
    desk.run("tag large.csv.gz").ok();
}

#[test]
fn a_header_of_many_columns_is_refused_and_equal_names_are_told_apart() {
    let desk = Desk::with("wide.csv", format!("{}\n", "a,".repeat(20_000)));
    desk.run("tag wide.csv --allow-missing-columns").exits(2).says("more than 16384 columns");
    let names = "x,".repeat(10_000);
    desk.write("same.csv", format!("{names}title,summary,description\n{names}Citizens vote,,\n"));
    let run = desk.run("tag same.csv --output-format jsonl --allow-missing-columns").ok();
    assert!(run.out.contains("\"x_10000\":\"x\""));
}

#[test]
fn the_separator_that_a_spreadsheet_names_before_the_header_is_obeyed() {
    let input = "sep=;\r\nid;title, short;summary;description\r\n1;Citizens vote;a, b;c\r\n";
    let run = Desk::with("sep.csv", input)
        .run("tag sep.csv --output-format jsonl --allow-missing-columns")
        .ok();
    assert!(run.out.starts_with("{\"id\":\"1\",\"title, short\":\"Citizens vote\""), "{}", run.out);
}

#[test]
fn an_input_is_never_replaced() {
    let desk = Desk::with("in.csv", "id,title,summary,description\n1,Citizens vote,,\n");
    desk.run("tag in.csv -o in.csv --force").exits(2).says("is an input of this run");
    desk.run("tag in.csv -o out.csv --errors ./in.csv --force")
        .exits(2)
        .says("is an input of this run");
    assert!(desk.text("in.csv").starts_with("id,title"));
    assert_eq!(desk.names(), ["in.csv"]);
}
