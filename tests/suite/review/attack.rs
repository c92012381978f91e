//! Four reviewers work while one client attacks the server: the four lose nothing and are
//! not delayed.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Client, Review, Value, json, serve};

/// Duration in seconds; an environment variable overrides it.
const SECONDS: u64 = 120;
const VARIABLE: &str = "TRENDTAG_ATTACK_SECONDS";

/// Far more cases, each with two answers to give, than four reviewers can answer in a second.
const CASES: u64 = 60;
const PAUSE: Duration = Duration::from_millis(50);

/// The 99 % quantile of the time of a save.
const SAVE_P99: Duration = Duration::from_millis(250);

#[test]
#[ignore = "attacks a server for two minutes; run by .ci/run"]
fn four_reviewers_lose_nothing_while_one_client_does_its_worst() {
    let seconds = std::env::var(VARIABLE).map_or(SECONDS, |text| text.parse().unwrap());
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut rows = String::from("id,title,description\n");
    for case in 0..CASES * seconds {
        let words = "citizens vote on the public budget of the city with open data ".repeat(12);
        rows.push_str(&format!("case-{case},Case {case},{words}\n"));
    }
    let review = Review::with(&rows, "--blind-check 0 --overlap 1");
    let server = serve(&review.desk, "--token");
    let token = server.token.clone().unwrap();
    let start = |work: fn(&str, &str, Instant)| {
        let (address, token) = (server.address.clone(), token.clone());
        std::thread::spawn(move || work(&address, &token, until))
    };
    let attacks = [search, suggest, stay_silent, never_read, guess].map(start);
    let reviewers: Vec<_> = (0..4)
        .map(|i| {
            let (address, token) = (server.address.clone(), token.clone());
            std::thread::spawn(move || answer(&address, &token, &format!("reviewer {i}"), until))
        })
        .collect();
    let mut times = Vec::new();
    let mut acknowledged = Vec::new();
    let mut refused = Vec::new();
    for reviewer in reviewers {
        let work = reviewer.join().unwrap();
        times.extend(work.times);
        acknowledged.extend(work.acknowledged);
        refused.extend(work.refused);
    }
    attacks.into_iter().for_each(|attack| attack.join().unwrap());
    assert!(server.stop(), "the server ends well");
    for request in &acknowledged {
        let query = format!("SELECT count(*) FROM decisions WHERE request = '{request}'");
        assert_eq!(review.rows(&query), 1, "{request}");
    }
    times.sort_unstable();
    let p99 = times[(times.len() - 1) * 99 / 100];
    println!(
        "{} saves in {seconds} s, 99 % of them within {p99:?}; refused: {refused:?}",
        times.len()
    );
    assert!(refused.is_empty(), "refused: {refused:?}");
    assert!(p99 <= SAVE_P99, "p99 of {} saves: {p99:?}", times.len());
}

/// Sends a request; connects again where the server has closed the connection.
fn send(
    client: &mut Client,
    address: &str,
    token: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Option<super::Answer> {
    let mut headers = vec![format!("Host: {address}"), format!("Authorization: Bearer {token}")];
    headers.extend(body.map(|_| "Content-Type: application/json".to_owned()));
    let text = body.map(Value::to_string).unwrap_or_default();
    for _ in 0..50 {
        if let Ok(answer) = client.send(method, path, &headers, text.as_bytes()) {
            return Some(answer);
        }
        std::thread::sleep(Duration::from_millis(20));
        if let Ok(new) = Client::connect(address) {
            *client = new;
        }
    }
    None
}

/// What a reviewer did.
#[derive(Default)]
struct Work {
    /// How long each save took.
    times: Vec<Duration>,
    /// Ids of the requests that the server confirmed.
    acknowledged: Vec<String>,
    /// Status and type of the responses that refused a save.
    refused: Vec<String>,
}

/// Answers cases one by one. An answer without a response is sent again.
fn answer(address: &str, token: &str, reviewer: &str, until: Instant) -> Work {
    let mut client = Client::connect(address).unwrap();
    let mut work = Work::default();
    while Instant::now() < until {
        let wanted = json!({ "reviewer": reviewer, "queue": "uncertain" });
        let next = send(&mut client, address, token, "POST", "/api/next", Some(&wanted));
        let next = next.expect("the server answers").is(200);
        assert_eq!(next["state"], "case", "{next}");
        let number = work.times.len();
        let request = format!("{reviewer} {number:06}");
        let body = json!({
            "request_id": request, "reviewer": reviewer, "queue": "uncertain",
            "case": next["case"]["id"], "version": next["case"]["version"], "kind": "answer",
            // A second reader sees no suggestion.
            "trends": next["case"]["suggestion"]["suggested"].as_array().cloned().unwrap_or_default(),
        });
        let sent = Instant::now();
        let saved = send(&mut client, address, token, "POST", "/api/decisions", Some(&body));
        let saved = saved.expect("the server answers");
        work.times.push(sent.elapsed());
        match saved.status {
            200 | 201 => work.acknowledged.push(request),
            status => {
                let start: String = saved.body.chars().take(200).collect();
                work.refused.push(format!("{status} after {:?}: {start}", sent.elapsed()));
            }
        }
        std::thread::sleep(PAUSE);
    }
    work
}

fn search(address: &str, token: &str, until: Instant) {
    let mut client = Client::connect(address).unwrap();
    let path = format!("/api/cases?reviewer=attacker&q={}", "c%20o%20".repeat(150));
    while Instant::now() < until {
        send(&mut client, address, token, "GET", &path, None);
    }
}

fn suggest(address: &str, token: &str, until: Instant) {
    let mut client = Client::connect(address).unwrap();
    let body = json!({ "texts": vec!["citizens vote on open data ".repeat(60); 500] });
    while Instant::now() < until {
        send(&mut client, address, token, "POST", "/api/suggest", Some(&body));
    }
}

fn stay_silent(address: &str, _: &str, until: Instant) {
    let mut silent = Vec::new();
    while Instant::now() < until {
        silent.extend(TcpStream::connect(address));
        if silent.len() > 500 {
            silent.clear();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn never_read(address: &str, _: &str, until: Instant) {
    let mut deaf = Vec::new();
    let request = format!("GET /openapi.json HTTP/1.1\r\nHost: {address}\r\n\r\n").repeat(100);
    while Instant::now() < until {
        if let Ok(mut stream) = TcpStream::connect(address) {
            _ = stream.set_write_timeout(Some(Duration::from_millis(50)));
            _ = stream.write_all(request.as_bytes());
            deaf.push(stream);
        }
        if deaf.len() > 300 {
            deaf.clear();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn guess(address: &str, _: &str, until: Instant) {
    let mut client = Client::connect(address).unwrap();
    while Instant::now() < until {
        send(&mut client, address, "wrong", "GET", "/api/queues?reviewer=x", None);
    }
}
