//! Reviewing with the keyboard alone: fast, and never more than was meant.

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
            if !waiting.contains("Audit") || seen.len() == 20 {
                break;
            }
            // On to the queue whose suggestions are hidden.
            browser.press(TAB);
            browser.press(ENTER);
            browser
                .until("a case of the blind check", "return document.querySelector('.card .hint')");
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
        browser.go_on(ENTER);
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

    browser.go_on(ENTER);
    let [row] = &desk.rows()[..] else { panic!("one decision") };
    assert_eq!((&row.case, &row.trends, row.note.as_str()), (&case, &ticks, KEYS));
}
