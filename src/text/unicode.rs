//! One form for each word: compatibility forms, accents and quotes as in NFKC, without
//! invisible characters.

use std::iter::once;

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::edits::{Edits, Rewriter};
use super::line_ends::line_end;

/// Removes invisible control characters that do not represent a space.
pub(super) fn without_controls(text: &str) -> Option<(String, Edits)> {
    let mut rewriter = Rewriter::new(text);
    for (at, _) in text.match_indices(|c: char| u8::try_from(c).is_ok_and(is_control)) {
        rewriter.replace(at..at + 1, "");
    }
    rewriter.finish()
}

/// Returns whether a text may have a control character that nothing shows.
pub(super) fn may_have_control(text: &str) -> bool {
    // In chunks without an early exit, which the compiler turns into wide instructions.
    let has_control = |chunk: &[u8]| chunk.iter().fold(false, |found, &b| found | is_control(b));
    text.as_bytes().chunks(64).any(has_control)
}

/// Returns whether a byte is a control character, other than those that represent a space.
fn is_control(byte: u8) -> bool {
    (byte < 0x09) | ((byte > 0x0d) & (byte < 0x1c)) | (byte == 0x7f)
}

/// Removes the characters that are ignored by default, such as soft hyphens, zero-width
/// spaces and direction marks. A soft hyphen at the end of a line removes the line end as
/// well.
pub(super) fn without_invisible(text: &str) -> Option<(String, Edits)> {
    let mut rewriter = Rewriter::new(text);
    let mut at = 0;
    while let Some((start, c)) = next_beyond_ascii(text, at, is_ignorable) {
        let mut end = start + c.len_utf8();
        while let Some(more) = text[end..].chars().next().filter(|&c| is_ignorable(c)) {
            end += more.len_utf8();
        }
        if text[start..end].contains('\u{ad}') && ends_in_letter(&text[..start]) {
            let line_end = line_end(&text[end..]);
            end += line_end.filter(|&length| starts_in_letter(&text[end + length..])).unwrap_or(0);
        }
        rewriter.replace(start..end, "");
        at = end;
    }
    rewriter.finish()
}

fn ends_in_letter(text: &str) -> bool {
    text.chars().next_back().is_some_and(char::is_alphabetic)
}

fn starts_in_letter(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_alphabetic)
}

/// Normalises the words of a text to NFKC, and writes every apostrophe as `'`.
///
/// Characters that are part of no word stay, such as non-breaking spaces. So do those
/// that NFKC would glue to the word or number before them: footnote numbers in
/// superscript, fractions, trade marks.
pub(super) fn composed(text: &str) -> Option<(String, Edits)> {
    let mut rewriter = Rewriter::new(text);
    let mut at = 0;
    let mut normal = String::new();
    while let Some((found, c)) = next_beyond_ascii(text, at, |c| !is_stable(c)) {
        if is_apostrophe(c) {
            at = found + c.len_utf8();
            rewriter.replace(found..at, "'");
            continue;
        }
        // A stretch from a character that nothing reaches across to the next such one.
        let before = text[at..found].chars().next_back().map_or(0, char::len_utf8);
        let start = if is_boundary(c) { found } else { found - before };
        let rest = &text[found + c.len_utf8()..];
        let more = rest.find(|c| is_boundary(c) || is_apostrophe(c)).unwrap_or(rest.len());
        at = found + c.len_utf8() + more;
        normal.clear();
        normal.extend(text[start..at].nfkc());
        rewriter.replace_difference(start..at, &normal);
    }
    rewriter.finish()
}

/// Returns the next character outside ASCII from a byte on that is `wanted`.
fn next_beyond_ascii(
    text: &str,
    mut at: usize,
    wanted: impl Fn(char) -> bool,
) -> Option<(usize, char)> {
    const STEP: usize = 16;
    loop {
        let rest = &text.as_bytes()[at..];
        match rest.first_chunk::<STEP>() {
            Some(chunk) if chunk.is_ascii() => at += STEP,
            _ => {
                at += rest.iter().position(|b| !b.is_ascii())?;
                let c = text[at..].chars().next()?;
                if wanted(c) {
                    return Some((at, c));
                }
                at += c.len_utf8();
            }
        }
    }
}

/// Returns whether NFKC changes nothing here that matters for words, and composes nothing
/// with the previous character.
fn is_stable(c: char) -> bool {
    match c {
        '\0'..='\x7f' | 'À'..='ı' | 'Ѐ'..='ҁ' => true,
        _ if is_apostrophe(c) => false,
        _ => stays(c) || canonical_combining_class(c) == 0 && is_nfkc(c),
    }
}

fn is_nfkc(c: char) -> bool {
    is_nfkc_quick(once(c)) == IsNormalized::Yes
}

/// Returns whether no earlier character affects its normalisation.
fn is_boundary(c: char) -> bool {
    if is_stable(c) {
        return true;
    }
    let mut first = None;
    decompose_compatible(c, |part| first = first.or(Some(part)));
    first.is_some_and(|first| canonical_combining_class(first) == 0 && is_nfkc(first))
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}')
}

/// Characters that stay although NFKC replaces them.
fn stays(c: char) -> bool {
    matches!(
        c,
        // Spaces, the ellipsis, the non-breaking hyphen, isolated accents.
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
            | '…' | '\u{2011}' | '¨' | '¯' | '´' | '¸'
            // Superscript digits, digits in circles, fractions, marks of trade and service.
            | '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' | '①'..='⑳'
            | '¼'..='¾' | '⅐'..='⅟' | '↉' | '™' | '℠'
    )
}

/// Returns whether a character is a letter of a script without spaces between words: Chinese,
/// Japanese, Thai, Lao, Tibetan, Burmese, Khmer and their neighbours.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e01}'..='\u{e4e}' | '\u{e80}'..='\u{ece}' | '\u{f40}'..='\u{fbc}'
            | '\u{1000}'..='\u{103f}' | '\u{1780}'..='\u{17d3}' | '\u{1950}'..='\u{19df}'
            | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{3105}'..='\u{312f}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{a9e0}'..='\u{aa7f}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// Returns whether a character has the Unicode property `Default_Ignorable_Code_Point`
/// (DerivedCoreProperties.txt, Unicode 17.0).
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}
