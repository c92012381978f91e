//! Terms to sparse vectors: vocabulary, document frequencies and idf, frozen
//! at fit.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::sparse::SparseRows;
use crate::text::{Analyzer, TextParams, character_ngrams, lower_case, tokens};

/// Which features a text has.
///
/// Two blocks stand side by side, each of length one where it is not empty:
/// word n-grams, and character n-grams within words ("subwords").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureParams {
    /// Text to terms.
    pub text: TextParams,
    /// The block of word n-grams.
    pub words: WordParams,
    /// The block of character n-grams within words, if wanted.
    pub subwords: Option<SubwordParams>,
}

/// Word n-grams: tf-idf as scikit-learn's `TfidfVectorizer` with smooth idf and
/// L2 norm computes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordParams {
    /// Fewest and most words of an n-gram.
    pub ngrams: (usize, usize),
    /// Which of the n-grams become terms.
    pub keep: TermFilter,
    /// Whether the term frequency tf counts as `1 + ln tf`.
    pub sublinear_tf: bool,
}

/// Character n-grams within words.
///
/// Each distinct word that has a term counts `1 + ln tf` times the tf-idf vector
/// of its n-grams, and the length is the root of the summed squared lengths of
/// these vectors. So no word changes what another one contributes before the
/// norm, and a word costs one look-up, whatever its n-grams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubwordParams {
    /// Fewest and most characters of an n-gram.
    pub ngrams: (usize, usize),
    /// Which of the n-grams become terms.
    pub keep: TermFilter,
}

/// Which terms of a corpus enter the vocabulary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermFilter {
    /// Terms in fewer documents are left out.
    pub min_df: usize,
    /// Terms in more than this share of the documents are left out.
    pub max_df: f64,
    /// At most this many terms: the most frequent ones, of equals the first in
    /// the alphabet.
    pub max_terms: Option<usize>,
}

impl Default for FeatureParams {
    fn default() -> Self {
        Self {
            text: TextParams::default(),
            words: WordParams::default(),
            subwords: Some(SubwordParams::default()),
        }
    }
}

impl Default for WordParams {
    fn default() -> Self {
        Self { ngrams: (1, 2), keep: TermFilter::default(), sublinear_tf: true }
    }
}

impl Default for SubwordParams {
    fn default() -> Self {
        Self { ngrams: (4, 6), keep: TermFilter::default() }
    }
}

impl Default for TermFilter {
    fn default() -> Self {
        Self { min_df: 2, max_df: 1.0, max_terms: None }
    }
}

impl FeatureParams {
    /// Whether the values can work.
    ///
    /// # Errors
    /// [`Error::BadParam`] that names the first one which cannot.
    pub fn check(&self) -> Result<()> {
        check_sizes("words.ngrams", self.words.ngrams, 5)?;
        check_filter(&self.words.keep)?;
        if let Some(subwords) = &self.subwords {
            check_sizes("subwords.ngrams", subwords.ngrams, 10)?;
            check_filter(&subwords.keep)?;
        }
        Ok(())
    }
}

fn check_sizes(name: &'static str, (low, high): (usize, usize), most: usize) -> Result<()> {
    if low >= 1 && low <= high && high <= most {
        return Ok(());
    }
    Err(Error::BadParam {
        name,
        value: format!("{low}-{high}"),
        remedy: format!("give a smaller and a larger size between 1 and {most}"),
    })
}

fn check_filter(filter: &TermFilter) -> Result<()> {
    if !(filter.max_df > 0.0 && filter.max_df <= 1.0) {
        return Err(Error::BadParam {
            name: "max_df",
            value: filter.max_df.to_string(),
            remedy: "give a share above 0 and up to 1".into(),
        });
    }
    Ok(())
}

/// One text field of a document and how often each of its words counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field<'t> {
    /// The text.
    pub text: &'t str,
    /// Its words count this many times.
    pub weight: f64,
}

/// The frozen vocabulary: terms in order, with their idf.
///
/// Word n-grams come first, then subwords; the number of a term is its column.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    pub(crate) params: FeatureParams,
    pub(crate) words: Block,
    pub(crate) subwords: Block,
}

/// Terms of one block, sorted, with their idf.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Block {
    pub(crate) terms: Vec<String>,
    pub(crate) idf: Vec<f32>,
}

impl Features {
    /// Number of columns.
    pub fn len(&self) -> usize {
        self.words.terms.len() + self.subwords.terms.len()
    }

    /// Whether the vocabulary is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The params the features were fitted with.
    pub fn params(&self) -> &FeatureParams {
        &self.params
    }

    /// All terms in the order of the columns, word n-grams first.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.words.terms.iter().chain(&self.subwords.terms).map(String::as_str)
    }

    /// Number of word n-grams, which are the first columns.
    pub fn word_terms(&self) -> usize {
        self.words.terms.len()
    }
}

type Counts = Vec<(u32, f64)>;

/// A corpus whose terms have been counted once, so that features can be fitted
/// on any choice of its documents without reading the text again.
///
/// Fitting looks at nothing but the chosen documents: counting all at once
/// saves time and shares no knowledge.
pub struct CountedCorpus {
    /// Word n-grams, sorted, and how often each document has each.
    words: Vec<String>,
    documents: Vec<Counts>,
    /// Character n-grams, sorted; the n-grams of each distinct word; how much
    /// each word of a document counts; the n-grams of each document.
    subwords: Vec<String>,
    subwords_of_word: Vec<Counts>,
    words_of_document: Vec<Counts>,
    subwords_of_document: Vec<Counts>,
}

impl CountedCorpus {
    /// Counts the terms of all documents.
    pub fn new<'t, D>(documents: impl IntoIterator<Item = D>, params: &FeatureParams) -> Self
    where
        D: IntoIterator<Item = Field<'t>>,
    {
        let analyzer = Analyzer::new(&params.text);
        let mut terms = Dictionary::default();
        let mut surfaces = Dictionary::default();
        // Of each distinct word: its term, computed once.
        let mut term_of_surface: Vec<Option<String>> = Vec::new();
        let mut counts = Vec::new();
        let mut surface_counts = Vec::new();
        let mut joined = String::new();
        for document in documents {
            let (mut of_terms, mut of_surfaces) = (Vec::new(), Vec::new());
            for field in document {
                let mut sequence: Vec<u32> = Vec::new();
                for token in tokens(field.text) {
                    let word = lower_case(token.surface);
                    let surface = surfaces.number(&word);
                    if surface as usize == term_of_surface.len() {
                        term_of_surface.push(analyzer.term(&word).map(|t| t.into_owned()));
                    }
                    if term_of_surface[surface as usize].is_some() {
                        of_surfaces.push((surface, field.weight));
                        sequence.push(surface);
                    }
                }
                for size in params.words.ngrams.0..=params.words.ngrams.1 {
                    for ngram in sequence.windows(size) {
                        joined.clear();
                        for (i, &surface) in ngram.iter().enumerate() {
                            if i > 0 {
                                joined.push(' ');
                            }
                            joined.extend(term_of_surface[surface as usize].as_deref());
                        }
                        of_terms.push((terms.number(&joined), field.weight));
                    }
                }
            }
            counts.push(summed(of_terms));
            surface_counts.push(summed(of_surfaces));
        }
        let (words, renumbered) = terms.sorted();
        renumber(&mut counts, &renumbered);
        let mut corpus = Self {
            words,
            documents: counts,
            subwords: Vec::new(),
            subwords_of_word: Vec::new(),
            words_of_document: Vec::new(),
            subwords_of_document: Vec::new(),
        };
        if let Some(subwords) = &params.subwords {
            corpus.count_subwords(subwords, &surfaces, surface_counts);
        }
        corpus
    }

    fn count_subwords(
        &mut self,
        params: &SubwordParams,
        surfaces: &Dictionary,
        mut counts: Vec<Counts>,
    ) {
        let mut ngrams = Dictionary::default();
        let mut of_word: Vec<Counts> = surfaces
            .entries
            .iter()
            .map(|word| {
                let mut of_word = Vec::new();
                character_ngrams(word, params.ngrams, |n| of_word.push((ngrams.number(n), 1.0)));
                summed(of_word)
            })
            .collect();
        let (sorted, renumbered) = ngrams.sorted();
        renumber(&mut of_word, &renumbered);
        counts.iter_mut().flatten().for_each(|(_, tf)| *tf = scaled_tf(*tf, true));
        self.subwords_of_document = counts
            .iter()
            .map(|words| {
                let each = words.iter().flat_map(|&(word, times)| {
                    of_word[word as usize].iter().map(move |&(n, count)| (n, count * times))
                });
                summed(each.collect())
            })
            .collect();
        self.subwords = sorted;
        self.subwords_of_word = of_word;
        self.words_of_document = counts;
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// All word n-grams, sorted: the columns of [`CountedCorpus::word_counts`].
    pub fn vocabulary(&self) -> &[String] {
        &self.words
    }

    /// The word terms of a document with their counts, for baselines.
    pub fn word_counts(&self) -> SparseRows {
        let mut rows = SparseRows::new(self.words.len());
        self.documents.iter().for_each(|counts| rows.push_row(counts.iter().copied()));
        rows
    }

    /// The distinct word n-grams of a document.
    pub fn word_terms(&self, document: usize) -> Vec<String> {
        self.documents[document]
            .iter()
            .map(|&(term, _)| self.words[term as usize].clone())
            .collect()
    }

    /// Learns vocabulary and idf from the documents `rows`.
    ///
    /// `params` may differ from those of the count in the term filters, the
    /// scaling of tf, fewer sizes of word n-grams and no subwords. idf is smooth, `ln((1 + n) / (1 + df)) + 1`, and kept
    /// in single precision, as in the model file.
    pub fn fit(&self, rows: &[usize], params: &FeatureParams) -> FittedCorpus<'_> {
        let (shortest, longest) = params.words.ngrams;
        let wanted = |term: &str| (shortest..=longest).contains(&(term.matches(' ').count() + 1));
        let (words, word_columns) =
            fit_block(&self.words, &self.documents, rows, &params.words.keep, 0, wanted);
        let (subwords, subword_columns) = match &params.subwords {
            Some(subwords) => fit_block(
                &self.subwords,
                &self.subwords_of_document,
                rows,
                &subwords.keep,
                words.terms.len() as u32,
                |_| true,
            ),
            None => Default::default(),
        };
        let features = Features { params: params.clone(), words, subwords };
        FittedCorpus { corpus: self, features, word_columns, subword_columns }
    }
}

/// A counted corpus with features fitted on some of its documents.
pub struct FittedCorpus<'c> {
    corpus: &'c CountedCorpus,
    features: Features,
    /// Column of each counted term, [`ABSENT`] if not in the vocabulary.
    word_columns: Vec<u32>,
    subword_columns: Vec<u32>,
}

const ABSENT: u32 = u32::MAX;

impl FittedCorpus<'_> {
    /// The vectors of the documents `rows`.
    pub fn matrix(&self, rows: &[usize]) -> SparseRows {
        let mut matrix = SparseRows::new(self.features.len());
        let squared_lengths = self.squared_word_lengths();
        let mut entries = Vec::new();
        for &row in rows {
            entries.clear();
            self.push_words(row, &mut entries);
            self.push_subwords(row, &squared_lengths, &mut entries);
            matrix.push_row(entries.iter().copied());
        }
        matrix
    }

    /// The features alone.
    pub fn into_features(self) -> Features {
        self.features
    }

    fn push_words(&self, row: usize, entries: &mut Vec<(u32, f64)>) {
        let block = &self.features.words;
        let sublinear = self.features.params.words.sublinear_tf;
        let start = entries.len();
        let mut squares = 0.0;
        for &(term, tf) in &self.corpus.documents[row] {
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

    fn push_subwords(&self, row: usize, squared: &[f64], entries: &mut Vec<(u32, f64)>) {
        if self.subword_columns.is_empty() {
            return;
        }
        let counts = &self.corpus.subwords_of_document[row];
        let words = &self.corpus.words_of_document[row];
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

/// The weight of a term frequency: itself, or `1 + ln tf`.
pub(crate) fn scaled_tf(tf: f64, sublinear: bool) -> f64 {
    if sublinear { 1.0 + tf.ln() } else { tf }
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

/// Numbers strings in the order in which they come.
#[derive(Default)]
struct Dictionary {
    numbers: HashMap<String, u32, FixedState>,
    entries: Vec<String>,
}

impl Dictionary {
    fn number(&mut self, entry: &str) -> u32 {
        if let Some(&number) = self.numbers.get(entry) {
            return number;
        }
        let number = self.entries.len() as u32;
        self.entries.push(entry.to_owned());
        self.numbers.insert(entry.to_owned(), number);
        number
    }

    /// The entries in alphabetical order, and the new number of each old one.
    fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.entries.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| self.entries[a as usize].cmp(&self.entries[b as usize]));
        let mut renumbered = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            renumbered[old as usize] = new as u32;
        }
        let mut entries = self.entries;
        entries.sort_unstable();
        (entries, renumbered)
    }
}

fn renumber(rows: &mut [Counts], numbers: &[u32]) {
    for row in rows {
        row.iter_mut().for_each(|(term, _)| *term = numbers[*term as usize]);
        row.sort_unstable_by_key(|&(term, _)| term);
    }
}

/// Adds up the counts of equal terms; terms rise.
fn summed(mut counts: Counts) -> Counts {
    counts.sort_by_key(|&(term, _)| term);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn fixture() -> Value {
        serde_json::from_str(include_str!("../tests/fixtures/features/expected.json")).unwrap()
    }

    fn strings(value: &Value) -> Vec<String> {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn dense(rows: &SparseRows, columns: std::ops::Range<usize>) -> Vec<Vec<f64>> {
        (0..rows.len())
            .map(|row| {
                let mut dense = vec![0.0; rows.columns()];
                let (indices, values) = rows.row(row);
                indices.iter().zip(values).for_each(|(&i, &v)| dense[i as usize] = v);
                dense[columns.clone()].to_vec()
            })
            .collect()
    }

    /// Expected numbers: `TfidfVectorizer` by `tests/fixtures/features/make_fixture.py`.
    #[test]
    fn the_matrix_is_that_of_tfidf_vectorizer() {
        let fixture = fixture();
        let texts = strings(&fixture["texts"]);
        for case in fixture["cases"].as_array().unwrap() {
            let keep = |block: &str| TermFilter {
                min_df: case["min_df"].as_u64().unwrap() as usize,
                max_df: case["max_df"].as_f64().unwrap(),
                max_terms: case[block]["max_terms"].as_u64().map(|n| n as usize),
            };
            let params = FeatureParams {
                text: TextParams { stemming: false, stop_words: false, ..TextParams::default() },
                words: WordParams {
                    ngrams: (1, 2),
                    keep: keep("words"),
                    sublinear_tf: case["sublinear_tf"].as_bool().unwrap(),
                },
                subwords: Some(SubwordParams { ngrams: (3, 5), keep: keep("subwords") }),
            };
            let documents = texts.iter().map(|text| [Field { text, weight: 1.0 }]);
            let corpus = CountedCorpus::new(documents, &params);
            let rows: Vec<usize> = (0..texts.len()).collect();
            let fitted = corpus.fit(&rows, &params);
            let matrix = fitted.matrix(&rows);
            let features = fitted.into_features();
            let split = features.word_terms();
            for (block, range) in [("words", 0..split), ("subwords", split..features.len())] {
                let terms: Vec<String> =
                    features.terms().map(str::to_owned).collect::<Vec<_>>()[range.clone()].to_vec();
                assert_eq!(terms, strings(&case[block]["terms"]), "{block}");
                let expected: Vec<Vec<f64>> =
                    serde_json::from_value(case[block]["matrix"].clone()).unwrap();
                for (ours, theirs) in
                    dense(&matrix, range).iter().flatten().zip(expected.iter().flatten())
                {
                    assert!((ours - theirs).abs() < 1e-6, "{block}: {ours} is not {theirs}");
                }
            }
        }
    }

    #[test]
    fn nothing_of_a_document_left_out_reaches_the_features() {
        let texts = ["roads roads bridges", "roads bridges", "marker marker roads bridges marker"];
        let params = FeatureParams {
            words: WordParams {
                keep: TermFilter { min_df: 1, ..Default::default() },
                ..Default::default()
            },
            ..Default::default()
        };
        let count = |texts: &[&str]| {
            let documents: Vec<_> =
                texts.iter().map(|text| [Field { text, weight: 1.0 }]).collect();
            CountedCorpus::new(documents, &params).fit(&[0, 1], &params).into_features()
        };
        assert_eq!(count(&texts), count(&texts[..2]));
    }
}
