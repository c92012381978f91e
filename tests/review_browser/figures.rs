//! The statistics: no figures from few answers; intervals and agreement from enough.

use serde_json::{Value, json};

use crate::desk::{Desk, Server};
use crate::driver::Browser;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn figures_of_the_audit_come_with_the_fiftieth_first_answer() {
    let desk = Desk::with_demo_and(52, &["--audit", "1"]);
    let server = desk.serve();
    let (cases, trend) = (cases(&server), trend(&server, 0));
    for case in &cases[..49] {
        answer(&server, "Ada", "blind-check", case, &trend);
    }
    let browser = Browser::of("Ada", &server.address);
    browser.view_named("statistics");
    browser.until_says("#too-few", "49 of 50 blind checks done");
    assert!(!browser.text(".statistics").contains('%'), "no figure without enough answers");
    answer(&server, "Ada", "blind-check", &cases[49], &trend);
    browser.reload();
    browser.until_says(".statistics", "50 of 52 blind-check cases");
    let figures = browser.texts(".figures").join("\n");
    assert!(figures.contains('%') && figures.contains('['), "shares with intervals: {figures}");
    browser.shoot("statistics-figures");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn agreement_is_that_of_reviewers_who_did_not_see_each_other() {
    let desk = Desk::with_demo_and(7, &["--audit", "0", "--overlap", "1"]);
    let server = desk.serve();
    let (first, second) = (trend(&server, 0), trend(&server, 1));
    for (i, case) in cases(&server).iter().enumerate() {
        answer(&server, "Ada", "all", case, if i == 6 { &second } else { &first });
        answer(&server, "Ben", "all", case, &first);
    }
    let browser = Browser::of("Ada", &server.address);
    browser.view_named("statistics");
    browser.until_says(".statistics", "7 cases answered by two");
    // Six of seven answers agree on two of the trends, all on the others.
    let agreement = browser.text(".statistics section:last-child");
    assert_eq!(agreement.matches("86\u{a0}%").count(), 2, "{agreement}");
    assert_eq!(agreement.matches("100\u{a0}%").count(), 3, "{agreement}");
}

fn cases(server: &Server) -> Vec<Value> {
    let list = server.get("/api/cases?reviewer=Ada&limit=200");
    list["cases"].as_array().unwrap().iter().map(|case| case["id"].clone()).collect()
}

fn trend(server: &Server, at: usize) -> Value {
    json!([server.get("/api/model")["trends"][at]["key"]])
}

fn answer(server: &Server, reviewer: &str, queue: &str, case: &Value, trends: &Value) {
    let shown = server.get(&format!("/api/cases/{}?reviewer={reviewer}", case.as_str().unwrap()));
    let body = json!({"request_id": format!("{reviewer}-{case}"), "reviewer": reviewer,
        "queue": queue, "case": case, "version": shown["version"], "kind": "answer",
        "trends": trends});
    server.post("/api/decisions", &body).is(201);
}
