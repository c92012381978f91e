//! Load test of the review server: eight reviewers who answer as fast as they can, in
//! every queue, with 10,000 and 50,000 cases of 180 words. `cargo bench --bench
//! review_load` prints saves a second and the times of a save and of a next case, and
//! fails if they are beyond the limits below, or if an acknowledged answer is lost or
//! doubled. `-- --seconds 5` runs a short test; numbers after `--` are other sizes.

// A step that fails is a bench that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
// The tests use more of it.
#![allow(dead_code)]

#[path = "../tests/suite/http.rs"]
mod http;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use http::{Client, Server};
use serde_json::json;

const SIZES: [usize; 2] = [10_000, 50_000];
const QUEUES: [&str; 4] = ["uncertain", "all", "blind-check", "conflict"];
const WORDS: usize = 180;
const REVIEWERS: usize = 8;
const SECONDS: u64 = 20;

/// One case in this many is in conflict.
const CONFLICTS: usize = 5;

/// Limits for every queue.
const SAVES_PER_SECOND: f64 = 100.0;
const SAVE_P99: Duration = Duration::from_millis(60);
const NEXT_P95: Duration = Duration::from_millis(100);
const MEMORY: u64 = 200;

/// The work of one reviewer.
#[derive(Default)]
struct Work {
    saves: Vec<Duration>,
    nexts: Vec<Duration>,
    /// The ids of the requests that were acknowledged.
    acknowledged: Vec<String>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut seconds = SECONDS;
    let mut sizes = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => seconds = words.next().unwrap().parse().unwrap(),
            number => sizes.extend(number.parse::<usize>()),
        }
    }
    let program = Path::new(env!("CARGO_BIN_EXE_trendtag"));
    println!("| cases | queue | saves/s | save p50, p99 ms | next p50, p95 ms | peak MB |");
    println!("|---|---|---|---|---|---|");
    let mut beyond = Vec::new();
    for size in if sizes.is_empty() { SIZES.to_vec() } else { sizes } {
        let folder = tempfile::tempdir().unwrap();
        let full = folder.path().join("full.db");
        fill(program, folder.path(), &full, size);
        for queue in QUEUES {
            // The reviewers can empty a queue in seconds, and the next one with it.
            let db = folder.path().join(format!("{queue}.db"));
            std::fs::copy(&full, &db).unwrap();
            beyond.extend(measure(program, &db, size, queue, seconds));
        }
    }
    assert!(beyond.is_empty(), "beyond the limits: {}", beyond.join(", "));
}

/// A database of cases, a fifth of them in conflict, another fifth in the blind check.
fn fill(program: &Path, folder: &Path, db: &Path, size: usize) {
    let (cases, labels) = (folder.join("cases.csv"), folder.join("labels.csv"));
    std::fs::write(&cases, corpus(size)).unwrap();
    let run = |arguments: &[&str], file: &Path, flags: &[&str]| {
        let mut command = Command::new(program);
        command.args(["--quiet", "review"]).args(arguments).arg(file).arg("--db").arg(db);
        assert!(command.args(flags).status().unwrap().success());
    };
    run(&["add"], &cases, &["--blind-check", "0.2", "--allow-missing-columns"]);
    let model = trendtag::tagger::Model::built_in().unwrap();
    let keys: Vec<&str> =
        model.tagger.taxonomy().trends.iter().map(|trend| trend.key.as_str()).collect();
    for (reviewer, key) in [("first", keys[0]), ("second", keys[1])] {
        let mut rows = String::from("id,trends\n");
        for case in (0..size).step_by(CONFLICTS) {
            writeln!(rows, "case-{case},{key}").unwrap();
        }
        std::fs::write(&labels, rows).unwrap();
        run(&["import"], &labels, &["--by-id", "--reviewer", reviewer]);
    }
}

/// Measures a queue, and returns the exceeded limits.
fn measure(program: &Path, db: &Path, size: usize, queue: &str, seconds: u64) -> Vec<String> {
    let server = Server::start(program, db, "");
    let until = Instant::now() + Duration::from_secs(seconds);
    let began = Instant::now();
    let reviewers: Vec<_> = (0..REVIEWERS)
        .map(|i| {
            let (address, queue) = (server.address.clone(), queue.to_owned());
            std::thread::spawn(move || review(&address, &queue, &format!("reviewer-{i}"), until))
        })
        .collect();
    let mut all = Work::default();
    for reviewer in reviewers {
        let work = reviewer.join().unwrap();
        all.saves.extend(work.saves);
        all.nexts.extend(work.nexts);
        all.acknowledged.extend(work.acknowledged);
    }
    let rate = all.saves.len() as f64 / began.elapsed().as_secs_f64();
    let memory = peak_memory(server.id());
    assert!(server.stop());
    check_saved(db, &all.acknowledged);
    let [p50, p99] = [0.5, 0.99].map(|share| quantile(&mut all.saves, share));
    let [n50, n95] = [0.5, 0.95].map(|share| quantile(&mut all.nexts, share));
    println!(
        "| {size} | {queue} | {rate:.0} | {:.0}, {:.0} | {:.0}, {:.0} | {memory} |",
        millis(p50),
        millis(p99),
        millis(n50),
        millis(n95)
    );
    let limits = [
        (rate < SAVES_PER_SECOND, "saves a second"),
        (p99 > SAVE_P99, "p99 of a save"),
        (n95 > NEXT_P95, "p95 of a next case"),
        (memory > MEMORY, "memory"),
    ];
    let beyond = limits.into_iter().filter(|(is_beyond, _)| *is_beyond);
    beyond.map(|(_, what)| format!("{what} ({queue}, {size})")).collect()
}

/// Answers cases of a queue one by one, until the time is up or none is left.
fn review(address: &str, queue: &str, reviewer: &str, until: Instant) -> Work {
    let mut client = Client::connect(address).unwrap();
    let mut work = Work::default();
    let kind = if queue == "conflict" { "adjudication" } else { "answer" };
    while Instant::now() < until {
        let asked = Instant::now();
        let wanted = json!({ "reviewer": reviewer, "queue": queue });
        let next = client.json("POST", "/api/next", Some(&wanted)).is(200);
        work.nexts.push(asked.elapsed());
        if next["state"] != "case" {
            break;
        }
        let request = format!("{queue}-{reviewer}-{:06}", work.saves.len());
        let body = json!({
            "request_id": request, "reviewer": reviewer, "queue": queue,
            "case": next["case"]["id"], "version": next["case"]["version"], "kind": kind,
            "trends": [],
        });
        let sent = Instant::now();
        client.json("POST", "/api/decisions", Some(&body)).is(201);
        work.saves.push(sent.elapsed());
        work.acknowledged.push(request);
    }
    work
}

/// Every acknowledged answer is in the database once.
fn check_saved(db: &Path, acknowledged: &[String]) {
    let connection = rusqlite::Connection::open(db).unwrap();
    let mut statement =
        connection.prepare("SELECT request, count(*) FROM decisions GROUP BY request").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let saved: BTreeMap<String, i64> = rows.collect::<Result<_, _>>().unwrap();
    let wrong = acknowledged.iter().filter(|request| saved.get(*request) != Some(&1)).count();
    assert_eq!(wrong, 0, "answers lost or doubled");
}

/// Creates cases from the words of the labelled corpus.
fn corpus(size: usize) -> String {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cases.csv");
    let text = std::fs::read_to_string(data).unwrap();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect();
    let mut csv = String::from("id,title,description\n");
    for case in 0..size {
        let start = case * 37;
        let words: Vec<&str> = (0..WORDS).map(|i| words[(start + i) % words.len()]).collect();
        writeln!(csv, "case-{case},{},{}", words[..8].join(" "), words[8..].join(" ")).unwrap();
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

/// Returns the most memory a process has had, in MB, as Linux reports it.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}
