//! Exports contain the decisions, whatever the cells contain.

use std::collections::BTreeMap;

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::{ENTER, ESCAPE};

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn the_export_equals_the_database_and_importing_it_changes_nothing() {
    let cases = [
        ("q", "A \"quoted\" title, with comma", "Open data on a map, \"as is\"."),
        ("n", "Lines\nand lines", "First line.\r\nSecond line with a digital identity.\n\nThird."),
        ("a", "Accents: Ünïcödé 漢字 🙂", "Élèves et citoyens décident du budget participatif."),
        ("f", "=1+1", "@SUM(A1) -2+3 +4 =HYPERLINK(\"x\")"),
        ("e", "Nothing in it", "Words."),
    ];
    let desk = Desk::with_cases(&cases);
    let server = desk.serve();
    let browser = Browser::of("=Ada, \"A\"", &server.address);
    let mut said = BTreeMap::new();
    for (id, ..) in cases {
        browser.view_named(&format!("case/{id}"));
        browser.until(
            "the case",
            &format!("return document.querySelector('.case-id')?.innerText === '{id}'"),
        );
        browser.settle();
        browser.press(if id == "e" { '0' } else { '2' });
        if id == "e" && browser.js("return document.querySelector('.none input').checked") == false
        {
            browser.press('0');
        }
        browser.press('n');
        browser.write("=1+1, \"note\" é");
        browser.press(ESCAPE);
        let none = browser.js("return document.querySelector('.none input').checked") == true;
        assert_eq!(browser.ticks().is_empty(), none);
        said.insert(id.to_owned(), browser.ticks());
        browser.press(ENTER);
        browser.until("the case to be saved", "return location.hash === '#review'");
        browser.settle();
    }
    let saved: BTreeMap<_, _> = desk.rows().into_iter().map(|row| (row.case, row.trends)).collect();
    assert_eq!(saved, said);
    assert_eq!(said["e"], Vec::<String>::new());

    desk.run(&["review", "export", "--db", "reviews.db", "-o", "decided.csv"]);
    let mut exported = csv::Reader::from_path(desk.path("decided.csv")).unwrap();
    let header: Vec<String> = exported.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[..4], ["id", "title", "description", "place"], "original columns first");
    let column = header.iter().position(|name| name == "trends").unwrap();
    let rows: Vec<csv::StringRecord> = exported.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), cases.len());
    for row in &rows {
        let (_, title, description) = cases.iter().find(|(id, ..)| *id == &row[0]).unwrap();
        // A cell that a spreadsheet would compute is exported with an apostrophe before
        // it.
        let plain = |cell: &str| cell.trim_start_matches('\'').to_owned();
        assert_eq!(
            (plain(&row[1]), plain(&row[2])),
            ((*title).to_owned(), (*description).to_owned())
        );
        let trends = &said[&row[0]];
        let cell = if trends.is_empty() { "-".to_owned() } else { trends.join(";") };
        assert_eq!(row[column], cell, "{}", &row[0]);
    }
    let text = std::fs::read_to_string(desk.path("decided.csv")).unwrap();
    assert!(!text.contains("Ada"), "names of reviewers are left out");

    let before = (desk.rows(), desk.number("SELECT count(*) FROM cases"));
    desk.run(&["review", "import", "decided.csv", "--db", "reviews.db"]);
    assert_eq!((desk.rows(), desk.number("SELECT count(*) FROM cases")), before);
}
