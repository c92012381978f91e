//! Markup reduced to the text that a browser would show.

use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Token, Tokenizer};
use memchr::{memchr, memchr2, memchr2_iter, memmem, memrchr};

use super::edits::{Edits, Rewriter};
use super::elements::{gap, is_boolean_attribute, is_element, is_hidden};

/// Longest character reference: `&CounterClockwiseContourIntegral;`.
const LONGEST_REFERENCE: usize = 33;

/// Reduces markup to the text it shows; `None` for a text without markup.
///
/// Tags, comments, scripts and styles go; elements that start a line leave a line end,
/// character references become characters.
pub(super) fn shown(text: &str) -> Option<(String, Edits)> {
    if !has_markup(text) {
        return None;
    }
    let mut rewriter = Rewriter::new(text);
    let mut at = 0;
    for (range, with) in tags(text) {
        decode(text, at..range.start, &mut rewriter);
        at = range.end;
        rewriter.replace(range, with);
    }
    decode(text, at..text.len(), &mut rewriter);
    rewriter.finish()
}

fn has_markup(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr2_iter(b'<', b'&', bytes).any(|start| match bytes[start] {
        b'&' => {
            let end = start + reference_length(&text[start..]);
            bytes[end - 1] == b';' && reference(&text[start..end]).is_some()
        }
        _ => match memchr2(b'<', b'>', &bytes[start + 1..]) {
            Some(end) if bytes[start + 1 + end] == b'>' => is_tag(&text[start..start + end + 2]),
            _ => is_declaration(&text[start..]),
        },
    })
}

/// Returns whether a text starts as a comment, a declaration or a processing instruction does.
fn is_declaration(text: &str) -> bool {
    let starts =
        |start: &str| text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start));
    ["<!--", "<![", "<!doctype", "<?xml", "<?php"].into_iter().any(starts)
}

/// Returns whether `<…>` is a tag and not a comparison, a placeholder or an address.
fn is_tag(tag: &str) -> bool {
    if is_declaration(tag) {
        return true;
    }
    let Some(inner) = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) else {
        return false;
    };
    let (inner, is_end) = inner.strip_prefix('/').map_or((inner, false), |inner| (inner, true));
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_');
    let (name, rest) = inner.split_at(inner.find(|c| !in_name(c)).unwrap_or(inner.len()));
    let attributes = rest.trim();
    if is_end {
        return attributes.is_empty();
    }
    let is_known = is_element(&name.to_ascii_lowercase());
    match attributes {
        "" => is_known,
        "/" => true,
        _ if !rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '/') => false,
        _ => has_quoted_value(attributes) || is_known && are_attributes(attributes),
    }
}

fn has_quoted_value(attributes: &str) -> bool {
    let bytes = attributes.as_bytes();
    bytes.windows(2).any(|pair| matches!(pair, b"=\"" | b"='"))
}

/// Returns whether the words have values, or are attributes that need none.
fn are_attributes(text: &str) -> bool {
    let mut words = text.trim_end_matches('/').split_ascii_whitespace();
    words.all(|word| word.contains('=') || is_boolean_attribute(&word.to_ascii_lowercase()))
}

/// A tag or comment that the tokenizer found.
struct Found {
    range: Range<usize>,
    /// In small letters; empty for a comment.
    name: String,
    is_end: bool,
}

/// Returns the parts of a text that a browser does not show, with their replacements.
fn tags(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut open: Option<(String, usize)> = None;
    // (name of the element, its start)
    let mut hidden: Option<(String, usize)> = None;
    let mut never_ends: Vec<String> = Vec::new();
    let mut tags = Vec::new();
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
        let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        match event {
            CallbackEvent::OpenStartTag { name: tag } => {
                open = Some((name(tag), span.start));
                None
            }
            CallbackEvent::CloseStartTag { .. } => {
                let (name, start) = open.take()?;
                Some(Found { range: start..span.end, name, is_end: false })
            }
            CallbackEvent::EndTag { name: tag } => {
                Some(Found { range: span.start..span.end, name: name(tag), is_end: true })
            }
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } => {
                Some(Found { range: span.start..span.end, name: String::new(), is_end: false })
            }
            _ => None,
        }
    });
    emitter.naively_switch_states(true);
    for Found { range, name, is_end } in Tokenizer::new_with_emitter(text, emitter).flatten() {
        if !text.get(range.clone()).is_some_and(is_tag) {
            continue;
        }
        if let Some((element, start)) = &hidden {
            if is_end && name == *element {
                tags.push((*start..range.end, "\n\n"));
                hidden = None;
            }
            continue;
        }
        if !is_end && is_hidden(&name) && !never_ends.contains(&name) {
            if ends_later(&text[range.end..], &name) {
                hidden = Some((name, range.start));
                continue;
            }
            never_ends.push(name.clone());
        }
        if text[range.clone()].starts_with(CDATA) {
            tags.push((range.start..range.start + CDATA.len(), ""));
            continue;
        }
        let inside = if is_end { &text[..range.start] } else { &text[range.end..] };
        let beside = if is_end { inside.bytes().next_back() } else { inside.bytes().next() };
        tags.push((range, gap(&name, beside)));
    }
    let done = tags.last().map_or(0, |(range, _)| range.end);
    tags.extend(cut_tag(text, done).map(|start| (start..text.len(), "")));
    tags
}

/// The start of a section of text, which browsers treat as a comment.
const CDATA: &str = "<![CDATA[";

fn ends_later(text: &str, element: &str) -> bool {
    memmem::find_iter(text.as_bytes(), "</").any(|at| {
        let name = text.get(at + 2..at + 2 + element.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(element))
    })
}

/// Returns the start of a tag in which the text was cut off.
fn cut_tag(text: &str, done: usize) -> Option<usize> {
    let start = done + memrchr(b'<', &text.as_bytes()[done..])?;
    let tag = &text[start..];
    let is_cut = !tag.contains('>') && (tag.starts_with("</") || is_tag(&format!("{tag}>")));
    is_cut.then_some(start)
}

/// Replaces the character references in a stretch of a text.
fn decode(text: &str, range: Range<usize>, rewriter: &mut Rewriter<'_>) {
    let mut at = range.start;
    while let Some(start) = memchr(b'&', &text.as_bytes()[at..range.end]).map(|i| at + i) {
        at = start + 1;
        if let Some((length, character)) = reference(&text[start..range.end]) {
            at = start + length;
            rewriter.replace(start..at, &character);
        }
    }
}

/// Returns the length of a possible character reference at the start of a text: `&`,
/// letters and digits, and a semicolon if there is one.
fn reference_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let start = 1 + usize::from(bytes.get(1) == Some(&b'#'));
    let name = bytes[start..].iter().take(LONGEST_REFERENCE);
    let end = start + name.take_while(|b| b.is_ascii_alphanumeric()).count();
    end + usize::from(end > start && bytes.get(end) == Some(&b';'))
}

/// Returns the character reference at the start of a text: its length, and the character it means.
fn reference(text: &str) -> Option<(usize, String)> {
    let end = reference_length(text);
    let written = &text[..end];
    let mut read = String::new();
    for token in Tokenizer::new(written).flatten() {
        if let Token::String(string) = token {
            read.push_str(&String::from_utf8_lossy(&string));
        }
    }
    if read == written {
        return None;
    }
    // Without a semicolon letters may follow that are no part of it.
    let rest = read.bytes().rev().zip(written.bytes().rev());
    let rest = rest.take_while(|(a, b)| a == b && a.is_ascii_alphanumeric()).count();
    read.truncate(read.len() - rest);
    Some((end - rest, read))
}
