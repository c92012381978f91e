//! SIGTERM and SIGINT end a server within five seconds, whatever it is doing.

#![cfg(unix)]

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;

use super::{Client, Review, json};

/// The limit is five seconds; a machine that builds at the same time gets more.
const LIMIT: Duration = Duration::from_secs(10);

/// Asks the server to stop and waits until it has.
fn stops(review: &mut Review, signal: &str) {
    review.server.signal(signal);
    assert!(review.server.ends_within(LIMIT), "SIG{signal}");
}

/// Sends a request without waiting for the response.
fn send(address: &str, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    // A server with a client that does not read eventually accepts no more.
    _ = stream.write_all(request.as_bytes());
    stream
}

fn long_texts(cases: usize) -> String {
    let words = "citizens vote on the public budget of the city with open data ".repeat(20);
    let rows: String = (0..cases).map(|i| format!("case-{i},Case {i},{words}\n")).collect();
    format!("id,title,description\n{rows}")
}

#[test]
fn an_idle_server_with_open_connections_ends() {
    for signal in ["TERM", "INT"] {
        let mut review = Review::of(2, "--blind-check 0");
        review.get("/api/queues?reviewer=ann");
        let silent: Vec<_> =
            (0..70).map(|_| TcpStream::connect(&review.server.address).unwrap()).collect();
        let half = send(&review.server.address, "POST /api/next HTTP/1.1\r\nHost: localhost\r\n");
        stops(&mut review, signal);
        drop((silent, half));
    }
}

#[test]
fn a_server_that_searches_ends() {
    for signal in ["TERM", "INT"] {
        let mut review = Review::with(&long_texts(3_000), "--blind-check 0");
        let words: String = "cvtpbod".chars().map(|c| format!("{c}%20")).collect();
        let searches: Vec<_> = (0..40)
            .map(|i| {
                let path = format!("/api/cases?reviewer=r{i}&limit=200&q={words}");
                let address = &review.server.address;
                send(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n"))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(100));
        stops(&mut review, signal);
        drop(searches);
    }
}

#[test]
fn a_server_whose_clients_do_not_read_ends() {
    for signal in ["TERM", "INT"] {
        let mut review = Review::of(1, "--blind-check 0");
        let address = review.server.address.clone();
        let request = format!("GET /openapi.json HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let deaf: Vec<_> = (0..8).map(|_| send(&address, &request.repeat(300))).collect();
        let text = json!({ "texts": ["citizens vote on open data ".repeat(30_000)] }).to_string();
        let kind = "Content-Type: application/json";
        let length = text.len();
        let head = format!(
            "POST /api/suggest HTTP/1.1\r\nHost: {address}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        let tagged: Vec<_> = (0..4).map(|_| send(&address, &format!("{head}{text}"))).collect();
        stops(&mut review, signal);
        drop((deaf, tagged));
    }
}

#[test]
fn a_server_ends_while_another_program_imports() {
    for signal in ["TERM", "INT"] {
        let mut review = Review::with(&long_texts(10), "--blind-check 0");
        let key = &crate::support::keys()[0];
        let rows: String = (0..20_000).map(|i| format!("new-{i},Title {i},{key}\n")).collect();
        review.desk.write("labels.csv", format!("id,title,trends\n{rows}"));
        let mut import = Command::new(cargo_bin!("trendtag"));
        import.args(["review", "import"]).arg(review.desk.path("labels.csv"));
        import.arg("--db").arg(review.desk.path("r.db")).stderr(Stdio::null());
        let mut import = import.spawn().unwrap();
        let case = review.next("ann", "all")["case"].clone();
        let body = review.answer("ann", &case, &[]).to_string();
        let address = review.server.address.clone();
        let head = format!(
            "POST /api/decisions HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let saves: Vec<_> = (0..5).map(|_| send(&address, &format!("{head}{body}"))).collect();
        stops(&mut review, signal);
        drop(saves);
        _ = import.kill();
        _ = import.wait();
    }
}

#[test]
fn a_server_that_waits_for_a_lock_ends_and_acknowledges_nothing() {
    for signal in ["TERM", "INT"] {
        let mut review = Review::of(3, "--blind-check 0");
        let case = review.next("ann", "all")["case"].clone();
        let body = review.answer("ann", &case, &[]);
        let other = rusqlite::Connection::open(review.desk.path("r.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let address = review.server.address.clone();
        let save = std::thread::spawn(move || {
            let mut client = Client::connect(&address).unwrap();
            client.try_json("POST", "/api/decisions", Some(&body)).map(|answer| answer.status)
        });
        std::thread::sleep(Duration::from_millis(300));
        stops(&mut review, signal);
        let answered = save.join().unwrap();
        assert!(answered.as_ref().map_or(true, |status| *status == 503), "{answered:?}");
        other.execute_batch("ROLLBACK").unwrap();
        drop(other);
        assert_eq!(review.rows("SELECT count(*) FROM decisions"), 0);
    }
}
