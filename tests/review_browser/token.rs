//! A server that listens beyond this machine asks for its token.

use serde_json::json;

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::{ENTER, TAB};

/// The key that is held for shortcuts.
const CONTROL: char = '\u{e009}';

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn nothing_is_shown_before_the_token_and_an_answer_outlives_a_new_one() {
    let desk = Desk::with_demo(5);
    let server = desk.serve_at("0.0.0.0:0", "");
    // Any address of the machine works; this one always exists.
    let port = server.at().rsplit(':').next().unwrap().to_owned();
    let page = format!("http://127.0.0.1:{port}");
    let browser = Browser::start();
    browser.go(&page);
    let dialog = "return document.querySelector('#sign-in[open] #token')";
    browser.until("the dialog for the token", dialog);
    browser.write("Ada");
    browser.press(TAB);
    browser.write("wrong");
    browser.press(ENTER);
    browser.until_says("#sign-in [role=alert]", "Wrong token.");
    browser.shoot("token");
    assert_eq!((browser.case().as_str(), browser.count("#main .card")), ("", 0));

    browser.press_with(CONTROL, 'a');
    browser.write(server.token());
    browser.press(ENTER);
    browser.settle();
    browser.answer();
    browser.reload();
    browser.settle();
    assert_eq!(browser.count("#sign-in[open]"), 0, "it is asked for once");
    let stored = browser.js(
        "return document.cookie + JSON.stringify({...localStorage, ...sessionStorage}) + location",
    );
    assert!(!stored.as_str().unwrap().contains(server.token()), "no script can read it");

    // A new server has a new token: the answer waits until it is given.
    let old = server.token().to_owned();
    server.kill();
    let server = desk.serve_at(&format!("0.0.0.0:{port}"), "");
    assert_ne!(server.token(), old);
    let case = browser.case();
    browser.press(ENTER);
    browser.until("the dialog for the token", dialog);
    browser.write(server.token());
    browser.press(ENTER);
    browser.until("the dialog to close", "return !document.querySelector('#sign-in[open]')");
    browser.until_gone(&case);
    assert_eq!(desk.rows_of("answer").len(), 2);
    drop(browser);

    // The address that the server prints contains it.
    let browser = Browser::start();
    browser.go(&format!("{page}/#token={}", server.token()));
    browser.until("the dialog for the name", "return document.querySelector('#sign-in[open]')");
    assert_eq!(browser.count("#token"), 0);
    assert_eq!(browser.js("return location.hash"), json!(""));
    browser.sign_in("Bob");
    assert_ne!(browser.case(), "");
}
