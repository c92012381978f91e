//! Ten thousand cases: everything works as with ten cases.

use std::fmt::Write;

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::ENTER;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn with_ten_thousand_cases_everything_works() {
    const SUBJECTS: [&str; 5] = [
        "participatory budgets",
        "digital identity",
        "sensor data",
        "plain letters",
        "design labs",
    ];
    let desk = Desk::new();
    let mut file = String::from("id,title,description\n");
    for i in 0..10_000 {
        let subject = SUBJECTS[i % 5];
        let words =
            format!("The city of number {i} tries {subject} with citizens and offices. ").repeat(6);
        writeln!(file, "case-{i},Try {i}: {subject},{words}").unwrap();
    }
    std::fs::write(desk.path("many.csv"), file).unwrap();
    desk.run(&["review", "add", "many.csv", "--db", "reviews.db", "--allow-missing-columns"]);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    assert!(browser.text("#progress").contains("0 of 10,000 decided"));
    for _ in 0..5 {
        browser.answer();
    }

    // Search finds one in ten thousand.
    browser.press('/');
    browser.write("9876");
    browser.press(ENTER);
    browser.until_says(".case-id", "case-9876");
    browser.settle();
    browser.click(".filters .clear", 1);
    browser.settle();

    browser.view_named("list");
    browser.until_says("#total", "1–50 of 10,000 cases");
    browser.click("#next-page", 1);
    browser.until_says("#total", "51–100 of 10,000 cases");
    browser.js("document.querySelectorAll('.cases tbody input').forEach((box) => box.click())");
    let chosen = browser.count(".cases tbody input:checked");
    browser.click("#bulk", 1);
    browser.until("the list or a question", "return document.querySelector('#ask[open], #told')");
    browser.js("[...document.querySelectorAll('#ask[open] .ways button')].find((b) => b.textContent.includes('all'))?.click()");
    browser.until_says("#told", &format!("{chosen} suggestions accepted"));
    browser.view_named("statistics");
    browser.until("the figures", "return document.querySelector('.figures')");
    let decided = 5 + i64::try_from(chosen).unwrap();
    browser.until_says(".counts", &decided.to_string());
    assert_eq!(desk.number("SELECT count(*) FROM decisions"), decided);

    desk.run(&["review", "export", "--db", "reviews.db", "-o", "decided.csv"]);
    let rows = csv::Reader::from_path(desk.path("decided.csv")).unwrap().into_records().count();
    assert_eq!(rows, usize::try_from(decided).unwrap());
}
