//! Exports of a review: every format, every column, and the download of the page.

use serde_json::{Value, json};

use super::Review;
use crate::support::{Desk, Run, Table, keys};

const CASES: &str = "id,title,score,remark\n\
    a,Citizens vote on the budget,1.5,=1+1\n\
    b,Grüße aus Köln — café,2,-\n\
    c,'tis a title,,'=kept\n\
    d,Left alone,,@x\n";

/// Returns a review of [`CASES`]: a case that was accepted, one that was changed, one without an
/// answer in conflict, one that nobody has answered.
fn reviewed() -> Review {
    let mut review = Review::with(CASES, "--blind-check 0");
    let keys = keys();
    let answers = [("a", "Ann"), ("b", "Ann"), ("c", "Ann"), ("c", "Bob")];
    for (k, (id, reviewer)) in answers.into_iter().enumerate() {
        let case = review.case(id, reviewer);
        let suggested = case["suggestion"]["suggested"].clone();
        let mut body = review.answer(reviewer, &case, &[]);
        body["trends"] = match k {
            0 => suggested,
            1 | 2 => json!([keys[0], keys[1], keys[2]]),
            _ => json!([]),
        };
        body["note"] =
            json!(if k == 1 { "=cmd|'/C calc'!A0, \"quoted\"\nsecond line é" } else { "" });
        review.save(&body).is(201);
    }
    review
}

/// Rows of a file of any format, as the program itself reads them.
fn read(desk: &Desk, name: &str) -> Vec<Value> {
    let run = desk.run(&format!(
        "tag {name} --output-format jsonl --probabilities none --allow-missing-columns"
    ));
    run.ok().json_lines()
}

#[test]
fn each_format_is_a_real_file_of_that_format_with_the_same_cases() {
    let review = reviewed();
    let marks: [(&str, &[u8]); 4] =
        [("csv", b"id,"), ("xlsx", b"PK\x03\x04"), ("parquet", b"PAR1"), ("jsonl", b"{\"id\"")];
    let mut first: Option<Vec<(Value, Value)>> = None;
    for (format, mark) in marks {
        let name = format!("out.{format}");
        review
            .desk
            .run(&format!("review export --db r.db -o {name}"))
            .ok()
            .says("3 answered cases");
        assert!(review.desk.bytes(&name).starts_with(mark), "{format}");
        let rows = read(&review.desk, &name);
        let cells = rows.iter().map(|row| (row["id"].clone(), row["remark"].clone()));
        let cells: Vec<(Value, Value)> = cells.collect();
        assert_eq!(first.get_or_insert_with(|| cells.clone()), &cells, "{format}");
        let status: Vec<_> = rows.iter().map(|row| row["review_status"].clone()).collect();
        assert_eq!(status, ["decided", "decided", "conflict"], "{format}");
        // Undecided is not the same as "none applies".
        assert!(rows[2]["trends"].is_null() || rows[2]["trends"] == "", "{format}");
    }
    for name in ["out.foo", "out.xls", "labelled"] {
        review.desk.run(&format!("review export --db r.db -o {name}")).exits(2).says("--format");
        assert!(!review.desk.path(name).exists());
    }
    review.desk.run("review export --db r.db -o out.csv.gz").ok();
    assert!(review.desk.bytes("out.csv.gz").starts_with(b"\x1f\x8b"));
}

#[test]
fn an_export_says_what_was_suggested_what_was_decided_and_what_changed() {
    let review = reviewed();
    let keys = keys();
    let run = |flags: &str| -> Run { review.desk.run(&format!("review export --db r.db {flags}")) };
    let table = run("").ok().table();
    assert_eq!(table.column("trends")[0], table.column("suggested_trends")[0]);
    assert_eq!(table.column("review_changed"), ["no", "yes", ""]);
    assert_eq!(table.column("review_by"), ["reviewer 1", "reviewer 1", "reviewer 1; reviewer 2"]);
    let (added, removed) = (table.column("review_added")[1], table.column("review_removed")[1]);
    let decided: Vec<&str> = table.column("trends")[1].split(';').collect();
    let suggested: Vec<&str> = table.column("suggested_trends")[1].split(';').collect();
    let beside = |of: &[&str], other: &[&str]| -> String {
        let only: Vec<&str> = of.iter().filter(|key| !other.contains(key)).copied().collect();
        if only.is_empty() { "-".to_owned() } else { only.join(";") }
    };
    assert_eq!(added, beside(&decided, &suggested));
    assert_eq!(removed, beside(&suggested, &decided));
    for key in &keys {
        let p: f64 = table.column(&format!("p_{key}"))[0].parse().unwrap();
        assert!((0.0..=1.0).contains(&p));
        assert!(["accept", "reject", "ask"].contains(&table.column(&format!("verdict_{key}"))[0]));
    }

    let named = run("--with-reviewers --one-column-per-trend").ok().table();
    assert_eq!(named.column("review_by"), ["Ann", "Ann", "Ann; Bob"]);
    assert_eq!(named.column(&keys[0])[1..], ["1", ""]);
    assert_eq!(named.column(&keys[3])[1..], ["0", ""]);
    let answers: Value = serde_json::from_str(named.column("review_answers")[2]).unwrap();
    assert_eq!(answers[1]["reviewer"], "Bob");

    let changed = run("--cases changed").ok().table();
    assert_eq!(changed.column("id"), ["b"]);
    let all = run("--cases with-open").ok().table();
    assert_eq!(all.column("review_status"), ["decided", "decided", "conflict", "open"]);
}

#[test]
fn a_file_for_spreadsheets_has_a_mark_and_apostrophes_that_readers_take_away() {
    let review = reviewed();
    review.desk.run("review export --db r.db -o safe.csv --spreadsheet-safe").ok();
    let text = review.desk.text("safe.csv");
    let table = Table::parse(text.strip_prefix('\u{feff}').expect("a byte-order mark"), b',');
    assert_eq!(table.column("remark"), ["'=1+1", "-", "''=kept"]);
    assert_eq!(table.column("title")[2], "'tis a title");
    assert!(table.column("review_note")[1].starts_with("'=cmd"));
    let plain = review.desk.run("review export --db r.db").ok().table();
    assert_eq!(plain.column("remark"), ["=1+1", "-", "'=kept"]);
    let back: Vec<Value> = read(&review.desk, "safe.csv");
    let back: Vec<_> = back.iter().map(|row| row["remark"].clone()).collect();
    assert_eq!(back, ["=1+1", "-", "'=kept"]);
}

#[test]
fn the_page_offers_the_same_as_a_download() {
    let mut review = reviewed();
    let get = |review: &mut Review, query: &str| {
        let path = format!("/api/export?reviewer=Ann&format=csv{query}");
        review.client.json("GET", &path, None)
    };
    let answer = get(&mut review, "");
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = answer.header("content-disposition");
    assert_eq!(name, Some("attachment; filename=\"review.csv\""));
    let exported = "review export --db r.db --spreadsheet-safe";
    assert_eq!(answer.body, review.desk.run(exported).ok().out);
    let changed = get(&mut review, "&cases=changed&names=true");
    let flags = format!("{exported} --cases changed --with-reviewers");
    assert_eq!(changed.body, review.desk.run(&flags).ok().out);
    assert_eq!(get(&mut review, "&cases=some").is(400)["type"], "bad-request");
    let pdf = review.client.json("GET", "/api/export?reviewer=Ann&format=pdf", None);
    assert_eq!(pdf.is(400)["type"], "bad-request");
}

#[test]
fn a_download_does_not_show_the_first_answer_to_a_case_for_two() {
    let mut review = Review::of(3, "--blind-check 0 --overlap 1");
    let case = review.next("Ann", "all")["case"].clone();
    let body = review.answer("Ann", &case, &[]);
    review.save(&body).is(201);
    let path = "/api/export?reviewer=Bob&format=jsonl&cases=with-open";
    let rows = review.client.json("GET", path, None).body;
    assert_eq!(rows.lines().count(), 2, "{rows}");
    assert!(!rows.contains(case["id"].as_str().unwrap()));
    let rows = review.desk.run("review export --db r.db --format jsonl").ok().json_lines();
    assert_eq!(rows[0]["review_status"], "waits for a second answer");
}

#[test]
fn a_hidden_suggestion_is_in_no_export() {
    let review = Review::of(3, "--blind-check 1");
    let table = review.desk.run("review export --db r.db --cases with-open").ok().table();
    let key = &keys()[0];
    for column in ["suggested_trends".to_owned(), format!("p_{key}"), format!("verdict_{key}")] {
        assert_eq!(table.column(&column), ["", "", ""]);
    }
}

#[test]
fn what_reviewers_changed_is_counted_per_trend_and_in_total() {
    let mut review = reviewed();
    let changes = review.get("/api/stats?reviewer=Ann")["changes"].clone();
    assert_eq!((&changes["cases"], &changes["changed"]), (&json!(2), &json!(1)));
    let sum = |name: &str| -> u64 {
        let of_trend = changes["per_trend"].as_array().unwrap().iter();
        of_trend.map(|of| of[name].as_u64().unwrap()).sum()
    };
    for name in ["kept", "removed", "added"] {
        assert_eq!(changes[name], sum(name), "{name}");
    }
    let status = review.desk.run("review status --db r.db").ok().out;
    assert!(status.contains("1 cases changed (50 %)"), "{status}");
    let pace = review.get("/api/stats?reviewer=Ann")["pace"].clone();
    assert_eq!((&pace["open"], &pace["seconds_left"]), (&json!(1), &Value::Null));
}
