//! Long words, many labels, one long text column, and a phone.

use std::fmt::Write;

use serde_json::json;

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::{ENTER, ESCAPE};

const TOO_WIDE: &str =
    "return document.documentElement.scrollWidth - document.documentElement.clientWidth";

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_word_of_400_letters_widens_no_view_and_hides_no_column() {
    let long = "Donaudampfschiffahrtsgesellschaft".repeat(13);
    let desk = Desk::with_cases(&[("long", &long, &long), ("short", "Open data", "A portal.")]);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    for width in [1280, 375] {
        browser.view(width, 800, 1.0);
        for view in ["case/long", "list", "statistics", "codebook"] {
            browser.view_named(view);
            browser.settle();
            assert_eq!(browser.js(TOO_WIDE), json!(0), "{view} at {width}");
        }
    }
    browser.view(1280, 800, 1.0);
    browser.view_named("list");
    browser.until("the list", "return document.querySelector('.cases')");
    let last = "return [...document.querySelectorAll('.cases tr')].every((row) => { \
        const r = row.lastElementChild.getBoundingClientRect(); return r.width > 60 && r.right <= innerWidth; })";
    assert_eq!(browser.js(last), true, "the last column is in view");
    browser.shoot("long-word-list");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn thirty_two_labels_and_one_text_column_look_right() {
    let desk = Desk::new();
    let subjects =
        ["harbour", "forest", "school", "hospital", "bridge", "library", "market", "garden"];
    let acts = ["opens", "closes", "moves", "grows"];
    let mut file = String::from("id,text,trends\n");
    for case in 0..320 {
        let (subject, act) = (subjects[case % 8], acts[case / 8 % 4]);
        writeln!(file, "case-{case},\"The {subject} {act} in the year of {case}, as the {subject} {act} with neighbours who talk about how it {act}. {}\",{subject}-{act}", "They meet again and again. ".repeat(8)).unwrap();
    }
    std::fs::write(desk.path("labelled.csv"), &file).unwrap();
    let model = [
        "train",
        "labelled.csv",
        "--text-columns",
        "text",
        "--no-search",
        "--alpha",
        "1",
        "-o",
        "many.safetensors",
    ];
    desk.run(&model);
    desk.run(&[
        "review",
        "add",
        "labelled.csv",
        "--text-columns",
        "text",
        "--model",
        "many.safetensors",
        "--blind-check",
        "0",
        "--db",
        "reviews.db",
    ]);
    let server = desk
        .serve_at("127.0.0.1:0", &format!("--model {}", desk.path("many.safetensors").display()));
    let browser = Browser::of("Ada", &server.address);
    browser.view(1280, 800, 1.0);
    browser.shoot("many-labels");
    // A single text column is shown as text and not as a heading.
    let size =
        "return parseFloat(getComputedStyle(document.querySelector('.case .text')).fontSize)";
    assert!(browser.js(size).as_f64().unwrap() <= 16.5);
    assert!(browser.text("#case-title").starts_with("Case case-"));

    assert_eq!(browser.count(".trend"), 32);
    let inside = "const r = document.querySelector('#accept').getBoundingClientRect(); return r.bottom <= innerHeight";
    assert_eq!(browser.js(inside), true, "the buttons are pinned");
    let first_unlikely = "const states = [...document.querySelectorAll('.trend')].map((t) => t.classList.contains('unlikely')); \
        return states.indexOf(true) >= states.lastIndexOf(false)";
    assert_eq!(browser.js(first_unlikely), true, "what is suggested or unsure comes first");

    // Typing filters the labels, and Enter ticks the first one.
    browser.press('0');
    browser.press('f');
    browser.write("library gro");
    let visible =
        "return [...document.querySelectorAll('.trend:not([hidden])')].map((t) => t.dataset.trend)";
    assert_eq!(browser.js(visible), json!(["library-grows"]));
    browser.shoot("many-labels-found");
    browser.press(ENTER);
    assert_eq!(browser.ticks(), ["library-grows"]);
    browser.press(ESCAPE);
    browser.go_on(ENTER);
    assert_eq!(desk.rows()[0].trends, ["library-grows"]);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_phone_has_the_doubt_above_the_text_and_the_buttons_at_its_lower_edge() {
    let desk = Desk::with_demo(6);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.view(375, 720, 1.0);
    assert_eq!(browser.js(TOO_WIDE), json!(0));
    let order = "const y = (s) => document.querySelector(s).getBoundingClientRect().top; \
        return [y('.guidance') < y('.case'), y('.case') < y('.trends'), y('.trends') < y('#note'), y('.guidance') < 200]";
    assert_eq!(browser.js(order), json!([true, true, true, true]));
    let pinned = "const r = document.querySelector('#accept').getBoundingClientRect(); return innerHeight - r.bottom < 30 && r.bottom <= innerHeight";
    assert_eq!(browser.js(pinned), true);
    browser.js("scrollTo(0, 600)");
    assert_eq!(browser.js(pinned), true, "also after scrolling");
    let reachable = "scrollTo(0, 99999); const r = document.querySelector('#note').getBoundingClientRect(); \
        return r.bottom <= document.querySelector('.actions').getBoundingClientRect().top";
    assert_eq!(browser.js(reachable), true, "the note is not below the bar");
    browser.shoot("phone");
    let case = browser.case();
    browser.click("#accept", 1);
    browser.until_gone(&case);
}
