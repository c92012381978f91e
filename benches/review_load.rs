//! How a review holds up: 10,000 cases of 500 words, four reviewers who save a
//! hundred times a second for a minute. Asserts what the README promises.

// A step that fails is a bench that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
// The tests use more of it.
#![allow(dead_code)]

#[path = "../tests/suite/http.rs"]
mod http;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use http::{Client, Server};
use serde_json::json;

const CASES: usize = 10_000;
const WORDS: usize = 500;
const REVIEWERS: u32 = 4;
const SAVES_PER_SECOND: u32 = 100;
const SECONDS: u32 = 60;

fn main() {
    let program = Path::new(env!("CARGO_BIN_EXE_trendtag"));
    let folder = tempfile::tempdir().unwrap();
    let (cases, db) = (folder.path().join("cases.csv"), folder.path().join("r.db"));
    std::fs::write(&cases, corpus()).unwrap();
    let began = Instant::now();
    let added = Command::new(program).args(["review", "add", "--db"]).arg(&db).arg(&cases).status();
    assert!(added.unwrap().success());
    println!("add {CASES} cases of {WORDS} words: {:.1} s", began.elapsed().as_secs_f64());

    let began = Instant::now();
    let server = Server::start(program, &db, "");
    println!("start the server: {:.2} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let mut client = server.client();
    client.json("GET", "/", None);
    client.json("GET", "/api/model", None).is(200);
    client.json("GET", "/api/queues?reviewer=ann", None).is(200);
    client.json("GET", "/api/cases?reviewer=ann&queue=uncertain&limit=50", None).is(200);
    let first = client.json("POST", "/api/next", Some(&wanted("ann"))).is(200);
    let first_page = began.elapsed();
    assert_eq!(first["state"], "case");
    println!("first page, list and case: {:.0} ms", millis(first_page));

    let reviewers: Vec<_> = (0..REVIEWERS)
        .map(|i| {
            let address = server.address.clone();
            std::thread::spawn(move || review(&address, &format!("reviewer-{i}")))
        })
        .collect();
    let began = Instant::now();
    let mut saves = Vec::new();
    let mut nexts = Vec::new();
    for reviewer in reviewers {
        let (saved, asked) = reviewer.join().unwrap();
        saves.extend(saved);
        nexts.extend(asked);
    }
    let rate = saves.len() as f64 / began.elapsed().as_secs_f64();
    let (save, next) = (quantile(&mut saves, 0.99), quantile(&mut nexts, 0.95));
    println!(
        "{} saves at {rate:.0} a second: p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        saves.len(),
        millis(quantile(&mut saves, 0.5)),
        millis(save),
        millis(quantile(&mut saves, 1.0))
    );
    println!(
        "next case: p50 {:.1} ms, p95 {:.1} ms",
        millis(quantile(&mut nexts, 0.5)),
        millis(next)
    );
    // The server lets go of connections that are silent for half a minute.
    let mut client = server.client();
    let began = Instant::now();
    client.json("GET", "/api/stats?reviewer=ann", None).is(200);
    println!("statistics: {:.0} ms", millis(began.elapsed()));
    let began = Instant::now();
    client.json("GET", "/api/cases?reviewer=ann&q=ministry%20budget", None).is(200);
    println!("search: {:.0} ms", millis(began.elapsed()));
    let memory = peak_memory(server.id());
    println!("most memory of the server: {memory} MB");
    assert!(server.stop());

    assert!(rate >= 0.98 * f64::from(SAVES_PER_SECOND), "{rate} saves a second");
    assert!(save < Duration::from_millis(100), "p99 of a save {save:?}");
    assert!(next < Duration::from_millis(200), "p95 of a next case {next:?}");
    assert!(first_page < Duration::from_secs(1), "first page {first_page:?}");
    assert!(memory < 100, "{memory} MB");
}

/// Answers cases at a steady rate: each save begins on time, or at once if late.
fn review(address: &str, reviewer: &str) -> (Vec<Duration>, Vec<Duration>) {
    let mut client = Client::connect(address).unwrap();
    let (mut saves, mut nexts) = (Vec::new(), Vec::new());
    let pace = Duration::from_secs(1) * REVIEWERS / SAVES_PER_SECOND;
    let began = Instant::now();
    for i in 0..SECONDS * SAVES_PER_SECOND / REVIEWERS {
        let asked = Instant::now();
        let next = client.json("POST", "/api/next", Some(&wanted(reviewer))).is(200);
        nexts.push(asked.elapsed());
        let body = json!({
            "request_id": format!("{reviewer}-{i:06}"), "reviewer": reviewer, "queue": "uncertain",
            "case": next["case"]["id"], "version": next["case"]["version"], "kind": "answer",
            "trends": next["case"]["suggestion"]["suggested"],
        });
        std::thread::sleep((pace * i).saturating_sub(began.elapsed()));
        let sent = Instant::now();
        client.json("POST", "/api/decisions", Some(&body)).is(201);
        saves.push(sent.elapsed());
    }
    (saves, nexts)
}

fn wanted(reviewer: &str) -> serde_json::Value {
    json!({ "reviewer": reviewer, "queue": "uncertain" })
}

/// Cases made of the words of the labelled corpus.
fn corpus() -> String {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cases.csv");
    let text = std::fs::read_to_string(data).unwrap();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect();
    let mut csv = String::from("id,title,description\n");
    for case in 0..CASES {
        let start = case * 37;
        let words = (0..WORDS).map(|i| words[(start + i) % words.len()]);
        let words: Vec<&str> = words.collect();
        csv.push_str(&format!("case-{case},{},{}\n", words[..8].join(" "), words[8..].join(" ")));
    }
    csv
}

fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share).round() as usize]
}

fn millis(time: Duration) -> f64 {
    1e3 * time.as_secs_f64()
}

/// The most memory a process has had, in MB, as Linux tells it.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}
