//! Recipes: checked params, and the values that a search can try.

use serde::{Deserialize, Serialize};

use super::params::TaggerParams;
use crate::error::{Error, Result};
use crate::logistic::Solver;

/// Checked params, and the values that a search can try instead. Training requires a
/// recipe, and [`TaggerParams::check`] is the only way to create one, so invalid params
/// never reach training.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    params: TaggerParams,
    search: Option<SearchSpace>,
}

impl TaggerParams {
    /// Makes a recipe of these params, without a search.
    ///
    /// # Errors
    /// [`Error::BadParam`] that names the first invalid value.
    pub fn check(self) -> Result<Recipe> {
        self.check_values()?;
        Ok(Recipe { params: self, search: None })
    }
}

impl Recipe {
    /// Makes a recipe with these params as the start of a search.
    ///
    /// # Errors
    /// [`Error::BadParam`] that names the first invalid value of the search.
    pub fn with_search(self, space: SearchSpace) -> Result<Self> {
        space.check(&self.params)?;
        Ok(Self { search: Some(space), ..self })
    }

    /// Returns the recipe without its search.
    pub fn without_search(&self) -> Self {
        Self { params: self.params.clone(), search: None }
    }

    /// Returns the params, from which a search starts if there is one.
    pub fn params(&self) -> &TaggerParams {
        &self.params
    }

    /// Returns the values that a search tries; `None` if there is no search.
    pub fn search(&self) -> Option<&SearchSpace> {
        self.search.as_ref()
    }

    /// Returns the recipe for taggers that are discarded after a test: with the faster
    /// solver, and with no more digits than a test shows.
    pub fn quick(&self) -> Self {
        Self { params: self.params.quick(), search: self.search.clone() }
    }

    /// Returns the recipe for taggers that are only tested, and fitted to as many digits as
    /// others: both solvers reach the same optimum, and Newton needs less time for one tagger.
    pub fn tested(&self) -> Self {
        let mut recipe = self.clone();
        let solver = &mut recipe.params.logistic.solver;
        if *solver == Solver::Auto {
            *solver = Solver::Newton;
        }
        recipe
    }

    /// Returns params of the search that count texts differently from its start; some may
    /// give equal counts.
    pub(super) fn read_otherwise(&self) -> Vec<TaggerParams> {
        let Some(space) = &self.search else { return Vec::new() };
        let stop_words = Kind::StopWords(&space.stop_words).variations(&self.params);
        let mut found = stop_words.clone();
        for params in stop_words.iter().chain([&self.params]) {
            found.extend(Kind::LevelFields(&space.level_fields).variations(params));
        }
        found
    }

    /// Returns the recipe after a search.
    pub(super) fn of_checked(params: TaggerParams) -> Self {
        Self { params, search: None }
    }
}

/// Values that a search tries, one kind after another, each starting from the best params
/// so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchSpace {
    /// Whether the stop list of the language keeps function words ("the", "with") out of
    /// the n-grams. By default this is not searched: keeping them ranks texts slightly
    /// better but makes tagging 1.5 times slower.
    pub stop_words: Vec<bool>,
    /// Whether the words of all fields have equal weight, or the weights of the params.
    pub level_fields: Vec<bool>,
    /// Sizes of word n-grams.
    pub word_ngrams: Vec<(usize, usize)>,
    /// Minimum document frequencies, for both words and subwords.
    pub min_df: Vec<usize>,
    /// With or without character n-grams within words.
    pub subwords: Vec<bool>,
    /// Weights of the taxonomy's definitions.
    pub definitions: Vec<u32>,
    /// Penalties of the logistic regression.
    pub alpha: Vec<f64>,
    /// A variation must raise mean average precision by more than this, so that noise
    /// alone changes nothing.
    pub least_gain: f64,
}

impl Default for SearchSpace {
    fn default() -> Self {
        Self {
            stop_words: Vec::new(),
            level_fields: vec![true],
            word_ngrams: vec![(1, 1), (1, 2)],
            min_df: vec![1, 2, 3],
            subwords: vec![false, true],
            definitions: vec![0, 4, 8],
            alpha: vec![0.2, 0.4, 0.8, 1.6],
            least_gain: 0.002,
        }
    }
}

impl SearchSpace {
    fn check(&self, params: &TaggerParams) -> Result<()> {
        if !self.least_gain.is_finite() {
            let remedy = "give a finite number";
            return Err(Error::bad_param("least_gain", self.least_gain, remedy));
        }
        let kinds = self.kinds();
        let mut tried = kinds.iter().flat_map(|kind| kind.variations(params));
        tried.try_for_each(|variation| variation.check_values())
    }

    /// Returns the variations of `params` in each kind, in the order in which they are tried,
    /// without those that change nothing.
    pub(super) fn kinds(&self) -> [Kind<'_>; 7] {
        [
            Kind::StopWords(&self.stop_words),
            Kind::LevelFields(&self.level_fields),
            Kind::Subwords(&self.subwords),
            Kind::WordNgrams(&self.word_ngrams),
            Kind::MinDf(&self.min_df),
            Kind::Definitions(&self.definitions),
            Kind::Alpha(&self.alpha),
        ]
    }
}

pub(super) enum Kind<'s> {
    StopWords(&'s [bool]),
    LevelFields(&'s [bool]),
    Subwords(&'s [bool]),
    WordNgrams(&'s [(usize, usize)]),
    MinDf(&'s [usize]),
    Definitions(&'s [u32]),
    Alpha(&'s [f64]),
}

impl Kind<'_> {
    pub(super) fn variations(&self, base: &TaggerParams) -> Vec<TaggerParams> {
        let with = |change: &dyn Fn(&mut TaggerParams)| {
            let mut params = base.clone();
            change(&mut params);
            params
        };
        let variations: Vec<TaggerParams> = match self {
            Self::StopWords(values) => {
                values.iter().map(|&used| with(&|p| p.features.text.stop_words = used)).collect()
            }
            Self::LevelFields(values) => (values.iter().filter(|level| **level))
                .map(|_| with(&|p| p.fields.iter_mut().for_each(|field| field.weight = 1.0)))
                .collect(),
            Self::Subwords(values) => values
                .iter()
                .map(|&wanted| {
                    with(&|p| match wanted {
                        true => _ = p.features.subwords.get_or_insert_default(),
                        false => p.features.subwords = None,
                    })
                })
                .collect(),
            Self::WordNgrams(values) => {
                values.iter().map(|&sizes| with(&|p| p.features.words.ngrams = sizes)).collect()
            }
            Self::MinDf(values) => values
                .iter()
                .map(|&min_df| {
                    with(&|p| {
                        p.features.words.keep.min_df = min_df;
                        p.features.subwords.iter_mut().for_each(|s| s.keep.min_df = min_df);
                    })
                })
                .collect(),
            Self::Definitions(values) => {
                values.iter().map(|&weight| with(&|p| p.definitions = weight)).collect()
            }
            Self::Alpha(values) => {
                values.iter().map(|&alpha| with(&|p| p.logistic.alpha = alpha)).collect()
            }
        };
        variations.into_iter().filter(|params| params != base).collect()
    }
}
