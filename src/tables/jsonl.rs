//! Reads JSON: one object per line, an array of objects, or objects over several lines;
//! each names its own columns.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use memchr::{memchr, memchr_iter};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::json_layout::{Layout, OtherShape, ValueEnd, compact, value_end};
use super::row::{Cells, Row, Source};
use super::window::Window;
use super::{Columns, MAX_ROW, bad_file, bad_row};
use crate::error::{Error, Place, Result};

const ONE_OBJECT: &str =
    "write one JSON object per line, such as {\"id\": \"1\", \"title\": \"…\"}";

/// The rows of a JSON file.
pub(super) struct JsonlRows {
    window: Window,
    source: Arc<Source>,
    layout: Layout,
    /// Whether the end of an array was passed.
    is_outside: bool,
    ended: bool,
    number: u64,
    /// Number of lines that were skipped.
    line: u64,
}

/// Number of bytes to search for the end of the first object if it is not on one line.
const LOOKED_AT: usize = 1 << 20;

impl JsonlRows {
    /// Detects the layout from the first object, and refuses files without rows.
    pub(super) fn new(mut window: Window, file: &str, wanted: &Columns) -> Result<Self> {
        let wrap = |source| Error::io(file, source);
        let mut line = 0;
        while window.data().trim_ascii().is_empty() {
            line += lines(window.data());
            let length = window.data().len();
            window.consume(length);
            if !window.fill().map_err(wrap)? {
                return Err(bad_file(file, "is empty", ONE_OBJECT));
            }
        }
        let spaces = window.data().len() - window.data().trim_ascii_start().len();
        line += lines(&window.data()[..spaces]);
        window.consume(spaces);
        let layout = match window.data().first().copied() {
            Some(b'[') => {
                window.consume(1);
                refuse_array_of_others(&mut window, file)?;
                Layout::Array
            }
            Some(b'{')
                if !fills_a_line(&mut window, file, wanted)?
                    && is_over_lines(&mut window, file, wanted)? =>
            {
                Layout::Values
            }
            _ => Layout::Lines,
        };
        let source = Arc::new(Source::new(file, Vec::new()));
        Ok(Self { window, source, layout, is_outside: false, ended: false, number: 0, line })
    }

    /// Returns whether the next row is in view.
    pub(super) fn is_ready(&self) -> bool {
        match self.layout {
            Layout::Lines => self.window.has_line(),
            Layout::Array | Layout::Values => memchr(b'}', self.window.data()).is_some(),
        }
    }

    /// Returns the next row or its error. The outer error is an I/O error.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row>>> {
        match self.layout {
            Layout::Lines => self.next_line(),
            Layout::Array | Layout::Values => self.next_value(),
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Result<Row>>> {
        loop {
            if self.window.data().is_empty() && !self.window.fill()? {
                return Ok(None);
            }
            self.line += 1;
            let Some((end, length)) = self.find_line()? else {
                self.number += 1;
                return Ok(Some(Err(too_long(self.place(self.line)))));
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

    fn place(&self, line: u64) -> Place {
        self.source.place(self.number, line)
    }

    /// Returns the next element of an array, or the next object.
    fn next_value(&mut self) -> io::Result<Option<Result<Row>>> {
        if self.ended {
            return Ok(None);
        }
        loop {
            self.pass_over_spaces()?;
            match self.window.data().first().copied() {
                None => {
                    self.ended = true;
                    if self.layout == Layout::Values || self.is_outside {
                        return Ok(None);
                    }
                    self.number += 1;
                    let remedy = "copy or write the file again";
                    let place = self.place(self.line + 1);
                    return Ok(Some(Err(bad_row(
                        place,
                        "the array has no end: the file is truncated",
                        remedy,
                    ))));
                }
                Some(b',') if !self.is_outside => self.window.consume(1),
                Some(b']') if !self.is_outside && self.layout == Layout::Array => {
                    self.is_outside = true;
                    self.window.consume(1);
                }
                // Several arrays in a row, as in concatenated files.
                Some(b'[') if self.is_outside => {
                    self.is_outside = false;
                    self.window.consume(1);
                }
                Some(_) => break,
            }
        }
        self.number += 1;
        let line = self.line + 1;
        if self.is_outside {
            self.ended = true;
            let reason = "there is data after the end of the array, which is not read";
            return Ok(Some(Err(bad_row(self.place(line), reason, ONE_OBJECT))));
        }
        let end = match value_end(&mut self.window, MAX_ROW)? {
            ValueEnd::At(end) => end,
            ValueEnd::TooLong => {
                self.ended = true;
                return Ok(Some(Err(too_long(self.place(line)))));
            }
            ValueEnd::Cut => {
                self.ended = true;
                let reason =
                    "an object starts here that has no end: the rest of the file is not read";
                let remedy = "close its brackets and quotes, or copy or write the file again";
                return Ok(Some(Err(bad_row(self.place(line), reason, remedy))));
            }
        };
        let row = parse(&self.window.data()[..end], &self.source, self.number, line);
        self.line += lines(&self.window.data()[..end]);
        self.window.consume(end);
        Ok(Some(row))
    }

    fn pass_over_spaces(&mut self) -> io::Result<()> {
        loop {
            let data = self.window.data();
            let spaces = data.len() - data.trim_ascii_start().len();
            let is_all = spaces == data.len();
            self.line += lines(&data[..spaces]);
            self.window.consume(spaces);
            if !is_all || !self.window.fill()? {
                return Ok(());
            }
        }
    }

    /// Returns the length of the current line without and with its end. A line that is
    /// too long is skipped, and gives `None`.
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

fn lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

fn too_long(place: Place) -> Error {
    bad_row(place, format!("the row is longer than {} MB", MAX_ROW >> 20), ONE_OBJECT)
}

/// Refuses an array with a first element that is not an object.
fn refuse_array_of_others(window: &mut Window, file: &str) -> Result<()> {
    let wrap = |source| Error::io(file, source);
    while window.data().trim_ascii().is_empty() && window.fill().map_err(wrap)? {}
    match window.data().trim_ascii_start().first() {
        None | Some(b'{' | b']') => Ok(()),
        Some(_) => Err(bad_file(
            file,
            "is a JSON array of values that are not objects",
            "write an array of objects with the names of the columns as their keys, or one \
             object per line",
        )),
    }
}

/// Returns whether the first line is a complete object.
fn fills_a_line(window: &mut Window, file: &str, wanted: &Columns) -> Result<bool> {
    let wrap = |source| Error::io(file, source);
    let mut looked_at = 0;
    while memchr(b'\n', &window.data()[looked_at..]).is_none() && window.data().len() <= MAX_ROW {
        looked_at = window.data().len();
        if !window.fill().map_err(wrap)? {
            break;
        }
    }
    let data = window.data();
    let end = memchr(b'\n', data).unwrap_or(data.len());
    let Ok(Object(object)) = serde_json::from_slice(&data[..end]) else { return Ok(false) };
    if let Some(shape) = OtherShape::of(&object, wanted) {
        // A bad row among others is reported separately.
        while window.data()[end..].trim_ascii().is_empty() {
            if !window.fill().map_err(wrap)? {
                return Err(shape.error(file));
            }
        }
    }
    Ok(true)
}

/// Returns whether the first object is over several lines.
fn is_over_lines(window: &mut Window, file: &str, wanted: &Columns) -> Result<bool> {
    let wrap = |source| Error::io(file, source);
    let ValueEnd::At(end) = value_end(window, LOOKED_AT).map_err(wrap)? else { return Ok(false) };
    match serde_json::from_slice(&window.data()[..end]) {
        Ok(Object(object)) => match OtherShape::of(&object, wanted) {
            Some(shape) if window.data()[end..].trim_ascii().is_empty() => Err(shape.error(file)),
            _ => Ok(true),
        },
        Err(_) => Ok(false),
    }
}

fn parse(text: &[u8], source: &Arc<Source>, number: u64, line_number: u64) -> Result<Row> {
    let place = || source.place(number, line_number);
    let Object(mut object) = serde_json::from_slice(text).map_err(|error| {
        // The message contains the position within the line; the place contains the line.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        let at = text.get(error.column().saturating_sub(1)..).unwrap_or_default();
        let is_infinite = [&b"N"[..], b"I", b"-I", b"aN"].iter().any(|mark| at.starts_with(mark));
        let remedy = match is_infinite && error.line() == 1 {
            true => {
                "NaN and Infinity are no JSON: write null, as pandas does by \
                 df.to_json(\"cases.jsonl\", orient=\"records\", lines=True)"
            }
            false => ONE_OBJECT,
        };
        bad_row(
            place(),
            format!("not a JSON object: {message} at character {}", error.column()),
            remedy,
        )
    })?;
    // The parser has refused what is not UTF-8, so nothing is replaced here.
    let mut line = String::from_utf8_lossy(text).into_owned();
    if line.contains(['\n', '\r']) {
        line = compact(&line);
    }
    keep_digits(&mut object, &line);
    let cells = Cells::Json { object, line };
    Ok(Row { source: Arc::clone(source), number, line: line_number, cells })
}

/// Integers from here on are not exact as floating-point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Integers that are too large for the parser, such as ids, become texts with all their
/// digits.
fn keep_digits(object: &mut Map<String, Value>, line: &str) {
    let is_long = |value: &Value| {
        let is_float = value.as_i64().is_none() && value.as_u64().is_none();
        is_float && value.as_f64().is_some_and(|number| number.abs() >= EXACT)
    };
    if !object.values().any(is_long) {
        return;
    }
    let Ok(raw) = serde_json::from_str::<HashMap<String, &RawValue>>(line) else { return };
    for (key, value) in object.iter_mut().filter(|(_, value)| is_long(value)) {
        let digits = raw.get(key).map_or("", |raw| raw.get());
        if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            *value = Value::from(digits);
        }
    }
}

/// A JSON object without duplicate keys (the parser alone would keep the last one).
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
                return Err(A::Error::custom(format_args!("the key \"{key}\" occurs twice")));
            }
            object.insert(key, access.next_value()?);
        }
        Ok(Object(object))
    }
}
