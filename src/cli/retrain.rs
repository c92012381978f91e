//! `trendtag retrain`: a challenger from cases and decisions, held against the
//! champion.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use trendtag::metrics::Outcome;
use trendtag::review::Store;
use trendtag::tables::{ReadOptions, Rows};
use trendtag::tagger::{Corpus, Model, SearchSpace, fingerprint};
use trendtag::versions::registry::{Quality, Record, Registry};
use trendtag::versions::retraining::{
    Champion, Decisions, GateParams, LabelOrigin, RetrainParams, Retraining, retrain,
};
use trendtag::{Error, Taxonomy};

use super::inputs::{InputArgs, LabelArgs, is_pipe, leave_out_blind_check};
use super::outputs::{Failures, print_found, say};
use super::recipe::in_words;
use super::versions::{ActArgs, BUILT_IN, RegistryArgs, lock};
use super::{End, Global};

/// Train a challenger from cases and decisions; promote it if it is good enough
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag retrain data/cases.csv --reviews decisions.csv --model mine\n\nGive all decisions, not only the new ones. Both recipes are trained again in each fold on the\ncases that each would have had, and scored on the gold and on the decisions of the blind\ncheck; other decisions only train. The challenger is promoted if macro F1 is not worse by more\nthan the margin (95 % confidence), no trend falls by more than 0.05, the calibration error\nrises by no more than 0.05, and the decisions do not disagree with the suggestions more than\nhonest ones would; otherwise it is kept as a candidate."
)]
pub(crate) struct Arguments {
    /// Labelled cases: the gold that both models are scored on; decisions among them
    /// (label_origin) only train, and those of a blind check are left out
    #[arg(default_value = "data/cases.csv", value_name = "CASES")]
    cases: PathBuf,
    /// What reviewers decided: the database of a review, its export, or a file of
    /// labelled rows in which "yes" in the column review_blind_check marks the cases of a
    /// blind check
    #[arg(long, value_name = "FILE")]
    reviews: Option<PathBuf>,
    /// How much worse macro F1 may be
    #[arg(long, value_name = "M", default_value_t = GateParams::default().margin)]
    margin: f64,
    /// Keep the champion's params instead of searching for better ones
    #[arg(long)]
    no_search: bool,
    /// Folds of the comparison
    #[arg(long, value_name = "K", default_value_t = RetrainParams::default().folds)]
    folds: usize,
    /// Repeats of the comparison on other folds
    #[arg(long, value_name = "N", default_value_t = RetrainParams::default().repeats)]
    repeats: usize,
    /// Seed of the folds
    #[arg(long, value_name = "N", default_value_t = RetrainParams::default().seed)]
    seed: u64,
    /// Print the verdict and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Promote whatever the verdict is; needs --reason
    #[arg(long, requires = "reason", conflicts_with = "dry_run")]
    force: bool,
    /// Print the verdict as JSON
    #[arg(long)]
    json: bool,
    /// Write the rows that failed to this file (CSV)
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    act: ActArgs,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    input: InputArgs,
}

const BAR: &str = "{bar:30} {pos}/{len} trainings, {eta} left";

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
    let mut failures = Failures::new(args.errors.as_deref(), false)?;
    let registry = args.registry.open();
    let is_of_built_in = registry.folder() == Registry::at(Path::new(BUILT_IN)).folder();
    // Before the lock, which makes the folder: the name may be mistyped.
    ensure!(
        is_of_built_in || registry.champion()?.is_some(),
        "{}: no version has been promoted yet; make the first version with `trendtag train {} \
         --into {}`, or name versions that are there",
        registry.folder().display(),
        args.cases.display(),
        args.registry.model.display()
    );
    // A dry run leaves nothing behind, not even the file of a lock.
    let _lock = (!args.dry_run).then(|| lock(&registry)).transpose()?;
    let before = registry.champion()?;
    let champion = match &before {
        Some(_) => registry.champion_model()?,
        None => Model::built_in()?,
    };
    let fields = &champion.tagger.params().fields;
    let mut options = args.input.options(fields)?;
    args.labels.name_trends(&mut options.columns);
    let mut gold = gold(args, &options, &champion, &mut failures, global)?;
    leave_out_blind_check(&mut gold, global);
    let known = before.as_ref().map(|_| registry.cases(&champion)).transpose()?;
    if before.is_none() {
        ensure!(
            fingerprint(&gold) == champion.tagger.training().fingerprint,
            "{}: no version has been promoted yet, and the built-in model did not learn from {}; \
             make the first version with `trendtag train {} --into {}`",
            registry.folder().display(),
            args.cases.display(),
            args.cases.display(),
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
        ..RetrainParams::default()
    };
    let bar = global.progress((2 * args.folds * args.repeats) as u64, BAR);
    let mut watch = |event| bar.suspend(|| global.note(&in_words(&event)));
    let side = Champion { recipe: champion.tagger.recipe(), cases: known.as_ref() };
    let found = retrain(&gold, &decisions, side, &params, &mut watch, &|| bar.inc(1))?;
    bar.finish_and_clear();
    for left_out in &found.left_out {
        say(&format!("left out: {}: {}", left_out.id, left_out.reason));
    }
    if found.forgotten > 0 {
        say(&format!(
            "note: {} cases that the champion has learned from are neither in {} nor among the \
             decisions; the challenger does not learn from them",
            found.forgotten,
            args.cases.display()
        ));
    }
    let end = if args.dry_run {
        String::new()
    } else {
        if before.is_none() {
            start(&registry, &champion, &gold, &found, args)?;
        }
        keep_or_promote(&registry, &champion, &found, args)?
    };
    print_found(&found.verdict, args.json, || Ok(said(&found, &champion)))?;
    if !end.is_empty() {
        global.note(&end);
    }
    Ok(End::Done)
}

/// The decisions in the database of a review, or in a file of labelled rows.
fn decisions(
    path: &Path,
    options: &ReadOptions,
    taxonomy: &Taxonomy,
) -> Result<(Decisions, Vec<Error>)> {
    if !Store::is_database(path)? {
        return Ok(Decisions::from_rows(Rows::open(path, options)?, options, taxonomy)?);
    }
    let answered = super::review::open(path)?.answered()?;
    let file = path.display().to_string();
    ensure!(
        !answered.is_empty(),
        "{file}: no case in it is answered yet; let someone review its cases first"
    );
    Ok(Decisions::from_rows(Rows::from_records(&file, answered), options, taxonomy)?)
}

/// The labelled cases, whose trends have to be those of the champion.
fn gold(
    args: &Arguments,
    options: &ReadOptions,
    champion: &Model,
    failures: &mut Failures,
    global: &Global,
) -> Result<Corpus> {
    let known = champion.tagger.taxonomy();
    let taxonomy = args.labels.taxonomy(&args.cases)?.unwrap_or_else(|| known.clone());
    let keys = |taxonomy: &Taxonomy| {
        taxonomy.iter().map(|(_, trend)| trend.key.clone()).collect::<Vec<_>>()
    };
    let taxonomy = taxonomy.in_order_of(known).with_context(|| {
        format!(
            "the trends {:?} are not those of the champion, {:?}; train a new model with \
             `trendtag train`",
            keys(&taxonomy),
            keys(known)
        )
    })?;
    let mut corpus = args
        .labels
        .corpus(&args.cases, options.clone(), Some(taxonomy), failures, global)
        .with_context(|| args.cases.display().to_string())?;
    args.labels.add_examples(&args.cases, &mut corpus, failures)?;
    Ok(corpus)
}

/// Makes the built-in model the first version.
fn start(
    registry: &Registry,
    champion: &Model,
    gold: &Corpus,
    found: &Retraining,
    args: &Arguments,
) -> Result<()> {
    let origins = LabelOrigin::of_all(gold);
    let mut record = Record::new(champion, gold, &origins);
    record.quality = Some(quality(&found.champion_outcomes, gold, args)?);
    registry.add(champion, gold, &origins, &record)?;
    let mut act = args.act.act(false);
    act.reason = Some("the built-in model, as the first version".to_owned());
    registry.promote(&champion.version, Some(&None), &act)?;
    Ok(())
}

fn keep_or_promote(
    registry: &Registry,
    champion: &Model,
    found: &Retraining,
    args: &Arguments,
) -> Result<String> {
    let challenger = &found.challenger;
    if challenger.version == champion.version {
        return Ok(format!("the challenger is the champion, {}, again", champion.version));
    }
    let mut record = Record::new(challenger, &found.corpus, &found.origins);
    record.quality = Some(quality(&found.challenger_outcomes, &found.corpus, args)?);
    record.verdict = Some(found.verdict.clone());
    registry.add(challenger, &found.corpus, &found.origins, &record)?;
    let version = &challenger.version;
    let forced = args.force && !found.verdict.passes();
    let act = args.act.act(forced);
    if found.verdict.passes() || forced {
        let expected = Some(champion.version.clone());
        registry.promote(version, Some(&expected), &act)?;
        return Ok(format!("promoted: {version} takes the place of {}", champion.version));
    }
    registry.note_kept(&record, &act)?;
    Ok(format!("kept as a candidate: {version}; the champion is still {}", champion.version))
}

fn quality(outcomes: &[Vec<Outcome>], corpus: &Corpus, args: &Arguments) -> Result<Quality> {
    let protocol = format!(
        "{}-fold cross-validation, {} repeats, seed {}, params chosen beforehand on all cases; \
         scored on gold and on audit decisions",
        args.folds, args.repeats, args.seed
    );
    Ok(Quality::of(outcomes, &corpus.taxonomy, protocol)?)
}

fn said(found: &Retraining, champion: &Model) -> String {
    let verdict = &found.verdict;
    let mut out = format!(
        "champion {}, challenger {} (learned from {} cases, {} of them decisions)\n\n{}\n",
        champion.version,
        found.challenger.version,
        found.corpus.cases.len(),
        found.origins.iter().filter(|origin| **origin == LabelOrigin::Decision).count(),
        verdict.in_words(&found.corpus.taxonomy)
    );
    match verdict.reasons.as_slice() {
        [] => out.push_str("verdict: good enough to take the champion's place\n"),
        reasons => {
            out.push_str("verdict: not good enough to take the champion's place\n");
            reasons.iter().for_each(|reason| out.push_str(&format!("- {reason}\n")));
        }
    }
    out
}
