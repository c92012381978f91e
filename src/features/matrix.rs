//! The vectors of the documents of a corpus with fitted features.

use super::counted::{Counts, Recounted, summed};
use super::fitted::FittedCorpus;
use super::{FactoredRows, SparseRows, scaled_tf};

/// Counts of a window, as in [`super::CountedCorpus`].
struct Window<'c> {
    terms: &'c Counts,
    words: &'c Counts,
}

impl FittedCorpus<'_> {
    /// Returns the vectors of the documents `rows`, a column for each term.
    pub fn matrix(&self, rows: &[usize]) -> SparseRows {
        let merged = self.factored(rows);
        let first = self.words.columns() as u32;
        let shares = self.subwords.as_ref().map(|b| b.shares(&self.corpus.class_of_subword));
        let shares = shares.unwrap_or_default();
        let mut terms_of_column = vec![Vec::new(); merged.columns() - first as usize];
        for (term, &(column, share)) in (first..).zip(&shares) {
            terms_of_column[column as usize].push((term, share));
        }
        let mut matrix = SparseRows::new(first as usize + shares.len());
        for row in 0..merged.len() {
            let mut entries = Vec::new();
            for (column, value) in merged.row(row) {
                match column.checked_sub(first) {
                    None => entries.push((column, value)),
                    Some(column) => {
                        let terms = &terms_of_column[column as usize];
                        entries.extend(terms.iter().map(|&(term, share)| (term, value * share)));
                    }
                }
            }
            entries.sort_unstable_by_key(|&(column, _)| column);
            matrix.push_row(entries);
        }
        matrix
    }

    /// Returns the vectors of the documents `rows` for fitting. Character n-grams that are
    /// alike share a column, which is as long as all of theirs together: with a squared
    /// penalty the fit is the same. [`Self::spread`] gives its weights to them.
    pub fn factored(&self, rows: &[usize]) -> FactoredRows {
        let first = self.words.columns();
        let columns = first + self.subwords.as_ref().map_or(0, |block| block.columns());
        let mut own = SparseRows::new(columns);
        let mut words = WordVectors::of(self);
        // How much of each word's vector a document has.
        let mut left = SparseRows::new(words.squared_lengths.len());
        let (mut entries, mut of_words) = (Vec::new(), Vec::new());
        for &row in rows {
            entries.clear();
            of_words.clear();
            let windows = self.windows(row);
            for window in &windows {
                self.push_words(window.terms, &mut entries);
                words.push(window.words, &mut of_words);
            }
            if windows.len() > 1 {
                mean(&mut entries, windows.len());
                mean(&mut of_words, windows.len());
            }
            own.push_row(entries.iter().copied());
            of_words.iter().for_each(|&(word, _)| words.is_used[word as usize] = true);
            left.push_row(of_words.iter().copied());
        }
        if self.subwords.is_none() {
            return own.into();
        }
        let (vectors, numbers) = words.used(self, columns);
        left.renumber(&numbers, vectors.len());
        FactoredRows::with_product(own, left, vectors)
    }

    /// Returns the weights of all terms, given those of the columns of [`Self::factored`].
    pub fn spread(&self, weights: &[f64]) -> Vec<f64> {
        let (words, columns) = weights.split_at(self.words.columns());
        let shares = self.subwords.as_ref().map(|b| b.shares(&self.corpus.class_of_subword));
        let of_terms = shares.unwrap_or_default().into_iter();
        let of_terms = of_terms.map(|(column, share)| columns[column as usize] * share);
        words.iter().copied().chain(of_terms).collect()
    }

    /// Returns the counts of each window of a document.
    fn windows(&self, row: usize) -> Vec<Window<'_>> {
        if let Some(windows) = self.recounted.get(&row) {
            let windows = windows.iter();
            return windows.map(|Recounted { terms, words }| Window { terms, words }).collect();
        }
        const NONE: &Counts = &Counts::new();
        let corpus = self.corpus;
        let window = |i: usize| Window {
            terms: &corpus.documents[i],
            words: corpus.words_of_document.get(i).unwrap_or(NONE),
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
        let squared = |&(class, count): &(u32, f64)| {
            let value = count * subwords.get(class).map_or(0.0, |(_, factor)| factor);
            value * value
        };
        let of_word = |word: &Counts| word.iter().map(squared).sum();
        let squared_lengths: Vec<f64> = fitted.corpus.classes_of_word.iter().map(of_word).collect();
        Self { is_used: vec![false; squared_lengths.len()], squared_lengths }
    }

    /// Adds how much of the vector of each word a window has, given its words.
    fn push(&self, window: &Counts, of_words: &mut Vec<(u32, f64)>) {
        let squared =
            |word: u32| self.squared_lengths.get(word as usize).copied().unwrap_or_default();
        let squares = window.iter().map(|&(word, times)| times * times * squared(word));
        let norm = squares.sum::<f64>().sqrt();
        let with_vector = window.iter().filter(|&&(word, _)| squared(word) > 0.0);
        of_words.extend(with_vector.map(|&(word, times)| (word, times / norm)));
    }

    /// Returns a row for each word that is used, and the number of the row of each word.
    fn used(&self, fitted: &FittedCorpus<'_>, columns: usize) -> (SparseRows, Vec<u32>) {
        let (mut vectors, mut numbers) = (SparseRows::new(columns), Vec::new());
        let offset = fitted.words.columns() as u32;
        for (classes, &is_used) in fitted.corpus.classes_of_word.iter().zip(&self.is_used) {
            numbers.push(vectors.len() as u32);
            if is_used {
                let entry = |&(class, count): &(u32, f64)| {
                    let (column, factor) = fitted.subwords.as_ref()?.get(class)?;
                    Some((offset + column, count * factor))
                };
                vectors.push_row(classes.iter().filter_map(entry));
            }
        }
        (vectors, numbers)
    }
}

/// Replaces the entries of consecutive windows by their mean.
fn mean(entries: &mut Vec<(u32, f64)>, windows: usize) {
    *entries = summed(std::mem::take(entries));
    entries.iter_mut().for_each(|(_, value)| *value /= windows as f64);
}
