//! Text to tokens to terms: texts are normalised, words found with their byte
//! spans, lower-cased, stemmed, stop words left out.

mod edits;
mod elements;
mod line_ends;
mod links;
mod markup;
mod normalised;
#[cfg(test)]
#[path = "tests.rs"]
mod normalised_tests;
mod unicode;
mod words;

pub(crate) use line_ends::form as hyphenated_form;
pub use normalised::Normalised;
pub use words::Token;

use std::borrow::Cow;
use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

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

/// Returns a word in lower case; borrowed if it already is.
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

    /// Returns whether a lower-case word is a stop word of the language.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.contains(word)
    }

    /// Returns the term of a lower-case word; `None` for a stop word that is left out.
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
}
