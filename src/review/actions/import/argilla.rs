//! Reads exports of Argilla: records with `fields` and `responses` (versions 2 and 1), or
//! with an `annotation` (its older text classification).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::labelled::{CaseId, GivenAnswer, LabelledCase};
use super::tools::{Item, Reading, annotator, choices, find, id_text, not_exported};
use crate::error::{Error, Result};

/// Someone's answer to a question.
struct Response {
    question: String,
    labels: Vec<String>,
    by: Option<String>,
}

/// The question of an older record, which has only one.
const ANNOTATION: &str = "annotation";

/// Reads the records of an export. Each submitted response is an answer of its user. Also
/// returns one error per record that cannot be used.
pub(super) fn read(
    items: Vec<Item>,
    reading: &Reading<'_>,
) -> Result<(Vec<LabelledCase>, Vec<Error>)> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for response in items.iter().flat_map(|item| responses(&item.object)) {
        found.entry(response.question).or_default().extend(response.labels);
    }
    let question = if found.is_empty() { None } else { Some(reading.control(&found)?) };
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for item in items {
        match record(item, question.as_deref(), reading) {
            Ok(case) => cases.push(case),
            Err(error) => errors.push(error),
        }
    }
    Ok((cases, errors))
}

fn record(item: Item, question: Option<&str>, reading: &Reading<'_>) -> Result<LabelledCase> {
    let object = &item.object;
    let fields = ["fields", "inputs"].into_iter().find_map(|name| object.get(name)?.as_object());
    let mut data = match (fields, object.get("text")) {
        (Some(fields), _) => fields.clone(),
        (None, Some(text)) => Map::from_iter([("text".to_owned(), text.clone())]),
        _ => return Err(not_exported(item.place.clone(), "there are no \"fields\"")),
    };
    let metadata = object.get("metadata").and_then(Value::as_object);
    let of_metadata = metadata.and_then(|metadata| find(metadata, &reading.columns.id));
    let id = of_metadata.or_else(|| object.get("id")).and_then(id_text);
    let mut answers = Vec::new();
    for response in
        responses(object).filter(|response| Some(response.question.as_str()) == question)
    {
        let trends = reading.labels.keys(&response.labels, &item.place)?;
        answers.push(GivenAnswer::new(response.by, trends));
    }
    for (name, value) in metadata.into_iter().flatten() {
        data.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let id = id.map_or(CaseId::Missing, CaseId::Own);
    Ok(reading.case(item, &data, id, answers))
}

/// Returns the submitted responses of a record in any version.
fn responses(object: &Map<String, Value>) -> impl Iterator<Item = Response> {
    let mut found = Vec::new();
    match object.get("responses") {
        // Version 2: a list per question.
        Some(Value::Object(questions)) => {
            for (question, given) in questions {
                let given = given.as_array().into_iter().flatten();
                found.extend(given.filter_map(|one| response(question, one, one)));
            }
        }
        // Version 1: a list of users, each with values per question.
        Some(Value::Array(users)) => {
            for user in users {
                let values = user.get("values").and_then(Value::as_object).into_iter().flatten();
                found
                    .extend(values.filter_map(|(question, value)| response(question, value, user)));
            }
        }
        _ => {
            let is_validated = object
                .get("status")
                .and_then(Value::as_str)
                .is_none_or(|status| status.eq_ignore_ascii_case("validated"));
            let labels = object.get(ANNOTATION).filter(|_| is_validated).and_then(choices);
            found.extend(labels.map(|labels| Response {
                question: ANNOTATION.to_owned(),
                labels,
                by: object.get("annotation_agent").and_then(annotator),
            }));
        }
    }
    found.into_iter()
}

/// Returns a value that a user submitted.
fn response(question: &str, value: &Value, user: &Value) -> Option<Response> {
    let status = user.get("status").and_then(Value::as_str);
    let is_submitted = status.is_none_or(|status| status.eq_ignore_ascii_case("submitted"));
    let labels = choices(value).filter(|_| is_submitted)?;
    let by = user.get("user_id").and_then(annotator);
    Some(Response { question: question.to_owned(), labels, by })
}
