//! The flags of training, and the params that other commands share with it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use trendtag::decision::TriageParams;
use trendtag::text::Language;

use super::{InputArgs, LabelArgs, with_default};

#[derive(Args)]
pub(crate) struct TrainArgs {
    /// Labelled cases
    #[arg(default_value = "data/cases.csv", value_name = "CASES")]
    pub(crate) cases: PathBuf,
    /// Model file to write
    #[arg(long, short, value_name = "MODEL", default_value = "models/five-trends.safetensors")]
    pub(crate) output: PathBuf,
    /// Replace the model file if it is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Add it to the versions of this name below models/ (or in this folder); the
    /// first one becomes the champion
    #[arg(long, value_name = "NAME", conflicts_with = "output")]
    pub(crate) into: Option<PathBuf>,
    /// Take params and taxonomy from this model, and do not search
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["taxonomy", "no_taxonomy", "text_columns"])]
    pub(crate) like: Option<PathBuf>,
    /// Write the rows that failed to this file (CSV)
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) params: ParamArgs,
    #[command(flatten)]
    pub(crate) labels: LabelArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// Params of a tagger that the command line can set; the rest are found by
/// search, or stay at their defaults.
#[derive(Args, Default, PartialEq)]
pub(crate) struct ParamArgs {
    /// Do not search for better params
    #[arg(long)]
    pub(crate) no_search: bool,
    /// Penalty of the logistic regression (1 / C of scikit-learn)
    #[arg(long, value_name = "A")]
    pub(crate) alpha: Option<f64>,
    /// Leave out terms found in fewer cases
    #[arg(long, value_name = "N")]
    pub(crate) min_df: Option<usize>,
    /// Most words in an n-gram
    #[arg(long, value_name = "N")]
    pub(crate) word_ngrams: Option<usize>,
    /// Do without character n-grams
    #[arg(long)]
    pub(crate) no_subwords: bool,
    /// Language of the texts
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(crate) language: Option<LanguageArg>,
    /// Folds of the cross-validation inside training
    #[arg(long, value_name = "K")]
    pub(crate) folds: Option<usize>,
    /// Repeats of the cross-validation inside training
    #[arg(long, value_name = "N")]
    pub(crate) inner_repeats: Option<usize>,
    /// Seed of the folds
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    #[arg(long, value_name = "SHARE", help = with_default("Share of right ones that accepting unread must keep to", TriageParams::default().accept_precision))]
    pub(crate) accept_precision: Option<f64>,
    #[arg(long, value_name = "SHARE", help = with_default("Most of the true trends that may be rejected unread", TriageParams::default().miss_rate))]
    pub(crate) miss_rate: Option<f64>,
    #[arg(long, value_name = "SHARE", help = with_default("Confidence with which both are kept to", TriageParams::default().confidence))]
    pub(crate) confidence: Option<f64>,
}

/// A language, by its English name.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct LanguageArg(pub(crate) Language);

impl ValueEnum for LanguageArg {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [LanguageArg; Language::ALL.len()] = {
            let mut all = [LanguageArg(Language::English); Language::ALL.len()];
            let mut i = 0;
            while i < all.len() {
                all[i] = LanguageArg(Language::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let name: &'static str = self.0.name();
        Some(clap::builder::PossibleValue::new(name).alias(self.0.code()))
    }
}
