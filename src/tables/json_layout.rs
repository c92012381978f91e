//! Detects the layout of a JSON file: one object per line, an array, objects over several
//! lines, or another shape.

use std::io;

use serde_json::{Map, Value};

use super::row::is_alike;
use super::window::Window;
use super::{Columns, bad_file};
use crate::error::Error;

/// The layout of the rows in a JSON file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One object per line.
    Lines,
    /// An array of objects.
    Array,
    /// One object after another, each over one or more lines.
    Values,
}

/// The end of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueEnd {
    /// Before this byte of the window.
    At(usize),
    /// The stream ends before it.
    Cut,
    /// It is longer than the limit.
    TooLong,
}

/// Finds the end of the value at the start of the window. Only brackets and strings are
/// examined; the parser checks whether the value is valid.
pub(super) fn value_end(window: &mut Window, limit: usize) -> io::Result<ValueEnd> {
    let (mut at, mut depth, mut in_string, mut escaped) = (0, 0_usize, false, false);
    loop {
        while let Some(&byte) = window.data().get(at) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 1 => depth -= 1,
                b'}' | b']' if depth == 1 => return Ok(ValueEnd::At(at + 1)),
                b'}' | b']' | b',' if depth == 0 => return Ok(ValueEnd::At(at.max(1))),
                byte if depth == 0 && byte.is_ascii_whitespace() => return Ok(ValueEnd::At(at)),
                _ => {}
            }
            at += 1;
        }
        if at > limit {
            return Ok(ValueEnd::TooLong);
        }
        if !window.fill()? {
            let is_scalar = depth == 0 && !in_string && at > 0;
            return Ok(if is_scalar { ValueEnd::At(at) } else { ValueEnd::Cut });
        }
    }
}

/// A JSON file with rows in another shape, with a remedy.
pub(super) struct OtherShape {
    reason: String,
    remedy: String,
}

impl OtherShape {
    /// Distinguishes a file with a single object from the object of a row.
    pub(super) fn of(object: &Map<String, Value>, wanted: &Columns) -> Option<Self> {
        let wanted = || {
            let others = [&wanted.id, &wanted.trends];
            wanted.text.iter().chain(others)
        };
        let is_wanted = |name: &String| wanted().any(|wanted| is_alike(name, wanted));
        let has_wanted = |object: &Map<String, Value>| object.keys().any(is_wanted);
        let data_frame = "write one object per case: in pandas \
                          df.to_json(\"cases.jsonl\", orient=\"records\", lines=True)";
        let shape = |reason: &str, remedy: &str| {
            Some(Self { reason: reason.into(), remedy: remedy.into() })
        };
        if object.is_empty() {
            return None;
        }
        let is_filled = |value: &Value| match value {
            Value::Object(inner) => !inner.is_empty(),
            Value::Array(inner) => !inner.is_empty(),
            _ => false,
        };
        if has_wanted(object) {
            let are_columns = object.values().all(is_filled);
            return if are_columns {
                shape("is one JSON object of columns, not of cases", data_frame)
            } else {
                None
            };
        }
        let by_index = |value: &Value| value.as_object().is_some_and(has_wanted);
        if object.values().all(by_index) {
            return shape("is one JSON object with the cases in its fields", data_frame);
        }
        if object.get("columns").is_some_and(Value::is_array)
            && object.get("data").is_some_and(Value::is_array)
        {
            return shape("is one JSON object of column names and rows", data_frame);
        }
        let of_objects = |value: &Value| {
            value.as_array().is_some_and(|items| items.first().is_some_and(Value::is_object))
        };
        let (name, _) = object.iter().find(|(_, value)| of_objects(value))?;
        Some(Self {
            reason: format!("is one JSON object that has the cases in its member \"{name}\""),
            remedy: format!("write that array alone, for example by jq \".{name}\""),
        })
    }

    pub(super) fn error(self, file: &str) -> Error {
        bad_file(file, self.reason, self.remedy)
    }
}

/// Removes the whitespace between the tokens of a JSON text.
pub(super) fn compact(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |&c: &char| {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
        in_string || !c.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect()
}
