//! What Label Studio exports as "JSON": tasks with `data` and `annotations`,
//! whose results of the type `choices` are the labels.

use serde_json::{Map, Value};

use super::{ImportedLabels, LabelledCase, id_text, keys_of, texts_of};
use crate::error::{Error, Place, Result};
use crate::taxonomy::Taxonomy;

impl ImportedLabels {
    /// Reads Label Studio's JSON; `file` names it in errors, `fields` are the
    /// text columns of the cases, `id` the member of `data` that holds their id
    /// (the number of the task if there is none). A case is told by its texts or,
    /// where no case has them, by its id. Each annotation is an answer of the
    /// one who completed it; one that was submitted without a choice says that
    /// no trend applies. Also returns one error per task that cannot be used.
    ///
    /// # Errors
    /// [`Error::BadFile`] if it is no list of tasks.
    pub fn from_label_studio(
        text: &str,
        file: &str,
        fields: &[String],
        id: &str,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let tasks: Vec<Value> = serde_json::from_str(text).map_err(|e| Error::BadFile {
            place: Box::new(Place::file(file)),
            reason: e.to_string(),
            remedy: "give the export of Label Studio that is called \"JSON\"".into(),
        })?;
        let (mut cases, mut errors) = (Vec::new(), Vec::new());
        for (i, task) in tasks.iter().enumerate() {
            let place = Place { row: Some(i as u64 + 1), ..Place::file(file) };
            match case(task, place, fields, id, taxonomy) {
                Ok(case) => cases.push(case),
                Err(error) => errors.push(error),
            }
        }
        Ok((Self { cases }, errors))
    }
}

fn case(
    task: &Value,
    place: Place,
    fields: &[String],
    id: &str,
    taxonomy: &Taxonomy,
) -> Result<LabelledCase> {
    let bad = |reason: &str| Error::BadRow {
        place: Box::new(place.clone()),
        reason: reason.to_owned(),
        remedy: "give the export of Label Studio that is called \"JSON\", of a task with choices"
            .into(),
    };
    let data: &Map<String, Value> =
        task.get("data").and_then(Value::as_object).ok_or_else(|| bad("there is no \"data\""))?;
    let annotations = task.get("annotations").and_then(Value::as_array);
    let annotations = annotations.ok_or_else(|| bad("there is no list \"annotations\""))?;
    let given_id = data.get(id).or_else(|| task.get("id")).and_then(id_text);
    let mut answers = Vec::new();
    for annotation in annotations {
        if annotation.get("was_cancelled") == Some(&Value::Bool(true)) {
            continue;
        }
        let labels = choices(annotation).ok_or_else(|| bad("an annotation has no results"))?;
        answers.push((annotator(annotation), keys_of(taxonomy, &labels, &place)?));
    }
    let mut record = data.clone();
    let case_id = given_id.ok_or_else(|| bad("there is no id"))?;
    record.entry(id).or_insert_with(|| Value::from(case_id.clone()));
    Ok(LabelledCase {
        id: case_id,
        texts: texts_of(data, fields),
        foreign_id: !data.contains_key(id),
        record,
        answers,
        place,
    })
}

/// The most characters of the name of an annotator that are kept.
const LONGEST_NAME: usize = 60;

fn choices(annotation: &Value) -> Option<Vec<String>> {
    let results = annotation.get("result")?.as_array()?;
    let choices =
        results.iter().filter_map(|result| result.get("value")?.get("choices")?.as_array());
    Some(choices.flatten().filter_map(|c| c.as_str().map(str::to_owned)).collect())
}

/// Who completed it: a number or, in some exports, an object with an address.
fn annotator(annotation: &Value) -> Option<String> {
    let by = annotation.get("completed_by")?;
    let name = by.get("email").or_else(|| by.get("id")).unwrap_or(by);
    let visible = |c: &char| !c.is_control() && !c.is_whitespace();
    let name: String = id_text(name)?.chars().filter(visible).take(LONGEST_NAME).collect();
    Some(format!("annotator {name}"))
}
