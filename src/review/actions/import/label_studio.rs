//! Reads exports of Label Studio: tasks with `data` and `annotations` ("JSON"), or one
//! flat object per annotation ("JSON-MIN" and "CSV").

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::labelled::{CaseId, GivenAnswer, LabelledCase};
use super::tools::{Item, Reading, annotator, choices, find, id_text, not_exported, time};
use crate::error::{Error, Place, Result};

/// Reads the objects of an export. Each annotation is an answer of its author. One that
/// was submitted without a choice means that no trend applies. Also returns one error per
/// object that cannot be used.
pub(super) fn read(
    items: Vec<Item>,
    reading: &Reading<'_>,
) -> Result<(Vec<LabelledCase>, Vec<Error>)> {
    if items.iter().any(|item| item.object.contains_key("annotations")) {
        let control = control_of_tasks(&items, reading)?;
        return Ok(each(items, |item| task(item, control.as_deref(), reading)));
    }
    let control = reading.control(&controls_of_rows(&items, reading))?;
    Ok(each(items, |item| flat(item, &control, reading)))
}

fn each(
    items: Vec<Item>,
    read: impl Fn(Item) -> Result<LabelledCase>,
) -> (Vec<LabelledCase>, Vec<Error>) {
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for item in items {
        match read(item) {
            Ok(case) => cases.push(case),
            Err(error) => errors.push(error),
        }
    }
    (cases, errors)
}

/// Returns the results of an annotation.
fn results(annotation: &Value) -> Option<&Vec<Value>> {
    annotation.get("result")?.as_array()
}

/// Returns the control and the choices of a result, if it has choices.
fn chosen(result: &Value) -> Option<(&str, Vec<String>)> {
    let name = result.get("from_name").and_then(Value::as_str).unwrap_or_default();
    Some((name, choices(result.get("value")?.get("choices")?)?))
}

/// Returns the control with the labels; `None` if nothing has been chosen.
fn control_of_tasks(items: &[Item], reading: &Reading<'_>) -> Result<Option<String>> {
    let annotations = items.iter().filter_map(|item| item.object.get("annotations")?.as_array());
    let results = annotations.flatten().filter_map(results).flatten();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, labels) in results.filter_map(chosen) {
        found.entry(name.to_owned()).or_default().extend(labels);
    }
    if found.is_empty() { Ok(None) } else { reading.control(&found).map(Some) }
}

fn task(item: Item, control: Option<&str>, reading: &Reading<'_>) -> Result<LabelledCase> {
    let bad = |reason: &str| not_exported(item.place.clone(), reason);
    let data = item.object.get("data").and_then(Value::as_object);
    let data = data.cloned().ok_or_else(|| bad("there is no \"data\""))?;
    let annotations = item.object.get("annotations").and_then(Value::as_array);
    let annotations = annotations.ok_or_else(|| bad("there is no list \"annotations\""))?;
    let mut answers = Vec::new();
    for annotation in annotations {
        if annotation.get("was_cancelled") == Some(&Value::Bool(true)) {
            continue;
        }
        let results = results(annotation).ok_or_else(|| bad("an annotation has no results"))?;
        let chosen: Vec<(&str, Vec<String>)> = results.iter().filter_map(chosen).collect();
        if chosen.is_empty() && !results.is_empty() {
            return Err(no_choices(results, item.place.clone()));
        }
        let labels = chosen.into_iter().filter(|(name, _)| Some(*name) == control);
        let labels: Vec<String> = labels.flat_map(|(_, labels)| labels).collect();
        let trends = reading.labels.keys(&labels, &item.place)?;
        let by = annotation.get("completed_by").and_then(annotator);
        let time = annotation.as_object().and_then(|a| time(a, ["updated_at", "created_at"]));
        answers.push(GivenAnswer { time, ..GivenAnswer::new(by, trends) });
    }
    let own = find(&data, &reading.columns.id).and_then(id_text).map(CaseId::Own);
    let given = || item.object.get("id").and_then(id_text).map(CaseId::Tool);
    let id = own.or_else(given).unwrap_or(CaseId::Missing);
    Ok(reading.case(item, &data, id, answers))
}

/// Returns the error of an annotation that labels by other means.
fn no_choices(results: &[Value], place: Place) -> Error {
    let kinds = results.iter().filter_map(|result| result.get("type")?.as_str());
    let mut kinds: Vec<&str> = kinds.collect();
    kinds.sort_unstable();
    kinds.dedup();
    Error::bad_row(
        place,
        format!("an annotation has no choices, but results of the type {}", kinds.join(", ")),
        "export a project whose labels are given with the control Choices",
    )
}

/// Fields that Label Studio adds to flat objects.
const ADDED: [&str; 7] =
    ["id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "project"];

/// Returns the fields that can contain the labels: those with an object of choices, or
/// else those with only labels of the taxonomy.
fn controls_of_rows(items: &[Item], reading: &Reading<'_>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut are_objects: BTreeMap<&String, bool> = BTreeMap::new();
    for (name, value) in items.iter().flat_map(|item| &item.object) {
        let is_text = reading.columns.text.iter().any(|field| field.eq_ignore_ascii_case(name));
        if is_text || ADDED.contains(&name.as_str()) {
            continue;
        }
        if let Some(labels) = choices(value) {
            *are_objects.entry(name).or_default() |= value.is_object();
            found.entry(name.clone()).or_default().extend(labels);
        }
    }
    let is_of_labels = |labels: &Vec<String>| {
        !labels.is_empty() && labels.iter().all(|label| reading.labels.knows(label))
    };
    let wanted = |name: &String| reading.control == Some(name.as_str());
    found.retain(|name, labels| {
        wanted(name) || are_objects.get(name) == Some(&true) || is_of_labels(labels)
    });
    found
}

fn flat(item: Item, control: &str, reading: &Reading<'_>) -> Result<LabelledCase> {
    let object = &item.object;
    let labels = match object.get(control) {
        None | Some(Value::Null) => Vec::new(),
        Some(value) => choices(value)
            .ok_or_else(|| not_exported(item.place.clone(), "its labels are not choices"))?,
    };
    let trends = reading.labels.keys(&labels, &item.place)?;
    let by = object.get("annotator").and_then(annotator);
    let time = time(object, ["updated_at", "created_at"]);
    let answer = GivenAnswer { time, ..GivenAnswer::new(by, trends) };
    let id = match find(object, &reading.columns.id).and_then(id_text) {
        Some(id) if reading.columns.id == "id" => CaseId::Tool(id),
        Some(id) => CaseId::Own(id),
        None => object.get("id").and_then(id_text).map_or(CaseId::Missing, CaseId::Tool),
    };
    let data: Map<String, Value> = object
        .iter()
        .filter(|(name, _)| *name != control && !ADDED.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(reading.case(item, &data, id, vec![answer]))
}
