//! Reads JSON Lines: one JSON object per line, each naming its own columns.

use std::fmt;
use std::io;
use std::sync::Arc;

use memchr::memchr;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::row::{Cells, Row, Source};
use super::window::Window;
use super::{MAX_ROW, bad_file, bad_row};
use crate::error::{Error, Result};

const ONE_OBJECT: &str =
    "write one JSON object per line, such as {\"id\": \"1\", \"title\": \"…\"}";

/// The rows of a JSON Lines file.
pub(super) struct JsonlRows {
    window: Window,
    source: Arc<Source>,
    number: u64,
    line: u64,
}

impl JsonlRows {
    /// Looks at the first characters for what cannot be JSON Lines.
    pub(super) fn new(mut window: Window, file: &str) -> Result<Self> {
        while window.data().trim_ascii().is_empty() {
            if !window.fill().map_err(|source| Error::io(file, source))? {
                return Err(bad_file(file, "is empty", ONE_OBJECT));
            }
        }
        if window.data().trim_ascii_start().starts_with(b"[") {
            return Err(bad_file(
                file,
                "is one JSON array",
                format!("{ONE_OBJECT}, without the brackets and commas around them"),
            ));
        }
        let source = Arc::new(Source { file: file.into(), columns: Vec::new() });
        Ok(Self { window, source, number: 0, line: 0 })
    }

    /// Whether the next row is in view.
    pub(super) fn is_ready(&self) -> bool {
        self.window.has_line()
    }

    /// The next row or its fault; an I/O error is the outer one.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row>>> {
        loop {
            if self.window.data().is_empty() && !self.window.fill()? {
                return Ok(None);
            }
            self.line += 1;
            let Some((end, length)) = self.find_line()? else {
                self.number += 1;
                return Ok(Some(Err(bad_row(
                    self.source.place(self.number, self.line),
                    format!("the line is longer than {} MB", MAX_ROW >> 20),
                    ONE_OBJECT,
                ))));
            };
            let line = self.window.data()[..end].trim_ascii();
            if line.is_empty() {
                self.window.consume(length);
                continue;
            }
            self.number += 1;
            let row = parse(line, &self.source, self.number, self.line);
            self.window.consume(length);
            return Ok(Some(row));
        }
    }

    /// Length of the line in view without and with its end; `None` if it is
    /// too long, and then passed over.
    fn find_line(&mut self) -> io::Result<Option<(usize, usize)>> {
        let mut at = 0;
        let mut too_long = false;
        loop {
            let length = self.window.data().len();
            if let Some(i) = memchr(b'\n', &self.window.data()[at..]) {
                if too_long {
                    self.window.consume(at + i + 1);
                    return Ok(None);
                }
                return Ok(Some((at + i, at + i + 1)));
            }
            at = length;
            if too_long || length > MAX_ROW {
                too_long = true;
                self.window.consume(length);
                at = 0;
            }
            if !self.window.fill()? {
                return Ok((!too_long).then_some((length, length)));
            }
        }
    }
}

fn parse(line: &[u8], source: &Arc<Source>, number: u64, line_number: u64) -> Result<Row> {
    let place = || source.place(number, line_number);
    let Object(object) = serde_json::from_slice(line).map_err(|error| {
        // The position within the line is told in words; the line is in the place.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        bad_row(
            place(),
            format!("not a JSON object: {message} at character {}", error.column()),
            ONE_OBJECT,
        )
    })?;
    // The parser has refused what is not UTF-8, so nothing is replaced here.
    let line = String::from_utf8_lossy(line).into_owned();
    let cells = Cells::Json { object, line };
    Ok(Row { source: Arc::clone(source), number, line: line_number, cells })
}

/// A JSON object in which no key stands twice (the parser would keep the last).
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Object, A::Error> {
        let mut object = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key \"{key}\" stands twice")));
            }
            object.insert(key, access.next_value()?);
        }
        Ok(Object(object))
    }
}
