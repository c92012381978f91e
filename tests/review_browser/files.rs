//! From a file to its finished batch, in the browser alone.

use serde_json::json;

use crate::desk::{Desk, root};
use crate::driver::Browser;

/// Drops a file from the desk onto the page.
fn drop_file(browser: &Browser, desk: &Desk, name: &str) {
    let bytes = std::fs::read(desk.path(name)).unwrap();
    browser.run(
        "const [name, bytes] = arguments; const data = new DataTransfer(); \
         data.items.add(new File([new Uint8Array(bytes)], name)); \
         document.querySelector('.drop').dispatchEvent(new DragEvent('drop', \
         {dataTransfer: data, bubbles: true, cancelable: true}))",
        vec![json!(name), json!(bytes)],
    );
    browser.until("the preview", "return document.querySelector('#read-as')");
    browser.settle();
}

/// Waits until the browser has saved a file; returns its bytes.
fn until_saved(folder: &std::path::Path, name: &str) -> Vec<u8> {
    let started = std::time::Instant::now();
    loop {
        // Until it is complete, it has another name.
        if let Ok(bytes) = std::fs::read(folder.join(name)) {
            return bytes;
        }
        let names: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
        assert!(started.elapsed().as_secs() < 30, "{name} is not saved: {names:?}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Looks at a view as people look at it.
fn look(browser: &Browser, name: &str) {
    for scheme in ["light", "dark"] {
        browser.colours(scheme);
        for width in [1280, 375] {
            browser.view(width, 900, 1.0);
            browser.shoot(&format!("files-{name}-{scheme}-{width}"));
            assert_eq!(browser.faults(), Vec::<String>::new(), "{name}, {scheme}, {width}");
        }
    }
    browser.colours("light");
    browser.view(1280, 900, 1.0);
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_workbook_of_140_cases_becomes_a_finished_batch_without_a_command() {
    let desk = Desk::new();
    let demo = root().join("data/submissions.csv");
    let demo = demo.to_str().unwrap();
    desk.run(&["tag", demo, "-o", "call.xlsx", "--probabilities", "none", "--explain", "0"]);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.until_says("#main h2", "Tag a file");
    assert!(!desk.path("reviews.db").exists(), "no database before the first file is tagged");
    look(&browser, "start");

    drop_file(&browser, &desk, "call.xlsx");
    assert!(browser.text("#read-as").starts_with("140 rows · Excel workbook"));
    look(&browser, "preview");
    // A wrong header row, and the right one again.
    browser.run(
        "const row = document.querySelector('[name=header_row]'); row.value = '3'; \
         row.dispatchEvent(new Event('change'))",
        vec![],
    );
    browser.until_says(".notice.warn p", "none of the text columns");
    assert_eq!(browser.js("return document.querySelector('#tag').disabled"), true);
    look(&browser, "problem");
    browser.click(".lines input[value='1']", 1);
    browser.until("the right header", "return document.querySelector('#tag:not(:disabled)')");
    assert!(browser.text("#tag").contains("Tag 140 cases"));
    browser.run("document.querySelector('[name=batch]').select()", vec![]);
    browser.click("[name=batch]", 3);
    browser.write("Call 2025");
    browser.click("#tag", 1);
    browser.until("the overview", "return document.querySelector('#shares')");
    browser.until("the drift", "return document.querySelector('#drift .verdict')");
    browser.settle();
    assert_eq!(browser.count("#shares tbody tr"), 5);
    assert!(browser.text("#plan").contains("140 cases"));
    look(&browser, "overview");

    browser.js(
        "[...document.querySelectorAll('.tabs a')].find((a) => a.textContent === 'Review').click()",
    );
    browser.until("a case", "return document.querySelector('.card')");
    for _ in 0..5 {
        browser.answer();
    }
    assert_eq!(desk.rows_of("answer").len(), 5);
    browser.view_named("files");
    browser.until_says(".batches tbody", "Call 2025");
    browser.click(".batches tbody a", 1);
    browser.until_says("#plan", "5 of 140 cases decided");
    browser.js("[...document.querySelectorAll('.tabs a')].find((a) => a.textContent === 'Download').click()");
    browser.until("the downloads", "return document.querySelector('#tagged-file a')");
    browser.settle();
    look(&browser, "download");

    let link = |panel: &str, label: &str| -> String {
        let script = "return [...document.querySelectorAll(arguments[0] + ' a')] \
            .find((a) => a.textContent.startsWith(arguments[1])).getAttribute('href')";
        browser.run(script, vec![json!(panel), json!(label)]).as_str().unwrap().to_owned()
    };
    let tagged = server.download(&link("#tagged-file", "Excel"));
    desk.run(&["tag", "call.xlsx", "--header-row", "1", "-o", "own.xlsx"]);
    assert!(tagged == std::fs::read(desk.path("own.xlsx")).unwrap(), "the bytes of the command");
    let report = server.download(&link("#report", "Page"));
    assert!(String::from_utf8(report).unwrap().contains("Call 2025"));
    // The finished file is saved by the browser itself, and is that of the command.
    let folder = desk.path("downloads");
    let allowed = json!({"behavior": "allow", "downloadPath": folder.to_str().unwrap()});
    browser.chrome("Browser.setDownloadBehavior", allowed);
    browser.click("#finished-file a", 1);
    let saved = until_saved(&folder, "Call 2025-finished.xlsx");
    let export = ["review", "export", "--db", "reviews.db", "--batch", "Call 2025", "--finished"];
    desk.run(&[&export[..], &["-o", "finished.xlsx"]].concat());
    assert!(saved == std::fs::read(desk.path("finished.xlsx")).unwrap(), "that of the command");
    let told = desk.run(&["report", "finished.xlsx", "--json"]).stdout;
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert_eq!((&told["batches"][0], &told["read"]), (&json!("Call 2025"), &json!(5)));
    assert_eq!(browser.console(), Vec::<String>::new(), "nothing is said in the console");
    let foreign = browser.requests().into_iter().filter(|to| !to.starts_with(&server.address));
    let foreign: Vec<_> = foreign.filter(|to| to.starts_with("http")).collect();
    assert_eq!(foreign, Vec::<String>::new(), "nothing leaves the machine");
}
