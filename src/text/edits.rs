//! Replacements in a text, and the mapping back to the original positions.

use std::ops::Range;

/// The replacements that turned one text into another, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edits(Vec<Edit>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    old: Range<usize>,
    new: Range<usize>,
}

impl Edits {
    /// Returns the bytes of the old text that became the bytes `new` of the new text.
    ///
    /// A position inside a replacement maps to the whole replaced slice.
    pub(super) fn old(&self, new: Range<usize>) -> Range<usize> {
        // Replacements that start at or before the start.
        let before = self.0.partition_point(|edit| edit.new.start <= new.start);
        let start = match before.checked_sub(1).map(|last| &self.0[last]) {
            Some(edit) if new.start < edit.new.end => edit.old.start,
            Some(edit) => new.start - edit.new.end + edit.old.end,
            None => new.start,
        };
        // Replacements that start before the end.
        let before = self.0.partition_point(|edit| edit.new.start < new.end);
        let end = match before.checked_sub(1).map(|last| &self.0[last]) {
            Some(edit) if new.end <= edit.new.end => edit.old.end,
            Some(edit) => new.end - edit.new.end + edit.old.end,
            None => new.end,
        };
        start..end.max(start)
    }
}

/// Builds a text from another one by replacing stretches of it from left to right.
pub(super) struct Rewriter<'t> {
    source: &'t str,
    text: String,
    /// The source is dealt with up to this byte.
    done: usize,
    edits: Vec<Edit>,
}

impl<'t> Rewriter<'t> {
    pub(super) fn new(source: &'t str) -> Self {
        Self { source, text: String::new(), done: 0, edits: Vec::new() }
    }

    /// Replaces the bytes `old` of the source; ranges rise and do not overlap.
    pub(super) fn replace(&mut self, old: Range<usize>, with: &str) {
        self.text.push_str(&self.source[self.done..old.start]);
        let start = self.text.len();
        self.text.push_str(with);
        self.done = old.end;
        self.edits.push(Edit { old, new: start..self.text.len() });
    }

    /// Does the same as [`Rewriter::replace`], but keeps the common prefix and suffix.
    pub(super) fn replace_difference(&mut self, old: Range<usize>, with: &str) {
        let source = &self.source[old.clone()];
        if source == with {
            return;
        }
        let front = common(source.chars(), with.chars());
        let back = common(source[front..].chars().rev(), with[front..].chars().rev());
        self.replace(old.start + front..old.end - back, &with[front..with.len() - back]);
    }

    /// Returns the byte of the source up to which it is dealt with.
    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// Returns the new text and its replacements; `None` if nothing was replaced.
    pub(super) fn finish(mut self) -> Option<(String, Edits)> {
        if self.edits.is_empty() {
            return None;
        }
        self.text.push_str(&self.source[self.done..]);
        Some((self.text, Edits(self.edits)))
    }
}

/// Returns the bytes of the characters that two texts have in common from the start.
fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old_of(source: &str, replaced: &[(&str, &str)], word: &str) -> String {
        let mut rewriter = Rewriter::new(source);
        for (old, new) in replaced {
            let start = source[rewriter.done()..].find(old).unwrap() + rewriter.done();
            rewriter.replace(start..start + old.len(), new);
        }
        let (text, edits) = rewriter.finish().unwrap();
        let start = text.find(word).unwrap();
        source[edits.old(start..start + word.len())].to_owned()
    }

    #[test]
    fn words_between_replacements_keep_their_exact_place() {
        let replaced = [("&amp;", "&"), ("<br>", "\n"), ("x", "")];
        for (word, old) in [("Tom", "Tom"), ("Jerry", "Jerry"), ("andmore", "andxmore")] {
            assert_eq!(old_of("Tom &amp; Jerry<br>andxmore", &replaced, word), old);
        }
    }

    #[test]
    fn a_word_with_a_replaced_end_takes_the_whole_replaced_stretch() {
        assert_eq!(
            old_of("a [fi]nal [sty]le", &[("[fi]", "fi"), ("[sty]", "sty")], "inal"),
            "[fi]nal"
        );
        assert_eq!(old_of("pro[fi] x", &[("[fi]", "fi")], "prof"), "pro[fi]");
    }

    #[test]
    fn what_is_removed_beside_a_word_is_no_part_of_it() {
        assert_eq!(old_of("^word^ ^end^", &[("^", ""), ("^", ""), ("^", "")], "word"), "word");
    }

    #[test]
    fn only_the_difference_is_replaced() {
        let mut rewriter = Rewriter::new("(ﬁrst)");
        rewriter.replace_difference(0.."(ﬁr".len(), "(fir");
        let (text, edits) = rewriter.finish().unwrap();
        assert_eq!((text.as_str(), edits.old(1..6)), ("(first)", 1.."(ﬁrst".len()));
    }
}
