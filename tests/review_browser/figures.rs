//! The statistics: no figure from few answers, intervals and agreement from enough.

use serde_json::{Value, json};

use crate::desk::{Desk, Server};
use crate::driver::Browser;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn figures_of_the_audit_come_with_the_fiftieth_first_answer_and_agreement_with_two_reviewers() {
    // Every case is in the audit and wants two reviewers.
    let desk = Desk::with_demo_and(52, &["--audit", "1", "--overlap", "1"]);
    let server = desk.serve();
    let cases = server.get("/api/cases?reviewer=Ada&limit=200")["cases"].clone();
    let model = server.get("/api/model");
    let (first, second) = (&model["trends"][0]["key"], &model["trends"][1]["key"]);
    let cases = cases.as_array().unwrap();
    for case in &cases[..49] {
        answer(&server, "Ada", &case["id"], &json!([first]));
    }
    let browser = Browser::of("Ada", &server.address);
    browser.view_named("statistics");
    browser.until_says("#too-few", "n = 49");
    assert!(!browser.text(".statistics").contains(" %"), "no figure without enough answers");

    answer(&server, "Ada", &cases[49]["id"], &json!([second]));
    for case in &cases[..6] {
        answer(&server, "Ben", &case["id"], &json!([first]));
    }
    answer(&server, "Ben", &cases[49]["id"], &json!([first]));
    browser.reload();
    browser.until_says(".statistics", "50 of 52 audit cases");
    let figures = browser.texts(".figures").join("\n");
    assert!(figures.contains("%") && figures.contains('['), "shares with intervals: {figures}");
    // Six of seven cases are answered alike: 86 % for both trends, 100 % for the rest.
    let agreement = browser.text(".statistics section:last-child");
    assert!(agreement.contains("7 cases answered by two"), "{agreement}");
    assert!(agreement.contains("86\u{a0}%") && agreement.contains("100\u{a0}%"), "{agreement}");
    browser.view(1280, 1400, 1.0);
    browser.shoot("statistics-figures");
}

fn answer(server: &Server, reviewer: &str, case: &Value, trends: &Value) {
    let shown = server.get(&format!("/api/cases/{}?reviewer={reviewer}", case.as_str().unwrap()));
    let body = json!({"request_id": format!("{reviewer}-{case}"), "reviewer": reviewer,
        "queue": "audit", "case": case, "version": shown["version"], "kind": "answer",
        "trends": trends});
    server.post("/api/decisions", &body).is(201);
}
