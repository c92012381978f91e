//! Character n-grams that are alike: in exactly the same words, each as often, and so equally
//! often in every document. They are counted and fitted as one.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::Counts;

/// Returns the class of each of `ngrams` n-grams, given those of each word with their counts,
/// and the size of each class. Classes are numbered in the order of their first n-grams.
pub(super) fn classes(of_words: &[Counts], ngrams: usize) -> (Vec<u32>, Vec<u32>) {
    let mut class_of = vec![0; ngrams];
    let mut count = 1;
    let mut parts: HashMap<(u32, u64), u32, FixedState> = HashMap::default();
    for word in of_words {
        // Of each class, those in the word leave the others.
        parts.clear();
        for &(ngram, times) in word {
            let class = &mut class_of[ngram as usize];
            *class = *parts.entry((*class, times.to_bits())).or_insert_with(|| {
                count += 1;
                count - 1
            });
        }
    }
    let (mut numbers, mut sizes) = (vec![u32::MAX; count as usize], Vec::new());
    for class in &mut class_of {
        let number = &mut numbers[*class as usize];
        if *number == u32::MAX {
            *number = sizes.len() as u32;
            sizes.push(0);
        }
        *class = *number;
        sizes[*class as usize] += 1;
    }
    (class_of, sizes)
}

/// Replaces the n-grams of each word by their classes.
pub(super) fn merge(of_words: &mut [Counts], class_of: &[u32]) {
    for word in of_words {
        word.iter_mut().for_each(|(ngram, _)| *ngram = class_of[*ngram as usize]);
        word.sort_by_key(|&(class, _)| class);
        word.dedup_by_key(|(class, _)| *class);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ngrams_in_the_same_words_as_often_are_one_class() {
        // n-grams 1 and 3 are alike; 0 is in one word more; 2 is in the same words as 4, but
        // twice in one of them.
        let mut words = vec![
            vec![(0, 1.0), (1, 1.0), (3, 1.0)],
            vec![(0, 1.0)],
            vec![(2, 2.0), (4, 1.0)],
            vec![(2, 1.0), (4, 1.0)],
        ];
        let (class_of, sizes) = classes(&words, 5);
        assert_eq!(class_of, [0, 1, 2, 1, 3]);
        assert_eq!(sizes, [1, 2, 1, 1]);
        merge(&mut words, &class_of);
        assert_eq!(words[0], [(0, 1.0), (1, 1.0)]);
        assert_eq!(words[2], [(2, 2.0), (3, 1.0)]);
    }
}
