//! Hostile text stays text, foreign sites get nothing, the blind check stays blind.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::json;

use crate::desk::Desk;
use crate::driver::Browser;
use crate::hands::{ENTER, ESCAPE};

const MARKUP: &str = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>";

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn hostile_markup_is_text_and_nothing_leaves_the_host() {
    let title = format!("Title {MARKUP}");
    let text = format!(
        "{MARKUP} digital identity </p><iframe src=https://example.org></iframe> citizens \u{202e}decide"
    );
    let id = "<b onmouseover=alert(1)>&\"'";
    let desk = Desk::with_cases(&[(id, &title, &text), ("other", "javascript:alert(1)", &text)]);
    let server = desk.serve();
    let browser = Browser::start();
    browser.requests();
    browser.go(&server.address);
    browser.sign_in(MARKUP);
    for _ in 0..2 {
        let title = browser.text(".case h2");
        assert!(title.contains("<img") || title.contains("javascript:"), "{title}");
        browser.press('n');
        browser.write("<script>window.hacked=1</script>");
        browser.press(ESCAPE);
        browser.press('2');
        browser.answer();
    }
    browser.shoot("hostile-history");
    browser.view_named("list");
    browser.until("the list", "return document.querySelector('.cases')");
    assert!(browser.text(".cases").contains("<img src=x"));
    browser.shoot("hostile-list");
    browser.view_named("statistics");
    browser.until_says(".figures", "<img src=x");
    assert_eq!(browser.js("return window.hacked ?? null"), json!(null));
    assert_eq!(browser.count("#main img, #main iframe, #main script"), 0);

    // The text names another host: no request went to it or to any other host.
    let asked = browser.requests();
    assert!(asked.iter().any(|url| url.contains("/api/decisions")), "{asked:?}");
    for url in asked {
        assert!(url.starts_with(&server.address) || url.starts_with("data:"), "{url}");
    }

    // The policy would block anything that slipped through: no inline script, no style,
    // nothing foreign.
    browser.js("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked=1\"><p style=\"color:red\" id=styled>x</p>'); \
        const s = document.createElement('script'); s.textContent = 'window.hacked=1'; document.body.append(s); \
        const i = new Image(); i.src = 'https://example.org/x.png'; \
        fetch('https://example.org/').catch(() => { window.refused = 1 })");
    browser.until("the policy to refuse", "return window.refused");
    assert_eq!(browser.js("return window.hacked ?? null"), json!(null));
    assert_ne!(
        browser.js("return getComputedStyle(document.querySelector('#styled')).color"),
        "rgb(255, 0, 0)"
    );
    let console = browser.console().join("\n");
    assert!(console.contains("Content Security Policy"), "{console}");
    let answered =
        browser.requests().into_iter().filter(|url| !url.starts_with("https://example.org"));
    for url in answered {
        assert!(url.starts_with(&server.address) || url.starts_with("data:"), "{url}");
    }
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn a_foreign_page_cannot_post() {
    let desk = Desk::with_demo(3);
    let server = desk.serve();
    let case = server.get("/api/cases?reviewer=Ada")["cases"][0]["id"].clone();
    let body = json!({"request_id": "from-elsewhere", "reviewer": "Eve", "queue": "all",
        "case": case, "version": 0, "kind": "answer", "trends": []});
    let arguments = || vec![json!(server.address), json!(body.to_string())];
    let browser = Browser::start();
    browser.go(&foreign_site());
    let fetch = "const [address, body] = arguments; fetch(address + '/api/decisions', \
        {method: 'POST', mode: 'no-cors', body}).catch(() => {}).finally(() => { window.posted = 1 })";
    browser.run(fetch, arguments());
    browser.until("the post to end", "return window.posted");
    // A form with a JSON body and another content type, as in such attacks.
    let form = "const [address, body] = arguments; const form = document.createElement('form'); \
        Object.assign(form, {method: 'post', enctype: 'text/plain', action: address + '/api/decisions'}); \
        const [start, end] = body.split('\"trends\"'); const field = document.createElement('input'); \
        field.name = start + '\"x\":\"'; field.value = '\",\"trends\"' + end; \
        form.append(field); document.body.append(form); form.submit()";
    browser.run(form, arguments());
    browser.until_says("body", "cross-site");
    assert_eq!(desk.rows(), []);

    // The same request with the headers of a browser: refused with 403.
    let head = [
        format!("Host: {}", server.at()),
        "Origin: http://evil.example".to_owned(),
        "Sec-Fetch-Site: cross-site".to_owned(),
        "Content-Type: application/json".to_owned(),
    ];
    assert_eq!(server.post_with("/api/decisions", &head, &body).status, 403);
    assert_eq!(desk.rows(), []);
}

/// Returns a page of another site on this machine; it is served while the test runs.
fn foreign_site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\nConnection: close\r\n\r\nforeign";
            let _ = stream.write_all(page.as_bytes());
        }
    });
    format!("http://localhost:{port}/")
}

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn the_suggestion_of_an_audit_case_is_neither_in_the_page_nor_in_the_api_before_the_first_answer() {
    let desk = Desk::with_demo(10);
    let server = desk.serve();
    let browser = Browser::of("Ada", &server.address);
    browser.run("const queue = document.querySelector('[name=queue]'); queue.value = 'blind-check'; queue.dispatchEvent(new Event('change'))", vec![]);
    browser.until("a case of the blind check", "return document.querySelector('.guidance.blind')");
    browser.settle();
    let case = browser.case();
    assert_eq!(browser.ticks(), Vec::<String>::new());
    assert_eq!(browser.count(".probability, mark, .pieces"), 0);
    browser.press('e');
    assert_eq!(browser.count("mark"), 0);
    let shown = server.get(&format!("/api/cases/{case}?reviewer=Ada"));
    assert_eq!((&shown["suggestion"], &shown["suggestion_hidden"]), (&json!(null), &json!(true)));
    let page = browser.js("return document.documentElement.outerHTML + JSON.stringify({...sessionStorage}) + JSON.stringify({...localStorage})");
    // Percentages are set with a space that does not break, which HTML writes by name.
    let page = page.as_str().unwrap();
    for percent in [" %", "&nbsp;%", "\u{a0}%"] {
        assert!(!page.contains(percent), "no probability anywhere");
    }

    browser.view_named("list");
    browser.until("the list", "return document.querySelector('.cases')");
    let row = browser.text(&format!("tr[data-case='{case}']"));
    assert!(row.contains("hidden (blind check)"), "{row}");
    browser.view_named(&format!("case/{case}"));
    browser.until("the case", "return document.querySelector('.guidance.blind')");
    browser.settle();
    browser.press('1');
    browser.press(ENTER);
    browser.settle();
    let shown = server.get(&format!("/api/cases/{case}?reviewer=Ada"));
    assert_eq!(shown["suggestion_hidden"], json!(false), "it is shown once it is answered");
}
