//! Every state has its own message, and the counters add up.

use std::collections::BTreeSet;

use crate::desk::{Desk, Server};
use crate::driver::Browser;
use crate::hands::ENTER;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn counters_never_exceed_totals_and_each_kind_of_nothing_has_its_own_words() {
    let desk = Desk::with_demo(10);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    let mut kinds = BTreeSet::new();
    let mut nothing = |browser: &Browser, name: &str| {
        browser.until("a message", "return document.querySelector('section.message')");
        browser.settle();
        browser.shoot(name);
        assert!(kinds.insert(browser.text(".message h2")), "{name} says the same as another state");
    };
    let ada_holds = browser.case();

    // No case matches the filter; clearing it shows the case again.
    browser.press('/');
    browser.write("zzzzz");
    browser.press(ENTER);
    nothing(&browser, "no-match");
    browser.press('\u{e004}');
    browser.press(ENTER);
    browser.until_says(".case-id", &ada_holds);
    browser.settle();

    // The first and the last of the queue.
    while browser.text("#announce").is_empty() {
        browser.press('k');
        browser.settle();
    }
    assert!(browser.text(".said-here").contains("first case"));

    // Others hold the rest: Ben views the last open case while Ada holds it.
    while server_count(&server, "uncertain") > 1 {
        browser.answer();
        add_up(&server, &browser);
    }
    let ben = Browser::of("Ben", &server.address);
    nothing(&ben, "held");
    assert!(ben.text(".message").contains("becomes free at"));

    // One queue is empty, but not all is done.
    browser.run("const queue = document.querySelector('[name=queue]'); queue.value = 'blind-check'; queue.dispatchEvent(new Event('change'))", vec![]);
    if browser.count(".card") == 0 {
        nothing(&browser, "empty-queue");
    }
    browser.reload();
    browser.settle();
    browser.view_named("conflicts");
    nothing(&browser, "no-conflicts");
    browser.view_named("review");
    browser.run("const queue = document.querySelector('[name=queue]'); queue.value = 'all'; queue.dispatchEvent(new Event('change'))", vec![]);
    browser.until("the last case", "return document.querySelector('.card')");
    browser.settle();
    browser.answer();
    assert_eq!(desk.rows().len(), server_mine(&server));
    nothing(&browser, "done");

    // A reviewer who has answered all cases for two reviewers waits for the other one.
    let twice = Desk::with_demo_and(2, &["--blind-check", "0", "--overlap", "1"]);
    let server = twice.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.answer();
    browser.answer();
    nothing(&browser, "waiting");
    assert!(browser.text(".message").contains("2 cases wait for a second reviewer"));

    let empty = Desk::new();
    std::fs::write(empty.path("none.csv"), "id,title,description\n").unwrap();
    empty.run(&["review", "add", "none.csv", "--db", "reviews.db", "--allow-missing-columns"]);
    let server = empty.serve();
    let browser = Browser::of("Ada", &server.address);
    // Without cases the page begins with its files.
    browser.view_named("review");
    nothing(&browser, "no-cases");
    browser.view_named("case/nobody");
    nothing(&browser, "error");
}

fn server_count(server: &Server, queue: &str) -> u64 {
    let queues = server.get("/api/queues?reviewer=Ada");
    let queue = queues["queues"].as_array().unwrap().iter().find(|q| q["name"] == queue).unwrap();
    queue["open"].as_u64().unwrap()
}

fn server_mine(server: &Server) -> usize {
    server.get("/api/queues?reviewer=Ada")["progress"]["mine"].as_u64().unwrap().try_into().unwrap()
}

/// The header of the page adds up and agrees with the server.
fn add_up(server: &Server, browser: &Browser) {
    let progress = &server.get("/api/queues?reviewer=Ada")["progress"];
    let [cases, decided, conflicts, open, mine] = ["cases", "decided", "conflicts", "open", "mine"]
        .map(|name| progress[name].as_u64().unwrap());
    assert_eq!(decided + conflicts + open, cases);
    assert!(mine <= cases);
    browser.until_says("#progress", &format!("{decided} of {cases} decided · {open} left"));
    browser.until_says("#progress", &format!("{mine} answered by you"));
}
