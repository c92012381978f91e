//! Text in columns of a terminal.

use trendtag::Taxonomy;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Width of the name of a trend in a table.
const NAME: usize = 44;

/// Truncates or pads text to a width in columns. Removes control characters, so that no
/// text can control the terminal.
pub(super) fn padded(text: &str, width: usize) -> String {
    let mut cell = clipped(text, width);
    cell.push_str(&" ".repeat(width.saturating_sub(cell.width())));
    cell
}

/// Truncates text to at most a width in columns, and removes control characters.
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

/// Shortens a name to about a width in columns, at the end of a word.
pub(super) fn shortened(name: &str, width: usize) -> String {
    if name.width() <= width {
        return name.to_owned();
    }
    let mut short = String::new();
    for word in name.split_whitespace() {
        if !short.is_empty() && short.width() + word.width() >= width {
            break;
        }
        short.push_str(if short.is_empty() { "" } else { " " });
        short.push_str(word);
    }
    clipped(&format!("{short}…"), width)
}

/// Returns the name of a trend for a table, shortened if it is long.
pub(super) fn short_name(taxonomy: &Taxonomy, key: &str) -> String {
    shortened(taxonomy.id(key).map_or(key, |id| taxonomy.label(id)), NAME)
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

    #[test]
    fn a_long_name_is_cut_after_a_word() {
        assert_eq!(shortened("Data-driven public services", 20), "Data-driven public…");
        assert_eq!(shortened("Waste", 20), "Waste");
        assert_eq!(shortened("Donaudampfschifffahrt", 10), "Donaudamp…");
    }
}
