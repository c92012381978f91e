//! Params of a tagger that the command line can set.

use anyhow::{Result, ensure};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use trendtag::decision::TriageParams;
use trendtag::tagger::{Event, Recipe, SearchSpace, TaggerParams};
use trendtag::text::Language;

use super::Global;
use super::inputs::InputArgs;

/// Params of a tagger that flags can set; the others are found by search, or keep
/// their defaults.
#[derive(Args, Default, PartialEq)]
#[command(next_help_heading = "Training")]
pub(super) struct ParamArgs {
    /// Do not search for better parameters
    #[arg(hide_short_help = true, long)]
    no_search: bool,
    /// Penalty of the logistic regression (1 / C of scikit-learn)
    #[arg(long, hide_short_help = true, value_name = "A")]
    alpha: Option<f64>,
    /// Leave out terms found in fewer cases
    #[arg(long, hide_short_help = true, value_name = "N")]
    min_df: Option<usize>,
    /// Maximum number of words in an n-gram
    #[arg(long, hide_short_help = true, value_name = "N")]
    word_ngrams: Option<usize>,
    /// Do not use character n-grams
    #[arg(long, hide_short_help = true)]
    no_subwords: bool,
    /// Keep function words, such as "the" and "with", as terms
    #[arg(long, hide_short_help = true)]
    keep_stop_words: bool,
    /// Weight of the words in each text column, such as 3,2,1
    #[arg(long, hide_short_help = true, value_name = "WEIGHTS", value_delimiter = ',')]
    field_weights: Option<Vec<f64>>,
    /// Language of the texts
    #[arg(long, hide_short_help = true, value_name = "LANGUAGE", value_parser = language(), ignore_case = true)]
    language: Option<Language>,
    /// Folds of the cross-validation inside training
    #[arg(long, hide_short_help = true, value_name = "K")]
    folds: Option<usize>,
    /// Repeats of the cross-validation inside training
    #[arg(long, hide_short_help = true, value_name = "N")]
    inner_repeats: Option<usize>,
    /// Seed of the folds
    #[arg(long, hide_short_help = true, value_name = "N")]
    seed: Option<u64>,
    #[arg(hide_short_help = true, long, value_name = "SHARE", help = with_default("Minimum precision of trends accepted without review", TriageParams::default().accept_precision))]
    accept_precision: Option<f64>,
    #[arg(hide_short_help = true, long, value_name = "SHARE", help = with_default("Maximum share of true trends rejected without review", TriageParams::default().miss_rate))]
    miss_rate: Option<f64>,
    #[arg(long, hide_short_help = true, value_name = "SHARE", help = with_default("Confidence level of both guarantees", TriageParams::default().confidence))]
    confidence: Option<f64>,
    #[arg(hide_short_help = true, long, value_name = "F1", help = with_default("Target macro F1 of a batch after its marked cases are read", TaggerParams::default().target_f1))]
    target_f1: Option<f64>,
}

impl ParamArgs {
    /// Returns the recipe of the flags for the given text columns: the params, and a
    /// search over those that no flag sets.
    pub(super) fn recipe(&self, input: &InputArgs, global: &Global) -> Result<Recipe> {
        let mut params = self.params(input, global);
        if let Some(weights) = &self.field_weights {
            let (given, read) = (weights.len(), params.fields.len());
            ensure!(
                given == read,
                "--field-weights has {given} numbers for {read} text columns; give one for each"
            );
            params.fields.iter_mut().zip(weights).for_each(|(field, &w)| field.weight = w);
        }
        let recipe = params.check()?;
        Ok(if self.no_search { recipe } else { recipe.with_search(self.search())? })
    }

    fn params(&self, input: &InputArgs, global: &Global) -> TaggerParams {
        let mut params = input.params(global);
        let features = &mut params.features;
        if self.no_subwords {
            features.subwords = None;
        }
        if self.keep_stop_words {
            features.text.stop_words = false;
        }
        if let Some(min_df) = self.min_df {
            features.words.keep.min_df = min_df;
            features.subwords.iter_mut().for_each(|subwords| subwords.keep.min_df = min_df);
        }
        set(&mut features.words.ngrams.1, self.word_ngrams);
        set(&mut features.text.language, self.language);
        set(&mut params.logistic.alpha, self.alpha);
        set(&mut params.folds, self.folds);
        set(&mut params.repeats, self.inner_repeats);
        set(&mut params.seed, self.seed);
        set(&mut params.triage.accept_precision, self.accept_precision);
        set(&mut params.triage.miss_rate, self.miss_rate);
        set(&mut params.triage.confidence, self.confidence);
        set(&mut params.target_f1, self.target_f1);
        params
    }

    /// Returns the values to try, without the params that a flag sets.
    fn search(&self) -> SearchSpace {
        let mut space = SearchSpace::default();
        if self.alpha.is_some() {
            space.alpha.clear();
        }
        if self.min_df.is_some() {
            space.min_df.clear();
        }
        if self.word_ngrams.is_some() {
            space.word_ngrams.clear();
        }
        if self.no_subwords {
            space.subwords.clear();
        }
        if self.keep_stop_words {
            space.stop_words.clear();
        }
        if self.field_weights.is_some() {
            space.level_fields.clear();
        }
        space
    }
}

fn set<T: Copy>(param: &mut T, wanted: Option<T>) {
    if let Some(value) = wanted {
        *param = value;
    }
}

/// Returns a language by its English name or its ISO 639-1 code.
pub(super) fn language() -> impl TypedValueParser<Value = Language> {
    let value = |language: Language| PossibleValue::new(language.name()).alias(language.code());
    PossibleValuesParser::new(Language::ALL.map(value)).try_map(|name| {
        let is_named = |language: &Language| {
            [language.name(), language.code()].iter().any(|own| own.eq_ignore_ascii_case(&name))
        };
        Language::ALL.into_iter().find(is_named).ok_or("unknown language")
    })
}

/// Returns a help text with a default that is defined in the library.
pub(super) fn with_default(help: &str, default: f64) -> String {
    format!("{help} [default: {default}]")
}

/// Describes an event of the training in words.
pub(super) fn in_words(event: &Event) -> String {
    match event {
        Event::Tried(trial) => format!(
            "tried {}: mean average precision {:.4}{}",
            described(&trial.params),
            trial.mean_average_precision,
            if trial.best { ", the best so far" } else { "" }
        ),
        Event::Chosen(params) => format!("chosen: {}", described(params)),
        Event::Note(note) => format!("note: {note}"),
    }
}

fn described(params: &TaggerParams) -> String {
    let words = &params.features.words;
    let subwords = params.features.subwords.as_ref().map_or("no subwords".to_owned(), |subwords| {
        format!("subwords {}-{}", subwords.ngrams.0, subwords.ngrams.1)
    });
    let stop_words = match params.features.text.stop_words {
        true => "",
        false => " with function words",
    };
    let weights = params.fields.iter().map(|field| field.weight.to_string());
    format!(
        "words {}-{}{stop_words}, field weights {}, {subwords}, min df {}, definitions {}, alpha {}",
        words.ngrams.0,
        words.ngrams.1,
        weights.collect::<Vec<_>>().join("/"),
        words.keep.min_df,
        params.definitions,
        params.logistic.alpha
    )
}
