//! Words that a hyphen breaks at the end of a line.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::{memchr2, memchr2_iter};

use super::edits::{Edits, Rewriter};

/// A word that a hyphen breaks at the end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrokenWord {
    /// The first part, without the hyphen.
    first: Range<usize>,
    /// The part on the next line.
    second: Range<usize>,
}

/// Returns the length of one line end with the blanks around it at the start of a text, if a
/// line ends there and the next one is not blank.
pub(super) fn line_end(text: &str) -> Option<usize> {
    let blank = |c| c == ' ' || c == '\t';
    let line = text.trim_start_matches(blank);
    let next = line.strip_prefix("\r\n").or_else(|| line.strip_prefix(['\n', '\r']))?;
    let next = next.trim_start_matches(blank);
    (!next.starts_with(['\n', '\r'])).then(|| text.len() - next.len())
}

/// Returns whether a line of a text may end in a hyphen.
pub(super) fn may_have_broken_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr2_iter(b'\n', b'\r', bytes).any(|end| {
        let blanks = bytes[..end].iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let line = &bytes[..end - blanks];
        line.ends_with(b"-") || line.ends_with("\u{2010}".as_bytes())
    })
}

/// Returns the broken words of a text, in order. Both parts have at least two letters, and the
/// second continues in the case in which the first ends. So numbers ("2019-" and "2020"),
/// names ("Euro-" and "Mediterranean") and words such as "e-service" are not broken.
pub(super) fn broken_words(text: &str) -> Vec<BrokenWord> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(end) = memchr2(b'\n', b'\r', &text.as_bytes()[at..]).map(|i| at + i) {
        at = end + 1;
        let line = text[..end].trim_end_matches([' ', '\t']);
        let Some(before) = line.strip_suffix(['-', '\u{2010}']) else { continue };
        let Some(length) = line_end(&text[line.len()..]) else { continue };
        let next = line.len() + length;
        let start = before.trim_end_matches(char::is_alphabetic).len();
        let more = text[next..].len() - text[next..].trim_start_matches(char::is_alphabetic).len();
        let word = BrokenWord { first: start..before.len(), second: next..next + more };
        if goes_on(word.parts(text)) {
            found.push(word);
        }
        at = at.max(next);
    }
    found
}

fn goes_on((first, second): (&str, &str)) -> bool {
    let all_capitals = |part: &str| part.chars().all(char::is_uppercase);
    first.chars().nth(1).is_some()
        && second.chars().nth(1).is_some()
        && second
            .chars()
            .next()
            .is_some_and(|c| c.is_lowercase() || all_capitals(first) && all_capitals(second))
}

impl BrokenWord {
    /// Returns the two parts of the word in its text.
    pub(super) fn parts<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        (&text[self.first.clone()], &text[self.second.clone()])
    }
}

/// Returns the hyphenated forms of a text, in lower case: of "state-of-the-art" these are
/// "state-of", "of-the" and "the-art".
pub(super) fn hyphenated_forms(text: &str) -> BTreeSet<String> {
    let is_no_letter = |c: char| !c.is_alphabetic();
    let hyphens = text.match_indices(['-', '\u{2010}', '\u{2011}']);
    let forms = hyphens.filter_map(|(at, hyphen)| {
        let (before, after) = (&text[..at], &text[at + hyphen.len()..]);
        let first = &before[before.rfind(is_no_letter).map_or(0, |i| next_char(before, i))..];
        let second = &after[..after.find(is_no_letter).unwrap_or(after.len())];
        (!first.is_empty() && !second.is_empty()).then(|| form((first, second)))
    });
    forms.collect()
}

fn next_char(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(0, char::len_utf8)
}

/// Returns the hyphenated form of a word of two parts, in lower case.
pub(crate) fn form((first, second): (&str, &str)) -> String {
    format!("{first}-{second}").to_lowercase()
}

/// Joins broken words.
pub(super) fn joined<'w>(
    text: &str,
    words: impl IntoIterator<Item = &'w BrokenWord>,
) -> Option<(String, Edits)> {
    let mut rewriter = Rewriter::new(text);
    for word in words {
        rewriter.replace(word.first.end..word.second.start, "");
    }
    rewriter.finish()
}
