//! Options of features.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text::TextParams;

/// The features of a text. Two blocks side by side, each of unit length unless empty:
/// word n-grams, and character n-grams within words ("subwords").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureParams {
    /// Text to terms.
    pub text: TextParams,
    /// The block of word n-grams.
    pub words: WordParams,
    /// The block of character n-grams within words, if used.
    pub subwords: Option<SubwordParams>,
    /// A field of more words than this is split into windows, and the vector of the
    /// document is the mean of theirs; `None` takes every text as a whole, as models
    /// before format 3 do.
    #[serde(default)]
    pub window: Option<usize>,
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

/// Character n-grams within words. Each distinct word that has a term counts `1 + ln tf`
/// times the tf-idf vector of its n-grams, and the length is the root of the summed
/// squared lengths of these vectors. So no word changes the contribution of another
/// before the norm, and a word costs one look-up, whatever its n-grams.
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
    /// Maximum number of terms: the most frequent ones, ties in alphabetical order.
    pub max_terms: Option<usize>,
}

impl Default for FeatureParams {
    fn default() -> Self {
        Self {
            text: TextParams::default(),
            words: WordParams::default(),
            subwords: Some(SubwordParams::default()),
            window: Some(200),
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
    /// Returns whether the values can work.
    ///
    /// # Errors
    /// [`Error::BadParam`] that names the first one which cannot.
    pub fn check(&self) -> Result<()> {
        check_sizes("words.ngrams", self.words.ngrams, 5)?;
        if self.window == Some(0) {
            return Err(Error::bad_param("window", "0", "give a window at least one word"));
        }
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
    let remedy = format!("give a smaller and a larger size between 1 and {most}");
    Err(Error::bad_param(name, format!("{low}-{high}"), remedy))
}

fn check_filter(filter: &TermFilter) -> Result<()> {
    if !(filter.max_df > 0.0 && filter.max_df <= 1.0) {
        return Err(Error::bad_param("max_df", filter.max_df, "give a share above 0 and up to 1"));
    }
    Ok(())
}
