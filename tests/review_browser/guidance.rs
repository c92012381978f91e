//! The page shows the unsure trends, the changes and the effect of the button.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::ENTER;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn each_trend_has_its_state_and_the_unsure_ones_are_named_in_the_heading() {
    let desk = Desk::with_demo(12);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let mut unsure_seen = 0;
    for _ in 0..8 {
        let shown = server.get(&format!("/api/cases/{}?reviewer=Ada", browser.case()));
        let heading = browser.text(".guidance h3");
        let suggestion = &shown["suggestion"];
        if suggestion.is_null() {
            assert!(heading.contains("Blind check"), "{heading}");
            browser.answer();
            continue;
        }
        for trend in suggestion["trends"].as_array().unwrap() {
            let key = trend["key"].as_str().unwrap();
            let row = browser.text(&format!(".trend[data-trend='{key}'] .tags"));
            let passes = trend["probability"].as_f64() >= trend["threshold"].as_f64();
            let state = if is_unsure(suggestion, trend) {
                unsure_seen += 1;
                let percent = (100.0 * trend["probability"].as_f64().unwrap()).round();
                assert!(heading.contains(&format!("({percent}\u{a0}%)")), "{heading}: {key}");
                "unsure"
            } else if passes {
                "suggested"
            } else {
                "unlikely"
            };
            assert_eq!(row, state, "{key} of {}", browser.case());
            let bar = format!(".trend[data-trend='{key}'] .bar.passes");
            assert_eq!(browser.count(&bar) == 1, passes, "no bar looks as if it passed");
        }
        browser.answer();
    }
    assert!(unsure_seen > 0);
}

fn is_unsure(suggestion: &Value, trend: &Value) -> bool {
    match suggestion["unsure_trends"].as_array() {
        Some(keys) => keys.contains(&trend["key"]),
        None => trend["verdict"] == json!("ask"),
    }
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn the_button_says_what_it_will_do_and_changes_are_marked() {
    let desk = Desk::with_demo(6);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.until_says("#accept", "Accept");
    let before = browser.ticks();
    assert!(!before.is_empty());
    browser.press('1');
    browser.until_says(
        "#accept",
        if browser.ticks().is_empty() { "no trend" } else { "Save 1 change" },
    );
    let mark = browser.text(".trend:first-child .tag.mine");
    let was = before.contains(
        &browser
            .js("return document.querySelector('.trend').dataset.trend")
            .as_str()
            .unwrap()
            .to_owned(),
    );
    assert_eq!(mark, if was { "removed" } else { "added" });
    browser.press('1');
    browser.until_says("#accept", "Accept");
    assert_eq!(browser.count(".tag.mine:not([hidden])"), 0);
    browser.press('0');
    browser.until_says("#accept", "Save: no trend applies");
    assert_eq!(browser.count(".tag.mine:not([hidden])"), u64::try_from(before.len()).unwrap());
    browser.answer();
    assert_eq!(desk.rows()[0].trends, Vec::<String>::new());

    // The whole row is a target: its bar, its percentage, the space between.
    for part in [".bar", ".probability .figure", ".name"] {
        let ticks = browser.ticks();
        browser.click(&format!(".trend:nth-child(2) {part}"), 1);
        assert_ne!(browser.ticks(), ticks, "{part}");
    }
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn nothing_is_ticked_without_text_or_below_every_threshold_and_enter_waits() {
    let desk = Desk::with_cases(&[
        ("empty", "", ""),
        ("odd", "Lorem ipsum", "Dolor sit amet consectetur adipiscing elit sed do eiusmod."),
    ]);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    for (id, words) in [("empty", "This case has no text"), ("odd", "Nearest: ")] {
        browser.view_named(&format!("case/{id}"));
        browser.until_says(".case-id", id);
        browser.settle();
        assert_eq!(browser.ticks(), Vec::<String>::new());
        assert!(browser.text(".guidance").contains(words), "{}", browser.text(".guidance"));
        assert_eq!(browser.count(".bar.passes"), 0);
        assert!(browser.text("#accept").contains("Choose first"));
        browser.press(ENTER);
        browser.until_says(".said-here", "0 if no trend applies");
        browser.shoot(&format!("guidance-{id}"));
        assert_eq!(desk.rows(), []);
    }
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn definition_evidence_and_note_are_in_view_at_1280_by_800() {
    let desk = Desk::with_demo(12);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.view(1280, 800, 1.0);
    let hidden = "return ['.about p', '.piece', '#accept', '#skip', '#undo', '#note', '.guidance h3'] \
        .filter((one) => { const e = document.querySelector(`.card ${one}`); if (e === null) return false; \
        const r = e.getBoundingClientRect(), at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2); \
        return r.top < 0 || r.bottom > innerHeight || !(e.contains(at) || at?.contains(e)); })";
    let mut places = Vec::new();
    for _ in 0..10 {
        assert_eq!(browser.js(hidden), json!([]), "{}", browser.case());
        let place = "const r = document.querySelector('#accept').getBoundingClientRect(); return [r.x, r.y]";
        places.push(browser.js(place).to_string());
        assert_eq!(browser.js("return document.documentElement.scrollHeight <= innerHeight"), true);
        browser.answer();
    }
    places.dedup();
    assert_eq!(places.len(), 1, "the button keeps its place: {places:?}");
    // The definition is below its row.
    browser.click(".trend:nth-child(4) .why", 1);
    let under = "return document.querySelector('.trend:nth-child(4) .about p') !== null";
    assert_eq!(browser.js(under), true);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn evidence_is_walked_word_by_word_and_shown_for_all_trends_at_once() {
    let desk = Desk::with_demo(6);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    while browser.count("mark") < 3 {
        browser.answer();
    }
    let at = "return [...document.querySelectorAll('mark')].indexOf(document.activeElement)";
    for expected in [0, 1, 2] {
        browser.press('e');
        assert_eq!(browser.js(at), json!(expected));
        browser.until("the tip", "return document.querySelector('#tip:not([hidden])')");
    }
    // A chip leads to its own word.
    let term = browser.text(".piece span");
    browser.click(".piece", 1);
    let terms = browser.js("return document.activeElement.dataset.terms");
    assert!(terms.as_str().unwrap().split('\n').any(|one| one == term), "{terms}: {term}");

    browser.press('a');
    let letters = browser.js("return [...new Set([...document.querySelectorAll('mark')].flatMap((m) => [...m.dataset.letters]))].length");
    assert!(letters.as_u64().unwrap() >= 2, "several trends: {letters}");
    assert_eq!(browser.count(".letter"), 5);
    browser.shoot("evidence-of-all");
    browser.answer();
    assert_eq!(browser.count(".all-evidence"), 1, "it stays on from case to case");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_tip_never_outlives_its_word_and_none_comes_by_itself() {
    let desk = Desk::with_demo(8);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    while browser.count("mark") < 3 {
        browser.answer();
    }
    let shown = "return document.querySelector('#tip:not([hidden])') !== null";
    browser.point_at("mark");
    browser.until("the tip", shown);
    browser.press('w');
    assert_eq!(browser.js(shown), false, "the words are marked again");
    browser.point_at("mark");
    browser.until("the tip", shown);
    // The pointer rests where the next texts come.
    for _ in 0..4 {
        browser.answer();
        std::thread::sleep(std::time::Duration::from_millis(500));
        assert_eq!(browser.js(shown), false, "nobody asked for it");
    }
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn the_codebook_has_every_trend_with_what_it_includes() {
    let desk = Desk::with_demo(3);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.view_named("codebook");
    browser.until("the codebook", "return document.querySelector('.codebook')");
    let page = browser.text(".codebook");
    for trend in server.get("/api/model")["trends"].as_array().unwrap() {
        let items = trend["includes"].as_array().unwrap().iter();
        for text in items
            .chain(trend["excludes"].as_array().unwrap())
            .chain([&trend["name"], &trend["definition"]])
        {
            assert!(page.contains(text.as_str().unwrap()), "{text}");
        }
    }
    browser.shoot("codebook");
}
