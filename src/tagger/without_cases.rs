//! Training without a labelled case: on definitions and examples alone.

use super::progress::Event;
use super::recipe::Recipe;
use super::train::{Training, fingerprint_of};
use super::{Decision, Tagger, TrainingFacts, TrainingSet};
use crate::decision::Triage;
use crate::error::{Error, Result};
use crate::features::near_duplicates::KnownTexts;
use crate::metrics::{Metrics, MetricsParams};

impl TrainingSet<'_> {
    /// Trains on the definitions and the examples alone, with the given params. Their
    /// texts are short and few, so a term in only one of them is kept. The quality of the
    /// tagger is unknown, since there is no case to test it on. Scores are treated as
    /// log-odds, and every case goes to review.
    pub(super) fn train_without_cases(&self, watch: &mut dyn FnMut(Event)) -> Result<Training> {
        let params = &self.recipe.params().keeping_all_terms();
        let taxonomy = &self.corpus.taxonomy;
        let (definitions, examples) = self.lessons(params);
        if definitions + examples == 0 {
            return Err(Error::bad_corpus(
                "there are no labelled cases, definitions or examples",
                "give labelled cases, or define the trends by definitions and examples",
            ));
        }
        let (features, fits) = self.fit(&[], params)?;
        if features.is_empty() {
            return Err(Error::bad_corpus(
                "the vocabulary is empty: no definition and no example has a word that counts",
                "write examples in the language of the texts, or name that language",
            ));
        }
        for (id, trend) in taxonomy.iter() {
            let shown = self.examples.iter().take(examples).any(|e| e.contains(id));
            if !shown && !self.definitions.iter().take(definitions).any(|&d| d == id) {
                let key = &trend.key;
                watch(Event::Note(format!("{key}: no definition and no example shows it")));
            }
        }
        let decision = Decision {
            triage: Triage::undecided(params.triage.clone()),
            at_least_one: params.at_least_one.unwrap_or(true),
            ..Decision::uncalibrated(taxonomy.len())
        };
        let training = TrainingFacts {
            cases: 0,
            fingerprint: fingerprint_of(std::iter::empty(), taxonomy),
            quality: Metrics::of(&[], taxonomy, &MetricsParams::default())?,
            known: KnownTexts::default(),
        };
        let recipe = Recipe::of_checked(params.clone());
        let tagger = Tagger::of_fits(recipe, taxonomy.clone(), features, &fits, decision, training);
        Ok(Training { tagger, out_of_fold: Vec::new() })
    }
}
