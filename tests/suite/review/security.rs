//! What the server refuses, and the headers it sends to browsers.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::{Review, serve};
use crate::http::{Answer, Client, Server};

fn ask(server: &Server, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    let headers: Vec<String> = headers.iter().map(|line| (*line).to_owned()).collect();
    server.client().send(method, path, &headers, body.as_bytes()).unwrap()
}

const JSON: &str = "Content-Type: application/json";
const OURS: &str = "Host: localhost";
const NEXT: &str = r#"{"reviewer":"ann","queue":"all"}"#;

#[test]
fn a_foreign_host_name_is_refused_whatever_is_asked_for() {
    let review = Review::of(1, "--blind-check 0");
    for path in ["/", "/api/queues?reviewer=ann", "/openapi.json"] {
        let answer = ask(&review.server, "GET", path, &["Host: evil.example"], "");
        assert_eq!(answer.is(403)["type"], "foreign-host", "{path}");
        ask(&review.server, "GET", path, &[OURS], "").succeeds();
    }
    assert_eq!(ask(&review.server, "GET", "/", &[], "").status, 403, "no host at all");
}

#[test]
fn posts_of_other_sites_are_refused_and_scripts_may_post() {
    let review = Review::of(2, "--blind-check 0");
    let post = |more: &[&str]| {
        let headers: Vec<&str> = [OURS, JSON].iter().chain(more).copied().collect();
        ask(&review.server, "POST", "/api/next", &headers, NEXT)
    };
    assert_eq!(post(&["Origin: http://evil.example"]).is(403)["type"], "cross-site");
    assert_eq!(post(&["Origin: null"]).is(403)["type"], "cross-site");
    assert_eq!(post(&["Sec-Fetch-Site: cross-site"]).is(403)["type"], "cross-site");
    post(&["Origin: http://localhost", "Sec-Fetch-Site: same-origin"]).is(200);
    post(&[]).is(200);
    // Requests that a form can send without a preflight.
    for kind in ["Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded"] {
        let answer = ask(&review.server, "POST", "/api/next", &[OURS, kind], NEXT);
        assert_eq!(answer.is(415)["type"], "unsupported-media-type");
    }
}

#[test]
fn a_token_is_asked_for_told_once_and_exchanged_for_a_cookie() {
    let review = Review::of(1, "--blind-check 0");
    let server = serve(&review.desk, "--token");
    let token = server.token.clone().unwrap();
    let queues = "/api/queues?reviewer=ann";
    assert_eq!(ask(&server, "GET", queues, &[OURS], "").is(401)["type"], "unauthorised");
    assert_eq!(ask(&server, "POST", "/api/next", &[OURS, JSON], NEXT).status, 401);
    ask(&server, "GET", "/", &[OURS], "").succeeds();
    let session = ask(&server, "GET", "/api/session", &[OURS], "").is(200);
    assert_eq!(session, json!({ "token_needed": true, "authorised": false }));

    let exchange = |token: &str| {
        let body = json!({ "token": token }).to_string();
        ask(&server, "POST", "/api/session", &[OURS, JSON], &body)
    };
    assert_eq!(exchange(&"0".repeat(64)).status, 401);
    let granted = exchange(&token);
    assert_eq!(granted.status, 204);
    let cookie = granted.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(&token));
    let cookie = format!("Cookie: {}", cookie.split(';').next().unwrap());
    ask(&server, "GET", queues, &[OURS, &cookie], "").is(200);
    assert_ne!(
        exchange(&token).header("set-cookie"),
        granted.header("set-cookie"),
        "each a new one"
    );
    ask(&server, "GET", queues, &[OURS, &format!("Authorization: Bearer {token}")], "").is(200);
    assert_eq!(ask(&server, "GET", queues, &[OURS, &format!("{cookie}0")], "").status, 401);
}

#[test]
fn beyond_this_machine_there_is_always_a_token() {
    let review = Review::of(1, "--blind-check 0");
    let server = serve(&review.desk, "--listen 0.0.0.0:0");
    assert!(server.token.is_some());
}

#[test]
fn browsers_are_told_to_load_and_run_nothing_else() {
    let mut review = Review::of(1, "--blind-check 0");
    for path in ["/", "/api/model", "/nowhere"] {
        let answer = review.client.json("GET", path, None);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let page = review.client.json("GET", "/", None).body;
    assert!(!page.contains("<script>") && !page.contains("style=") && !page.contains("onclick"));
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing from elsewhere");
}

#[test]
fn bodies_and_heads_beyond_their_limits_are_refused() {
    let mut review = Review::of(1, "--blind-check 0");
    let long = json!({ "texts": ["x".repeat(1 << 20)] });
    assert_eq!(review.post("/api/suggest", &long).is(413)["type"], "too-large");
    let long = format!("X-Long: {}", "x".repeat(64 << 10));
    let answer = review.server.client().send("GET", "/", &[OURS.to_owned(), long], b"");
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 431));
    let many: Vec<String> = (0..200).map(|i| format!("X-{i}: x")).collect();
    let answer = review.server.client().send("GET", "/", &many, b"");
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 431));
    Client::connect(&review.server.address).unwrap().json("GET", "/", None).succeeds();
}

#[test]
fn a_body_that_is_too_long_is_refused_before_it_is_sent_and_a_second_host_is_refused() {
    let review = Review::of(1, "--blind-check 0");
    let mut raw = TcpStream::connect(&review.server.address).unwrap();
    let head =
        format!("POST /api/next HTTP/1.1\r\n{OURS}\r\n{JSON}\r\nContent-Length: 1048577\r\n\r\n");
    raw.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    raw.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    let two = ask(&review.server, "GET", "/api/session", &[OURS, "Host: evil.example"], "");
    assert_eq!(two.is(400)["type"], "bad-request");
}

#[test]
fn silent_connections_keep_nobody_out_and_do_not_hold_up_the_end() {
    let review = Review::of(2, "--blind-check 0");
    let server = serve(&review.desk, "--token");
    let mut known = server.client();
    let bearer = format!("Authorization: Bearer {}", server.token.as_ref().unwrap());
    let headers = [OURS.to_owned(), bearer];
    let path = "/api/queues?reviewer=ann";
    assert_eq!(known.send("GET", path, &headers, b"").unwrap().status, 200);
    let silent: Vec<TcpStream> =
        (0..300).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    assert_eq!(known.send("GET", path, &headers, b"").unwrap().status, 200);
    let mut late = server.client();
    assert_eq!(late.send("GET", path, &headers, b"").unwrap().status, 200);
    let mut half = TcpStream::connect(&server.address).unwrap();
    half.write_all(b"POST /api/next HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    assert!(server.stop());
    drop(silent);
}

#[test]
fn a_search_of_hundreds_of_words_and_much_evidence_are_bounded() {
    let mut review = Review::of(30, "--blind-check 0");
    let words = "t%20".repeat(300);
    let found = review.get(&format!("/api/cases?reviewer=ann&q={words}"));
    assert!(found["total"].as_u64().unwrap() > 0);
    let much = json!({ "texts": vec!["Citizens vote"; 100], "evidence": 100 });
    assert_eq!(review.post("/api/suggest", &much).is(400)["field"], "evidence");
    let few = json!({ "texts": ["data ".repeat(10_000)], "evidence": 100 });
    let answer = review.post("/api/suggest", &few).is(200).to_string();
    assert!(answer.len() < 2_000_000, "{} bytes", answer.len());
}

#[test]
fn nonsense_is_answered_with_a_problem_and_the_server_lives_on() {
    let mut review = Review::of(1, "--blind-check 0");
    let kind = "application/problem+json";
    for (method, path, status) in [
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/stats?reviewer=ann", 405),
        ("GET", "/api/queues", 400),
        ("GET", "/api/cases?reviewer=ann&limit=many", 400),
        ("GET", "/api/cases?reviewer=ann&limit=0", 400),
        ("GET", "/api/cases?reviewer=ann&limit=201", 400),
        ("GET", "/api/decisions?reviewer=ann&limit=201", 400),
        ("GET", "/api/export?reviewer=&format=csv", 400),
        ("GET", "/api/finished?reviewer=", 400),
        ("GET", "/api/cases/%00%ff?reviewer=ann", 400),
        ("GET", "/api/cases/..%2F..%2Fetc?reviewer=ann", 404),
    ] {
        let answer = review.client.json(method, path, None);
        assert_eq!(answer.header("content-type"), Some(kind), "{method} {path}: {}", answer.body);
        assert_eq!(answer.is(status)["status"], status, "{method} {path}");
    }
    let answer = ask(&review.server, "POST", "/api/next", &[OURS, JSON], "{\"reviewer\": ");
    assert_eq!(answer.is(400)["type"], "bad-request");
    let mut raw = TcpStream::connect(&review.server.address).unwrap();
    raw.write_all(b"\x16\x03\x01 nonsense\r\n\r\n").unwrap();
    _ = raw.read(&mut [0; 64]);
    review.client.json("GET", "/", None).succeeds();
}

#[test]
fn the_description_of_the_api_is_served_and_names_every_address() {
    let mut review = Review::of(1, "--blind-check 0");
    let described = review.get("/openapi.json");
    let mut addresses = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        addresses
            .extend(methods.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    addresses.sort();
    let served = [
        "delete /api/claims",
        "delete /api/files/{file}",
        "get /api/batches",
        "get /api/cases",
        "get /api/cases/{id}",
        "get /api/cases/{id}/similar",
        "get /api/columns",
        "get /api/decisions",
        "get /api/export",
        "get /api/files",
        "get /api/finished",
        "get /api/model",
        "get /api/overview",
        "get /api/queues",
        "get /api/reading",
        "get /api/report",
        "get /api/reviewers",
        "get /api/session",
        "get /api/stats",
        "get /api/tagged",
        "get /openapi.json",
        "post /api/alone",
        "post /api/alone/accept",
        "post /api/batches/restore",
        "post /api/batches/withdraw",
        "post /api/claims",
        "post /api/decisions",
        "post /api/decisions/bulk",
        "post /api/files",
        "post /api/files/{file}/preview",
        "post /api/files/{file}/tag",
        "post /api/model/reload",
        "post /api/next",
        "post /api/session",
        "post /api/suggest",
        "post /api/undo",
    ];
    assert_eq!(addresses, served);
    for path in described["paths"].as_object().unwrap().keys() {
        let path = path.replace("{id}", "submission-001").replace("{file}", "none");
        let (more, status) = match path.as_str() {
            "/api/export" => ("&format=csv", 200),
            "/api/overview" | "/api/report" => ("&batch=cases", 200),
            "/api/tagged" => ("&batch=cases&format=csv", 200),
            _ => ("", 200),
        };
        let answer = review.client.json("GET", &format!("{path}?reviewer=ann{more}"), None);
        assert!([status, 405].contains(&answer.status), "{path}: {}", answer.status);
    }
    let unknown = json!({ "reviewer": "ann", "case": "x" });
    let release = review.client.json("DELETE", "/api/claims", Some(&unknown));
    assert_eq!(release.is(404)["type"], "not-found");
    assert!(described["paths"]["/api/claims"]["delete"]["responses"]["404"].is_object());
}

#[test]
fn hostile_text_comes_back_as_it_was() {
    let text = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    let csv = format!("id,title\n\"<b>'; DROP TABLE cases; --\",\"{text}\"\n");
    let mut review = Review::with(&csv, "--blind-check 0");
    let next = review.post("/api/next", &json!({ "reviewer": "ann", "queue": "all" }));
    assert_eq!(next.header("content-type"), Some("application/json"));
    let case = next.is(200)["case"].clone();
    assert_eq!(case["texts"][0]["text"], text);
    let body = review.answer("<i>ann</i>", &case, &[]);
    let saved = review.save(&body).is(201);
    assert_eq!(saved["decision"]["reviewer"], "<i>ann</i>");
    assert_eq!(review.rows("SELECT count(*) FROM cases"), 1);
}

impl Answer {
    #[track_caller]
    fn succeeds(self) {
        assert_eq!(self.status, 200, "{}", self.head);
    }
}
