//! Long texts in windows: the parts of a text of any length that are counted and scored.
//! A field with more words than a window is split into parts of equal length of at most
//! that many words; the shorter fields of the document belong to each part. The vector of
//! the document is the mean of the vectors of its windows, so that length alone makes no
//! trend likelier.

use std::ops::Range;

/// Returns the number of windows of a document, given the numbers of words of its fields.
pub(crate) fn windows(words: impl Iterator<Item = usize>, size: Option<usize>) -> usize {
    let longest = words.max().unwrap_or(0);
    size.map_or(1, |size| longest.div_ceil(size.max(1)).max(1))
}

/// Which words of a field of `words` words belong to window `number` of `count`.
pub(crate) fn part(words: usize, size: Option<usize>, number: usize, count: usize) -> Range<usize> {
    match size {
        Some(size) if words > size => number * words / count..(number + 1) * words / count,
        _ => 0..words,
    }
}

/// Returns the words of each window of a document, given those of its fields with their weights;
/// a document with one window is not split.
pub(crate) fn of_document(
    fields: &[(Vec<u32>, f64)],
    size: Option<usize>,
) -> Vec<Vec<(&[u32], f64)>> {
    let count = windows(fields.iter().map(|(words, _)| words.len()), size);
    let window = |number: usize| {
        let of_field = |(words, weight): &'_ (Vec<u32>, f64)| -> (Range<usize>, f64) {
            (part(words.len(), size, number, count), *weight)
        };
        let parts = fields.iter().map(|field| (field, of_field(field)));
        parts.map(|(field, (range, weight))| (&field.0[range], weight)).collect()
    };
    (0..count).map(window).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_field_is_cut_into_equal_parts_and_a_short_one_is_whole_in_each() {
        let size = Some(200);
        let count = windows([5, 450].into_iter(), size);
        assert_eq!(count, 3);
        let parts: Vec<_> = (0..count).map(|i| part(450, size, i, count)).collect();
        assert_eq!(parts, [0..150, 150..300, 300..450]);
        assert!((0..count).all(|i| part(5, size, i, count) == (0..5)));
    }

    #[test]
    fn a_text_up_to_the_size_and_one_without_words_are_one_window() {
        assert_eq!(windows([200, 12].into_iter(), Some(200)), 1);
        assert_eq!(windows(std::iter::empty(), Some(200)), 1);
        assert_eq!(windows([9999].into_iter(), None), 1);
        assert_eq!(part(9999, None, 0, 1), 0..9999);
    }
}
