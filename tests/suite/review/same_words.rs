//! Files with faults: the page says what the command says, and neither is hurt.

use rust_xlsxwriter::{Formula, Workbook};
use serde_json::{Value, json};

use super::{Review, serve};
use crate::support::{Desk, data};

/// A workbook with these rows; a cell that begins with `=` is a formula without a stored result.
fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Cases").unwrap();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            if cell.starts_with('=') {
                sheet.write_formula(row, column, Formula::new(*cell).set_result("")).unwrap();
            } else {
                sheet.write_string(row, column, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// Files with their faults, how the page reads them, and the same as flags.
fn faulty() -> Vec<(&'static str, Vec<u8>, Value, &'static str)> {
    let head: &[&str] = &["id", "title", "summary", "description"];
    let book = workbook(&[head, &["1", "a", "b", "c"]]);
    let table = "id,title,summary,description\n1,a,b,c\n";
    let wide: String = (0..20_000).map(|column| format!("column{column},")).collect();
    let long = format!("id,{}\n1,a\n", "x".repeat(500_000));
    let bomb = zstd::encode_all(&vec![b'a'; 64 << 20][..], 19).unwrap();
    let none = || json!({});
    vec![
        ("empty.csv", Vec::new(), none(), ""),
        ("bomb.csv.zst", bomb, none(), "--max-expanded 5M"),
        ("text.xlsx", table.into(), none(), ""),
        ("cut.xlsx", book[..book.len() / 2].to_vec(), none(), ""),
        ("text.parquet", table.replace(',', " ").into(), none(), ""),
        ("binary.csv", vec![0, 1, 2, 255, 254, 0], none(), ""),
        ("quote.csv", "id,title\n1,\"never closed".into(), none(), ""),
        ("wide.csv", format!("{wide}\n1\n").into(), none(), ""),
        ("long.csv", long.into(), none(), ""),
        ("twice.csv", "id,title,title,summary,description\n1,a,b,c,d\n".into(), none(), ""),
        ("others.csv", "Nr,Name,Text\n1,a,b\n".into(), none(), ""),
        ("sheet.xlsx", book.clone(), json!({ "sheet": "Nope" }), "--sheet Nope"),
        ("beyond.xlsx", book, json!({ "header_row": 99 }), "--header-row 99"),
        ("beyond.csv", table.into(), json!({ "header_row": 99 }), "--header-row 99"),
    ]
}

#[test]
fn a_file_that_cannot_be_tagged_is_refused_with_the_words_of_the_command() {
    let desk = Desk::new();
    let server = serve(&desk, "--largest-file 1M");
    let mut client = server.client();
    for (name, bytes, read, flags) in faulty() {
        let sent = client.upload(name, &bytes).is(201);
        let path = format!("/api/files/{}", sent["file"].as_str().unwrap());
        let body = json!({ "reviewer": "ann", "read": read });
        let found = client.json("POST", &format!("{path}/preview"), Some(&body)).is(200);
        let words = found["problem"]["words"].as_str();
        let words = words.unwrap_or_else(|| panic!("{name} has no problem: {found}"));
        let body = json!({ "reviewer": "ann", "batch": "b", "read": read });
        let refused = client.json("POST", &format!("{path}/tag"), Some(&body)).is(422);
        assert_eq!(refused["detail"], words, "{name}");
        desk.write(name, bytes);
        let run = desk.run(&format!("tag {name} {flags} -o out.csv")).exits(2);
        assert!(run.err.contains(words), "{name}\non the page: {words}\ncommand: {}", run.err);
        let run = desk.run(&format!("review add {name} {flags} --db own.db")).exits(2);
        assert!(run.err.contains(words), "{name}\non the page: {words}\ncommand: {}", run.err);
    }
    for made in ["r.db", "own.db", "out.csv"] {
        assert!(!desk.path(made).exists(), "{made}");
    }
}

#[test]
fn rows_that_fail_are_named_with_the_words_of_the_command() {
    let head: &[&str] = &["id", "title", "summary", "description"];
    let rows: [&[&str]; 5] = [
        head,
        &["1", "Open data", "a", "b"],
        &["2", "=A1&\"x\"", "=NOW()", "c"],
        &["1", "Another text", "d", "e"],
        &["1", "Open data", "a", "b"],
    ];
    let desk = Desk::with("c.xlsx", workbook(&rows));
    let server = serve(&desk, "");
    let client = server.client();
    let mut page = Review { desk, server, client, requests: 0 };
    let book = page.desk.bytes("c.xlsx");
    let sent = page.client.upload("c.xlsx", &book).is(201);
    let path = format!("/api/files/{}", sent["file"].as_str().unwrap());
    let body = json!({ "reviewer": "ann" });
    let found = page.post(&format!("{path}/preview"), &body).is(200);
    assert_eq!((&found["rows"], &found["failed"]), (&json!(4), &json!(1)), "{found}");
    assert_eq!(found["repeated_ids"], 2);
    let tagged = page.desk.run("tag c.xlsx -o out.csv").exits(1);
    for failure in found["failures"].as_array().unwrap() {
        let words = failure["words"].as_str().unwrap();
        assert!(tagged.err.contains(words), "{words}\n{}", tagged.err);
    }
    let body = json!({ "reviewer": "ann", "batch": "c", "blind_check": 0 });
    page.post(&format!("{path}/tag"), &body).is(202);
    let started = std::time::Instant::now();
    let facts = loop {
        let answer = page.client.json("GET", "/api/overview?reviewer=ann&batch=c", None);
        if answer.status == 200 {
            let facts = answer.is(200)["facts"].take();
            if facts["no_drift"].is_string() {
                break facts;
            }
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(300));
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let added = page.desk.run("review add c.xlsx --batch c --blind-check 0 --db own.db").exits(1);
    let failures = facts["failures"].as_array().unwrap();
    assert_eq!((failures.len(), &facts["failed"]), (2, &json!(2)), "{facts}");
    for failure in failures {
        let words = failure["words"].as_str().unwrap();
        assert!(added.err.contains(words), "{words}\n{}", added.err);
    }
    assert!(added.err.contains("belongs to another text already"), "{}", added.err);
}

#[test]
fn a_withdrawn_batch_has_no_files_and_an_empty_review_no_cases() {
    let desk = Desk::with("cases.csv", data("submissions.csv"));
    desk.run("review add cases.csv --batch first --db r.db").ok();
    desk.run("review withdraw first --db r.db").ok();
    let gone = desk.run("review export --batch first --finished --db r.db").exits(2);
    assert!(gone.err.contains("no batch") && gone.err.contains("first"), "{}", gone.err);
    let server = serve(&desk, "");
    let mut client = server.client();
    for path in ["overview", "report", "tagged?format=csv", "export?format=csv&cases=finished"] {
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("/api/{path}{mark}reviewer=ann&batch=first");
        let refused = client.json("GET", &path, None).is(422);
        assert_eq!(refused["type"], "unknown", "{path}");
        let title = refused["title"].as_str().unwrap();
        assert!(gone.err.contains(title), "{title}\n{}", gone.err);
    }
    // Without a case there is a file with the columns of a finished batch, and a report that says so.
    desk.run("review export --finished --db r.db -o empty.csv").ok().says("0 cases written");
    let told = desk.run("report empty.csv -o empty.html").ok().out;
    assert!(told.contains("The batch is empty"), "{told}");
    // The same file can be added again under another name, and its ids are those of one batch.
    desk.run("review add cases.csv --batch second --db r.db").ok().says("140 cases added");
    let again = desk.run("review add cases.csv --batch third --db r.db").ok();
    again.says("140 were there already").says("belong to another batch");
    desk.run("review export --batch third --finished --db r.db").exits(2).says("third");
}
