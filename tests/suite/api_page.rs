//! The page on the HTTP API is made from its description.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::support::repository;

/// The start of the page.
const HEAD: &str = "# HTTP API\n\nThis page is made from the description that `review serve` \
                    serves at `/openapi.json` (OpenAPI 3.1).\n";

fn description() -> Value {
    let path = repository("src/review/assets/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

pub(super) fn object<'a>(value: &'a Value, key: &str) -> Option<&'a Map<String, Value>> {
    value[key].as_object()
}

/// Returns what a reference such as `#/components/schemas/Case` points to, or the value.
pub(super) fn resolved<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|path| root.pointer(path.trim_start_matches('#')));
    target.unwrap_or(value)
}

/// Returns a schema as Markdown: its name with a link, or its type.
fn kind(schema: &Value) -> String {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    for (key, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        if let Some(parts) = schema[key].as_array() {
            return parts.iter().map(kind).collect::<Vec<_>>().join(word);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        return values.join(", ");
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) if name == "object" && schema["additionalProperties"].is_object() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).map(|name| match name {
                "array" => format!("list of {}", kind(&schema["items"])),
                name => name.to_owned(),
            });
            names.collect::<Vec<_>>().join(" or ")
        }
        _ => "any".to_owned(),
    }
}

/// Returns a text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

/// Adds a table of named schemas; `required` are the names that must be there.
fn table(page: &mut String, fields: &[(&str, &Value, &str, bool)]) {
    page.push_str("\n| name | type | required | meaning |\n|---|---|---|---|\n");
    for (name, schema, meaning, is_required) in fields {
        let required = if *is_required { "yes" } else { "" };
        let (kind, meaning) = (cell(&kind(schema)), cell(meaning));
        writeln!(page, "| `{name}` | {kind} | {required} | {meaning} |").unwrap();
    }
}

fn operation(page: &mut String, root: &Value, method: &str, path: &str, operation: &Value) {
    write!(page, "\n## {} {path}\n\n{}.\n", method.to_uppercase(), text(operation, "summary"))
        .unwrap();
    if let Some(more) = operation["description"].as_str() {
        write!(page, "\n{}.\n", more.trim_end_matches('.')).unwrap();
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters: Vec<&Value> = parameters.map(|value| resolved(root, value)).collect();
    let fields: Vec<_> = parameters
        .iter()
        .map(|p| (text(p, "name"), &p["schema"], text(p, "description"), p["required"] == true))
        .collect();
    if !fields.is_empty() {
        table(page, &fields);
    }
    let body = &resolved(root, &operation["requestBody"])["content"]["application/json"]["schema"];
    if !body.is_null() {
        write!(page, "\nBody: {}.\n", kind(body)).unwrap();
    }
    page.push_str("\n| status | meaning | body |\n|---|---|---|\n");
    for (status, response) in object(operation, "responses").into_iter().flatten() {
        let response = resolved(root, response);
        let content = object(response, "content").into_iter().flatten();
        let bodies: Vec<String> = content
            .map(|(name, content)| format!("{}, `{name}`", kind(&content["schema"])))
            .collect();
        let (meaning, body) = (cell(text(response, "description")), cell(&bodies.join("; ")));
        writeln!(page, "| {status} | {meaning} | {body} |").unwrap();
    }
}

fn schema(page: &mut String, name: &str, schema: &Value) {
    write!(page, "\n### {name}\n").unwrap();
    if let Some(meaning) = schema["description"].as_str() {
        write!(page, "\n{}.\n", meaning.trim_end_matches('.')).unwrap();
    }
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match object(schema, "properties") {
        Some(properties) => {
            let fields: Vec<_> = properties
                .iter()
                .map(|(name, s)| {
                    (name.as_str(), s, text(s, "description"), required.contains(&name.as_str()))
                })
                .collect();
            table(page, &fields);
        }
        None => write!(page, "\nType: {}.\n", kind(schema)).unwrap(),
    }
}

/// Returns the page that belongs to the description.
fn page() -> String {
    let root = description();
    let mut page = HEAD.to_owned();
    write!(page, "\n{}\n", text(&root["info"], "description")).unwrap();
    for (path, methods) in object(&root, "paths").unwrap() {
        for (method, value) in methods.as_object().unwrap() {
            if value["responses"].is_object() {
                operation(&mut page, &root, method, path, value);
            }
        }
    }
    page.push_str("\n## Objects\n");
    for (name, value) in object(&root["components"], "schemas").unwrap() {
        schema(&mut page, name, value);
    }
    page
}

#[test]
fn the_page_on_the_api_follows_its_description() {
    let path = repository("docs/http-api.md");
    if std::env::var_os("TRENDTAG_WRITE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "write docs/http-api.md again: run this test with TRENDTAG_WRITE_DOCS=1"
    );
}
