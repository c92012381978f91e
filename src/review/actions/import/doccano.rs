//! What doccano exports of a text classification: JSON Lines with `text` (or
//! `data`) and `label`, a list of names.

use serde_json::{Map, Value};

use super::{ImportedLabels, LabelledCase, id_text, keys_of, texts_of};
use crate::error::{Error, Place, Result};
use crate::taxonomy::Taxonomy;

impl ImportedLabels {
    /// Reads doccano's JSON Lines; `file` names them in errors, `fields` are the
    /// text columns of the cases, `id` the member that holds their id. A case is
    /// told by its text or, where no case has it, by its id. Also returns one
    /// error per line that cannot be used.
    pub fn from_doccano(
        text: &str,
        file: &str,
        fields: &[String],
        id: &str,
        taxonomy: &Taxonomy,
    ) -> (Self, Vec<Error>) {
        let (mut cases, mut errors) = (Vec::new(), Vec::new());
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let number = i as u64 + 1;
            let place = Place { row: Some(number), line: Some(number), ..Place::file(file) };
            match case(line, place, fields, id, taxonomy) {
                Ok(case) => cases.push(case),
                Err(error) => errors.push(error),
            }
        }
        (Self { cases }, errors)
    }
}

fn case(
    line: &str,
    place: Place,
    fields: &[String],
    id: &str,
    taxonomy: &Taxonomy,
) -> Result<LabelledCase> {
    let bad = |reason: String| Error::BadRow {
        place: Box::new(place.clone()),
        reason,
        remedy: "give the JSON Lines that doccano exports of a text classification".into(),
    };
    let record: Map<String, Value> = serde_json::from_str(line).map_err(|e| bad(e.to_string()))?;
    // Older versions say "labels" or "cats".
    let labels = ["label", "labels", "cats"].into_iter().find_map(|name| record.get(name));
    let labels =
        labels.and_then(Value::as_array).ok_or_else(|| bad("there is no list \"label\"".into()))?;
    let name = |label: &Value| label.as_str().map(str::to_owned);
    let labels: Option<Vec<String>> = labels.iter().map(name).collect();
    let labels =
        labels.ok_or_else(|| bad("a label is no text: spans are not for trends".into()))?;
    let trends = keys_of(taxonomy, &labels, &place)?;
    let given_id = record.get(id).and_then(id_text);
    // A text without any label may just not have been looked at.
    let answers = if labels.is_empty() { Vec::new() } else { vec![(None, trends)] };
    Ok(LabelledCase {
        id: given_id.ok_or_else(|| bad(format!("there is no \"{id}\"")))?,
        texts: texts_of(&record, fields),
        foreign_id: true,
        record,
        answers,
        place,
    })
}
