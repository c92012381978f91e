//! One workbook becomes a finished file and a report twice: on the page alone, and with commands
//! alone. Both give the same.

use std::time::{Duration, Instant};

use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use super::{Review, serve};
use crate::http::Client;
use crate::support::{Desk, Table, data, keys};

/// The formats that the page offers.
const FORMATS: [&str; 4] = ["xlsx", "csv", "jsonl", "parquet"];

/// The 140 demo submissions as a workbook, with years as numbers.
fn workbook() -> Vec<u8> {
    let cases = Table::parse(&data("submissions.csv"), b',');
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in [&cases.header].into_iter().chain(&cases.rows).enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number).unwrap(),
                Err(_) => sheet.write_string(row, column, cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

/// Sends the workbook and has it tagged as a batch.
fn tag_on_the_page(review: &mut Review, batch: &str) {
    let book = review.desk.bytes("call.xlsx");
    let sent = review.client.upload("call.xlsx", &book).is(201);
    let path = format!("/api/files/{}/tag", sent["file"].as_str().unwrap());
    let body = json!({ "reviewer": "ann", "batch": batch, "blind_check": 0.1, "overlap": 0.2 });
    review.post(&path, &body).is(202);
    let overview = format!("/api/overview?reviewer=ann&batch={batch}");
    let started = Instant::now();
    while review.client.json("GET", &overview, None).status != 200 {
        assert!(started.elapsed() < Duration::from_secs(300));
        std::thread::sleep(Duration::from_millis(50));
    }
    until_measured(review, batch);
}

/// Returns a new connection: a server closes one that was long without a request.
fn fresh(review: &mut Review) -> &mut Client {
    review.client = review.server.client();
    &mut review.client
}

/// Waits until the distance of a batch is measured; returns its overview.
fn until_measured(review: &mut Review, batch: &str) -> Value {
    fresh(review);
    let started = Instant::now();
    loop {
        let overview = review.get(&format!("/api/overview?reviewer=ann&batch={batch}"));
        if overview["facts"]["drift"].is_object() {
            return overview;
        }
        assert!(started.elapsed() < Duration::from_secs(300), "{overview}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Answers a case: as suggested, or with these trends.
fn answer(review: &mut Review, reviewer: &str, id: &str, trends: Option<&[&str]>) {
    let case = review.case(id, reviewer);
    let suggested = case["suggestion"]["suggested_trends"].as_array();
    let suggested: Vec<&str> = suggested.into_iter().flatten().filter_map(Value::as_str).collect();
    let body = review.answer(reviewer, &case, trends.unwrap_or(&suggested));
    review.save(&body).is(201);
}

fn ids(review: &Review, query: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(review.desk.path("r.db")).unwrap();
    let mut statement = connection.prepare(&format!("{query} ORDER BY number")).unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.collect::<Result<_, _>>().unwrap()
}

/// Reads the batch in part: cases of every kind are decided, and some wait.
fn read_in_part(review: &mut Review) {
    let keys = keys();
    let one = [keys[0].as_str()];
    let alone = ids(review, "SELECT id FROM cases WHERE wanted = 1 AND NOT blind_check");
    for (n, id) in alone.iter().take(12).enumerate() {
        answer(review, "ann", id, (n % 3 == 0).then_some(&one));
    }
    for id in ids(review, "SELECT id FROM cases WHERE blind_check").iter().skip(3) {
        answer(review, "bob", id, Some(&one));
    }
    let twice = ids(review, "SELECT id FROM cases WHERE wanted = 2");
    for id in &twice[..3] {
        answer(review, "ann", id, Some(&one));
    }
    answer(review, "bob", &twice[0], Some(&one));
    answer(review, "bob", &twice[1], Some(&[&keys[1]]));
    let case = review.case(&alone[20], "ann");
    let mut flag = review.answer("ann", &case, &[]);
    flag["kind"] = json!("skip");
    flag.as_object_mut().unwrap().remove("trends");
    flag["flag"] = json!("unusable");
    review.save(&flag).is(201);
}

fn decided_by(table: &Table) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for by in table.column("decided_by") {
        *counts.entry(by.to_owned()).or_default() += 1;
    }
    counts.into_iter().collect()
}

#[test]
fn a_workbook_becomes_the_same_finished_file_and_report_on_the_page_and_with_commands() {
    let desk = Desk::with("call.xlsx", workbook());
    let server = serve(&desk, "");
    let client = server.client();
    let mut page = Review { desk, server, client, requests: 0 };
    tag_on_the_page(&mut page, "Call-2025");
    read_in_part(&mut page);

    // The same answers come to the commands as a file, with the times at which they were given.
    let answers = "review export --db r.db --cases with-open --with-reviewers -o answers.jsonl";
    page.desk.run(answers).ok();
    let desk = Desk::with("call.xlsx", workbook());
    desk.write("answers.jsonl", page.desk.bytes("answers.jsonl"));
    let add = "review add call.xlsx --batch Call-2025 --overlap 0.2 --db r.db";
    desk.run(add).ok().says("140 cases added");
    desk.run("review import answers.jsonl --db r.db").ok();

    for format in FORMATS {
        let finished = format!("/api/export?reviewer=ann&cases=finished&format={format}");
        let safe = if format == "csv" { "--spreadsheet-safe" } else { "" };
        let export = "review export --db r.db --batch Call-2025 --finished -o finished";
        desk.run(&format!("{export}.{format} {safe}")).ok().says("waiting for a second answer");
        let own = desk.bytes(&format!("finished.{format}"));
        assert!(fresh(&mut page).download(&finished) == own, "finished.{format}");
        desk.run(&format!("tag call.xlsx -o tagged.{format}")).ok();
        let path = format!("/api/tagged?reviewer=ann&batch=Call-2025&reveal=true&format={format}");
        assert!(
            fresh(&mut page).download(&path) == desk.bytes(&format!("tagged.{format}")),
            "{format}"
        );
    }
    desk.run("review export --db r.db --finished -o plain.csv --summary summary.json").ok();
    let figures: Value = serde_json::from_str(&desk.text("summary.json")).unwrap();
    fresh(&mut page);
    assert_eq!(page.get("/api/finished?reviewer=ann&batch=Call-2025"), figures);
    let table = Table::parse(&desk.text("plain.csv"), b',');
    let counts = decided_by(&table);
    let count = |by: &str| counts.iter().find(|(name, _)| name == by).map_or(0, |(_, n)| *n);
    assert_eq!((table.rows.len(), count("two reviewers"), count("conflict")), (140, 1, 1));
    assert_eq!((count("open"), count("waits for a second answer"), count("unusable")), (3, 1, 1));
    for (row, by) in table.rows.iter().zip(table.column("decided_by")) {
        let cells = table.header.iter().zip(row);
        let shown = cells.filter(|(name, cell)| {
            (name.starts_with("p_") || *name == "trends" || *name == "model") && !cell.is_empty()
        });
        let is_hidden = ["open", "waits for a second answer"].contains(&by);
        assert_eq!(shown.count() == 0, is_hidden, "{by}: {row:?}");
    }

    let report =
        String::from_utf8(fresh(&mut page).download("/api/report?reviewer=ann&batch=Call-2025"));
    let report = report.unwrap();
    for format in FORMATS {
        desk.run(&format!("report finished.{format} -o {format}.html")).ok();
        let own = desk.text(&format!("{format}.html"));
        let differs = own.lines().zip(report.lines()).find(|(own, page)| own != page);
        assert!(own == report, "the report of finished.{format} differs: {differs:?}");
    }
    assert!(report.contains("<h1>Call-2025</h1>"), "its title is the name of the batch");
    assert!(report.contains("Of the 140 cases of the batch, 134 have final trends"));
    let said = "6 cases have no final trends and are left out: reviewers disagree about 1, \
                3 wait for a blind answer, 1 is unusable and 1 waits for a second answer.";
    assert!(report.contains(said), "{said}");

    // A batch that a command has added has the same views.
    let server = serve(&desk, "");
    let client = server.client();
    let mut own = Review { desk, server, client, requests: 0 };
    let (overview, theirs) =
        (until_measured(&mut own, "Call-2025"), until_measured(&mut page, "Call-2025"));
    assert_eq!(overview["trends"], theirs["trends"]);
    for fact in ["drift", "needs_review", "f1_finished", "wrong_tags_left", "rows", "overlap"] {
        assert_eq!(overview["facts"][fact], theirs["facts"][fact], "{fact}");
    }
    let path = "/api/tagged?reviewer=ann&batch=Call-2025&reveal=true&format=jsonl";
    assert!(own.client.download(path) == own.desk.bytes("tagged.jsonl"));
    let page_of_own = own.client.download("/api/report?reviewer=ann&batch=Call-2025");
    assert!(String::from_utf8(page_of_own).unwrap() == report);
}

#[test]
fn rows_without_ids_are_numbered_within_their_batch_in_both_ways() {
    let csv =
        "title,summary,description\nOpen data,a portal,for citizens\nChatbot,answers,all day\n";
    let desk = Desk::with("a.csv", csv);
    desk.run("review add a.csv --batch first --blind-check 0 --db r.db").ok().says("2 cases added");
    desk.write("b.csv", csv.replace("Open data", "Closed data"));
    desk.run("review add b.csv --batch second --blind-check 0 --db r.db")
        .ok()
        .says("2 cases added");
    desk.run("review add b.csv --batch second --blind-check 0 --db r.db").ok().says("2 were there");
    let table = desk.run("review export --db r.db --finished").ok().table();
    assert_eq!(table.column("id"), ["first: 1", "first: 2", "second: 1", "second: 2"]);
    assert_eq!(table.column("review_batch"), ["first", "first", "second", "second"]);
    // A database of an earlier version has the numbers alone.
    let connection = rusqlite::Connection::open(desk.path("r.db")).unwrap();
    connection.execute("UPDATE cases SET id = '1' WHERE id = 'first: 1'", []).unwrap();
    drop(connection);
    desk.run("review add a.csv --batch first --blind-check 0 --db r.db").ok().says("2 were there");
}
