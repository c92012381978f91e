//! Text to tokens to terms: words with their byte spans, lower-cased,
//! stemmed, stop words left out.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use memchr::{memchr_iter, memrchr};
use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};
use unicode_segmentation::{UnicodeSegmentation, UnicodeWordIndices};

/// Languages with a Snowball stemmer and a list of stop words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Language {
    Arabic,
    Danish,
    Dutch,
    #[default]
    English,
    Finnish,
    French,
    German,
    Greek,
    Hungarian,
    Italian,
    Norwegian,
    Portuguese,
    Romanian,
    Russian,
    Spanish,
    Swedish,
    Tamil,
    Turkish,
}

impl Language {
    /// All languages, in alphabetical order.
    pub const ALL: [Self; 18] = [
        Self::Arabic,
        Self::Danish,
        Self::Dutch,
        Self::English,
        Self::Finnish,
        Self::French,
        Self::German,
        Self::Greek,
        Self::Hungarian,
        Self::Italian,
        Self::Norwegian,
        Self::Portuguese,
        Self::Romanian,
        Self::Russian,
        Self::Spanish,
        Self::Swedish,
        Self::Tamil,
        Self::Turkish,
    ];

    /// Stemmer, ISO 639-1 and 639-3 codes, English name.
    const fn facts(self) -> (Algorithm, &'static str, &'static str, &'static str) {
        match self {
            Self::Arabic => (Algorithm::Arabic, "ar", "ara", "Arabic"),
            Self::Danish => (Algorithm::Danish, "da", "dan", "Danish"),
            Self::Dutch => (Algorithm::Dutch, "nl", "nld", "Dutch"),
            Self::English => (Algorithm::English, "en", "eng", "English"),
            Self::Finnish => (Algorithm::Finnish, "fi", "fin", "Finnish"),
            Self::French => (Algorithm::French, "fr", "fra", "French"),
            Self::German => (Algorithm::German, "de", "deu", "German"),
            Self::Greek => (Algorithm::Greek, "el", "ell", "Greek"),
            Self::Hungarian => (Algorithm::Hungarian, "hu", "hun", "Hungarian"),
            Self::Italian => (Algorithm::Italian, "it", "ita", "Italian"),
            Self::Norwegian => (Algorithm::Norwegian, "no", "nob", "Norwegian"),
            Self::Portuguese => (Algorithm::Portuguese, "pt", "por", "Portuguese"),
            Self::Romanian => (Algorithm::Romanian, "ro", "ron", "Romanian"),
            Self::Russian => (Algorithm::Russian, "ru", "rus", "Russian"),
            Self::Spanish => (Algorithm::Spanish, "es", "spa", "Spanish"),
            Self::Swedish => (Algorithm::Swedish, "sv", "swe", "Swedish"),
            Self::Tamil => (Algorithm::Tamil, "ta", "tam", "Tamil"),
            Self::Turkish => (Algorithm::Turkish, "tr", "tur", "Turkish"),
        }
    }

    /// English name of the language.
    pub const fn name(self) -> &'static str {
        self.facts().3
    }

    /// ISO 639-1 code, of two letters.
    pub const fn code(self) -> &'static str {
        self.facts().1
    }

    /// ISO 639-3 code, of three letters.
    pub const fn code3(self) -> &'static str {
        self.facts().2
    }
}

/// How text becomes terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextParams {
    /// Language of the texts: it chooses the stemmer and the stop words.
    pub language: Language,
    /// Whether words are reduced to their Snowball stem.
    pub stemming: bool,
    /// Whether stop words are left out of the word n-grams.
    pub stop_words: bool,
}

impl Default for TextParams {
    fn default() -> Self {
        Self { language: Language::English, stemming: true, stop_words: true }
    }
}

/// A word as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'t> {
    /// Byte range of the word in the text.
    pub span: Range<usize>,
    /// The word as written.
    pub surface: &'t str,
}

/// The words of a text (UAX #29 word boundaries) of at least two characters,
/// with the byte spans at which they stand.
///
/// Stretches without any letter outside ASCII take a quicker way that gives the
/// same words.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    Words { text, at: 0, stretch: None }
        // No character is longer than four bytes.
        .filter(|(_, word)| word.len() > 1 && (word.len() > 4 || word.chars().nth(1).is_some()))
        .map(|(start, surface)| Token { span: start..start + surface.len(), surface })
}

/// The words of a text with the byte at which each starts.
struct Words<'t> {
    text: &'t str,
    /// All before it is done with.
    at: usize,
    /// The present stretch with signs outside ASCII, and where it starts.
    stretch: Option<(usize, UnicodeWordIndices<'t>)>,
}

impl<'t> Iterator for Words<'t> {
    type Item = (usize, &'t str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((offset, words)) = &mut self.stretch {
                if let Some((start, word)) = words.next() {
                    return Some((*offset + start, word));
                }
                self.stretch = None;
            }
            match next_ascii_word(self.text.as_bytes(), &mut self.at) {
                Next::Word(start) => return Some((start, &self.text[start..self.at])),
                Next::End => return None,
                Next::NotAscii(found) => self.enter_stretch(found),
            }
        }
    }
}

impl Words<'_> {
    /// Leaves the stretch around a byte outside ASCII to the long way.
    ///
    /// It starts and ends between a space and another ASCII sign: there a word
    /// ends whatever stands on its sides, and no rule looks across.
    #[cold]
    fn enter_stretch(&mut self, found: usize) {
        let bytes = self.text.as_bytes();
        let parts = |space: usize| bytes.get(space + 1).is_some_and(|b| b.is_ascii() && *b != b' ');
        let before = memrchr(b' ', &bytes[self.at..found]).map(|i| self.at + i);
        let start = before.filter(|&space| parts(space)).map_or(self.at, |space| space + 1);
        let mut spaces = memchr_iter(b' ', &bytes[found..]).map(|i| found + i);
        self.at = spaces.find(|&space| parts(space)).map_or(bytes.len(), |space| space + 1);
        self.stretch = Some((start, self.text[start..self.at].unicode_word_indices()));
    }
}

/// What stands next in a text.
enum Next {
    /// A word that starts here and ends where the search goes on.
    Word(usize),
    /// A byte outside ASCII, which may belong to the next word.
    NotAscii(usize),
    End,
}

/// The UAX #29 rules that can apply inside ASCII: letters, digits and `_` join
/// (WB5, WB8-10, WB13a-b); `'` `.` `:` join two letters (WB6-7), `'` `.` `,`
/// `;` two digits (WB11-12). A word without a letter or digit is no word.
#[inline]
fn next_ascii_word(bytes: &[u8], at: &mut usize) -> Next {
    let class = |i: usize| bytes.get(i).map_or(0, |&b| CLASS[usize::from(b)]);
    loop {
        let mut i = *at;
        while i < bytes.len() && class(i) & (WORD | NOT_ASCII) == 0 {
            i += 1;
        }
        if i == bytes.len() {
            *at = i;
            return Next::End;
        }
        let start = i;
        let mut seen = 0;
        loop {
            let mut here = class(i);
            while here & WORD != 0 {
                seen |= here;
                i += 1;
                here = class(i);
            }
            if here & NOT_ASCII != 0 {
                return Next::NotAscii(i);
            }
            if here == 0 {
                break;
            }
            let (before, after) = (class(i - 1), class(i + 1));
            if after & NOT_ASCII != 0 {
                return Next::NotAscii(i + 1);
            }
            let joins_letters = here & MID_LETTER != 0 && before & after & LETTER != 0;
            let joins_digits = here & MID_DIGIT != 0 && before & after & DIGIT != 0;
            if !(joins_letters || joins_digits) {
                break;
            }
            i += 1;
        }
        *at = i;
        if seen & (LETTER | DIGIT) != 0 {
            return Next::Word(start);
        }
    }
}

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const UNDERSCORE: u8 = 4;
const MID_LETTER: u8 = 8;
const MID_DIGIT: u8 = 16;
const NOT_ASCII: u8 = 32;
const WORD: u8 = LETTER | DIGIT | UNDERSCORE;

const CLASS: [u8; 256] = {
    let mut class = [NOT_ASCII; 256];
    let mut b = 0;
    while b < 128 {
        class[b] = match b as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'_' => UNDERSCORE,
            b'\'' | b'.' => MID_LETTER | MID_DIGIT,
            b':' => MID_LETTER,
            b',' | b';' => MID_DIGIT,
            _ => 0,
        };
        b += 1;
    }
    class
};

/// A word in lower case; borrowed if it already is.
pub fn lower_case(surface: &str) -> Cow<'_, str> {
    if surface.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        Cow::Borrowed(surface)
    } else {
        Cow::Owned(surface.to_lowercase())
    }
}

/// Turns lower-case words into terms.
pub struct Analyzer {
    stemmer: Option<Stemmer>,
    stop_words: BTreeSet<&'static str>,
    leave_stop_words_out: bool,
}

impl Analyzer {
    /// Prepares stemmer and stop words.
    pub fn new(params: &TextParams) -> Self {
        let (algorithm, code, ..) = params.language.facts();
        Self {
            stemmer: params.stemming.then(|| Stemmer::create(algorithm)),
            stop_words: stop_words::lookup(code).unwrap_or_default().iter().copied().collect(),
            leave_stop_words_out: params.stop_words,
        }
    }

    /// Whether a lower-case word is a stop word of the language.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.contains(word)
    }

    /// The term of a lower-case word; `None` for a stop word that is left out.
    pub fn term<'w>(&self, word: &'w str) -> Option<Cow<'w, str>> {
        if self.leave_stop_words_out && self.is_stop_word(word) {
            return None;
        }
        Some(match &self.stemmer {
            Some(stemmer) => stemmer.stem(word),
            None => Cow::Borrowed(word),
        })
    }
}

/// The character n-grams within a word of `sizes` characters, the word padded
/// with one space on either side.
///
/// Follows the `char_wb` analyser of scikit-learn: a padded word shorter than
/// a size is taken whole, once.
pub fn character_ngrams(word: &str, sizes: (usize, usize), mut each: impl FnMut(&str)) {
    let padded = format!(" {word} ");
    let mut starts: Vec<usize> = padded.char_indices().map(|(i, _)| i).collect();
    starts.push(padded.len());
    let length = starts.len() - 1;
    for size in sizes.0..=sizes.1 {
        if length <= size {
            each(&padded);
            return;
        }
        for first in 0..=length - size {
            each(&padded[starts[first]..starts[first + size]]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).map(|t| t.surface).collect()
    }

    fn quickly(text: &str) -> Vec<(usize, &str)> {
        Words { text, at: 0, stretch: None }.collect()
    }

    #[test]
    fn words_keep_their_place_and_two_character_words_stay() {
        let text = "The EU's AI & 5G: a co-créé plan, 1,000.5 ways";
        assert_eq!(
            words(text),
            ["The", "EU's", "AI", "5G", "co", "créé", "plan", "1,000.5", "ways"]
        );
        for token in tokens(text) {
            assert_eq!(&text[token.span.clone()], token.surface);
        }
    }

    #[test]
    fn words_are_stemmed_and_stop_words_have_no_term() {
        let analyzer = Analyzer::new(&TextParams::default());
        assert_eq!(analyzer.term("citizens").as_deref(), Some("citizen"));
        assert_eq!(analyzer.term("participatory").as_deref(), Some("participatori"));
        assert_eq!(analyzer.term("the"), None);
    }

    #[test]
    fn every_language_has_stop_words() {
        for language in Language::ALL {
            let params = TextParams { language, ..TextParams::default() };
            assert!(!Analyzer::new(&params).stop_words.is_empty(), "{}", language.name());
        }
    }

    #[test]
    fn character_ngrams_are_those_of_char_wb() {
        // CountVectorizer(analyzer="char_wb", ngram_range=(4, 6)).build_analyzer(), scikit-learn 1.7
        let mut grams = Vec::new();
        character_ngrams("data", (4, 6), |g| grams.push(g.to_owned()));
        assert_eq!(grams, [" dat", "data", "ata ", " data", "data ", " data "]);
        grams.clear();
        character_ngrams("ai", (4, 6), |g| grams.push(g.to_owned()));
        assert_eq!(grams, [" ai "]);
    }

    proptest! {
        #[test]
        fn the_quick_way_finds_the_words_of_uax_29_in_any_ascii(
            bytes in proptest::collection::vec(0u8..128, 0..80)
        ) {
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(quickly(&text), text.unicode_word_indices().collect::<Vec<_>>());
        }

        #[test]
        fn the_quick_way_holds_around_signs_outside_ascii(
            // Letters, digits and marks of every word-break class that joins.
            text in "[ a1_.':,;\"\n\r\t’é\u{300}\u{200d}\u{ad}\u{a0}\u{2003}🅰🇩א٢アแ漢€-]{0,40}"
        ) {
            prop_assert_eq!(quickly(&text), text.unicode_word_indices().collect::<Vec<_>>());
        }

        #[test]
        fn the_quick_way_holds_for_any_text(text in any::<String>()) {
            prop_assert_eq!(quickly(&text), text.unicode_word_indices().collect::<Vec<_>>());
        }

        #[test]
        fn spans_slice_any_text(text in any::<String>()) {
            for token in tokens(&text) {
                prop_assert_eq!(&text[token.span.clone()], token.surface);
            }
        }
    }
}
