//! A small HTTP client that sends exact bytes, and a review server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

use serde_json::Value;

/// A connection to a server that stays open from one request to the next.
pub(crate) struct Client {
    address: String,
    stream: BufReader<TcpStream>,
}

/// The response of a server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn connect(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { address: address.to_owned(), stream: BufReader::new(stream) })
    }

    /// Sends a request with exactly these header lines (and a length) and reads
    /// the answer.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[String],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\n{lines}Content-Length: {length}\r\n\r\n");
        self.stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        self.answer()
    }

    /// Downloads a file.
    #[track_caller]
    pub(crate) fn download(&mut self, path: &str) -> Vec<u8> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (head, body) = self.answered().unwrap();
        assert!(
            head.starts_with("HTTP/1.1 200"),
            "{path}: {head}{}",
            String::from_utf8_lossy(&body)
        );
        body
    }

    /// Sends a file as the page does.
    pub(crate) fn upload(&mut self, name: &str, bytes: &[u8]) -> Answer {
        let headers = [
            format!("Host: {}", self.address),
            "Content-Type: application/octet-stream".to_owned(),
        ];
        let path = format!("/api/files?reviewer=ann&name={name}");
        self.send("POST", &path, &headers, bytes).expect("the server answers")
    }

    /// Sends JSON, or nothing, as a script does.
    pub(crate) fn json(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_json(method, path, body).expect("the server answers")
    }

    pub(crate) fn try_json(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> std::io::Result<Answer> {
        let mut headers = vec![format!("Host: {}", self.address)];
        headers.extend(body.map(|_| "Content-Type: application/json".to_owned()));
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(method, path, &headers, body.as_bytes())
    }

    fn answer(&mut self) -> std::io::Result<Answer> {
        let (head, body) = self.answered()?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = String::from_utf8(body).map_err(std::io::Error::other)?;
        Ok(Answer { status: status.unwrap_or(0), head, body })
    }

    /// The head and the body of an answer.
    fn answered(&mut self) -> std::io::Result<(String, Vec<u8>)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body)?;
        Ok((head, body))
    }
}

impl Answer {
    /// Returns the body as JSON, if the status is this one.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}{}", self.head, self.body);
        if self.body.is_empty() { Value::Null } else { serde_json::from_str(&self.body).unwrap() }
    }

    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A running `trendtag review serve`, killed when dropped.
pub(crate) struct Server {
    process: Child,
    /// Host and port.
    pub(crate) address: String,
    pub(crate) token: Option<String>,
}

impl Server {
    /// Starts `program` on a database and a free port, and waits until it listens.
    pub(crate) fn start(program: &Path, db: &Path, flags: &str) -> Self {
        Self::start_with(program, db, flags, &[])
    }

    /// The same with variables of its environment.
    pub(crate) fn start_with(
        program: &Path,
        db: &Path,
        flags: &str,
        variables: &[(&str, &std::ffi::OsStr)],
    ) -> Self {
        let mut command = Command::new(program);
        command.envs(variables.iter().copied());
        command.args(["--quiet", "review", "serve", "--db"]).arg(db);
        if !flags.contains("--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.args(flags.split_whitespace()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect("it prints its address");
        let (address, token) = address.split_once('/').unwrap();
        let token = token.strip_prefix("#token=").map(str::to_owned);
        Self { process, address: address.to_owned(), token }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.address).unwrap()
    }

    #[cfg(unix)]
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills it, as in a crash.
    pub(crate) fn kill(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }

    /// Asks it to stop, and returns whether it succeeded.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> bool {
        self.signal("TERM");
        self.process.wait().unwrap().success()
    }

    /// Ends it: a test cannot press Ctrl-C on Windows, where `tests/windows/jobs` does.
    #[cfg(not(unix))]
    pub(crate) fn stop(mut self) -> bool {
        self.kill();
        true
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Returns whether it succeeds within a time limit.
    #[cfg(unix)]
    pub(crate) fn ends_within(&mut self, limit: Duration) -> bool {
        let started = Instant::now();
        while started.elapsed() < limit {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
