//! Tagged rows as a table for people, on a terminal.

use crate::cli::text_table::{clipped, padded};
use anyhow::Result;
use serde_json::Value;
use trendtag::tagger::Model;

/// Renders tagged JSON Lines: id, first text, suggestions with probability and
/// strongest evidence, and why a person should look.
pub(super) fn render(model: &Model, tagged: &[u8]) -> Result<String> {
    let width =
        console::Term::stdout().size_checked().map_or(100, |(_, columns)| usize::from(columns));
    let mut table = String::new();
    let title = model.tagger.params().fields.first().map_or("", |field| field.column.as_str());
    let id_width = 16;
    for line in tagged.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
        let row: Value = serde_json::from_slice(line)?;
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let suggestions =
            row.as_object().and_then(|row| row.values().next_back()).unwrap_or(&Value::Null);
        let id = row.get("id").map(text).unwrap_or_default();
        let title = row.get(title).map(text).unwrap_or_default();
        let head = format!("{} {}", padded(&id, id_width), title);
        table.push_str(&clipped(&head, width));
        table.push('\n');
        for trend in suggestions["trends"].as_array().into_iter().flatten() {
            let key = text(trend);
            let terms = suggestions["evidence"][&key].as_array().into_iter().flatten();
            let terms: Vec<String> = terms.map(|e| text(&e["term"])).collect();
            let share = suggestions["probabilities"][&key].as_f64().unwrap_or_default();
            let line = format!(
                "{} {key} {:.0} %  ({})",
                padded("", id_width),
                100.0 * share,
                terms.join(", ")
            );
            table.push_str(&clipped(&line, width));
            table.push('\n');
        }
        if let Some(duplicate) = suggestions["duplicate"].as_object() {
            let of = text(&duplicate["of"]);
            let place = if duplicate["in"] == "training" { "training case " } else { "" };
            let percent = 100.0 * duplicate["similarity"].as_f64().unwrap_or_default();
            let line = format!("{} repeats {place}{of} ({percent:.0} %)", padded("", id_width));
            table.push_str(&clipped(&line, width));
            table.push('\n');
        }
        if suggestions["needs_review"] == true {
            let reasons = suggestions["review_reasons"].as_array().into_iter().flatten().map(text);
            let reasons: Vec<String> = reasons.map(|reason| reason.replace('-', " ")).collect();
            let line = format!("{} please review: {}", padded("", id_width), reasons.join(", "));
            table.push_str(&clipped(&line, width));
            table.push('\n');
        }
    }
    Ok(table)
}
