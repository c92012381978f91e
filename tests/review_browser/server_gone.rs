//! The server ends in the middle of a save: nothing is lost or duplicated.

use serde_json::json;

use crate::desk::{Desk, Server};
use crate::driver::Browser;
use crate::hands::ENTER;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_server_killed_in_mid_save_and_restarted_has_each_answer_once() {
    let desk = Desk::with_demo(12);
    let mut server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let mut answered = Vec::new();
    for round in 0..6 {
        browser.press('3');
        let (case, ticks) = (browser.case(), browser.ticks());
        match round % 3 {
            // It dies before it has read the answer.
            0 => {
                server.freeze();
                browser.press(ENTER);
                browser.until_says("#saved", "Saving");
            }
            // It has saved, but its response is lost.
            1 => {
                browser.js("const real = window.fetch; window.fetch = async (path, request) => { \
                     const reply = await real(path, request); \
                     if (path !== '/api/decisions' || request.method !== 'POST') return reply; \
                     await new Promise((done) => setTimeout(done, 100)); \
                     window.fetch = real; throw new TypeError('the reply got lost'); }");
                browser.press(ENTER);
                browser.until_says("#gone", "safe here");
                assert_eq!(desk.rows().len(), answered.len() + 1, "it is saved");
            }
            // It dies at an arbitrary moment.
            _ => browser.press(ENTER),
        }
        server = restart(&desk, server, || {
            if round % 3 == 0 {
                browser.until_says("#gone", "Your answer is safe here");
                assert_eq!((browser.case(), browser.ticks()), (case.clone(), ticks.clone()));
                browser.shoot("server-gone");
            }
        });
        if browser.count("#try-now") > 0 {
            browser.js("document.querySelector('#try-now')?.click()");
        }
        browser.until_gone(&case);
        answered.push((case, ticks));
    }
    let rows: Vec<_> = desk.rows().into_iter().map(|row| (row.case, row.trends)).collect();
    assert_eq!(rows, answered);
    assert_eq!(desk.word("PRAGMA integrity_check"), "ok");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn an_answer_that_waits_in_a_page_survives_the_reload_of_the_page() {
    let desk = Desk::with_demo(5);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let case = browser.case();
    // All responses of the server are lost, as with a pulled cable.
    browser.js("window.fetch = async () => { throw new TypeError('no network') }");
    browser.press(ENTER);
    browser.until_says("#gone", "safe here");
    assert_eq!(desk.rows(), []);
    browser.reload();
    browser.settle();
    assert_ne!(browser.case(), case, "it was sent before the next case came");
    let cases: Vec<_> = desk.rows().into_iter().map(|row| row.case).collect();
    assert_eq!(cases, [case]);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn an_answer_that_waited_too_long_is_shown_beside_the_one_that_came_first() {
    let desk = Desk::with_demo(5);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.press('1');
    let (case, ticks) = (browser.case(), browser.ticks());
    browser.js("window.fetch = async () => { throw new TypeError('no network') }");
    browser.press(ENTER);
    browser.until_says("#gone", "safe here");
    let bens = json!({"request_id": "answer-of-ben", "reviewer": "Ben", "queue": "all",
        "case": case, "version": 0, "kind": "answer", "trends": []});
    server.post("/api/decisions", &bens).is(201);
    browser.reload();
    browser.until_says(".outdated h2", "Reviewer Ben answered this case");
    browser.click("#save-mine", 1);
    browser.until("the next case", "return document.querySelector('.card')");
    let rows: Vec<_> = desk.rows().into_iter().map(|row| (row.reviewer, row.trends)).collect();
    assert_eq!(rows, [("Ben".to_owned(), vec![]), ("Ada".to_owned(), ticks)]);
}

fn restart(desk: &Desk, server: Server, meanwhile: impl Fn()) -> Server {
    let place = server.at();
    server.kill();
    meanwhile();
    desk.serve_at(&place, "")
}
