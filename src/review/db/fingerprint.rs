//! Fingerprints that show whether two cases have the same text.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::tagger::hex;

/// Returns a hash that is equal for equal texts, whatever the names of their fields and
/// the separators. Only letters and digits count, without regard to case.
pub(crate) fn fingerprint<S: AsRef<str>>(texts: &[S]) -> String {
    hex(&Sha256::digest(folded(texts).as_bytes()))
}

/// Normalises texts as [`fingerprint`] compares them. Texts without letters and digits
/// are unchanged.
pub(crate) fn folded<S: AsRef<str>>(texts: &[S]) -> String {
    let letters = |text: &S| -> String {
        let text = text.as_ref();
        if text.is_ascii() {
            let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
            return letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
        }
        text.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let all: String = texts.iter().map(letters).collect();
    if all.is_empty() {
        return texts.iter().map(|text| text.as_ref().trim()).collect::<Vec<_>>().join(" ");
    }
    all
}

/// Returns whether one of the texts contains a letter or digit.
pub(crate) fn has_words<S: AsRef<str>>(texts: &[S]) -> bool {
    texts.iter().any(|text| text.as_ref().chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_equal_whatever_joins_them_and_however_they_are_typed() {
        let apart = fingerprint(&["Citizens vote", "On a budget."]);
        for other in [
            "citizens vote on a budget",
            "Citizens\u{a0}vote\n\nOn a\u{200b} budget!",
            "\u{ff23}itizens vote. On a budget",
        ] {
            assert_eq!(fingerprint(&[other]), apart, "{other}");
        }
        assert_ne!(fingerprint(&["Citizens vote", "On a budget 2"]), apart);
        assert_ne!(fingerprint(&["???"]), fingerprint(&["!!!"]));
        assert!(has_words(&["", "é"]) && !has_words(&["", " – "]));
    }
}
