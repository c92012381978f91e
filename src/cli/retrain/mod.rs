//! `trendtag retrain`: trains a challenger from cases and decisions and compares it with
//! the champion.

mod data;
mod keep;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use clap::Args;
use trendtag::TrendSet;
use trendtag::tagger::{Model, SearchSpace, fingerprint};
use trendtag::versions::registry::Registry;
use trendtag::versions::retraining::{
    Challenger, Champion, Decisions, GateParams, LabelOrigin, RetrainParams,
};

use super::inputs::{InputArgs, LabelArgs, is_pipe, leave_out_blind_check};
use super::outputs::{Failures, print, say};
use super::recipe::in_words;
use super::versions::{ActArgs, LicenseArgs, NAME, RegistryArgs, known_license, lock};
use super::{End, Global};
use data::{decisions, gold, to_review, with_examples};
use keep::{keep_or_promote, start};
pub(in crate::cli) use words::Retraining;
use words::{as_json, identical, said, tell_changes};

/// Train a challenger from cases and decisions; promote it if it passes the comparison
#[derive(Args)]
#[command(
    next_help_heading = "Retraining",
    after_help = "Example:\n  trendtag retrain data/cases.csv --reviews decisions.csv --model mine\n\nSee all flags and examples with: trendtag retrain --help",
    after_long_help = "Examples:\n  trendtag retrain data/cases.csv --reviews decisions.csv --model mine\n  trendtag retrain data/cases.csv --reviews decisions.csv --model mine --dry-run\n\nComparison: both recipes are trained again in each fold on the cases that each would have had.\nThey are scored on the labelled cases and on the decisions of the blind check; other decisions are\nused for training only. Decisions that the champion learned from are kept, even if only newer ones\nare given.\n\nPromotion: the challenger replaces the champion if its macro F1 is not worse by more than the\nmargin (with 95 % confidence), no trend loses more than 0.05 F1, the calibration error rises by no\nmore than 0.05, and the decisions pass a check. It compares how often each trend is given, and how clearly\nthe texts speak against the decisions, with honest decisions, for the batch and for each reviewer.\nOtherwise, the challenger is kept as a candidate.\n\nWithout labelled cases: a model that was trained without labelled cases needs no CASES. Its\ndecisions are stored with it, and both models are scored on the answers of the blind check. If\nthere are too few of them, the command states how many more are needed."
)]
pub(crate) struct Arguments {
    /// Labelled cases, which both models are tested on [default: data/cases.csv]
    ///
    /// Decisions among them (column label_origin) are used for training only, and the cases
    /// of a blind check are left out. There is no default for a champion that has learned
    /// from no labelled case.
    #[arg(value_name = "CASES")]
    cases: Option<PathBuf>,
    /// Decisions of reviewers
    ///
    /// This is a review database, its export, or a file of labelled rows. "yes" in the column
    /// review_blind_check marks the cases of a blind check.
    #[arg(long, value_name = "FILE")]
    reviews: Option<PathBuf>,
    /// Maximum loss in macro F1 that is accepted
    #[arg(hide_short_help = true, long, value_name = "M", default_value_t = GateParams::default().margin)]
    margin: f64,
    /// Keep the champion's parameters instead of searching for better ones
    #[arg(hide_short_help = true, long)]
    no_search: bool,
    /// Number of folds of the comparison
    #[arg(long, hide_short_help = true, value_name = "K", default_value_t = RetrainParams::default().folds)]
    folds: usize,
    /// Repeats of the comparison on other folds
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = RetrainParams::default().repeats)]
    repeats: usize,
    /// Seed of the folds
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = RetrainParams::default().seed)]
    seed: u64,
    /// Print the verdict, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Promote the challenger whatever the verdict is; requires --reason
    #[arg(long, requires = "reason", conflicts_with = "dry_run")]
    force: bool,
    /// Add the decisions to check first to this review database
    ///
    /// They are added if there is a reason against the challenger, or a warning.
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    to_review: Option<PathBuf>,
    /// Print the verdict as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Write the rows that failed to this file (CSV)
    #[arg(hide_short_help = true, long, help_heading = "Output", value_name = "FILE")]
    errors: Option<PathBuf>,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    act: ActArgs,
    #[command(flatten)]
    license: LicenseArgs,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    input: InputArgs,
}

/// The default file of labelled cases.
const CASES: &str = "data/cases.csv";

const BAR: &str = "{bar:30} {pos}/{len} trainings, {eta} left";

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
    let mut failures = Failures::new(args.errors.as_deref(), false)?;
    let registry = args.registry.open(global);
    let cases = args.cases.as_deref().unwrap_or(Path::new(CASES));
    let is_of_built_in = registry.folder() == Registry::at(Path::new(NAME)).folder();
    // Checked before locking, because the lock creates the folder and the name may be
    // mistyped.
    ensure!(
        is_of_built_in || registry.champion()?.is_some(),
        "{}: no version has been promoted yet; make the first version with `trendtag train {} \
         --into {}`, or name versions that are there",
        registry.folder().display(),
        cases.display(),
        registry.name()
    );
    // A dry run leaves no file behind, not even a lock file.
    let _lock = (!args.dry_run).then(|| lock(&registry)).transpose()?;
    let before = registry.champion()?;
    let champion = match &before {
        Some(_) => registry.champion_model()?,
        None => Model::built_in()?,
    };
    let fields = &champion.tagger.params().fields;
    let mut options = args.input.options(fields, global)?;
    args.labels.name_trends(&mut options.columns);
    let known = before.as_ref().map(|_| registry.cases(&champion)).transpose()?;
    let without_gold = known.as_ref().filter(|known| {
        args.cases.is_none() && LabelOrigin::of_all(known).iter().all(|o| !o.is_gold())
    });
    let mut gold = match without_gold {
        Some(known) => with_examples(known.clone(), args, &mut failures)?,
        None => {
            let mut gold = gold(args, cases, &options, &champion, &mut failures, global)?;
            if let Some(known) = known.as_ref().filter(|_| gold.examples.is_empty()) {
                gold.examples = args.labels.kept_examples(known);
            }
            gold
        }
    };
    leave_out_blind_check(&mut gold, global);
    let (known, new_trends) = match known {
        Some(known) => {
            tell_changes(&known, &gold.taxonomy);
            let (known, new) = known.under(&gold.taxonomy);
            (Some(known), new)
        }
        None => (None, TrendSet::default()),
    };
    if before.is_none() {
        ensure!(
            fingerprint(&gold) == champion.tagger.training().fingerprint,
            "{}: no version has been promoted yet, and the built-in model did not learn from {}; \
             make the first version with `trendtag train {} --into {}`",
            registry.folder().display(),
            cases.display(),
            cases.display(),
            registry.name()
        );
    }
    let decisions = match &args.reviews {
        None => Decisions::default(),
        Some(path) => {
            ensure!(!is_pipe(path), "--reviews needs a file; it cannot read standard input");
            failures.keep(decisions(path, &options, &gold.taxonomy)?)
        }
    };
    // A champion must not change because rows were mistyped.
    if let End::SomeRowsFailed = failures.end()? {
        bail!("some rows cannot be used; correct or remove them first; nothing has changed");
    }
    let params = RetrainParams {
        gate: GateParams { margin: args.margin, ..GateParams::default() },
        folds: args.folds,
        repeats: args.repeats,
        seed: args.seed,
        search: (!args.no_search).then(SearchSpace::default),
    };
    let bar = global.progress((2 * args.folds * args.repeats) as u64, BAR);
    let mut watch = |event| bar.suspend(|| global.note(&in_words(&event)));
    let side = Champion {
        version: &champion.version,
        recipe: champion.tagger.recipe(),
        cases: known.as_ref(),
        new_trends: &new_trends,
    };
    let found = Challenger::train(&gold, &decisions, side, &params, &mut watch)?;
    for left_out in &found.left_out {
        say(&format!("left out: {}: {}", left_out.id, left_out.reason));
    }
    if found.kept > 0 {
        global.note(&format!(
            "note: {} decisions that the champion has learned from are kept, though they are not \
             among those given",
            found.kept
        ));
    }
    if found.forgotten > 0 {
        say(&format!(
            "note: {} cases that the champion has learned from are neither in {} nor among the \
             decisions that are kept; the challenger does not learn from them",
            found.forgotten,
            cases.display()
        ));
    }
    if found.is_champion(side) {
        bar.finish_and_clear();
        return identical(&champion, args.json);
    }
    let compared = found.compare(side, &params, &|| bar.inc(1))?;
    bar.finish_and_clear();
    if let Some(path) = &args.to_review {
        let ids = &compared.verdict.look_at;
        to_review(path, ids, &decisions, &gold.taxonomy, &champion, &options)?;
    }
    let (end, words) = if args.dry_run {
        (if compared.verdict.passes() { "would-promote" } else { "would-keep" }, String::new())
    } else {
        if before.is_none() {
            start(&registry, &champion, &gold, &compared, args)?;
        }
        let license = args.license.or(known_license(&registry), global);
        keep_or_promote(&registry, &champion, &found, (&compared, license), args)?
    };
    if args.json {
        print(&as_json(&found, &compared, end)?)?;
    } else {
        print(&said(&found, &compared, &champion))?;
    }
    if !words.is_empty() {
        global.note(&words);
    }
    Ok(End::Done)
}
