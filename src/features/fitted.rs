//! Vocabulary and idf, learned from some documents of a counted corpus.

use std::collections::BTreeMap;

use super::counted::{CountedCorpus, Counts, Recounted};
use super::{Block, FeatureParams, Features, TermFilter};

impl CountedCorpus {
    /// Learns vocabulary and idf from the documents `rows`.
    ///
    /// `params` may differ from those of the count in the term filters, the
    /// scaling of tf, fewer sizes of word n-grams and no subwords. idf is smooth,
    /// `ln((1 + n) / (1 + df)) + 1`, and kept in single precision, as in the model
    /// file.
    pub fn fit(&self, rows: &[usize], params: &FeatureParams) -> FittedCorpus<'_> {
        let (shortest, longest) = params.words.ngrams;
        let wanted = |term: usize| (shortest..=longest).contains(&usize::from(self.sizes[term]));
        let wholes = rows.iter().map(|&row| &self.documents[self.places[row].whole]);
        let words = Counted { terms: self.words.len(), class_of: None, documents: wholes };
        let words = words.fit(&params.words.keep, wanted);
        let subwords = params.subwords.as_ref().map(|subwords| {
            let documents = rows.iter().map(|&row| &self.classes_of_document[row]);
            let (terms, class_of) = (self.subwords.len(), Some(&self.class_of_subword[..]));
            Counted { terms, class_of, documents }.fit(&subwords.keep, |_| true)
        });
        let hyphenated = self.hyphenated(rows, &words);
        let recounted = self.recount(params, &words, &hyphenated);
        FittedCorpus {
            corpus: self,
            params: params.clone(),
            words,
            subwords,
            hyphenated,
            recounted,
        }
    }
}

/// A counted corpus with features fitted on some of its documents.
pub struct FittedCorpus<'c> {
    pub(super) corpus: &'c CountedCorpus,
    pub(super) params: FeatureParams,
    pub(super) words: FittedBlock,
    pub(super) subwords: Option<FittedBlock>,
    hyphenated: Vec<String>,
    /// Documents that are read otherwise with the vocabulary than without.
    pub(super) recounted: BTreeMap<usize, Vec<Recounted>>,
}

impl FittedCorpus<'_> {
    /// Returns the features alone.
    pub fn into_features(self) -> Features {
        let CountedCorpus { words, subwords, class_of_subword, .. } = self.corpus;
        let words = self.words.named(words, None);
        let subwords = self.subwords.map(|block| block.named(subwords, Some(class_of_subword)));
        let (params, hyphenated) = (self.params, self.hyphenated);
        Features { params, words, subwords: subwords.unwrap_or_default(), hyphenated }
    }
}

/// The counts of one block in some documents.
struct Counted<'c, D> {
    /// Number of terms.
    terms: usize,
    /// The class of each term; a term is its own class if there are none.
    class_of: Option<&'c [u32]>,
    /// The counts of the classes.
    documents: D,
}

/// The vocabulary of one block, by the numbers of the counted terms.
pub(super) struct FittedBlock {
    /// Rising.
    kept: Vec<u32>,
    /// Of every class of counted terms.
    entries: Vec<Entry>,
    /// Number of columns: of classes with a term in the vocabulary.
    columns: usize,
    df: Vec<u32>,
    documents: usize,
}

/// What a class of counted terms is in the vocabulary.
#[derive(Clone, Copy)]
struct Entry {
    /// Its column in the block; [`ABSENT`] if it is not in the vocabulary.
    column: u32,
    /// The idf times the root of the number of terms: so long is the vector of these terms.
    factor: f64,
}

const ABSENT: u32 = u32::MAX;

impl<'c, D: ExactSizeIterator<Item = &'c Counts> + Clone> Counted<'c, D> {
    /// Learns the vocabulary; `wanted` says which terms may be kept.
    fn fit(self, keep: &TermFilter, wanted: impl Fn(usize) -> bool) -> FittedBlock {
        let class = |term: usize| self.class_of.map_or(term, |class_of| class_of[term] as usize);
        let classes =
            self.class_of.map_or(self.terms, |c| c.iter().max().map_or(0, |&c| c as usize + 1));
        let documents = self.documents.len();
        let mut df = vec![0u32; classes];
        for &(class, _) in self.documents.clone().flatten() {
            df[class as usize] += 1;
        }
        let (least, most) = (keep.min_df.max(1), keep.max_df * documents as f64);
        let is_frequent = |df: u32| df as usize >= least && f64::from(df) <= most;
        let is_kept = |&term: &usize| is_frequent(df[class(term)]) && wanted(term);
        let mut kept: Vec<usize> = (0..self.terms).filter(is_kept).collect();
        if let Some(max_terms) = keep.max_terms {
            let mut total = vec![0.0; classes];
            for &(class, tf) in self.documents.flatten() {
                total[class as usize] += tf;
            }
            let total = |term: usize| total[class(term)];
            kept.sort_by(|&a, &b| total(b).total_cmp(&total(a)).then(a.cmp(&b)));
            kept.truncate(max_terms);
            kept.sort_unstable();
        }
        let mut sizes = vec![0u32; classes];
        kept.iter().for_each(|&term| sizes[class(term)] += 1);
        let mut columns = 0;
        let entry = |(&size, &df): (&u32, &u32)| {
            if size == 0 {
                return Entry { column: ABSENT, factor: 0.0 };
            }
            columns += 1;
            let factor = f64::from(idf(documents, df)) * f64::from(size).sqrt();
            Entry { column: columns - 1, factor }
        };
        let entries = sizes.iter().zip(&df).map(entry).collect();
        let kept = kept.into_iter().map(|term| term as u32).collect();
        FittedBlock { kept, entries, columns: columns as usize, df, documents }
    }
}

/// Returns the idf of a term in `df` of the documents.
fn idf(documents: usize, df: u32) -> f32 {
    (libm::log((1 + documents) as f64 / (1.0 + f64::from(df))) + 1.0) as f32
}

impl FittedBlock {
    /// Returns the number of terms.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Returns the number of columns: alike terms share one.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the column of a class that is in the vocabulary, and the factor of its counts.
    pub(super) fn get(&self, class: u32) -> Option<(u32, f64)> {
        let Entry { column, factor } = self.entries[class as usize];
        (column != ABSENT).then_some((column, factor))
    }

    /// Returns in how many of the documents a counted class is.
    pub(super) fn document_frequency(&self, class: usize) -> usize {
        self.df[class] as usize
    }

    /// Returns the column of each term in the vocabulary, and what share of a vector of that
    /// column is the term's.
    pub(super) fn shares(&self, class_of: &[u32]) -> Vec<(u32, f64)> {
        let columns = self.kept.iter().map(|&term| {
            let class = class_of[term as usize] as usize;
            self.entries[class].column
        });
        let mut sizes = vec![0u32; self.columns];
        columns.clone().for_each(|column| sizes[column as usize] += 1);
        columns.map(|column| (column, 1.0 / f64::from(sizes[column as usize]).sqrt())).collect()
    }

    /// Returns the block with the names of its terms, given those of all counted ones and
    /// their classes, if they have any.
    fn named(self, names: &[String], class_of: Option<&[u32]>) -> Block {
        let terms = self.kept.iter().map(|&term| names[term as usize].clone()).collect();
        let class = |term: u32| class_of.map_or(term, |class_of| class_of[term as usize]) as usize;
        let idf = |&term: &u32| idf(self.documents, self.df[class(term)]);
        Block { terms, idf: self.kept.iter().map(idf).collect() }
    }
}
