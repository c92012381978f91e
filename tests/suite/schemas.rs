//! The JSON schemas in `docs/schemas` are those that the program makes from its types. What the
//! program prints with `--json` is compared with them in every test.

use serde_json::Value;

use super::api_page::{object, resolved};
use super::support::{Desk, data, repository};

/// The schemas, each with the start of the command that prints such a value or, for some, a list
/// of them with `--json`.
const SCHEMAS: [(&str, &str); 11] = [
    ("suggestion", "explain"),
    ("evaluation", "evaluate"),
    ("report", "report"),
    ("drift", "drift"),
    ("label-check", "check-labels"),
    ("taxonomy-check", "taxonomy check"),
    ("retraining", "retrain"),
    ("version", "models list"),
    ("version", "models show"),
    ("review-status", "review status"),
    ("review-batches", "review batches"),
];

/// Returns whether a value has the type that a schema states; without one, any type fits.
fn has_type(schema: &Value, value: &Value) -> bool {
    let of = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no JSON type: {other}"),
    };
    match &schema["type"] {
        Value::String(name) => of(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(of),
        _ => true,
    }
}

/// Returns why a value does not follow a schema: a wrong type, an object that lacks a required
/// field, or one that has a field which is not described.
fn fault(root: &Value, schema: &Value, value: &Value, place: &str) -> Option<String> {
    let schema = resolved(root, schema);
    if !has_type(schema, value) {
        return Some(format!("{place} has the wrong type: {value}"));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return Some(format!("{place} is not {}: {value}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        return Some(format!("{place} is not one of {}: {value}", schema["enum"]));
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(kinds) = schema[key].as_array() {
            let faults: Vec<_> = kinds.iter().map(|kind| fault(root, kind, value, place)).collect();
            if !faults.contains(&None) {
                return Some(faults.into_iter().flatten().collect::<Vec<_>>().join("; or "));
            }
        }
    }
    let items = value.as_array().into_iter().flatten().enumerate();
    for (i, item) in items {
        let of = schema["prefixItems"].get(i).or(schema.get("items"));
        let of = of.filter(|of| of.is_object());
        let found = of.and_then(|of| fault(root, of, item, &format!("{place}[{i}]")));
        if found.is_some() {
            return found;
        }
    }
    let fields = value.as_object()?;
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            return Some(format!("{place} lacks {name}: {value}"));
        }
    }
    for (name, field) in fields {
        let of = schema["properties"].get(name).or(schema.get("additionalProperties"));
        let found = match of {
            Some(of) => fault(root, of, field, &format!("{place}.{name}")),
            None if object(schema, "properties").is_some() => {
                Some(format!("{place} has {name}, which is not described"))
            }
            None => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn schema(name: &str) -> Value {
    let path = repository("docs/schemas").join(format!("{name}.schema.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Asserts that a value follows a schema.
fn follows(name: &str, value: &Value) {
    let root = schema(name);
    assert_eq!(fault(&root, &root, value, name), None);
}

/// Asserts that what a command printed with `--json` follows its schema.
pub(crate) fn check(arguments: &str, printed: &str) {
    let schema = SCHEMAS.iter().find(|(_, command)| arguments.starts_with(command));
    let (Some((name, command)), Ok(value)) = (schema, serde_json::from_str(printed)) else {
        return;
    };
    match &value {
        Value::Array(versions) if *command == "models list" => {
            versions.iter().for_each(|version| follows(name, version));
        }
        value => follows(name, value),
    }
}

#[test]
fn the_schemas_are_made_from_the_types() {
    let desk = Desk::new();
    desk.run("manual share").ok();
    let folder = repository("docs/schemas");
    let mut names: Vec<String> =
        SCHEMAS.iter().map(|(name, _)| format!("{name}.schema.json")).collect();
    names.sort();
    names.dedup();
    let made = std::fs::read_dir(desk.path("share/schemas")).unwrap();
    let mut found: Vec<String> =
        made.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, names);
    for name in names {
        let made = desk.text(&format!("share/schemas/{name}"));
        if std::env::var_os("TRENDTAG_WRITE_DOCS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(&name), &made).unwrap();
        }
        let written = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(
            written == made,
            "write docs/schemas/{name} again: run this test with TRENDTAG_WRITE_DOCS=1"
        );
    }
}

#[test]
fn suggestions_in_files_follow_their_schema() {
    let desk = Desk::new();
    desk.write("submissions.csv", data("submissions.csv") + &data("submissions.csv"));
    desk.run("tag submissions.csv -o tagged.jsonl --mark-duplicates").ok();
    let lines = desk.text("tagged.jsonl");
    for line in lines.lines().filter(|line| line.contains("submission-00")) {
        let row: Value = serde_json::from_str(line).unwrap();
        follows("suggestion", &row["suggestions"]);
    }
    assert!(lines.contains("\"duplicate\""), "no row repeats another");
}
