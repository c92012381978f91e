//! Reads exports of Prodigy: one task per line with `text` and `answer`, and either the
//! options that were accepted or one label that was accepted or rejected.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::labelled::{CaseId, GivenAnswer, LabelledCase};
use super::tools::{Item, Reading, annotator, find, id_text, not_exported};
use crate::error::{Error, Result};

/// A text and its annotator, sorted by the place of the first task.
type Judged = BTreeMap<(String, Option<String>), (usize, Labels)>;

/// The labels of a text that were accepted, and those that were judged.
#[derive(Default)]
struct Labels {
    accepted: Vec<String>,
    judged: Vec<String>,
}

/// Reads the tasks of an export. A task with options is an answer; tasks with one label
/// each are one only if all labels of the taxonomy were judged for the text. Also returns
/// one error per task that cannot be used.
pub(super) fn read(
    items: Vec<Item>,
    reading: &Reading<'_>,
) -> Result<(Vec<LabelledCase>, Vec<Error>)> {
    let (mut cases, mut errors) = (Vec::new(), Vec::new());
    let mut judged = Judged::new();
    let mut single: Vec<Option<Item>> = Vec::new();
    for item in items {
        let read = match item.object.get("label").and_then(Value::as_str) {
            Some(label) => judge(&item, label, reading, &mut judged, single.len())
                .map(|()| single.push(Some(item))),
            None => task(item, reading).map(|case| cases.push(case)),
        };
        if let Err(error) = read {
            errors.push(error);
        }
    }
    let mut judged: Vec<_> = judged.into_iter().collect();
    judged.sort_unstable_by_key(|(_, (first, _))| *first);
    for ((_, by), (first, labels)) in judged {
        let Some(item) = single.get_mut(first).and_then(Option::take) else { continue };
        let (found, all) = (labels.judged.len(), reading.labels.taxonomy.keys().count());
        if found < all {
            let reason = format!("only {found} of the {all} trends were judged for this text");
            let remedy = "judge the text for every trend, or label it with a choice of all trends";
            errors.push(Error::bad_row(item.place, reason, remedy));
            continue;
        }
        let trends = reading.labels.keys(&labels.accepted, &item.place)?;
        cases.push(case(item, vec![GivenAnswer::new(by, trends)], reading));
    }
    Ok((cases, errors))
}

fn answer(object: &Map<String, Value>) -> &str {
    object.get("answer").and_then(Value::as_str).unwrap_or("accept")
}

fn by(object: &Map<String, Value>) -> Option<String> {
    let names = ["_annotator_id", "_session_id"];
    names.into_iter().find_map(|name| object.get(name).and_then(annotator))
}

/// Records the answer about one label.
fn judge(
    item: &Item,
    label: &str,
    reading: &Reading<'_>,
    judged: &mut Judged,
    place: usize,
) -> Result<()> {
    let key = reading.labels.keys(&[label], &item.place)?;
    let is_accepted = match answer(&item.object) {
        "accept" => true,
        "reject" => false,
        _ => return Ok(()),
    };
    let text = item.object.get("text").and_then(Value::as_str).unwrap_or_default();
    let entry = judged.entry((text.to_owned(), by(&item.object)));
    let (_, labels) = entry.or_insert_with(|| (place, Labels::default()));
    for key in key {
        // The last answer counts.
        labels.accepted.retain(|other| *other != key);
        if is_accepted {
            labels.accepted.push(key.clone());
        }
        if !labels.judged.contains(&key) {
            labels.judged.push(key);
        }
    }
    Ok(())
}

fn task(item: Item, reading: &Reading<'_>) -> Result<LabelledCase> {
    let object = &item.object;
    let accepted = object.get("accept").and_then(Value::as_array);
    let options = object.get("options").and_then(Value::as_array);
    if accepted.is_none() && options.is_none() {
        return Err(not_exported(item.place.clone(), "it has neither a label nor options"));
    }
    if answer(object) != "accept" {
        return Ok(case(item, Vec::new(), reading));
    }
    let text_of = |id: &str| {
        let options = options.into_iter().flatten();
        let option = |one: &&Value| one.get("id").and_then(id_text).as_deref() == Some(id);
        options.filter(option).find_map(|one| one.get("text")?.as_str())
    };
    let labels = accepted.into_iter().flatten().filter_map(id_text).map(|id| {
        let is_label = reading.labels.knows(&id);
        if is_label { id } else { text_of(&id).map_or(id.clone(), str::to_owned) }
    });
    let labels: Vec<String> = labels.collect();
    let trends = reading.labels.keys(&labels, &item.place)?;
    // The options are all that the annotator could choose from.
    let offered = options.map(|options| {
        let names = options.iter().flat_map(|one| [one.get("id"), one.get("text")]);
        let names: Vec<String> = names.flatten().filter_map(id_text).collect();
        Value::from(names).to_string()
    });
    let asked = reading.labels.asked(offered.as_deref(), &trends);
    let answer = GivenAnswer { asked, ..GivenAnswer::new(by(object), trends) };
    Ok(case(item, vec![answer], reading))
}

/// Fields about how a task was shown and answered.
const ADDED: [&str; 7] = ["label", "options", "accept", "answer", "config", "spans", "tokens"];

fn case(item: Item, answers: Vec<GivenAnswer>, reading: &Reading<'_>) -> LabelledCase {
    let meta = item.object.get("meta").and_then(Value::as_object).cloned().unwrap_or_default();
    let id = find(&meta, &reading.columns.id).or_else(|| find(&item.object, &reading.columns.id));
    let id = id.and_then(id_text).map_or(CaseId::Missing, CaseId::Own);
    let shown = |name: &String| !name.starts_with('_') && !ADDED.contains(&name.as_str());
    let members = item.object.clone().into_iter();
    let mut data: Map<String, Value> =
        members.filter(|(name, _)| shown(name) && name != "meta").collect();
    data.extend(meta);
    reading.case(item, &data, id, answers)
}
