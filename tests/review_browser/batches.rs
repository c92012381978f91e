//! Several batches on the page, and the downloads of a finished one.

use serde_json::json;

use crate::desk::Desk;
use crate::driver::Browser;

/// A desk with a batch of four cases and one of three.
fn two_batches() -> Desk {
    let desk = Desk::with_demo_and(4, &["--blind-check", "0", "--batch", "Call 2024"]);
    let demo = crate::desk::root().join("data/submissions.csv");
    let mut rows = csv::Reader::from_path(demo).unwrap();
    let mut out = csv::Writer::from_path(desk.path("second.csv")).unwrap();
    out.write_record(rows.headers().unwrap()).unwrap();
    for row in rows.records().skip(4).take(3) {
        out.write_record(&row.unwrap()).unwrap();
    }
    out.flush().unwrap();
    desk.run(&["review", "add", "second.csv", "--db", "reviews.db", "--blind-check", "0"]);
    desk
}

fn choose(browser: &Browser, selector: &str, value: &str) {
    let script = "const field = document.querySelector(arguments[0]); \
        field.value = arguments[1]; field.dispatchEvent(new Event('change', { bubbles: true }))";
    browser.run(script, vec![json!(selector), json!(value)]);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn one_batch_is_reviewed_and_another_withdrawn_and_brought_back() {
    let desk = two_batches();
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.until_says("#progress", "0 of 7 decided");
    choose(&browser, "#batch", "second");
    browser.until_says("#progress", "0 of 3 decided");
    browser.settle();
    for _ in 0..3 {
        browser.answer();
    }
    browser.until_says("#main", "All done");
    browser.until_says("#progress", "3 of 3 decided");
    browser.view_named("list");
    browser.until_says("#total", "3 cases");
    browser.reload();
    browser.until_says("#total", "3 cases");

    browser.view_named("statistics");
    browser.until_says("#batches", "Call 2024");
    browser.until_says("#pace", "No case waits for you");
    browser.click("#batches tbody button", 1);
    browser.until_says("#ask[open]", "Withdraw the batch “Call 2024”?");
    browser.click("#ask .primary", 1);
    browser.until_says("#batches .notice", "was withdrawn");
    assert_eq!(desk.number("SELECT count(*) FROM cases"), 3);
    assert_eq!(browser.js("return document.querySelector('#batch-choice').hidden"), true);
    browser.click("#batches .notice button", 1);
    browser
        .until("the batch", "return document.querySelectorAll('#batches tbody tr').length === 2");
    assert_eq!(desk.number("SELECT count(*) FROM cases"), 7);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn the_finished_batch_and_what_was_decided_are_downloaded() {
    let desk = two_batches();
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    choose(&browser, "#batch", "Call 2024");
    browser.until_says("#progress", "0 of 4 decided");
    browser.settle();
    browser.press('1');
    browser.answer();
    browser.view_named("statistics");
    browser
        .until_says(".statistics", "1 of 1 case decided with the suggestion in view was changed");
    browser.click("#show-changed", 1);
    browser.until_says("#total", "1 case");
    browser.view_named("download");
    browser.until_says("#finished", "1 read by a reviewer (25\u{a0}%)");
    browser.until_says("#expectation", "The macro F1 to expect is");
    choose(&browser, "[name=finished-format]", "csv");
    let file = |link: &str| {
        let script = "const request = new XMLHttpRequest(); \
            request.open('GET', document.querySelector(arguments[0]).href, false); \
            request.send(); return request.responseText";
        let text = browser.run(script, vec![json!(link)]);
        let text = text.as_str().unwrap().trim_start_matches('\u{feff}').to_owned();
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let header = rows.headers().unwrap().clone();
        (header, rows.records().map(Result::unwrap).collect::<Vec<_>>())
    };
    let (header, rows) = file("#download-finished");
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let mut by: Vec<&str> = rows.iter().map(|row| &row[at("decided_by")]).collect();
    by.sort_unstable();
    assert_eq!((rows.len(), by.iter().filter(|by| **by == "reviewer").count()), (4, 1), "{by:?}");
    choose(&browser, "[name=export-format]", "csv");
    choose(&browser, "[name=export-cases]", "changed");
    let (_, rows) = file("#download-decided");
    assert_eq!(rows.len(), 1);
    for format in ["xlsx", "jsonl", "parquet"] {
        choose(&browser, "[name=export-format]", format);
        let script = "const request = new XMLHttpRequest(); \
            request.open('GET', document.querySelector('#download-decided').href, false); \
            request.send(); return [request.status, request.getResponseHeader('content-disposition')]";
        let name = format!("attachment; filename=\"changed.{format}\"");
        assert_eq!(browser.js(script), json!([200, name]));
    }
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn the_second_reviewer_judges_without_the_suggestion() {
    let desk = Desk::with_demo_and(1, &["--blind-check", "0", "--overlap", "1"]);
    let server = desk.serve();
    let ada = Browser::of("Ada", &server.address);
    assert!(!ada.text(".guidance").contains("Second opinion"));
    ada.answer();
    let ben = Browser::of("Ben", &server.address);
    ben.until_says(".guidance", "Second opinion: judge for yourself");
    assert_eq!((ben.ticks(), ben.count("mark")), (vec![], 0));
    assert_eq!(ben.text("#accept"), "Choose first↵");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_batch_that_a_command_has_added_has_the_same_views() {
    let desk = Desk::with_demo_and(40, &["--blind-check", "0", "--batch", "Call 2024"]);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.view_named("batch/Call%202024");
    browser.until("the distance", "return document.querySelector('#drift .verdict')");
    browser.settle();
    assert_eq!(browser.count("#shares tbody tr"), 5);
    browser.until_says("#plan", "The model marks");
    assert_eq!(browser.faults(), Vec::<String>::new());
    browser.view_named("batch/Call%202024/download");
    browser.until("the downloads", "return document.querySelector('#tagged-file a')");
    assert_eq!(browser.faults(), Vec::<String>::new());
    let script = "return [...document.querySelectorAll('#tagged-file a')] \
        .find((a) => a.textContent === 'CSV').getAttribute('href')";
    let tagged = server.download(browser.js(script).as_str().unwrap());
    desk.run(&["tag", "submissions.csv", "-o", "own.csv"]);
    assert!(tagged == std::fs::read(desk.path("own.csv")).unwrap(), "the bytes of the command");
    assert_eq!(browser.console(), Vec::<String>::new(), "nothing is said in the console");
}
