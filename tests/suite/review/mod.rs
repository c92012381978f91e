//! Reviews, through the program and over loopback.

mod attack;
mod backups;
mod batches;
mod both_ways;
mod bulk;
mod crash;
mod decisions;
mod exports;
mod files;
mod finding;
mod finished;
mod imports;
mod migrate;
mod queues;
mod same_words;
mod security;
mod stops;
mod upgrade;
mod uploads;

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};

use super::http::{Answer, Client, Server};
use super::support::{Desk, Table, csv_text, data};

/// A desk with the first submissions in a database, and a server on it.
struct Review {
    desk: Desk,
    server: Server,
    client: Client,
    requests: u32,
}

impl Review {
    /// Of `count` submissions.
    fn of(count: usize, flags: &str) -> Self {
        let cases = Table::parse(&data("submissions.csv"), b',');
        Self::with(&csv_text(&cases.header, &cases.rows[..count]), flags)
    }

    /// Of a file, added with these flags.
    fn with(csv: &str, flags: &str) -> Self {
        let desk = Desk::with("cases.csv", csv);
        desk.run(&format!("review add cases.csv --db r.db {flags} --allow-missing-columns")).ok();
        let server = serve(&desk, "");
        let client = server.client();
        Self { desk, server, client, requests: 0 }
    }

    fn get(&mut self, path: &str) -> Value {
        self.client.json("GET", path, None).is(200)
    }

    fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.client.json("POST", path, Some(body))
    }

    fn next(&mut self, reviewer: &str, queue: &str) -> Value {
        self.post("/api/next", &json!({ "reviewer": reviewer, "queue": queue })).is(200)
    }

    /// Returns a request id that was not used yet.
    fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("request-{:05}", self.requests)
    }

    /// Answers a case in its current version.
    fn answer(&mut self, reviewer: &str, case: &Value, trends: &[&str]) -> Value {
        json!({
            "request_id": self.request_id(), "reviewer": reviewer, "queue": "all",
            "case": case["id"], "version": case["version"], "kind": "answer", "trends": trends,
        })
    }

    fn save(&mut self, body: &Value) -> Answer {
        self.post("/api/decisions", body)
    }

    fn undo(&mut self, reviewer: &str) -> Answer {
        let body = json!({ "request_id": self.request_id(), "reviewer": reviewer });
        self.post("/api/undo", &body)
    }

    /// Returns a case as shown to a reviewer.
    fn case(&mut self, id: &str, reviewer: &str) -> Value {
        self.get(&format!("/api/cases/{id}?reviewer={reviewer}"))
    }

    /// Returns the number of rows of a table, read directly from the database.
    fn rows(&self, query: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.desk.path("r.db")).unwrap();
        connection.query_row(query, [], |row| row.get(0)).unwrap()
    }
}

fn serve(desk: &Desk, flags: &str) -> Server {
    Server::start(cargo_bin!("trendtag"), &desk.path("r.db"), flags)
}
