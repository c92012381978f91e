//! The vectors of the documents of a corpus with fitted features.

use super::counted::{Counts, Recounted};
use super::fitted::FittedCorpus;
use super::{SparseRows, scaled_tf};

/// Counts of a window, as in [`super::CountedCorpus`].
struct Window<'c> {
    terms: &'c Counts,
    words: &'c Counts,
    subwords: &'c Counts,
}

impl<'c> Window<'c> {
    fn of(recounted: &'c Recounted) -> Self {
        let Recounted { terms, words, subwords } = recounted;
        Self { terms, words, subwords }
    }
}

impl FittedCorpus<'_> {
    /// Returns the vectors of the documents `rows`.
    pub fn matrix(&self, rows: &[usize]) -> SparseRows {
        let first = self.words.len();
        let columns = first + self.subwords.as_ref().map_or(0, |block| block.len());
        let mut matrix = SparseRows::new(columns);
        let mut words = WordVectors::of(self);
        // How much of each word's vector a document has.
        let mut shares = Vec::new();
        let (mut entries, mut of_words) = (Vec::new(), Vec::new());
        for &row in rows {
            entries.clear();
            of_words.clear();
            let windows = self.windows(row);
            for window in &windows {
                self.push_words(window.terms, &mut entries);
                self.push_subwords(window, &words, &mut entries, &mut of_words);
            }
            if windows.len() > 1 {
                mean(&mut entries, windows.len());
                mean(&mut of_words, windows.len());
            }
            matrix.push_row(entries.iter().copied());
            of_words.iter().for_each(|&(word, _)| words.is_used[word as usize] = true);
            shares.push(of_words.clone());
        }
        if self.subwords.is_none() {
            return matrix;
        }
        let (vectors, numbers) = words.used(self, columns);
        let mut left = SparseRows::new(vectors.len());
        for shares in shares {
            left.push_row(shares.into_iter().map(|(word, share)| (numbers[word as usize], share)));
        }
        matrix.with_product(first, left, vectors)
    }

    /// Returns the counts of each window of a document.
    fn windows(&self, row: usize) -> Vec<Window<'_>> {
        if let Some(windows) = self.recounted.get(&row) {
            return windows.iter().map(Window::of).collect();
        }
        const NONE: &Counts = &Counts::new();
        let corpus = self.corpus;
        let window = |i: usize| Window {
            terms: &corpus.documents[i],
            words: corpus.words_of_document.get(i).unwrap_or(NONE),
            subwords: corpus.subwords_of_document.get(i).unwrap_or(NONE),
        };
        let place = &corpus.places[row];
        match place.windows.is_empty() {
            true => vec![window(place.whole)],
            false => place.windows.clone().map(window).collect(),
        }
    }

    fn push_words(&self, terms: &Counts, entries: &mut Vec<(u32, f64)>) {
        let sublinear = self.params.words.sublinear_tf;
        let start = entries.len();
        let mut squares = 0.0;
        for &(term, tf) in terms {
            if let Some((column, idf)) = self.words.get(term) {
                let value = scaled_tf(tf, sublinear) * idf;
                squares += value * value;
                entries.push((column, value));
            }
        }
        let norm = f64::sqrt(squares);
        entries[start..].iter_mut().for_each(|(_, value)| *value /= norm);
    }

    fn push_subwords(
        &self,
        window: &Window<'_>,
        vectors: &WordVectors,
        entries: &mut Vec<(u32, f64)>,
        of_words: &mut Vec<(u32, f64)>,
    ) {
        let Some(subwords) = &self.subwords else { return };
        let squared = |word: u32| vectors.squared_lengths[word as usize];
        let squares = window.words.iter().map(|&(word, times)| times * times * squared(word));
        let norm = squares.sum::<f64>().sqrt();
        let offset = self.words.len() as u32;
        for &(ngram, tf) in window.subwords {
            if let Some((place, idf)) = subwords.get(ngram) {
                entries.push((offset + place, tf * idf / norm));
            }
        }
        let with_vector = window.words.iter().filter(|&&(word, _)| squared(word) > 0.0);
        of_words.extend(with_vector.map(|&(word, times)| (word, times / norm)));
    }
}

/// The vectors of the distinct words, as sums over their n-grams before the norm.
struct WordVectors {
    squared_lengths: Vec<f64>,
    is_used: Vec<bool>,
}

impl WordVectors {
    fn of(fitted: &FittedCorpus<'_>) -> Self {
        let Some(subwords) = &fitted.subwords else {
            return Self { squared_lengths: Vec::new(), is_used: Vec::new() };
        };
        let squared = |&(ngram, count): &(u32, f64)| {
            let value = count * subwords.get(ngram).map_or(0.0, |(_, idf)| idf);
            value * value
        };
        let of_word = |word: &Counts| word.iter().map(squared).sum();
        let squared_lengths: Vec<f64> =
            fitted.corpus.subwords_of_word.iter().map(of_word).collect();
        Self { is_used: vec![false; squared_lengths.len()], squared_lengths }
    }

    /// Returns a row for each word that is used, and the number of the row of each word.
    fn used(&self, fitted: &FittedCorpus<'_>, columns: usize) -> (SparseRows, Vec<u32>) {
        let (mut vectors, mut numbers) = (SparseRows::new(columns), Vec::new());
        let offset = fitted.words.len() as u32;
        for (ngrams, &is_used) in fitted.corpus.subwords_of_word.iter().zip(&self.is_used) {
            numbers.push(vectors.len() as u32);
            if is_used {
                let entry = |&(ngram, count): &(u32, f64)| {
                    let (place, idf) = fitted.subwords.as_ref()?.get(ngram)?;
                    Some((offset + place, count * idf))
                };
                vectors.push_row(ngrams.iter().filter_map(entry));
            }
        }
        (vectors, numbers)
    }
}

/// Replaces the entries of consecutive windows by their mean.
fn mean(entries: &mut Vec<(u32, f64)>, windows: usize) {
    entries.sort_by_key(|&(column, _)| column);
    entries.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    entries.iter_mut().for_each(|(_, value)| *value /= windows as f64);
}
