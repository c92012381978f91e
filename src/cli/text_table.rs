//! Text in columns of a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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
