//! Tagged rows as a table for people, on a terminal.

use anyhow::Result;
use serde_json::Value;
use trendtag::artifact::Model;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Renders tagged JSON Lines: id, first text, suggestions with probability and
/// strongest evidence, and why a person should look.
pub(crate) fn render(model: &Model, tagged: &[u8]) -> Result<String> {
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

/// Text in as many columns, cut or filled; control characters are left out, so
/// that no text steers the terminal.
pub(super) fn padded(text: &str, width: usize) -> String {
    let mut cell = clipped(text, width);
    cell.push_str(&" ".repeat(width.saturating_sub(cell.width())));
    cell
}

/// Text in at most as many columns, without control characters.
pub(super) fn clipped(text: &str, width: usize) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    if clean.width() <= width {
        return clean;
    }
    let mut clip = String::new();
    let mut used = 0;
    for c in clean.chars() {
        used += c.width().unwrap_or(0);
        if used >= width {
            break;
        }
        clip.push(c);
    }
    clip.push('…');
    clip
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_and_control_characters_go() {
        assert_eq!(clipped("abc\u{1b}[31mdef", 20), "abc[31mdef");
        assert_eq!(clipped("abcdef", 4), "abc…");
        assert_eq!(padded("日本", 6), "日本  ");
    }
}
