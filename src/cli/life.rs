//! The flags of the commands that keep a model alive: retrain, models, audit,
//! and drift.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{InputArgs, LabelArgs, ModelArgs};

/// The name under which the model built in may become the first version.
pub(crate) const BUILT_IN: &str = "five-trends";

/// Which versions are meant.
#[derive(Args)]
pub(crate) struct RegistryArgs {
    /// The versions of a model: a name below models/, or their folder
    #[arg(long, short, value_name = "NAME", default_value = BUILT_IN)]
    pub(crate) model: PathBuf,
}

/// Who does it; for the journal.
#[derive(Args, Default)]
pub(crate) struct ActArgs {
    /// Who does it, for the journal [default: the name of the user]
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Why, for the journal
    #[arg(long, value_name = "WORDS")]
    pub(crate) reason: Option<String>,
}

#[derive(Args)]
pub(crate) struct RetrainArgs {
    /// Labelled cases: the gold that both models are scored on; decisions among them
    /// (label_origin) only train, and those of an audit are left out
    #[arg(default_value = "data/cases.csv", value_name = "CASES")]
    pub(crate) cases: PathBuf,
    /// What reviewers decided: the database of a review, its export, or a file of
    /// labelled rows in which "yes" in the column review_blind_check marks cases to
    /// measure by
    #[arg(long, value_name = "FILE")]
    pub(crate) reviews: Option<PathBuf>,
    /// How much worse macro F1 may be
    #[arg(long, value_name = "M", default_value_t = trendtag::retrain::GateParams::default().margin)]
    pub(crate) margin: f64,
    /// Keep the champion's params instead of searching for better ones
    #[arg(long)]
    pub(crate) no_search: bool,
    /// Folds of the comparison
    #[arg(long, value_name = "K", default_value_t = trendtag::retrain::RetrainParams::default().folds)]
    pub(crate) folds: usize,
    /// Repeats of the comparison on other folds
    #[arg(long, value_name = "N", default_value_t = trendtag::retrain::RetrainParams::default().repeats)]
    pub(crate) repeats: usize,
    /// Seed of the folds
    #[arg(long, value_name = "N", default_value_t = trendtag::retrain::RetrainParams::default().seed)]
    pub(crate) seed: u64,
    /// Print the verdict and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Promote whatever the verdict; needs --reason
    #[arg(long, requires = "reason", conflicts_with = "dry_run")]
    pub(crate) force: bool,
    /// Print the verdict as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the rows that failed to this file (CSV)
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) act: ActArgs,
    #[command(flatten)]
    pub(crate) labels: LabelArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Args)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

#[derive(Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the versions; the champion has a star
    #[command(after_help = "Example:\n  trendtag models list --model mine")]
    List {
        /// Print the records as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Show the card of a version
    #[command(after_help = "Example:\n  trendtag models show --model mine")]
    Show {
        /// The version, or the characters it begins with [default: the champion]
        #[arg(value_name = "VERSION")]
        version: Option<String>,
        /// Print its record as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Compare two versions: figures and params, or what they say of labelled cases
    #[command(
        after_help = "Example:\n  trendtag models compare 1a2b 3c4d --model mine --on new-cases.csv"
    )]
    Compare {
        /// One version
        #[arg(value_name = "A")]
        a: String,
        /// The other version
        #[arg(value_name = "B")]
        b: String,
        /// Labelled cases that neither has learned from: paired differences
        #[arg(long, value_name = "CASES")]
        on: Option<PathBuf>,
        /// Column with their labels, joined by ";" [default: trends]
        #[arg(long, value_name = "NAME", requires = "on")]
        trends_column: Option<String>,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Make a version the champion; one that was not good enough needs --reason
    #[command(
        after_help = "Example:\n  trendtag models promote 1a2b --model mine --reason 'better on this year'"
    )]
    Promote {
        /// The version, or the characters it begins with
        #[arg(value_name = "VERSION")]
        version: String,
        #[command(flatten)]
        registry: RegistryArgs,
        #[command(flatten)]
        act: ActArgs,
    },
    /// Go back to the champion before the last promotion
    #[command(after_help = "Example:\n  trendtag models rollback --model mine")]
    Rollback {
        #[command(flatten)]
        registry: RegistryArgs,
        #[command(flatten)]
        act: ActArgs,
    },
    /// Verify versions: format, checksum, record, cases, and a stored sample tagged again
    #[command(after_help = "Example:\n  trendtag models verify --model mine")]
    Verify {
        /// One version [default: all]
        #[arg(value_name = "VERSION")]
        version: Option<String>,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Remove old versions and what interrupted runs left behind
    #[command(after_help = "Example:\n  trendtag models prune --model mine --keep 3 --dry-run")]
    Prune {
        /// Versions to keep beside the champion: first the one a rollback goes back to,
        /// then those last used
        #[arg(long, value_name = "N", default_value_t = 5)]
        keep: usize,
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        registry: RegistryArgs,
        #[command(flatten)]
        act: ActArgs,
    },
}

/// How what was found is told, beside the table.
#[derive(Args)]
pub(crate) struct PageArgs {
    /// Print everything as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write everything as a page to this file (HTML)
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Replace the page if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct AuditArgs {
    /// Labelled cases
    #[arg(default_value = "data/cases.csv", value_name = "CASES")]
    pub(crate) cases: PathBuf,
    /// Use the params of this model [default: those of a model without search]
    #[arg(long, value_name = "MODEL", conflicts_with = "text_columns")]
    pub(crate) like: Option<PathBuf>,
    /// Findings of each kind that the table shows
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Put the suspects, and cases that contradict each other, into this database
    /// of a review; suggestions come from the model named by --like, otherwise
    /// from the model built in
    #[arg(long, value_name = "FILE")]
    pub(crate) to_review: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) labels: LabelArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Args)]
pub(crate) struct DriftArgs {
    /// Files of the batch
    #[arg(required = true, value_name = "BATCH")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Print the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) corpus: DriftCorpusArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// What a batch is compared with.
#[derive(Args)]
pub(crate) struct DriftCorpusArgs {
    /// The labelled cases that the model learned from; those of an audit are left
    /// out [default: those kept with the champion that --model names; data/cases.csv
    /// for a model file and the model built in]
    #[arg(long, value_name = "CASES")]
    pub(crate) learned_from: Option<PathBuf>,
}
