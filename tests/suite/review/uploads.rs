//! Files that are sent to the server: read as the commands read them, tagged as a batch,
//! downloaded again; and what nobody should send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::serve;
use crate::http::{Client, Server};
use crate::support::{Desk, data};

/// A server on a desk without a database.
fn start(desk: &Desk) -> (Server, Client) {
    let server = serve(desk, "");
    let client = server.client();
    (server, client)
}

/// Sends a file; returns what it is called there.
fn sent(client: &mut Client, name: &str, bytes: &[u8]) -> String {
    client.upload(name, bytes).is(201)["file"].as_str().unwrap().to_owned()
}

fn preview(client: &mut Client, file: &str, read: &Value) -> Value {
    let body = json!({ "reviewer": "ann", "read": read });
    client.json("POST", &format!("/api/files/{file}/preview"), Some(&body)).is(200)
}

/// Has a file tagged without a blind check, and waits for it; returns the report about it.
fn tagged(client: &mut Client, file: &str, batch: &str, read: &Value) -> Value {
    let body = json!({ "reviewer": "ann", "batch": batch, "read": read, "blind_check": 0 });
    client.json("POST", &format!("/api/files/{file}/tag"), Some(&body)).is(202);
    wait(client, batch)
}

/// Waits until a batch is tagged or has failed.
fn wait(client: &mut Client, batch: &str) -> Value {
    let started = Instant::now();
    loop {
        let all = client.json("GET", "/api/files?reviewer=ann", None).is(200);
        let told = all["files"].as_array().unwrap().iter().rfind(|told| told["batch"] == batch);
        let told = told.unwrap_or(&Value::Null).clone();
        if told["state"] == "tagged" || told["state"] == "failed" {
            return told;
        }
        assert!(started.elapsed() < Duration::from_secs(300), "{told}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until something is known of a batch; returns what is.
fn until(client: &mut Client, batch: &str, is_known: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let path = format!("/api/overview?reviewer=ann&batch={batch}");
        let facts = client.json("GET", &path, None).is(200)["facts"].take();
        if is_known(&facts) {
            return facts;
        }
        assert!(started.elapsed() < Duration::from_secs(300), "{facts}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_file_that_is_sent_becomes_a_batch_and_its_tagged_file_has_the_bytes_of_the_command() {
    let desk = Desk::with("cases.csv", data("submissions.csv"));
    let (_server, mut client) = start(&desk);
    assert_eq!(desk.names(), ["cases.csv"], "no database before a file is tagged");
    let queues = client.json("GET", "/api/queues?reviewer=ann", None).is(200);
    assert_eq!(queues["progress"]["cases"], 0);

    let file = sent(&mut client, "cases.csv", &desk.bytes("cases.csv"));
    let found = preview(&mut client, &file, &json!({}));
    assert_eq!((&found["rows"], &found["problem"]), (&json!(140), &Value::Null), "{found}");
    assert_eq!((&found["format"], &found["id_column"]), (&json!("csv"), &json!("id")));
    assert_eq!(found["first"].as_array().unwrap().len(), 5);
    assert_eq!(tagged(&mut client, &file, "Call 2025", &json!({}))["state"], "tagged");
    assert!(desk.path("r.db").exists());

    let overview = client.json("GET", "/api/overview?reviewer=ann&batch=call%202025", None).is(200);
    assert_eq!(overview["cases"], 140);
    desk.run("tag cases.csv -o own.csv --summary summary.json").ok();
    let summary: Value = serde_json::from_str(&desk.text("summary.json")).unwrap();
    for (trend, own) in
        summary["trends"].as_array().unwrap().iter().zip(overview["trends"].as_array().unwrap())
    {
        assert_eq!((&trend["key"], &trend["suggested"]), (&own["key"], &own["count"]));
    }
    let facts = &overview["facts"];
    assert_eq!(facts["needs_review"], summary["needs_review"]["rows"]);
    assert_eq!(facts["f1_finished"], summary["reading_plan"]["f1_finished"]);
    let drift = until(&mut client, "Call%202025", |facts| facts["drift"].is_object());
    let verdict = &drift["drift"]["verdict"];
    assert!(verdict == "fine" || verdict == "watch" || verdict == "retrain", "{drift}");

    for format in ["csv", "xlsx", "jsonl", "parquet"] {
        desk.run(&format!("tag cases.csv -o tagged.{format}")).ok();
        let path = format!("/api/tagged?reviewer=ann&batch=Call%202025&format={format}");
        assert!(client.download(&path) == desk.bytes(&format!("tagged.{format}")), "{format}");
    }
    let report = client.download("/api/report?reviewer=ann&batch=Call%202025");
    assert!(String::from_utf8(report).unwrap().contains("Call 2025"));

    let hidden = sent(&mut client, "more.csv", b"id,title,summary,description\nx,a,b,c\n");
    let body = json!({ "reviewer": "ann", "batch": "hidden", "blind_check": 1 });
    client.json("POST", &format!("/api/files/{hidden}/tag"), Some(&body)).is(202);
    wait(&mut client, "hidden");
    let overview = client.json("GET", "/api/overview?reviewer=ann&batch=hidden", None).is(200);
    assert_eq!((&overview["cases"], &overview["hidden"]), (&json!(0), &json!(1)));
    client.json("GET", "/api/report?reviewer=ann&batch=hidden", None).is(422);
    let path = "/api/tagged?reviewer=ann&batch=hidden&format=csv";
    assert_eq!(client.json("GET", path, None).is(422)["type"], "in-blind-check");
    client.download(&format!("{path}&reveal=true"));

    let again = sent(&mut client, "cases.csv", b"id,title,summary,description\nx,a,b,c\n");
    let body = json!({ "reviewer": "ann", "batch": "CALL 2025" });
    let taken = client.json("POST", &format!("/api/files/{again}/tag"), Some(&body)).is(422);
    assert!(taken["title"].as_str().unwrap().contains("already"), "{taken}");
}

#[test]
fn a_workbook_with_a_wrong_header_row_is_corrected_on_the_page() {
    let desk = Desk::with("cases.csv", data("submissions.csv"));
    desk.run("tag cases.csv -o cases.xlsx --columns id,title,summary,description").ok();
    let (_server, mut client) = start(&desk);
    let file = sent(&mut client, "cases.xlsx", &desk.bytes("cases.xlsx"));
    let wrong = preview(&mut client, &file, &json!({ "header_row": 3 }));
    assert!(wrong["problem"]["words"].as_str().unwrap().contains("none of the text columns"));
    assert_eq!(wrong["lines"][0]["cells"][1], "title", "the lines are there to choose from");
    let body = json!({ "reviewer": "ann", "batch": "b", "read": { "header_row": 3 } });
    let path = format!("/api/files/{file}/tag");
    assert_eq!(client.json("POST", &path, Some(&body)).is(422)["type"], "not-allowed");
    assert!(!desk.path("r.db").exists(), "what cannot be tagged leaves no database");
    let right = preview(&mut client, &file, &json!({ "header_row": 1 }));
    assert_eq!((&right["rows"], &right["problem"]), (&json!(140), &Value::Null));
    assert_eq!(tagged(&mut client, &file, "b", &json!({ "header_row": 1 }))["state"], "tagged");
    let path = "/api/tagged?reviewer=ann&batch=b&format=csv";
    desk.run("tag cases.xlsx --header-row 1 -o tagged.csv").ok();
    assert!(client.download(path) == desk.bytes("tagged.csv"));
}

#[test]
fn rows_that_fail_are_named_and_files_without_ids_do_not_clash() {
    let desk = Desk::new();
    let (_server, mut client) = start(&desk);
    let table = |word: &str| {
        format!("title,summary,description\n{word} one,a,b\n{word} two,c,d\n\"broken\n")
    };
    for batch in ["2024", "2025"] {
        let file = sent(&mut client, "c.csv", table(batch).as_bytes());
        let found = preview(&mut client, &file, &json!({}));
        assert_eq!((&found["rows"], &found["failed"]), (&json!(3), &json!(1)), "{found}");
        assert_eq!(tagged(&mut client, &file, batch, &json!({}))["state"], "tagged");
        let path = format!("/api/overview?reviewer=ann&batch={batch}");
        let facts = &client.json("GET", &path, None).is(200)["facts"];
        assert_eq!((&facts["rows"], &facts["failed"]), (&json!(3), &json!(1)), "{facts}");
        assert_eq!(facts["failures"].as_array().unwrap().len(), 1);
        let facts = until(&mut client, batch, |facts| facts["no_drift"].is_string());
        assert!(facts["no_drift"].as_str().unwrap().contains("20"), "{facts}");
    }
    // The same file once more has nothing new.
    let file = sent(&mut client, "c.csv", b"id,title,summary,description\n7,a,b,c\n");
    assert_eq!(tagged(&mut client, &file, "first", &json!({}))["state"], "tagged");
    let file = sent(&mut client, "c.csv", b"id,title,summary,description\n7,a,b,c\n");
    let told = tagged(&mut client, &file, "second", &json!({}));
    // The file is still there to be corrected.
    preview(&mut client, &file, &json!({}));
    assert_eq!(told["state"], "failed");
    assert!(told["problem"]["words"].as_str().unwrap().contains("already"), "{told}");
    // An id of another case is reported before, and numbers within the batch clash with none.
    let file = sent(&mut client, "c.csv", b"id,title,summary,description\n7,other,words,here\n");
    assert_eq!(preview(&mut client, &file, &json!({}))["taken_ids"], 1);
    assert_eq!(preview(&mut client, &file, &json!({ "id_column": "" }))["taken_ids"], 0);
    assert_eq!(tagged(&mut client, &file, "third", &json!({ "id_column": "" }))["state"], "tagged");
}

#[test]
fn a_tagging_that_is_killed_goes_on_when_the_server_is_started_again() {
    let desk = Desk::new();
    let (mut server, mut client) = start(&desk);
    let mut table = String::from("id,title,summary,description\n");
    for case in 0..6000 {
        table += &format!("c{case},Open data {case},A portal for citizens,They read it {case}\n");
    }
    let file = sent(&mut client, "many.csv", table.as_bytes());
    let body = json!({ "reviewer": "ann", "batch": "many", "blind_check": 0 });
    client.json("POST", &format!("/api/files/{file}/tag"), Some(&body)).is(202);
    server.kill();
    let (_server, mut client) = start(&desk);
    assert_eq!(wait(&mut client, "many")["state"], "tagged");
    let overview = client.json("GET", "/api/overview?reviewer=ann&batch=many", None).is(200);
    assert_eq!((&overview["cases"], &overview["facts"]["failed"]), (&json!(6000), &json!(0)));
}

#[test]
fn what_is_too_long_or_of_unknown_length_is_refused_before_it_is_sent() {
    let desk = Desk::new();
    let server = serve(&desk, "--largest-file 2M");
    let ask = |head: &str| {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        let host = format!("Host: {}\r\n", server.address);
        stream.write_all(format!("{head}\r\n{host}\r\n").as_bytes()).unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    let post = "POST /api/files?reviewer=ann&name=a.csv HTTP/1.1\r\nContent-Type: application/octet-stream";
    let long = ask(&format!("{post}\r\nContent-Length: 2097153"));
    assert!(long.starts_with("HTTP/1.1 413") && long.contains("larger than 2 MB"), "{long}");
    let endless = ask(&format!("{post}\r\nTransfer-Encoding: chunked"));
    assert!(endless.starts_with("HTTP/1.1 411"), "{endless}");
    let form = ask(&post
        .replace("application/octet-stream", "text/plain")
        .replace("HTTP/1.1", "HTTP/1.1\r\nContent-Length: 1"));
    assert!(form.starts_with("HTTP/1.1 415"), "{form}");
    let foreign = ask(&format!("{post}\r\nContent-Length: 1\r\nOrigin: http://evil.example"));
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");

    let mut client = server.client();
    client.upload("a.csv", &vec![b'x'; 2 << 20]).is(201);
    client.upload("a.csv", b"").is(201);
    assert_eq!(client.upload(&"x".repeat(256), b"").is(400)["field"], "name");
    let closed = serve(&desk, "--token");
    closed.client().upload("a.csv", b"x").is(401);
}

#[test]
fn hostile_files_are_problems_and_hurt_nobody() {
    let desk = Desk::new();
    let server = serve(&desk, "--largest-file 1M");
    let mut client = server.client();
    let bomb = zstd::encode_all(&vec![b'a'; 64 << 20][..], 19).unwrap();
    let deep = format!("{{\"title\":{}", "[".repeat(100_000));
    for (name, bytes) in [
        ("..%2F..%2Fetc%2Fpasswd", &b"root:x:0:0"[..]),
        ("bomb.csv.zst", &bomb),
        ("a.xlsx", b"PK\x03\x04\x14\x00 no workbook"),
        ("a.parquet", b"PAR1\xff\xff\xff\x7fPAR1"),
        ("a.arrow", b"ARROW1\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut"),
        ("a.jsonl", deep.as_bytes()),
        ("a.csv", b"\"never closed"),
        ("a.csv", b"\x00\x01\x02\xff"),
        ("empty.csv", b""),
    ] {
        let answer = client.upload(name, bytes).is(201);
        let file = answer["file"].as_str().unwrap();
        assert!(!answer["name"].as_str().unwrap().contains(['/', '\\']), "{answer}");
        let found = preview(&mut client, file, &json!({}));
        assert!(found["problem"]["words"].is_string(), "{name}: {found}");
        let body = json!({ "reviewer": "ann", "batch": "b" });
        client.json("POST", &format!("/api/files/{file}/tag"), Some(&body)).is(422);
    }
    for wrong in
        [json!({ "header_row": 0 }), json!({ "sheet": 5 }), json!({ "path": "/etc/passwd" })]
    {
        let file = sent(&mut client, "a.csv", b"id,title\n");
        let body = json!({ "reviewer": "ann", "read": wrong });
        client.json("POST", &format!("/api/files/{file}/preview"), Some(&body)).is(400);
    }
    for id in ["none", "..%2F..", "%00"] {
        let body = json!({ "reviewer": "ann" });
        let answer = client.json("POST", &format!("/api/files/{id}/preview"), Some(&body));
        assert_eq!(answer.is(404)["type"], "not-found");
    }
    assert_eq!(desk.names(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn what_is_sent_is_private_and_gone_when_the_server_ends() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let folder = desk.path("temporary");
    std::fs::create_dir(&folder).unwrap();
    let server = Server::start_with(
        assert_cmd::cargo::cargo_bin!("trendtag"),
        &desk.path("r.db"),
        "",
        &[("TMPDIR", folder.as_os_str())],
    );
    let mut client = server.client();
    let file = sent(&mut client, "a.csv", b"id,title\n1,secret\n");
    let folders = || -> Vec<_> {
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let private = folders();
    assert_eq!(private.len(), 2, "the uploads, and the placeholder for the database");
    for found in private {
        assert_eq!(found.metadata().unwrap().permissions().mode() & 0o077, 0, "{found:?}");
    }
    let body = json!({ "reviewer": "ann" });
    assert_eq!(client.json("DELETE", &format!("/api/files/{file}"), Some(&body)).status, 204);
    assert_eq!(client.json("DELETE", &format!("/api/files/{file}"), Some(&body)).status, 404);
    sent(&mut client, "b.csv", b"left when the server ends");
    assert!(server.stop());
    assert_eq!(folders(), Vec::<std::path::PathBuf>::new());
}
