//! Labelled cases made ready for training: counted, grouped, and never changed.

use std::sync::Arc;

use super::recipe::Recipe;
use crate::error::{Error, Result};
use crate::features::SparseRows;
use crate::features::near_duplicates;
use crate::features::near_duplicates::{NEAR, Signature};
use crate::features::{CountedCorpus, FeatureParams, Field};
use crate::tagger::record::ASKED_COLUMN;
use crate::tagger::{Case, Corpus, Example};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};
use crate::text::Normalised;

/// Labelled cases made ready for training by a recipe: terms counted, near-duplicates
/// grouped. Any choice of its cases can be trained on.
#[derive(Clone)]
pub struct TrainingSet<'c> {
    pub(super) corpus: &'c Corpus,
    pub(super) recipe: Recipe,
    /// Positions in the corpus of the cases that are labelled.
    labelled: Vec<usize>,
    pub(super) gold: Vec<TrendSet>,
    /// Trends of which nothing is known of a case, because its decision was not asked
    /// about them.
    pub(super) unknown: Vec<TrendSet>,
    pub(super) signatures: Vec<Option<Signature>>,
    pub(super) groups: Vec<usize>,
    pub(super) words: Vec<usize>,
    pub(super) counted: Arc<CountedCorpus>,
    /// Trend of each definition; their texts are counted after the cases.
    pub(super) definitions: Vec<TrendId>,
    /// Trends of each example; their texts are counted after the definitions.
    pub(super) examples: Vec<&'c TrendSet>,
}

impl<'c> TrainingSet<'c> {
    /// Counts the terms of the labelled cases of a corpus, so that the recipe and all
    /// that its search may make of it can be trained.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there are cases and none is labelled, or one has a trend
    /// that is not of the corpus's taxonomy.
    pub fn new(corpus: &'c Corpus, recipe: Recipe) -> Result<Self> {
        corpus.refuse_foreign_trends()?;
        let params = recipe.params();
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
        let weights: Vec<f64> = params.fields.iter().map(|field| field.weight).collect();
        let of_case = |i: &usize| -> Vec<Field<'_>> {
            let weighed = case(i).texts.iter().zip(&weights);
            weighed.map(|(text, &weight)| Field::new(text, weight)).collect()
        };
        let of_definition = |text| vec![Field::new(text, 1.0)];
        let signatures: Vec<_> =
            labelled.iter().map(|i| Signature::of_texts(&case(i).texts)).collect();
        let examples: Vec<&Example> =
            corpus.examples.iter().filter(|example| !repeats(example, &signatures)).collect();
        let words =
            |i| case(i).texts.iter().map(|text| Normalised::new(text).tokens().count()).sum();
        let documents =
            labelled.iter().map(of_case).chain(definition_texts.iter().map(|t| of_definition(t)));
        let documents = documents.chain(examples.iter().map(|e| of_definition(&e.text)));
        Ok(Self {
            corpus,
            gold: labelled.iter().map(|i| case(i).gold.clone().unwrap_or_default()).collect(),
            unknown: labelled.iter().map(|i| unknown(case(i), &corpus.taxonomy)).collect(),
            groups: near_duplicates::groups(&signatures),
            signatures,
            words: labelled.iter().map(words).collect(),
            counted: Arc::new(CountedCorpus::new(documents, &widest(&recipe))),
            labelled,
            definitions,
            recipe,
            examples: examples.into_iter().map(|example| &example.trends).collect(),
        })
    }

    /// The same cases with the params of the recipe and no search for better ones.
    pub fn without_search(&self) -> Self {
        Self { recipe: self.recipe.without_search(), ..self.clone() }
    }

    /// What it trains with.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The numbers of all labelled cases.
    pub fn rows(&self) -> Vec<usize> {
        (0..self.len()).collect()
    }

    /// Number of labelled cases.
    pub fn len(&self) -> usize {
        self.labelled.len()
    }

    /// Whether there is none: then only definitions and examples are learned from.
    pub fn is_empty(&self) -> bool {
        self.labelled.is_empty()
    }

    /// Gold trends of each labelled case.
    pub fn gold(&self) -> &[TrendSet] {
        &self.gold
    }

    /// Near-duplicates share a number.
    pub fn groups(&self) -> &[usize] {
        &self.groups
    }

    /// Signature of each labelled case; `None` for one without a word.
    pub fn signatures(&self) -> &[Option<Signature>] {
        &self.signatures
    }

    /// Number of words of each labelled case.
    pub fn words(&self) -> &[usize] {
        &self.words
    }

    /// The labelled case with this number.
    pub fn case(&self, row: usize) -> &'c Case {
        &self.corpus.cases[self.labelled[row]]
    }

    /// The trends that are learned.
    pub fn taxonomy(&self) -> &'c Taxonomy {
        &self.corpus.taxonomy
    }

    /// How often each labelled case has each word n-gram.
    pub fn word_counts(&self) -> SparseRows {
        self.counted.word_counts().select(&self.rows())
    }

    /// The distinct word n-grams of each labelled case.
    pub fn case_terms(&self) -> Vec<Vec<String>> {
        (0..self.len()).map(|row| self.counted.word_terms(row)).collect()
    }

    /// The word n-grams of the definitions of each trend.
    pub fn definition_terms(&self) -> Vec<Vec<String>> {
        let of_trend = |id: TrendId| {
            let rows = self.definitions.iter().enumerate().filter(|&(_, &trend)| trend == id);
            rows.flat_map(|(i, _)| self.counted.word_terms(self.len() + i)).collect()
        };
        self.corpus.taxonomy.iter().map(|(id, _)| of_trend(id)).collect()
    }
}

/// The trends that a case was not asked about and is not labelled with.
fn unknown(case: &Case, taxonomy: &Taxonomy) -> TrendSet {
    let asked = case.record.get(ASKED_COLUMN).and_then(|cell| taxonomy.asked(&cell));
    let Some(asked) = asked else { return TrendSet::default() };
    let is_known = |id| asked.contains(id) || case.gold.as_ref().is_some_and(|g| g.contains(id));
    taxonomy.iter().map(|(id, _)| id).filter(|&id| !is_known(id)).collect()
}

/// Whether an example is the text of a case, or nearly: it must not teach a model
/// that is tested on that case.
fn repeats(example: &Example, cases: &[Option<Signature>]) -> bool {
    let Some(signature) = Signature::new([example.text.as_str()]) else { return true };
    cases.iter().flatten().any(|case| case.similarity(&signature) >= NEAR)
}

/// What the taxonomy says that its trends are, as texts with their trend: the
/// name with the definition, and everything that counts as the trend.
fn definition_rows(corpus: &Corpus) -> (Vec<TrendId>, Vec<String>) {
    let rows = corpus.taxonomy.iter().flat_map(|(id, trend)| {
        let whole = format!("{}\n{}", trend.name, trend.definition);
        std::iter::once(whole).chain(trend.includes.iter().cloned()).map(move |text| (id, text))
    });
    rows.filter(|(_, text)| !text.trim().is_empty()).unzip()
}

/// The features that hold all that the params and the search can ask for.
fn widest(recipe: &Recipe) -> FeatureParams {
    let mut widest = recipe.params().features.clone();
    if let Some(space) = recipe.search() {
        for &(low, high) in &space.word_ngrams {
            let ngrams = &mut widest.words.ngrams;
            *ngrams = (ngrams.0.min(low), ngrams.1.max(high));
        }
        if space.subwords.contains(&true) {
            widest.subwords.get_or_insert_default();
        }
    }
    widest
}
