//! The order of the queue, the position of the list, filters, sorting, flags and similar
//! cases.

use serde_json::json;

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::ESCAPE;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn the_list_sorts_filters_and_keeps_its_place_while_an_answer_is_corrected() {
    let desk = Desk::with_demo(120);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.answer();
    browser.view_named("list");
    browser.until_says("#total", "1–50 of 120 cases");

    // Every column sorts in both directions and shows the direction.
    for sort in ["title", "suggested", "expected-errors", "decision", "status"] {
        let header = format!("[data-sort='{sort}']");
        browser.click(&header, 1);
        browser.until(
            "the order",
            &format!("return document.querySelector(\"{header}\").closest('th').ariaSort"),
        );
    }
    browser.click("[data-sort='title']", 1);
    browser.until(
        "the order",
        "return document.querySelector('[data-sort=title]').closest('th').ariaSort === 'ascending'",
    );
    let titles: Vec<String> =
        browser.texts(".cases .title a").iter().map(|t| t.to_lowercase()).collect();
    assert!(titles.is_sorted(), "{titles:?}");

    // The second page, scrolled: a case opened from there returns there.
    browser.click("#next-page", 1);
    browser.until_says("#total", "51–100 of 120 cases");
    browser.js("scrollTo(0, 900)");
    browser.until("the scroll", "return scrollY > 500");
    std::thread::sleep(std::time::Duration::from_millis(100));
    let at = browser.js("return Math.round(scrollY)");
    let case = browser.js("return document.querySelectorAll('tr[data-case]')[30].dataset.case");
    let case = case.as_str().unwrap().to_owned();
    browser.view_named(&format!("case/{case}"));
    browser.until_says(".case-id", &case);
    browser.settle();
    assert!(browser.text(".back").contains("Back to the list"));
    browser.press('1');
    if browser.count("#accept[aria-disabled=true]") > 0 {
        browser.press('0');
    }
    browser.press(crate::hands::ENTER);
    browser.until_says("#total", "51–100 of 120 cases");
    browser.settle();
    assert_eq!(browser.js("return Math.round(scrollY)"), at);
    assert!(browser.text(&format!("tr[data-case='{case}'] .state")).contains("decided"));

    // A filter on any column of the file.
    browser.click(".more summary", 1);
    browser.until(
        "the columns",
        "return document.querySelector('[name=column] option[value=country]')",
    );
    browser.js("const c = document.querySelector('[name=column]'); c.value = 'country'; c.dispatchEvent(new Event('change'))");
    browser
        .until("the values", "return document.querySelectorAll('[name=value] option').length > 2");
    browser.js("const v = document.querySelector('[name=value]'); v.selectedIndex = 1; v.dispatchEvent(new Event('change'))");
    let value = browser.js("return document.querySelector('[name=value]').value");
    browser.until("fewer", "return !document.querySelector('#total').textContent.includes('120')");
    browser.settle();
    let first = browser.js("return document.querySelector('tr[data-case]').dataset.case");
    let shown = server.get(&format!("/api/cases/{}?reviewer=Ada", first.as_str().unwrap()));
    assert!(
        shown["metadata"].as_array().unwrap().contains(&json!({"name": "country", "value": value}))
    );
    browser.shoot("list-filtered");
    browser.click(".filters .clear", 1);
    browser.until_says("#total", "of 120 cases");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn blind_checks_come_among_the_most_valuable_and_the_line_says_what_reading_buys() {
    let desk = Desk::with_demo_and(60, &["--blind-check", "0.2"]);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.until_says("#progress", "macro F1 of this batch about 0.");
    browser.until_says("#progress", "more cases for 0.90");
    let mut blind = 0;
    for _ in 0..10 {
        blind += browser.count(".guidance.blind");
        browser.answer();
    }
    assert_eq!(blind, 2, "every fifth case");
    let answers =
        desk.number("SELECT count(*) FROM decisions WHERE queue = 'blind-check' AND shown IS NULL");
    assert_eq!(answers, 2);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn what_the_model_may_decide_alone_is_accepted_after_its_promise_and_undone_as_one_step() {
    let desk = Desk::with_demo_and(140, &["--blind-check", "0"]);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.view_named("list");
    browser.until("the list", "return document.querySelector('.cases')");
    browser.click("#alone", 1);
    browser.until_says("#ask[open]", "of the accepted trends are right");
    browser.shoot("alone");
    let promise = browser.text("#ask");
    assert!(
        promise.contains("Nobody has looked at such cases") && promise.contains("chosen at random")
    );
    assert_eq!(desk.rows(), []);
    browser.click("#ask .primary", 1);
    browser.until_says("#told", "held back for you to check");
    let unsure = desk.number("SELECT count(*) FROM decisions d JOIN suggestions s USING (case_number, model) WHERE NOT s.alone OR NOT d.bulk");
    assert!(!desk.rows().is_empty() && unsure == 0);
    assert!(
        browser.text(".cases").contains("hidden (spot check)") || browser.count("#next-page") == 1
    );
    browser.press('u');
    browser.until("the question or the end", "return document.querySelector('#ask[open], #told')");
    browser.js("document.querySelector('#ask[open] .primary')?.click()");
    browser.until_says("#told", "Undone");
    assert_eq!(server.get("/api/queues?reviewer=Ada")["progress"]["decided"], 0);
    assert_eq!(desk.number("SELECT count(*) FROM cases WHERE spot_check IS NOT NULL"), 0);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_case_goes_to_a_colleague_or_out_of_the_way_and_can_be_found_again() {
    let desk = Desk::with_demo_and(5, &["--blind-check", "0"]);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let asked = browser.case();
    browser.press('n');
    browser.write("is this a trial?");
    browser.press(ESCAPE);
    browser.go_on('c');
    let unusable = browser.case();
    browser.go_on('x');
    browser.view_named("list");
    for (choice, case, words) in [
        ("flag:ask-colleague", &asked, "a colleague is asked"),
        ("flag:unusable", &unusable, "unusable"),
    ] {
        browser.until("the list", "return document.querySelector('.cases, .message')");
        browser.run("const s = document.querySelector('[name=status]'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))", vec![json!(choice)]);
        browser.until_says("#total", "of 1 case");
        browser.until_says(".cases tbody", words);
        assert_eq!(browser.texts(".cases .title .quiet"), std::slice::from_ref(case));
    }
    let ben = Browser::of("Ben", &server.address);
    ben.view_named(&format!("case/{asked}"));
    ben.until_says(".notice", "Ada asks a colleague to look at this case: “is this a trial?”");
    ben.view_named(&format!("case/{unusable}"));
    ben.until_says(".notice", "Ada marked this case as unusable");
    ben.shoot("unusable");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn similar_cases_stand_beside_a_case_with_what_was_decided_there() {
    let text = "Citizens of the city vote on the participatory budget and propose projects for their district.";
    let other = "Sensors measure the water level and a dashboard predicts floods in the harbour.";
    let desk = Desk::with_cases(&[
        ("a", "Budget of the city", text),
        ("b", "Budget of the town", text),
        ("c", "Harbour", other),
    ]);
    let server = desk.serve();
    let trend = server.get("/api/model")["trends"][4].clone();
    for case in ["a", "b", "c"] {
        let shown = server.get(&format!("/api/cases/{case}?reviewer=Ben"));
        if case == "b" || shown["blind_check"] == json!(true) {
            let body = json!({"request_id": format!("answer-of-{case}"), "reviewer": "Ben", "queue": "all",
                "case": case, "version": shown["version"], "kind": "answer", "trends": [trend["key"]]});
            server.post("/api/decisions", &body).is(201);
        }
    }
    let browser = Browser::of("ben", &server.address);
    browser.until_says("#who", "Ben");
    browser.view_named("case/a");
    browser.until_says(".similar", "Budget of the town");
    assert!(browser.text(".similar li").contains("almost the same text"));
    let decided = browser.text(".similar .said");
    let name = trend["name"].as_str().unwrap();
    assert!(name.starts_with(decided.trim_end_matches('…')) && decided.len() > 5, "{decided}");
    browser.shoot("similar");
}
