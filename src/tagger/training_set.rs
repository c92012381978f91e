//! Labelled cases prepared for training: counted, grouped, and immutable.

use std::sync::Arc;

use super::params::TaggerParams;
use super::readings::Readings;
use super::recipe::Recipe;
use crate::error::{Error, Result};
use crate::features::CountedCorpus;
use crate::features::SparseRows;
use crate::features::near_duplicates;
use crate::features::near_duplicates::{NEAR, Signature};
use crate::tagger::{Case, Corpus, Example};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};
use crate::text::Normalised;

/// Labelled cases prepared for training by a recipe: terms are counted and
/// near-duplicates grouped. Any subset of the cases can be trained on.
#[derive(Clone)]
pub struct TrainingSet<'c> {
    pub(super) corpus: &'c Corpus,
    pub(super) recipe: Recipe,
    /// Positions of the labelled cases in the corpus.
    labelled: Vec<usize>,
    pub(super) gold: Vec<TrendSet>,
    /// Trends that are unknown for a case, because its reviewer was not asked about them.
    pub(super) unknown: Vec<TrendSet>,
    pub(super) signatures: Vec<Option<Signature>>,
    pub(super) groups: Vec<usize>,
    pub(super) words: Vec<usize>,
    readings: Arc<Readings>,
    /// Trend of each definition; their texts are counted after the cases.
    pub(super) definitions: Vec<TrendId>,
    /// Trends of each example; their texts are counted after the definitions.
    pub(super) examples: Vec<&'c TrendSet>,
}

impl<'c> TrainingSet<'c> {
    /// Counts the terms of the labelled cases of a corpus, as needed for the recipe and
    /// all variations of its search.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there are cases and none is labelled, or one has a trend
    /// outside the corpus's taxonomy.
    pub fn new(corpus: &'c Corpus, recipe: Recipe) -> Result<Self> {
        corpus.refuse_foreign_trends()?;
        let labelled: Vec<usize> =
            (0..corpus.cases.len()).filter(|&i| corpus.cases[i].gold.is_some()).collect();
        if labelled.is_empty() && !corpus.cases.is_empty() {
            return Err(Error::bad_corpus(
                "no case is labelled",
                "fill the trends column of the cases to learn from",
            ));
        }
        let case = |&i: &usize| &corpus.cases[i];
        let (definitions, definition_texts) = definition_rows(corpus);
        let signatures: Vec<_> =
            labelled.iter().map(|i| Signature::of_texts(&case(i).texts)).collect();
        let examples: Vec<&Example> =
            corpus.examples.iter().filter(|example| !repeats(example, &signatures)).collect();
        let words =
            |i| case(i).texts.iter().map(|text| Normalised::new(text).tokens().count()).sum();
        let texts: Vec<&[String]> = labelled.iter().map(|i| case(i).texts.as_slice()).collect();
        let lessons: Vec<&str> = (definition_texts.iter().map(String::as_str))
            .chain(examples.iter().map(|example| example.text.as_str()))
            .collect();
        Ok(Self {
            corpus,
            gold: labelled.iter().map(|i| case(i).gold.clone().unwrap_or_default()).collect(),
            unknown: labelled.iter().map(|i| unknown(case(i), &corpus.taxonomy)).collect(),
            groups: near_duplicates::groups(&signatures),
            signatures,
            words: labelled.iter().map(words).collect(),
            readings: Arc::new(Readings::new(&texts, &lessons, &recipe)),
            labelled,
            definitions,
            recipe,
            examples: examples.into_iter().map(|example| &example.trends).collect(),
        })
    }

    /// Returns the same cases with the params of the recipe and no search.
    pub fn without_search(&self) -> Self {
        Self { recipe: self.recipe.without_search(), ..self.clone() }
    }

    /// Returns the recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Returns the numbers of all labelled cases.
    pub fn rows(&self) -> Vec<usize> {
        (0..self.len()).collect()
    }

    /// Returns the number of labelled cases.
    pub fn len(&self) -> usize {
        self.labelled.len()
    }

    /// Returns whether there is no labelled case, so that only definitions and examples
    /// are used.
    pub fn is_empty(&self) -> bool {
        self.labelled.is_empty()
    }

    /// Returns the gold trends of each labelled case.
    pub fn gold(&self) -> &[TrendSet] {
        &self.gold
    }

    /// Returns the group of each labelled case. Near-duplicates share a number.
    pub fn groups(&self) -> &[usize] {
        &self.groups
    }

    /// Returns the signature of each labelled case; `None` for one without a word.
    pub fn signatures(&self) -> &[Option<Signature>] {
        &self.signatures
    }

    /// Returns the number of words of each labelled case.
    pub fn words(&self) -> &[usize] {
        &self.words
    }

    /// Returns the labelled case with this number.
    pub fn case(&self, row: usize) -> &'c Case {
        &self.corpus.cases[self.labelled[row]]
    }

    /// Returns the trends to learn.
    pub fn taxonomy(&self) -> &'c Taxonomy {
        &self.corpus.taxonomy
    }

    /// Returns the counted texts for params of the recipe or its search: the cases, then
    /// the definitions, then the examples.
    pub(super) fn counted(&self, params: &TaggerParams) -> &CountedCorpus {
        self.readings.of(params)
    }

    /// Returns the counts of the word n-grams in each labelled case.
    pub fn word_counts(&self) -> SparseRows {
        self.counted(self.recipe.params()).word_counts().select(&self.rows())
    }

    /// Returns the distinct word n-grams of each labelled case.
    pub fn case_terms(&self) -> Vec<Vec<String>> {
        (0..self.len()).map(|row| self.counted(self.recipe.params()).word_terms(row)).collect()
    }

    /// Returns the word n-grams of the definitions of each trend.
    pub fn definition_terms(&self) -> Vec<Vec<String>> {
        let of_trend = |id: TrendId| {
            let rows = self.definitions.iter().enumerate().filter(|&(_, &trend)| trend == id);
            rows.flat_map(|(i, _)| self.counted(self.recipe.params()).word_terms(self.len() + i))
                .collect()
        };
        self.corpus.taxonomy.iter().map(|(id, _)| of_trend(id)).collect()
    }
}

/// Returns the trends that the reviewer of a case was not asked about and that are not
/// among its labels.
fn unknown(case: &Case, taxonomy: &Taxonomy) -> TrendSet {
    let Some(asked) = case.asked(taxonomy) else { return TrendSet::default() };
    taxonomy.iter().map(|(id, _)| id).filter(|&id| !asked.contains(id)).collect()
}

/// Returns whether an example is nearly the text of a case. It must not be used to train
/// a model that is tested on that case.
fn repeats(example: &Example, cases: &[Option<Signature>]) -> bool {
    let Some(signature) = Signature::new([example.text.as_str()]) else { return true };
    cases.iter().flatten().any(|case| case.similarity(&signature) >= NEAR)
}

/// Returns the definitions of the taxonomy as texts with their trend: the name with the
/// definition, and everything that counts as the trend.
fn definition_rows(corpus: &Corpus) -> (Vec<TrendId>, Vec<String>) {
    let rows = corpus.taxonomy.iter().flat_map(|(id, trend)| {
        let whole = format!("{}\n{}", trend.name, trend.definition);
        std::iter::once(whole).chain(trend.includes.iter().cloned()).map(move |text| (id, text))
    });
    rows.filter(|(_, text)| !text.trim().is_empty()).unzip()
}
