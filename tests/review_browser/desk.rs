//! A folder with a database, its server, and the content of the database.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{self, Answer};

/// A separate folder for one test, with `reviews.db` in it.
pub(crate) struct Desk {
    folder: TempDir,
}

/// The server on a desk; it ends with its handle.
pub(crate) struct Server {
    server: http::Server,
    pub(crate) address: String,
}

/// A row of the table of decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) reviewer: String,
    pub(crate) kind: String,
    pub(crate) trends: Vec<String>,
    pub(crate) note: String,
    pub(crate) model: String,
}

impl Desk {
    /// Creates a desk with the first cases of the demo batch in its database.
    pub(crate) fn with_demo(cases: usize) -> Self {
        Self::with_demo_and(cases, &[])
    }

    /// Returns the same, added with further flags.
    pub(crate) fn with_demo_and(cases: usize, flags: &[&str]) -> Self {
        let desk = Self::new();
        let demo = root().join("data/submissions.csv");
        let mut rows = csv::Reader::from_path(demo).unwrap();
        let mut out = csv::Writer::from_path(desk.path("submissions.csv")).unwrap();
        out.write_record(rows.headers().unwrap()).unwrap();
        for row in rows.records().take(cases) {
            out.write_record(&row.unwrap()).unwrap();
        }
        out.flush().unwrap();
        let add =
            ["review", "add", "submissions.csv", "--db", "reviews.db", "--allow-missing-columns"];
        desk.run(&[&add, flags].concat());
        desk
    }

    /// Creates a desk with these cases in its database: id, title, description.
    pub(crate) fn with_cases(cases: &[(&str, &str, &str)]) -> Self {
        let desk = Self::new();
        let mut out = csv::Writer::from_path(desk.path("submissions.csv")).unwrap();
        out.write_record(["id", "title", "description", "place"]).unwrap();
        for (id, title, description) in cases {
            out.write_record([id, title, description, &"Åbo, \"north\""]).unwrap();
        }
        out.flush().unwrap();
        desk.run(&[
            "review",
            "add",
            "submissions.csv",
            "--db",
            "reviews.db",
            "--allow-missing-columns",
        ]);
        desk
    }

    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program on the desk, which must succeed.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = Command::new(program())
            .current_dir(self.folder.path())
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        output
    }

    /// Starts the server on a free port.
    pub(crate) fn serve(&self) -> Server {
        self.serve_at("127.0.0.1:0", "")
    }

    /// Starts the server with an address to listen at and further flags.
    pub(crate) fn serve_at(&self, address: &str, more: &str) -> Server {
        let flags = format!("--listen {address} {more}");
        let server = http::Server::start(&program(), &self.path("reviews.db"), &flags);
        let address = format!("http://{}", server.address);
        Server { server, address }
    }

    /// Returns all decisions in the order of saving, undone ones and undoes included.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let sql = "SELECT c.id, d.reviewer, d.kind, coalesce(d.trends, '-'), d.note, d.model \
            FROM decisions d JOIN cases c ON c.number = d.case_number ORDER BY d.number";
        let database = self.open();
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            Ok(Row {
                case: row.get(0)?,
                reviewer: row.get(1)?,
                kind: row.get(2)?,
                trends: keys(&row.get::<_, String>(3)?),
                note: row.get(4)?,
                model: row.get(5)?,
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Decisions of a kind.
    pub(crate) fn rows_of(&self, kind: &str) -> Vec<Row> {
        self.rows().into_iter().filter(|row| row.kind == kind).collect()
    }

    /// Returns one number from the database.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.open().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Returns one text from the database.
    pub(crate) fn word(&self, sql: &str) -> String {
        self.open().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn open(&self) -> Connection {
        Connection::open_with_flags(self.path("reviews.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap()
    }
}

impl Server {
    /// Kills the server, as in a crash.
    pub(crate) fn kill(mut self) {
        self.server.kill();
    }

    /// Makes the server stop answering, like an overloaded machine.
    pub(crate) fn freeze(&self) {
        let id = self.server.id().to_string();
        assert!(Command::new("kill").args(["-STOP", &id]).status().unwrap().success());
    }

    /// Returns the token that the server requires.
    pub(crate) fn token(&self) -> &str {
        self.server.token.as_deref().unwrap()
    }

    /// Host and port, to start another server on.
    pub(crate) fn at(&self) -> String {
        self.server.address.clone()
    }

    /// Returns the response of the API to a GET.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.server.client().json("GET", path, None).is(200)
    }

    /// Downloads a file.
    pub(crate) fn download(&self, path: &str) -> Vec<u8> {
        self.server.client().download(path)
    }

    /// Returns the response of the API to a POST.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.server.client().json("POST", path, Some(body))
    }

    /// Does the same with these header lines.
    pub(crate) fn post_with(&self, path: &str, head: &[String], body: &Value) -> Answer {
        self.server.client().send("POST", path, head, body.to_string().as_bytes()).unwrap()
    }
}

/// Returns the folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the program, built beside the tests.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("trendtag");
    assert!(program.exists(), "build the program first: cargo build --release");
    program
}

fn keys(written: &str) -> Vec<String> {
    written.split(';').filter(|key| *key != "-").map(str::to_owned).collect()
}
