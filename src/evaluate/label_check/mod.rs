//! The label check: probable faults of a labelled corpus, worst first and with evidence:
//! labels, contradictions, short texts, rare trends, leaks.

mod confident;
mod texts;
mod vocabulary;

pub use confident::{Suspect, SuspectTrend, TrendNoise};
pub use texts::{Contradiction, ThinText};
pub use vocabulary::Leak;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Map;

use crate::error::Result;
use crate::evaluate::protocol::cross_validation;
use crate::evaluate::protocol::outcomes;
use crate::evaluate::protocol::run;
use crate::metrics::{Outcome, mean_over_repeats};
use crate::tagger::{Case, Corpus, Record};
use crate::tagger::{Recipe, TrainingSet};
use crate::taxonomy::Taxonomy;

/// The column with the labels of a case that is to be looked at again.
const GIVEN: &str = "given_trends";

/// How the labels of a corpus are checked.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelCheckParams {
    /// Folds of the cross-validation.
    pub folds: usize,
    /// Its repeats on other folds.
    pub repeats: usize,
    /// Seed of the folds.
    pub seed: u64,
    /// Texts with less than this share of the median number of words are thin.
    pub thin: f64,
    /// Trends with fewer cases have little support.
    pub least_support: usize,
}

impl Default for LabelCheckParams {
    fn default() -> Self {
        Self { folds: 5, repeats: 2, seed: 1, thin: 0.25, least_support: 20 }
    }
}

/// The findings in a corpus; every list starts with the worst.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LabelCheck {
    /// Number of labelled cases.
    pub cases: usize,
    /// Per trend, how many labels are probably wrong in each direction; trends
    /// with little support are left out.
    pub noise: Vec<TrendNoise>,
    /// Cases with a probably wrong label.
    pub suspects: Vec<Suspect>,
    /// Cases with the same text, or nearly, and different labels.
    pub contradictions: Vec<Contradiction>,
    /// Cases with hardly any text.
    pub thin: Vec<ThinText>,
    /// Trends with little support: key and number of cases.
    pub rare: Vec<(String, usize)>,
    /// Terms that give a label away.
    pub leaks: Vec<Leak>,
}

/// Returns the cases with a probably wrong label, worst first and without evidence, from
/// out-of-fold predictions.
pub fn suspects(outcomes: &[Outcome], taxonomy: &Taxonomy) -> Vec<Suspect> {
    confident::find(outcomes, std::iter::empty(), taxonomy).1
}

impl LabelCheck {
    /// Checks the labelled cases of a corpus with a recipe for taggers: the predictions
    /// for a case come from taggers that have not seen it.
    ///
    /// # Errors
    /// As [`TrainingSet::new`], [`cross_validation`] and [`run`].
    pub fn of(corpus: &Corpus, recipe: &Recipe, params: &LabelCheckParams) -> Result<Self> {
        let set = TrainingSet::new(corpus, recipe.quick())?;
        let repeats = (0..params.repeats as u64)
            .map(|repeat| {
                let seed = params.seed.wrapping_add(repeat);
                let plan = cross_validation(&set, params.folds, None, seed)?;
                // One run's evidence is enough to be shown.
                let evidence = if repeat == 0 { confident::EVIDENCE } else { 0 };
                run(&set, &plan.splits, evidence, &|| {})
            })
            .collect::<Result<Vec<_>>>()?;
        let mean = mean_over_repeats(&outcomes(&repeats, |tested| tested.outcome.clone()));
        let evidence = repeats.iter().take(1).flatten().flat_map(|split| &split.cases);
        let (mut noise, suspects) = confident::find(&mean, evidence, &corpus.taxonomy);
        let rare = noise.extract_if(.., |noise| noise.support < params.least_support);
        let mut rare: Vec<(String, usize)> = rare.map(|noise| (noise.key, noise.support)).collect();
        rare.sort_by_key(|(_, support)| *support);
        Ok(Self {
            cases: set.len(),
            noise,
            suspects,
            contradictions: texts::contradictions(&set),
            thin: texts::thin(&set, params.thin),
            rare,
            leaks: vocabulary::leaks(&set, &recipe.params().features.text),
        })
    }

    /// Returns the cases to check again, suspects and contradictions, in the order of the
    /// corpus. The cells are those of the corpus, with the column `id` first, but the
    /// trends are in a column `given_trends`, so that no reader treats them as a
    /// decision. `trends` is the name of their original column.
    pub fn to_look_at(&self, corpus: &Corpus, id: &str, trends: &str) -> Vec<Record> {
        let contradictory = self.contradictions.iter().flat_map(|found| &found.cases);
        let wanted: BTreeSet<&str> = (self.suspects.iter().map(|suspect| suspect.id.as_str()))
            .chain(contradictory.map(|(id, _)| id.as_str()))
            .collect();
        let cells = |case: &Case| {
            let mut cells = Map::new();
            cells.insert(id.to_owned(), case.id.clone().into());
            for (name, cell) in case.record.values().filter(|(name, _)| *name != trends) {
                cells.entry(name).or_insert_with(|| cell.into());
            }
            if let Some(gold) = &case.gold {
                cells.insert(GIVEN.to_owned(), corpus.taxonomy.format_cell(gold).into());
            }
            Record::from(cells)
        };
        let wanted = corpus.cases.iter().filter(|case| wanted.contains(case.id.as_str()));
        wanted.map(cells).collect()
    }
}
