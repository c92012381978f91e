//! Shared parsing for exports of labelling tools: objects with texts, ids and choices.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::labelled::{CaseId, GivenAnswer, LabelledCase, Labels};
use crate::error::{Action, Error, Place, Result, quoted_list};
use crate::tables::{Columns, Format, ReadOptions, Rows};
use crate::tagger::record::{ASKED_COLUMN, value_text};

/// An object of an export, with its place.
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) object: Map<String, Value>,
}

/// Options for reading the objects of an export.
pub(super) struct Reading<'r> {
    pub(super) file: String,
    pub(super) columns: &'r Columns,
    /// The question or control with the labels.
    pub(super) control: Option<&'r str>,
    pub(super) labels: Labels<'r>,
}

/// Reads a file of objects: a JSON list, JSON Lines, or a table with cells that may be
/// JSON. Lines that are not objects are separate errors.
pub(super) fn items(path: &Path, options: &ReadOptions) -> Result<(Vec<Item>, Vec<Error>)> {
    match options.format.or_else(|| Format::from_path(path)) {
        None | Some(Format::Jsonl) => {
            let file = path.display().to_string();
            let text = std::fs::read(path).map_err(|source| Error::io(path, source))?;
            items_of_text(&String::from_utf8_lossy(&text), &file)
        }
        Some(_) => items_of_rows(Rows::open(path, options)?),
    }
}

/// Reads the objects of a text.
pub(super) fn items_of_text(text: &str, file: &str) -> Result<(Vec<Item>, Vec<Error>)> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let remedy = "give the file as the tool exported it, as JSON or JSON Lines";
    if text.starts_with('[') {
        let list: Vec<Value> = serde_json::from_str(text)
            .map_err(|error| Error::bad_file(file, error.to_string(), remedy))?;
        let place = |row| Place { row: Some(row), ..Place::file(file) };
        return Ok(objects((1..).map(place).zip(list.into_iter().map(Ok))));
    }
    // A single object over several lines is a list of one.
    if let Ok(Value::Object(object)) = serde_json::from_str(text) {
        let place = Place { row: Some(1), ..Place::file(file) };
        return Ok((vec![Item { place, object }], Vec::new()));
    }
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    Ok(objects(lines.map(|(number, line)| {
        let place = Place { row: Some(number), line: Some(number), ..Place::file(file) };
        (place, serde_json::from_str(line).map_err(|error| error.to_string()))
    })))
}

fn items_of_rows(rows: Rows) -> Result<(Vec<Item>, Vec<Error>)> {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(row) => {
                let cell = |(name, value): (String, Value)| (name, cell_value(value));
                let object = row.record().into_iter().map(cell).collect();
                items.push(Item { place: row.place(), object });
            }
            Err(error) if error.is_row() => errors.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok((items, errors))
}

/// Parses a cell that contains an object or list as JSON.
fn cell_value(value: Value) -> Value {
    let is_json = |text: &&String| text.trim_start().starts_with(['{', '[']);
    let text = value.as_str().map(str::to_owned);
    let read = text.as_ref().filter(is_json).and_then(|text| serde_json::from_str(text).ok());
    read.unwrap_or(value)
}

fn objects(
    values: impl Iterator<Item = (Place, Result<Value, String>)>,
) -> (Vec<Item>, Vec<Error>) {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    for (place, value) in values {
        match value {
            Ok(Value::Object(object)) => items.push(Item { place, object }),
            Ok(_) => errors.push(not_exported(place, "it is no object")),
            Err(reason) => errors.push(not_exported(place, &reason)),
        }
    }
    (items, errors)
}

/// Returns the error of an object that the tool does not export.
pub(super) fn not_exported(place: Place, reason: &str) -> Error {
    let remedy = "give the file as the tool exported it";
    Error::bad_row(place, reason.to_owned(), remedy)
}

impl Reading<'_> {
    /// Makes a case from an object, with its texts and the id of the tool or of a field
    /// of the user.
    pub(super) fn case(
        &self,
        item: Item,
        texts: &Map<String, Value>,
        id: CaseId,
        mut answers: Vec<GivenAnswer>,
    ) -> LabelledCase {
        let mut record = texts.clone();
        // A project that was made from an export carries the column along.
        if let Some(cell) = record.shift_remove(ASKED_COLUMN) {
            for answer in answers.iter_mut().filter(|answer| answer.asked.is_none()) {
                answer.asked = self.labels.asked(Some(&value_text(&cell)), &answer.trends);
            }
        }
        if let CaseId::Own(id) | CaseId::Tool(id) = &id {
            let column = self.columns.id.clone();
            record.entry(column).or_insert_with(|| Value::from(id.clone()));
        }
        LabelledCase {
            place: item.place,
            texts: self.texts(texts),
            id,
            record,
            answers,
            blind_check: false,
            wanted: 1,
            batch: None,
            is_of_review: false,
        }
    }

    /// Returns the texts of an object: one per field, empty if missing, so that each gets
    /// the weight of its field. Without any of them, its `text` or `data`.
    fn texts(&self, object: &Map<String, Value>) -> Vec<(String, String)> {
        let text = |name: &str| find(object, name).and_then(Value::as_str);
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let fields = &self.columns.text;
        if fields.iter().any(|name| text(name).is_some()) {
            return fields.iter().map(|name| pair(name, text(name).unwrap_or_default())).collect();
        }
        let only = ["text", "data"].into_iter().find_map(|name| Some(pair(name, text(name)?)));
        only.into_iter().collect()
    }

    /// Returns the control with the labels: the named one, the only one, or the only one
    /// that offers only labels of the taxonomy.
    ///
    /// # Errors
    /// [`Error::BadFile`] if it is ambiguous.
    pub(super) fn control(&self, found: &BTreeMap<String, Vec<String>>) -> Result<String> {
        let names: Vec<&String> = found.keys().collect();
        if let Some(wanted) = self.control {
            return match found.contains_key(wanted) {
                true => Ok(wanted.to_owned()),
                false => Err(Error::bad_file(
                    &self.file,
                    format!(
                        "nothing was chosen with \"{wanted}\", but with {}",
                        quoted_list(&names)
                    ),
                    Action::NameControl.to("name the control whose choices are the labels"),
                )),
            };
        }
        let is_of_labels =
            |name: &&String| found[*name].iter().all(|label| self.labels.knows(label));
        let of_labels: Vec<&String> = names.iter().copied().filter(is_of_labels).collect();
        match (&names[..], &of_labels[..]) {
            ([only], _) | (_, [only]) => Ok((*only).clone()),
            ([], _) => {
                let remedy = "give the file as the tool exported it, with labels";
                Err(Error::bad_file(&self.file, "nothing was chosen in it", remedy))
            }
            _ => Err(Error::bad_file(
                &self.file,
                format!("it has the choices of several controls, {}", quoted_list(&names)),
                Action::NameControl.to("name the control whose choices are the labels"),
            )),
        }
    }
}

/// Returns a field, ignoring the case of its name.
pub(super) fn find<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o Value> {
    let alike = |(other, _): &(&String, &Value)| other.trim().eq_ignore_ascii_case(name.trim());
    object.get(name).or_else(|| object.iter().find(alike).map(|(_, value)| value))
}

/// Returns a JSON value as an id.
pub(super) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads labels as tools write them: a text, a list of texts, or an object with `choices`
/// or `value`. `None` for anything else.
pub(super) fn choices(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(label) if label.trim().is_empty() => Some(Vec::new()),
        Value::String(label) => Some(vec![label.clone()]),
        Value::Array(labels) => {
            labels.iter().map(|label| label.as_str().map(str::to_owned)).collect()
        }
        Value::Object(object) => {
            ["choices", "value"].into_iter().find_map(|name| choices(object.get(name)?))
        }
        _ => None,
    }
}

/// Maximum length of an annotator's name, in characters.
const LONGEST_NAME: usize = 60;

/// Returns the name of an annotator from a number, an address or a name.
pub(super) fn annotator(by: &Value) -> Option<String> {
    let by = ["email", "username", "id"].into_iter().find_map(|name| by.get(name)).unwrap_or(by);
    let visible = |c: &char| !c.is_control() && !c.is_whitespace();
    let name: String = id_text(by)?.chars().filter(visible).take(LONGEST_NAME).collect();
    Some(format!("annotator {name}"))
}

/// Returns a time that a tool wrote.
pub(super) fn time(object: &Map<String, Value>, names: [&str; 2]) -> Option<String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    names.into_iter().find_map(text).map(str::to_owned)
}
