//! Reviewing with the keyboard alone: fast, and without unintended actions.

use std::collections::BTreeMap;

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::{ENTER, ESCAPE, TAB};

const CONTROL: char = '\u{e009}';

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn twenty_cases_by_keyboard_alone_are_in_the_database_as_they_were_on_the_screen() {
    let desk = Desk::with_demo(20);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let mut seen = BTreeMap::new();
    for turn in 0.. {
        if browser.count(".card") == 0 {
            let waiting = browser.text(".message .ways");
            if !waiting.contains("Blind check") || seen.len() == 20 {
                break;
            }
            // Switches to the queue with hidden suggestions.
            browser.press(TAB);
            browser.press(ENTER);
            browser.until(
                "a case of the blind check",
                "return document.querySelector('.guidance.blind')",
            );
            browser.settle();
        }
        match turn % 5 {
            0 => browser.press('1'),
            1 => browser.write("24"),
            2 => browser.press('0'),
            3 => {
                browser.press('n');
                browser.write("two words");
                browser.press(ESCAPE);
            }
            _ => {}
        }
        if browser.ticks().is_empty()
            && browser.js("return document.querySelector('.none input').checked") == false
        {
            browser.press('0');
        }
        let (case, ticks) = (browser.case(), browser.ticks());
        let note = browser.js("return document.querySelector('#note').value");
        browser.answer();
        let first = seen.insert(case.clone(), (ticks, note.as_str().unwrap().to_owned()));
        assert!(first.is_none(), "{case} came twice");
    }
    assert_eq!(seen.len(), 20);
    let rows = desk.rows();
    assert_eq!(rows.len(), 20);
    for row in rows {
        assert_eq!((row.kind.as_str(), row.reviewer.as_str()), ("answer", "Ada"));
        assert_eq!((row.trends, row.note), seen[&row.case], "{}", row.case);
    }
    assert!(browser.text(".message").contains("All done"));
    browser.shoot("all-done");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_key_held_down_and_a_double_click_answer_one_case_each() {
    let desk = Desk::with_demo(20);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let mut answered = Vec::new();
    let mut once = |what: &str, act: &dyn Fn()| {
        answered.push(browser.case());
        act();
        browser.until_gone(answered.last().unwrap());
        std::thread::sleep(std::time::Duration::from_millis(200));
        browser.settle();
        let cases: Vec<String> = desk.rows().into_iter().map(|row| row.case).collect();
        assert_eq!(cases, answered, "{what}");
        assert!(!answered.contains(&browser.case()), "{what}: the next case is shown");
    };
    once("Enter held down", &|| browser.hold("Enter", "Enter", 13, 40));
    once("S held down", &|| browser.hold("s", "KeyS", 83, 40));
    once("a double click", &|| browser.click("#accept", 2));
    once("three clicks in a row", &|| browser.click("#accept", 3));
    once("a double click on Skip", &|| browser.click("#skip", 2));
    once("Enter held down on the button", &|| {
        browser.js("document.querySelector('#accept').focus()");
        browser.hold("Enter", "Enter", 13, 40);
    });
    let before = browser.ticks();
    browser.hold("1", "Digit1", 49, 40);
    assert_ne!(browser.ticks(), before, "a key held down ticks once");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn shortcuts_typed_into_a_note_are_text_and_saving_the_note_keeps_the_ticks() {
    const KEYS: &str = "1234567890 jk s u n e / ? JKSUNE";
    let desk = Desk::with_demo(5);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.press('2');
    let (case, ticks) = (browser.case(), browser.ticks());
    browser.press('n');
    browser.write(KEYS);
    let note = || browser.js("return document.querySelector('#note').value");
    assert_eq!(note(), KEYS);
    assert_eq!((browser.case(), browser.ticks()), (case.clone(), ticks.clone()));
    assert_eq!(browser.count("dialog[open]"), 0);
    assert_eq!(desk.rows(), []);

    browser.press(ESCAPE);
    browser.press_with(CONTROL, '1');
    assert_eq!(browser.ticks(), ticks, "no key acts with a modifier");
    browser.reload();
    browser.settle();
    assert_eq!(
        (browser.case(), browser.ticks()),
        (case.clone(), ticks.clone()),
        "kept over a reload"
    );
    assert_eq!(note(), KEYS);

    // The switch turns the keys off, and is remembered.
    browser.press('?');
    browser.until("the help", "return document.querySelector('#help[open]')");
    browser.shoot("help");
    browser.click("#single-keys", 1);
    browser.press(ESCAPE);
    browser.reload();
    browser.settle();
    browser.write("12s");
    browser.press(ENTER);
    browser.settle();
    assert_eq!((browser.case(), browser.ticks()), (case.clone(), ticks.clone()), "keys are off");
    browser.click("#open-help", 1);
    browser.click("#single-keys", 1);
    browser.press(ESCAPE);
    browser.js("document.querySelector('[data-home]').focus()");

    browser.answer();
    let [row] = &desk.rows()[..] else { panic!("one decision") };
    assert_eq!((&row.case, &row.trends, row.note.as_str()), (&case, &ticks, KEYS));
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn digits_act_by_their_place_on_any_keyboard_and_other_keys_by_their_sign() {
    let desk = Desk::with_demo(5);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let first = || browser.js("return document.querySelector('.trend input').checked");
    let before = first();
    // A French keyboard has & there, and 1 with Shift; a German one has / on Shift and 7.
    browser.press_at("&", "Digit1", false);
    assert_ne!(first(), before);
    browser.press_at("1", "Digit1", true);
    assert_eq!(first(), before);
    browser.press_at("!", "Digit1", true);
    assert_eq!(first(), before, "a sign with Shift is no digit");
    browser.press_at("/", "Digit7", true);
    assert_eq!(browser.js("return document.activeElement.id"), "search");
    browser.press(ESCAPE);
    // A French keyboard has Q in the place of A: the character counts, not the position.
    browser.press_at("a", "KeyQ", false);
    assert_eq!(browser.count(".all-evidence"), 1);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_note_is_saved_from_within_and_k_returns_to_the_case_just_answered() {
    let desk = Desk::with_demo(6);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.press('1');
    let (case, ticks) = (browser.case(), browser.ticks());
    browser.press('n');
    browser.write("seen");
    browser.press_with(CONTROL, ENTER);
    browser.until_gone(&case);
    let next = browser.case();
    assert_eq!(desk.rows()[0].note, "seen");

    browser.go_on('k');
    assert_eq!((browser.case(), browser.ticks()), (case.clone(), ticks));
    browser.until_says(".notice", "You answered this case");
    browser.until_says("#accept", "Keep my answer");
    browser.press('5');
    browser.until_says("#accept", "Save 1 change");
    browser.press(ENTER);
    browser.until_gone(&case);
    assert_eq!(browser.case(), next, "back to where one was");
    assert_eq!(desk.rows().len(), 2);
    browser.go_on('k');
    assert_eq!(browser.case(), case);
    browser.press(ENTER);
    browser.until_gone(&case);
    assert_eq!(desk.rows().len(), 2, "an answer that stays needs no second row");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn enter_accepts_after_a_click_that_only_shows_something() {
    let desk = Desk::with_demo(6);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    for shows in [".trend:not(.focused) .why", ".bounds summary", ".piece", "#all-evidence"] {
        browser.click(shows, 1);
        browser.answer();
    }
    assert_eq!(desk.rows().len(), 4);
}
