//! axe-core finds nothing in any view: light and dark, 320 px wide, and at 200 %.

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::{ENTER, TAB};

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn axe_finds_nothing_in_any_view_in_light_and_dark_narrow_and_zoomed_in() {
    let desk = Desk::with_demo_and(20, &["--blind-check", "0.3"]);
    let server = desk.serve();
    let browser = Browser::start();
    browser.go(&server.address);
    browser.until("the dialog for the name", "return document.querySelector('#sign-in[open]')");
    check(&browser, "sign-in");
    browser.sign_in("Ada");
    // Some answers, so that there is something to see.
    while browser.count(".history li") < 3 || browser.count("mark") < 3 {
        browser.answer();
    }
    let card = "return document.querySelector('.card')";
    browser.until("a case", card);
    check(&browser, "review");
    browser.press('e');
    browser.until("the tooltip", "return document.querySelector('#tip:not([hidden])')");
    browser.shoot("evidence");
    assert!(browser.text("#tip").contains("peaks"), "the tooltip is reached by keyboard");
    check(&browser, "review-evidence");
    browser.js("document.querySelectorAll('.bounds').forEach((one) => (one.open = true))");
    check(&browser, "review-definition");

    browser.press('?');
    browser.until("the help", "return document.querySelector('#help[open]')");
    check(&browser, "help");
    browser.press('\u{e00c}');
    browser.view_named("list");
    browser.until("the list", "return document.querySelector('.cases')");
    browser.click(".cases tbody input", 1);
    browser.click(".more summary", 1);
    check(&browser, "list");
    browser.click("#alone", 1);
    browser.until("the question", "return document.querySelector('#ask[open]')");
    check(&browser, "alone");
    browser.press('\u{e00c}');
    browser.view_named("codebook");
    browser.until("the codebook", "return document.querySelector('.codebook')");
    check(&browser, "codebook");
    browser.view_named("statistics");
    browser.until("the figures", "return document.querySelector('.figures')");
    check(&browser, "statistics");
    browser.view_named("download");
    browser.until("the downloads", "return document.querySelector('#finished')");
    check(&browser, "download");

    // A second reviewer disagrees: the panel of conflicts.
    let ben = Browser::of("Ben", &server.address);
    let case = ben.case();
    browser.view_named(&format!("case/{case}"));
    browser.until_says(".case-id", &case);
    browser.settle();
    check(&browser, "held-by-another");
    ben.press('1');
    ben.answer();
    browser.press('2');
    browser.press(ENTER);
    browser.until_says(".outdated h2", "while you had it open");
    check(&browser, "decided-meanwhile");
    browser.click("#save-mine", 1);
    browser.settle();
    browser.view_named("conflicts");
    browser.until("the conflict", "return document.querySelector('.who-said-what')");
    check(&browser, "conflicts");
    browser.view_named("review");
    browser.until("a case", card);
    browser.run("const queue = document.querySelector('[name=queue]'); queue.value = 'blind-check'; queue.dispatchEvent(new Event('change'))", vec![]);
    browser.until("a case of the blind check", "return document.querySelector('.guidance.blind')");
    check(&browser, "blind-check");
    let faults = |line: &String| !line.contains("status of 409");
    let console: Vec<_> = browser.console().into_iter().filter(faults).collect();
    assert_eq!(console, Vec::<String>::new(), "nothing is said in the console");
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn the_tab_key_reaches_everything_and_is_trapped_nowhere() {
    let desk = Desk::with_demo(4);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let focus =
        "const e = document.activeElement; return e.id || e.textContent.trim().slice(0, 40)";
    let mut passed = Vec::new();
    browser.js("document.querySelector('.skip-link').focus()");
    let inside = "const e = document.activeElement; \
        return e !== document.body && !e.matches('.skip-link')";
    while passed.is_empty() || browser.js(inside) == true {
        browser.press(TAB);
        passed.push(browser.js(focus).as_str().unwrap().to_owned());
        if browser.js(inside) == false {
            break;
        }
        let visible = "const s = getComputedStyle(document.activeElement); \
            return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2";
        assert_eq!(browser.js(visible), true, "the focus is seen: {passed:?}");
        assert!(passed.len() < 60, "{passed:?}");
    }
    for name in ["search", "accept", "skip", "undo", "note", "open-help"] {
        assert!(passed.iter().any(|at| at == name), "{name} is not reached: {passed:?}");
    }
    assert_eq!(passed.iter().filter(|at| *at == "Why").count(), 5);
}

/// Checks the current page in all display modes.
fn check(browser: &Browser, name: &str) {
    for scheme in ["light", "dark"] {
        browser.colours(scheme);
        for (way, width, height, zoom) in
            [("", 1280, 900, 1.0), ("-320", 320, 720, 1.0), ("-zoomed", 1280, 900, 2.0)]
        {
            browser.view(width, height, zoom);
            let found = browser.faults();
            browser.shoot(&format!("{name}-{scheme}{way}"));
            assert_eq!(found, Vec::<String>::new(), "{name}, {scheme}{way}");
        }
    }
    browser.colours("light");
    browser.view(1280, 900, 1.0);
}
