//! Addresses in a text: they are no evidence.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use linkify::{LinkFinder, LinkKind};
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter};

use super::edits::{Edits, Rewriter};

static WWW: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("www."));
static CAPITAL_WWW: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("WWW."));

/// Returns whether a text may contain an address; rarely true without one.
pub(super) fn may_have_link(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr(b'@', bytes).is_some()
        || memchr_iter(b'/', bytes).any(|slash| may_be_path(bytes, slash))
        || WWW.find(bytes).is_some()
        || CAPITAL_WWW.find(bytes).is_some()
}

/// Returns whether the slash may belong to `scheme://`, `data:image/png` or `example.org/page`.
fn may_be_path(bytes: &[u8], slash: usize) -> bool {
    let part = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
    let host = bytes[..slash].iter().rev().take(64).take_while(part);
    host.into_iter().any(|b| matches!(b, b'.' | b':'))
}

/// Replaces URLs, e-mail addresses and `data:` URIs by a space each.
pub(super) fn without_links(text: &str) -> Option<(String, Edits)> {
    let mut rewriter = Rewriter::new(text);
    let mut links = links(text);
    links.extend(data_uris(text));
    links.sort_unstable_by_key(|link| (link.start, link.end));
    for link in links {
        if link.start >= rewriter.done() {
            rewriter.replace(link, " ");
        }
    }
    rewriter.finish()
}

fn links(text: &str) -> Vec<Range<usize>> {
    let text = &with_plain_spaces(text);
    let mut finder = LinkFinder::new();
    let with_scheme = finder.links(text).map(|link| {
        let before = &text[..link.start()];
        let start = match link.kind() {
            LinkKind::Email => before.strip_suffix("mailto:").unwrap_or(before).len(),
            _ => link.start(),
        };
        start..link.end()
    });
    let mut links: Vec<_> = with_scheme.collect();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false);
    let without = finder.links(text).filter(|link| is_address(link.as_str()));
    links.extend(without.map(|link| link.start()..link.end()));
    links
}

/// Returns the text with spaces in place of other white space, such as one that does not break a
/// line: an address starts and ends there. Every byte keeps its position.
fn with_plain_spaces(text: &str) -> Cow<'_, str> {
    let is_other = |c: char| c.is_whitespace() && !c.is_ascii();
    if !text.contains(is_other) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_other(c) {
            plain.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// Returns whether a link is more than a name with a dot: "and.Then" is none, nor is "data.gov".
fn is_address(link: &str) -> bool {
    let starts_www = link.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    starts_www || link.contains("://") || is_host_with_path(link)
}

/// Returns whether a link without a scheme has a host in small letters and a path.
fn is_host_with_path(link: &str) -> bool {
    let Some((host, path)) = link.split_once('/') else { return false };
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let top = host.rsplit('.').next().unwrap_or_default();
    host.contains(small)
        && host.chars().all(small)
        && top.len() > 1
        && top.chars().all(|c| c.is_ascii_lowercase())
        && path.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Returns the `data:` URIs of a text, such as pictures in Markdown.
fn data_uris(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices("data:").filter_map(|(start, scheme)| {
        let rest = &text[start + scheme.len()..];
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')');
        let uri = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let media_type = uri.split([';', ',']).next().unwrap_or_default();
        let is_uri = media_type.contains('/') && uri.contains(',');
        is_uri.then(|| start..start + scheme.len() + uri.len())
    })
}
