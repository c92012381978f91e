//! Formats: reading, writing and conversion.

use serde_json::json;

use super::support::{Desk, Table, keys};

const CSV: &str = "id,title,n\n007,\"Citizens, vote\",1.50\n8,Cloud registry,\n";

#[test]
fn json_lines_get_one_nested_object_and_keep_their_own_text() {
    let line = r#"{"id":1,"title":"Citizens vote on the budget","n":1.50,"tags":["a",{"b":null}]}"#;
    let run = Desk::with("in.jsonl", line).run("tag in.jsonl --allow-missing-columns").ok();
    assert!(run.out.starts_with(line.strip_suffix('}').unwrap()), "{}", run.out);
    let row = &run.json_lines()[0];
    let suggestions = row["suggestions"].as_object().unwrap();
    let names: Vec<&String> = suggestions.keys().collect();
    insta::assert_snapshot!(format!("{names:?}"), @r#"["model", "suggested", "needs_review", "review_reasons", "expected_errors", "unsure_trends", "trends", "fields"]"#);
    let trends = suggestions["trends"].as_array().unwrap();
    let told: Vec<&str> = trends.iter().map(|trend| trend["key"].as_str().unwrap()).collect();
    assert_eq!(told, keys());
    assert!(trends.iter().all(|trend| trend["probability"].is_f64()), "{trends:?}");
    assert_eq!(suggestions["needs_review"], true);
    assert_eq!(suggestions["review_reasons"], json!(["short"]));

    let trend = trends.iter().find(|trend| trend["suggested"] == true).unwrap();
    assert_eq!(trend["key"], suggestions["suggested"][0]);
    let evidence = &trend["evidence"][0];
    let span = &evidence["spans"][0];
    let at = |end: &str| span[end].as_u64().unwrap() as usize;
    let field = suggestions["fields"][at("field")].as_str().unwrap();
    let text = row[field].as_str().unwrap();
    assert_eq!(text[at("start")..at("end")].to_lowercase(), evidence["term"].as_str().unwrap());
}

#[test]
fn csv_becomes_json_lines_and_json_lines_become_csv() {
    let desk = Desk::with("in.csv", CSV);
    desk.run("tag in.csv -o out.jsonl --allow-missing-columns").ok();
    let lines: Vec<serde_json::Value> =
        desk.text("out.jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines[0]["id"], "007", "no cell is taken for a number");
    assert_eq!(lines[0]["title"], "Citizens, vote");
    assert_eq!(lines[1]["n"], "");

    // The columns of later rows count too.
    desk.write(
        "in.jsonl",
        "{\"id\":1,\"title\":\"Citizens vote\"}\n{\"id\":2,\"title\":\"Cloud\",\"n\":{\"a\":[1,2]}}\n",
    );
    let table = desk.run("tag in.jsonl --output-format csv --allow-missing-columns").ok().table();
    assert_eq!(table.header[..3], ["id", "title", "n"]);
    assert_eq!(table.column("n"), ["", "{\"a\":[1,2]}"]);
    let of_csv = desk.run("tag in.csv --allow-missing-columns").ok().table();
    assert_eq!(table.header[3..], of_csv.header[3..]);
}

#[test]
fn both_formats_tell_the_same() {
    let desk = Desk::with("in.csv", CSV);
    let table = desk.run("tag in.csv --allow-missing-columns").ok().table();
    let lines =
        desk.run("tag in.csv --output-format jsonl --allow-missing-columns").ok().json_lines();
    for (row, line) in lines.iter().enumerate() {
        let suggestions = &line["suggestions"];
        let cell = |list: &str| {
            let list = suggestions[list].as_array().unwrap().iter();
            list.map(|value| value.as_str().unwrap()).collect::<Vec<_>>().join(";")
        };
        assert_eq!(table.column("suggested_trends")[row], cell("suggested"));
        assert_eq!(table.column("review_reasons")[row], cell("review_reasons"));
        assert_eq!(table.column("unsure_trends")[row], cell("unsure_trends"));
        let expected: f64 = table.column("expected_errors")[row].parse().unwrap();
        assert_eq!(suggestions["expected_errors"], json!(expected));
        let flag = if suggestions["needs_review"] == true { "yes" } else { "no" };
        assert_eq!(table.column("needs_review")[row], flag);
        assert_eq!(table.column("model")[row], suggestions["model"]);
        for (key, trend) in keys().iter().zip(suggestions["trends"].as_array().unwrap()) {
            let in_csv: f64 = table.column(&format!("p_{key}"))[row].parse().unwrap();
            assert_eq!((&trend["key"], &trend["probability"]), (&json!(key), &json!(in_csv)));
        }
    }
}

#[test]
fn tabs_and_semicolons_are_found_out_and_kept() {
    let desk = Desk::with("in.csv", CSV);
    desk.write("semicolon.csv", "id;title;n\n007;Citizens, vote;1.50\n8;Cloud registry;\n");
    desk.write("tabs.tsv", "id\ttitle\tn\n007\tCitizens, vote\t1.50\n8\tCloud registry\t\n");
    desk.write("bars.csv", "id|title|n\n007|Citizens, vote|1.50\n8|Cloud registry|\n");
    let expected = desk.run("tag in.csv --allow-missing-columns").ok().table();
    for (arguments, delimiter) in [
        ("tag semicolon.csv --allow-missing-columns", b';'),
        ("tag tabs.tsv --allow-missing-columns", b'\t'),
        ("tag bars.csv --delimiter | --allow-missing-columns", b'|'),
        ("tag semicolon.csv --output-format tsv --allow-missing-columns", b'\t'),
        ("tag tabs.tsv --output-format csv --allow-missing-columns", b','),
    ] {
        let table = Table::parse(&desk.run(arguments).ok().out, delimiter);
        assert_eq!(table.header, expected.header, "{arguments}");
        assert_eq!(table.rows, expected.rows, "{arguments}");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let desk = Desk::with("in.csv", CSV);
    desk.write("windows.csv", format!("\u{feff}{}", CSV.replace('\n', "\r\n")));
    assert_eq!(
        desk.run("tag windows.csv --allow-missing-columns").ok().out,
        desk.run("tag in.csv --allow-missing-columns").ok().out
    );
}

#[test]
fn standard_input_is_known_by_its_content_or_by_a_flag() {
    let desk = Desk::new();
    let line = "{\"id\":1,\"title\":\"Citizens vote\"}\n";
    let known = desk.pipe("tag - --allow-missing-columns", line).ok();
    assert_eq!(known.out, desk.pipe("tag - --format jsonl --allow-missing-columns", line).ok().out);
    assert_eq!(known.json_lines().len(), 1);
    desk.pipe("tag - --format xml --allow-missing-columns", line).exits(2).says("csv, tsv, jsonl");
}

#[test]
fn what_is_not_a_format_we_read_is_refused_with_a_way_out() {
    let desk = Desk::with("array.json", "[{\"id\": 1}]");
    desk.write("image.csv", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR");
    desk.run("tag array.json").exits(2).says("none of the text columns");
    desk.run("tag image.csv").exits(2).says("UTF-8");
}
