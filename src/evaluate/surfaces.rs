//! The words behind terms: people are shown words as they are written, never stems.

use std::collections::BTreeMap;

use crate::text::{Analyzer, Normalised, TextParams, lower_case};

/// Of each term of one word, the form that texts have most often.
pub(crate) struct Surfaces(BTreeMap<String, String>);

impl Surfaces {
    /// Reads the words of texts.
    pub(crate) fn of<'t>(texts: impl IntoIterator<Item = &'t str>, params: &TextParams) -> Self {
        let analyzer = Analyzer::new(params);
        let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for text in texts {
            for token in Normalised::new(text).tokens() {
                let word = lower_case(token.surface);
                if let Some(term) = analyzer.term(&word) {
                    let words = counts.entry(term.into_owned()).or_default();
                    *words.entry(word.clone().into_owned()).or_default() += 1;
                }
            }
        }
        let best = |(term, words): (String, BTreeMap<String, usize>)| {
            let most = words.values().copied().max()?;
            let word = words.into_iter().find(|(_, count)| *count == most)?.0;
            Some((term, word))
        };
        Self(counts.into_iter().filter_map(best).collect())
    }

    /// Returns a term with each of its words as it is written; words that no text has stay.
    pub(crate) fn words(&self, term: &str) -> String {
        let word = |term: &str| self.0.get(term).map_or_else(|| term.to_owned(), Clone::clone);
        term.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_shown_as_the_words_that_texts_have_most_often() {
        let texts = ["Digital services", "a digital service", "service, SERVICE and innovation"];
        let surfaces = Surfaces::of(texts, &TextParams::default());
        let analyzer = Analyzer::new(&TextParams::default());
        let stem = |word: &str| analyzer.term(word).unwrap().into_owned();
        let term = [stem("digital"), stem("innovation")].join(" ");
        assert_ne!(stem("services"), "service", "stems are no words");
        assert_eq!(surfaces.words(&stem("services")), "service");
        assert_eq!(surfaces.words(&term), "digital innovation");
        assert_eq!(surfaces.words("unknown"), "unknown");
    }
}
