//! The words of a text with their byte spans.

use std::ops::Range;

use memchr::{memchr_iter, memrchr};
use unicode_segmentation::{UnicodeSegmentation, UnicodeWordIndices};

/// A word as it is written in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'t> {
    /// Byte range of the word in the text.
    pub span: Range<usize>,
    /// The word as written.
    pub surface: &'t str,
}

/// Returns the words of a text (UAX #29 word boundaries) of at least two characters, with their
/// byte spans. Parts without letters outside ASCII take a faster path that gives the same
/// words.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
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
    /// The current slice with characters outside ASCII, and its start.
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
    /// It starts and ends between a space and another ASCII character: there a word
    /// ends whatever is on its sides, and no rule looks across.
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

/// The next item in a text.
enum Next {
    /// A word that starts here and ends where the search continues.
    Word(usize),
    /// A byte outside ASCII, which may belong to the next word.
    NotAscii(usize),
    End,
}

/// Returns the UAX #29 rules that can apply inside ASCII: letters, digits and `_` join
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
