//! The text in which words are found, and the way back from it to the original.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memchr3;

use super::edits::Edits;
use super::line_ends::{broken_words, form, hyphenated_forms, joined, may_have_broken_word};
use super::links::{may_have_link, without_links};
use super::words::{Token, tokens};
use super::{markup, unicode};

/// A text as it is read: the form in which its words are found, and the mapping back to
/// the original.
///
/// - Markup becomes the text that a browser shows.
/// - Invisible characters are removed, and words are normalised to NFKC.
/// - URLs, e-mail addresses and `data:` URIs are left out.
/// - A word that a hyphen breaks at the end of a line is joined, unless its hyphenated
///   form occurs in the text or is known to the caller. A text in ASCII without any of
///   this is borrowed as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised<'t> {
    source: &'t str,
    text: Cow<'t, str>,
    /// The replacements, step by step.
    steps: Vec<Edits>,
    /// Whether the caller's knowledge decided if a broken word was joined.
    has_open_words: bool,
}

/// Text that was escaped is escaped again by some programs: `&amp;lt;p&amp;gt;`.
const ESCAPED_AT_MOST: usize = 3;

impl<'t> Normalised<'t> {
    /// Normalises a text on its own.
    pub fn new(text: &'t str) -> Self {
        Self::with_vocabulary(text, |_, _| false)
    }

    /// Normalises a text; `is_hyphenated` returns whether the two parts of a word that is
    /// broken at a line end are known to be written with a hyphen.
    pub fn with_vocabulary(text: &'t str, is_hyphenated: impl FnMut(&str, &str) -> bool) -> Self {
        let mut normalised = Self {
            source: text,
            text: Cow::Borrowed(text),
            steps: Vec::new(),
            has_open_words: false,
        };
        if !is_plain(text) {
            normalised.rewrite(is_hyphenated);
        }
        normalised
    }

    #[cold]
    fn rewrite(&mut self, mut is_hyphenated: impl FnMut(&str, &str) -> bool) {
        for _ in 0..ESCAPED_AT_MOST {
            if !self.apply(markup::shown(&self.text)) {
                break;
            }
        }
        if unicode::may_have_control(&self.text) {
            self.apply(unicode::without_controls(&self.text));
        }
        if !self.text.is_ascii() {
            self.apply(unicode::without_invisible(&self.text));
            self.apply(unicode::composed(&self.text));
        }
        if may_have_link(&self.text) {
            self.apply(without_links(&self.text));
        }
        if may_have_broken_word(&self.text) {
            let forms = hyphenated_forms(&self.text);
            let mut words = broken_words(&self.text);
            words.retain(|word| !forms.contains(&form(word.parts(&self.text))));
            self.has_open_words = !words.is_empty();
            words.retain(|word| {
                let (first, second) = word.parts(&self.text);
                !is_hyphenated(first, second)
            });
            self.apply(joined(&self.text, &words));
        }
    }

    /// Adds the replacements of a step, if any.
    fn apply(&mut self, replaced: Option<(String, Edits)>) -> bool {
        let Some((text, edits)) = replaced else { return false };
        self.text = Cow::Owned(text);
        self.steps.push(edits);
        true
    }

    /// Returns the original text.
    pub fn source(&self) -> &'t str {
        self.source
    }

    /// Returns the text in which words are found.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the words that the text writes with a hyphen, in lower case.
    pub(crate) fn hyphenated_forms(&self) -> BTreeSet<String> {
        hyphenated_forms(&self.text)
    }

    /// Returns the words of the text (UAX #29 word boundaries) of at least two characters; their
    /// spans are those in [`Normalised::as_str`].
    pub fn tokens(&self) -> impl Iterator<Item = Token<'_>> {
        tokens(&self.text)
    }

    /// Returns the bytes of the original text that a span of the normalised text comes from.
    pub fn original(&self, span: Range<usize>) -> Range<usize> {
        self.steps.iter().rev().fold(span, |span, edits| edits.old(span))
    }

    /// Returns the number of letters of scripts without spaces between words, such as
    /// Chinese, Japanese and Thai: there [`Normalised::tokens`] finds few words or none.
    pub fn unspaced_letters(&self) -> usize {
        self.text.chars().filter(|&c| unicode::is_unspaced(c)).count()
    }

    /// Returns whether the caller's knowledge decides about a broken word in the text.
    pub fn has_open_words(&self) -> bool {
        self.has_open_words
    }
}

/// Returns whether there is nothing to normalise; the quick way for most texts.
fn is_plain(text: &str) -> bool {
    text.is_ascii()
        && memchr3(b'<', b'&', b'@', text.as_bytes()).is_none()
        && !unicode::may_have_control(text)
        && !may_have_link(text)
        && !may_have_broken_word(text)
}
