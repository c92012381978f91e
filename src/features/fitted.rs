//! A counted corpus with features fitted on some of its documents.

use std::collections::BTreeMap;

use super::broken_words::Recounted;
use super::counted::{CountedCorpus, Counts};
use super::{Block, FeatureParams, Features, TermFilter, scaled_tf};
use crate::features::SparseRows;

impl CountedCorpus {
    /// Learns vocabulary and idf from the documents `rows`.
    ///
    /// `params` may differ from those of the count in the term filters, the
    /// scaling of tf, fewer sizes of word n-grams and no subwords. idf is smooth,
    /// `ln((1 + n) / (1 + df)) + 1`, and kept in single precision, as in the model
    /// file.
    pub fn fit(&self, rows: &[usize], params: &FeatureParams) -> FittedCorpus<'_> {
        let places: Vec<usize> = rows.iter().map(|&row| self.places[row].whole).collect();
        let (shortest, longest) = params.words.ngrams;
        let wanted = |term: &str| (shortest..=longest).contains(&(term.matches(' ').count() + 1));
        let (words, word_columns) =
            fit_block(&self.words, &self.documents, &places, &params.words.keep, 0, wanted);
        let (subwords, subword_columns) = match &params.subwords {
            Some(subwords) => fit_block(
                &self.subwords,
                &self.subwords_of_document,
                &places,
                &subwords.keep,
                words.terms.len() as u32,
                |_| true,
            ),
            None => Default::default(),
        };
        let hyphenated = self.hyphenated(rows);
        let features = Features { params: params.clone(), words, subwords, hyphenated };
        let recounted = self.recount(&features);
        FittedCorpus { corpus: self, features, word_columns, subword_columns, recounted }
    }
}

/// A counted corpus with features fitted on some of its documents.
pub struct FittedCorpus<'c> {
    corpus: &'c CountedCorpus,
    features: Features,
    /// Column of each counted term, [`ABSENT`] if not in the vocabulary.
    word_columns: Vec<u32>,
    subword_columns: Vec<u32>,
    /// Documents that are read otherwise with the vocabulary than without.
    recounted: BTreeMap<usize, Vec<Recounted>>,
}

/// Counts of a window, as in [`CountedCorpus`].
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

const ABSENT: u32 = u32::MAX;

impl FittedCorpus<'_> {
    /// Returns the vectors of the documents `rows`.
    pub fn matrix(&self, rows: &[usize]) -> SparseRows {
        let mut matrix = SparseRows::new(self.features.len());
        let squared_lengths = self.squared_word_lengths();
        let mut entries = Vec::new();
        for &row in rows {
            entries.clear();
            let windows = self.windows(row);
            for window in &windows {
                self.push_words(window.terms, &mut entries);
                self.push_subwords(window, &squared_lengths, &mut entries);
            }
            if windows.len() > 1 {
                mean(&mut entries, windows.len());
            }
            matrix.push_row(entries.iter().copied());
        }
        matrix
    }

    /// Returns the features alone.
    pub fn into_features(self) -> Features {
        self.features
    }

    /// Counts of each window of a document.
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
        let block = &self.features.words;
        let sublinear = self.features.params.words.sublinear_tf;
        let start = entries.len();
        let mut squares = 0.0;
        for &(term, tf) in terms {
            let column = self.word_columns[term as usize];
            if column != ABSENT {
                let value = scaled_tf(tf, sublinear) * f64::from(block.idf[column as usize]);
                squares += value * value;
                entries.push((column, value));
            }
        }
        let norm = f64::sqrt(squares);
        entries[start..].iter_mut().for_each(|(_, value)| *value /= norm);
    }

    fn push_subwords(&self, window: &Window<'_>, squared: &[f64], entries: &mut Vec<(u32, f64)>) {
        if self.subword_columns.is_empty() {
            return;
        }
        let (counts, words) = (window.subwords, window.words);
        let squares = words.iter().map(|&(word, times)| times * times * squared[word as usize]);
        let norm = squares.sum::<f64>().sqrt();
        let offset = self.features.words.terms.len();
        for &(ngram, tf) in counts {
            let column = self.subword_columns[ngram as usize];
            if column != ABSENT {
                let idf = f64::from(self.features.subwords.idf[column as usize - offset]);
                entries.push((column, tf * idf / norm));
            }
        }
    }

    /// Squared length of the subword vector of every distinct word.
    fn squared_word_lengths(&self) -> Vec<f64> {
        let offset = self.features.words.terms.len();
        if self.subword_columns.is_empty() {
            return Vec::new();
        }
        let squared = |&(ngram, count): &(u32, f64)| {
            let column = self.subword_columns[ngram as usize];
            if column == ABSENT {
                return 0.0;
            }
            let value = count * f64::from(self.features.subwords.idf[column as usize - offset]);
            value * value
        };
        self.corpus.subwords_of_word.iter().map(|word| word.iter().map(squared).sum()).collect()
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

/// Vocabulary and idf of one block, and the column of every counted term.
fn fit_block(
    terms: &[String],
    documents: &[Counts],
    rows: &[usize],
    keep: &TermFilter,
    offset: u32,
    wanted: impl Fn(&str) -> bool,
) -> (Block, Vec<u32>) {
    let mut df = vec![0usize; terms.len()];
    let mut total = vec![0.0; terms.len()];
    for &row in rows {
        for &(term, tf) in &documents[row] {
            df[term as usize] += 1;
            total[term as usize] += tf;
        }
    }
    let most = keep.max_df * rows.len() as f64;
    let mut kept: Vec<usize> = (0..terms.len())
        .filter(|&t| df[t] >= keep.min_df.max(1) && df[t] as f64 <= most && wanted(&terms[t]))
        .collect();
    if let Some(max_terms) = keep.max_terms {
        kept.sort_by(|&a, &b| total[b].total_cmp(&total[a]).then(a.cmp(&b)));
        kept.truncate(max_terms);
        kept.sort_unstable();
    }
    let mut columns = vec![ABSENT; terms.len()];
    let mut block = Block::default();
    for (column, &term) in kept.iter().enumerate() {
        columns[term] = offset + column as u32;
        let idf = ((1 + rows.len()) as f64 / (1 + df[term]) as f64).ln() + 1.0;
        block.terms.push(terms[term].clone());
        block.idf.push(idf as f32);
    }
    (block, columns)
}
