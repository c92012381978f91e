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
        let places: Vec<usize> = rows.iter().map(|&row| self.places[row].whole).collect();
        let (shortest, longest) = params.words.ngrams;
        let wanted = |term: usize| (shortest..=longest).contains(&usize::from(self.sizes[term]));
        let keep = &params.words.keep;
        let words = FittedBlock::new(self.words.len(), &self.documents, &places, keep, wanted);
        let subwords = params.subwords.as_ref().map(|subwords| {
            let (terms, counts) = (self.subwords.len(), &self.subwords_of_document);
            FittedBlock::new(terms, counts, &places, &subwords.keep, |_| true)
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
        let words = self.words.named(&self.corpus.words);
        let subwords = self.subwords.map(|block| block.named(&self.corpus.subwords));
        let (params, hyphenated) = (self.params, self.hyphenated);
        Features { params, words, subwords: subwords.unwrap_or_default(), hyphenated }
    }
}

/// The vocabulary of one block, by the numbers of the counted terms.
pub(super) struct FittedBlock {
    /// Rising.
    kept: Vec<u32>,
    /// Of every counted term.
    entries: Vec<Entry>,
    df: Vec<usize>,
}

/// What a counted term is in the vocabulary.
#[derive(Clone, Copy)]
struct Entry {
    /// Its place in the block; [`ABSENT`] if it is not in the vocabulary.
    place: u32,
    idf: f32,
}

const ABSENT: u32 = u32::MAX;

impl FittedBlock {
    /// Learns from the counts `rows`; `wanted` says which terms may be kept.
    fn new(
        terms: usize,
        counts: &[Counts],
        rows: &[usize],
        keep: &TermFilter,
        wanted: impl Fn(usize) -> bool,
    ) -> Self {
        let mut df = vec![0usize; terms];
        for &(term, _) in rows.iter().flat_map(|&row| &counts[row]) {
            df[term as usize] += 1;
        }
        let (least, most) = (keep.min_df.max(1), keep.max_df * rows.len() as f64);
        let is_kept = |&t: &usize| df[t] >= least && df[t] as f64 <= most && wanted(t);
        let mut kept: Vec<usize> = (0..terms).filter(is_kept).collect();
        if let Some(max_terms) = keep.max_terms {
            let mut total = vec![0.0; terms];
            for &(term, tf) in rows.iter().flat_map(|&row| &counts[row]) {
                total[term as usize] += tf;
            }
            kept.sort_by(|&a, &b| total[b].total_cmp(&total[a]).then(a.cmp(&b)));
            kept.truncate(max_terms);
            kept.sort_unstable();
        }
        let mut entries = vec![Entry { place: ABSENT, idf: 0.0 }; terms];
        for (place, &term) in kept.iter().enumerate() {
            let idf = libm::log((1 + rows.len()) as f64 / (1 + df[term]) as f64) + 1.0;
            entries[term] = Entry { place: place as u32, idf: idf as f32 };
        }
        Self { kept: kept.into_iter().map(|term| term as u32).collect(), entries, df }
    }

    /// Returns the number of terms.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Returns the place and the idf of a counted term that is in the vocabulary.
    pub(super) fn get(&self, term: u32) -> Option<(u32, f64)> {
        let Entry { place, idf } = self.entries[term as usize];
        (place != ABSENT).then_some((place, f64::from(idf)))
    }

    /// Returns in how many of the documents a counted term is.
    pub(super) fn document_frequency(&self, term: usize) -> usize {
        self.df[term]
    }

    /// Returns the block with the names of its terms, given those of all counted ones.
    fn named(self, names: &[String]) -> Block {
        let terms = self.kept.iter().map(|&term| names[term as usize].clone()).collect();
        let idf = self.kept.iter().map(|&term| self.entries[term as usize].idf).collect();
        Block { terms, idf }
    }
}
