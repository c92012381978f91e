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
        let words = Counted { terms: self.words.len(), classes: None, documents: wholes };
        let words = words.fit(&params.words.keep, wanted);
        let subwords = params.subwords.as_ref().map(|subwords| {
            let documents = rows.iter().map(|&row| &self.classes_of_document[row]);
            let classes = Some((&self.class_of_subword[..], &self.sizes_of_classes[..]));
            let terms = self.subwords.len();
            Counted { terms, classes, documents }.fit(&subwords.keep, |_| true)
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
    /// The class of each term and the size of each class; without them, a term is its own class.
    classes: Option<(&'c [u32], &'c [u32])>,
    /// The counts of the classes.
    documents: D,
}

/// The vocabulary of one block, by the numbers of the counted terms.
pub(super) struct FittedBlock {
    /// Of every class of counted terms.
    entries: Vec<Entry>,
    /// Number of columns: of classes with a term in the vocabulary.
    columns: usize,
    df: Vec<u32>,
    documents: usize,
    /// The terms in the vocabulary, rising, if their number is limited; else they are those
    /// whose class has an entry.
    kept: Option<Vec<u32>>,
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
    /// Learns the vocabulary; `wanted` says which classes may be kept.
    fn fit(self, keep: &TermFilter, wanted: impl Fn(usize) -> bool) -> FittedBlock {
        let documents = self.documents.len();
        let mut df = vec![0u32; self.classes.map_or(self.terms, |(_, sizes)| sizes.len())];
        for &(class, _) in self.documents.clone().flatten() {
            df[class as usize] += 1;
        }
        let (least, most) = (keep.min_df.max(1), keep.max_df * documents as f64);
        let is_kept = |class: usize| {
            df[class] as usize >= least && f64::from(df[class]) <= most && wanted(class)
        };
        let kept = keep.max_terms.map(|max_terms| self.most_frequent(max_terms, &df, is_kept));
        let mut sizes_of_kept = vec![0u32; if kept.is_some() { df.len() } else { 0 }];
        for &term in kept.iter().flatten() {
            sizes_of_kept[self.class(term as usize)] += 1;
        }
        let size = |class: usize| match &kept {
            Some(_) => sizes_of_kept[class],
            None if is_kept(class) => self.classes.map_or(1, |(_, sizes)| sizes[class]),
            None => 0,
        };
        let mut columns = 0;
        let entry = |class: usize| {
            let size = size(class);
            if size == 0 {
                return Entry { column: ABSENT, factor: 0.0 };
            }
            columns += 1;
            let factor = f64::from(idf(documents, df[class])) * f64::from(size).sqrt();
            Entry { column: columns - 1, factor }
        };
        let entries = (0..df.len()).map(entry).collect();
        FittedBlock { entries, columns: columns as usize, df, documents, kept }
    }

    fn class(&self, term: usize) -> usize {
        self.classes.map_or(term, |(class_of, _)| class_of[term] as usize)
    }

    /// Returns the terms with the highest counts of those that are kept, rising.
    fn most_frequent(
        &self,
        max_terms: usize,
        df: &[u32],
        is_kept: impl Fn(usize) -> bool,
    ) -> Vec<u32> {
        let mut totals = vec![0.0; df.len()];
        for &(class, tf) in self.documents.clone().flatten() {
            totals[class as usize] += tf;
        }
        let total = |term: usize| totals[self.class(term)];
        let mut kept: Vec<usize> =
            (0..self.terms).filter(|&term| is_kept(self.class(term))).collect();
        kept.sort_by(|&a, &b| total(b).total_cmp(&total(a)).then(a.cmp(&b)));
        kept.truncate(max_terms);
        kept.sort_unstable();
        kept.into_iter().map(|term| term as u32).collect()
    }
}

/// Returns the idf of a term in `df` of the documents.
fn idf(documents: usize, df: u32) -> f32 {
    (libm::log((1 + documents) as f64 / (1.0 + f64::from(df))) + 1.0) as f32
}

impl FittedBlock {
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

    /// Returns the terms in the vocabulary, rising, given the class of each counted term if
    /// there are classes.
    fn kept(&self, class_of: Option<&[u32]>) -> Vec<u32> {
        if let Some(kept) = &self.kept {
            return kept.clone();
        }
        let terms = class_of.map_or(self.entries.len(), <[u32]>::len) as u32;
        let class = |term: u32| class_of.map_or(term, |class_of| class_of[term as usize]);
        (0..terms).filter(|&term| self.get(class(term)).is_some()).collect()
    }

    /// Returns the column of each term in the vocabulary, and what share of a vector of that
    /// column is the term's.
    pub(super) fn shares(&self, class_of: &[u32]) -> Vec<(u32, f64)> {
        let column = |&term: &u32| self.entries[class_of[term as usize] as usize].column;
        let columns: Vec<u32> = self.kept(Some(class_of)).iter().map(column).collect();
        let mut sizes = vec![0u32; self.columns];
        columns.iter().for_each(|&column| sizes[column as usize] += 1);
        let share = |column: u32| (column, 1.0 / f64::from(sizes[column as usize]).sqrt());
        columns.into_iter().map(share).collect()
    }

    /// Returns the block with the names of its terms, given those of all counted ones and
    /// their classes, if they have any.
    fn named(self, names: &[String], class_of: Option<&[u32]>) -> Block {
        let kept = self.kept(class_of);
        let class = |term: u32| class_of.map_or(term, |class_of| class_of[term as usize]) as usize;
        Block {
            terms: kept.iter().map(|&term| names[term as usize].clone()).collect(),
            idf: kept.iter().map(|&term| idf(self.documents, self.df[class(term)])).collect(),
        }
    }
}
