//! Reads exports of doccano (text classification): objects with `text` (or `data`) and
//! `label`, a list of names; in its CSV files names are separated by `#`.

use serde_json::Value;

use super::labelled::{CaseId, GivenAnswer, LabelledCase};
use super::tools::{Item, Reading, choices, find, id_text, not_exported};
use crate::error::{Error, Result};

/// Older versions say "labels" or "cats".
const LABELS: [&str; 3] = ["label", "labels", "cats"];

/// Reads the objects of an export. Cases are matched by their text. Also returns one
/// error per object that cannot be used.
pub(super) fn read(
    items: Vec<Item>,
    reading: &Reading<'_>,
) -> Result<(Vec<LabelledCase>, Vec<Error>)> {
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    for item in items {
        match case(item, reading) {
            Ok(case) => cases.push(case),
            Err(error) => errors.push(error),
        }
    }
    Ok((cases, errors))
}

fn case(item: Item, reading: &Reading<'_>) -> Result<LabelledCase> {
    let bad = |reason: &str| not_exported(item.place.clone(), reason);
    let labels = LABELS.into_iter().find_map(|name| item.object.get(name));
    let labels = match labels {
        Some(Value::String(cell)) => cell.split('#').map(|l| Value::from(l.trim())).collect(),
        Some(Value::Null) => Vec::new(),
        Some(Value::Array(labels)) => labels.clone(),
        _ => return Err(bad("there is no list \"label\"")),
    };
    let labels = choices(&Value::Array(labels))
        .ok_or_else(|| bad("a label is not a text; spans cannot be used for trends"))?;
    let labels: Vec<String> = labels.into_iter().filter(|label| !label.is_empty()).collect();
    let trends = reading.labels.keys(&labels, &item.place)?;
    // A text without labels may not have been annotated yet.
    let answers = if labels.is_empty() { Vec::new() } else { vec![GivenAnswer::new(None, trends)] };
    let id = match find(&item.object, &reading.columns.id).and_then(id_text) {
        // doccano adds an "id" to every text.
        Some(id) if reading.columns.id == "id" => CaseId::Tool(id),
        Some(id) => CaseId::Own(id),
        None => CaseId::Missing,
    };
    let mut data = item.object.clone();
    LABELS.iter().for_each(|name| _ = data.shift_remove(*name));
    data.shift_remove("Comments");
    Ok(reading.case(item, &data, id, answers))
}
