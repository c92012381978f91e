//! `trendtag retrain`: trains a challenger from cases and decisions and compares it with
//! the champion.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::json;
use trendtag::metrics::Outcome;
use trendtag::review::{AddParams, Store};
use trendtag::tables::{ReadOptions, Rows, open_examples};
use trendtag::tagger::{Corpus, Model, Record, SearchSpace, fingerprint};
use trendtag::taxonomy::LabelReader;
use trendtag::versions::registry::{Quality, Record as VersionRecord, Registry};
use trendtag::versions::retraining::{
    Challenger, Champion, Compared, Decided, Decisions, GateParams, LabelOrigin, RetrainParams,
};
use trendtag::{Error, Taxonomy, TrendSet};

use super::inputs::{InputArgs, LabelArgs, is_pipe, leave_out_blind_check};
use super::outputs::{Failures, in_json, print, say};
use super::recipe::in_words;
use super::versions::{ActArgs, NAME, RegistryArgs, lock};
use super::{End, Global, remedies};

/// Train a challenger from cases and decisions; promote it if it passes the comparison
#[derive(Args)]
#[command(
    next_help_heading = "Retraining",
    after_help = "Example:\n  trendtag retrain data/cases.csv --reviews decisions.csv --model mine\n\nSee all flags and examples with: trendtag retrain --help",
    after_long_help = "Examples:\n  trendtag retrain data/cases.csv --reviews decisions.csv --model mine\n  trendtag retrain data/cases.csv --reviews decisions.csv --model mine --dry-run\n\nComparison: both recipes are trained again in each fold on the cases that each would have had.\nThey are scored on the labelled cases and on the decisions of the blind check; other decisions are\nused for training only. Decisions that the champion learned from are kept, even if only newer ones\nare given.\n\nPromotion: the challenger replaces the champion if its macro F1 is not worse by more than the\nmargin (with 95 % confidence), no trend loses more than 0.05 F1, the calibration error rises by no\nmore than 0.05, and the decisions pass two checks. The checks compare their disagreement with the\nsuggestions, and the frequency of each trend, with those of honest decisions. Otherwise, the\nchallenger is kept as a candidate.\n\nWithout labelled cases: a model that was trained without labelled cases needs no CASES. Its\ndecisions are stored with it, and both models are scored on the answers of the blind check. If\nthere are too few of them, the command states how many more are needed."
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
    #[arg(long, value_name = "M", default_value_t = GateParams::default().margin)]
    margin: f64,
    /// Keep the champion's parameters instead of searching for better ones
    #[arg(long)]
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
    #[arg(long, value_name = "FILE")]
    to_review: Option<PathBuf>,
    /// Print the verdict as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Write the rows that failed to this file (CSV)
    #[arg(long, help_heading = "Output", value_name = "FILE")]
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
        ..RetrainParams::default()
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
        keep_or_promote(&registry, &champion, &found, &compared, args)?
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

/// Returns the challenger is identical to the champion, byte by byte.
fn identical(champion: &Model, json: bool) -> Result<End> {
    let version = &champion.version;
    print(&if json {
        in_json(&json!({
            "schema": 1, "verdict": "identical", "champion": version, "challenger": version,
        }))?
    } else {
        format!("verdict: identical to the champion {version}, nothing to promote\n")
    })?;
    Ok(End::Done)
}

/// Returns the verdict and what was done about it.
fn as_json(found: &Challenger, compared: &Compared, verdict: &str) -> Result<String> {
    let mut whole = json!({
        "schema": 1, "verdict": verdict, "challenger": found.model.version,
    });
    let details = serde_json::to_value(&compared.verdict)?;
    if let (Some(whole), Some(details)) = (whole.as_object_mut(), details.as_object()) {
        whole.extend(details.clone());
    }
    in_json(&whole)
}

/// Reads the decisions from a review database or from a file of labelled rows.
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

/// Adds these cases to the queue of a review, without their labels, which are shown
/// beside the texts instead.
fn to_review(
    path: &Path,
    ids: &[String],
    decisions: &Decisions,
    taxonomy: &Taxonomy,
    champion: &Model,
    options: &ReadOptions,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let wanted = ids.iter().filter_map(|id| decisions.settled.iter().find(|d| d.case.id == *id));
    let record = |decided: &Decided| {
        let mut cells = serde_json::Map::new();
        cells.insert(options.columns.id.clone(), decided.case.id.clone().into());
        let is_of_case = |name: &str| name != "trends" && !name.starts_with("review_");
        for (name, cell) in decided.case.record.values().filter(|(name, _)| is_of_case(name)) {
            cells.entry(name).or_insert_with(|| cell.into());
        }
        if let Some(given) = &decided.case.gold {
            cells.insert("given_trends".to_owned(), taxonomy.format_cell(given).into());
        }
        Record::from(cells)
    };
    let rows = Rows::from_records("the decisions", wanted.map(record).collect::<Vec<_>>());
    let columns = options.columns.clone();
    let params = AddParams { columns, blind_check: 0.0, overlap: 0.0, ..AddParams::default() };
    let added = Store::create(path)?
        .add(champion, rows, &params, &mut |error| say(&remedies::in_words(&error)))?;
    say(&format!("{} decisions added to {}", added.added, path.display()));
    Ok(())
}

/// Describes the changes from the label set of the champion to the new one.
fn tell_changes(known: &Corpus, now: &Taxonomy) {
    let of = |case: &&trendtag::tagger::Case| LabelOrigin::of(case) == LabelOrigin::Decision;
    let decisions = known.cases.iter().filter(of).count();
    let made = format!("{decisions} of the champion's decisions were made before that");
    let (_, new) = known.under(now);
    for id in new.iter() {
        say(&format!(
            "note: the trend {} is new: the champion does not know it, so the two are compared on \
             the others; {made}, and say nothing of it",
            now.key(id)
        ));
    }
    let reader = LabelReader::new(now, None);
    for (_, trend) in known.taxonomy.iter() {
        match reader.find(&trend.key) {
            None => say(&format!(
                "note: no trend is called {} any more; name it in `aliases` or `replaces` of the \
                 trend that takes its place, or its labels are dropped",
                trend.key
            )),
            Some(id) => {
                let after = &now.trends[id.index()];
                if after.key == trend.key && after.definition != trend.definition {
                    say(&format!(
                        "note: the definition of {} was reworded; {made}, under the old one",
                        trend.key
                    ));
                }
            }
        }
    }
    if known.taxonomy.version != now.version {
        let (before, after) = (known.taxonomy.version, now.version);
        say(&format!("note: the taxonomy has version {after}, the champion's {before}; {made}"));
    }
}

/// Reads the labelled cases. Their trends may have changed since the champion was
/// trained.
fn gold(
    args: &Arguments,
    cases: &Path,
    options: &ReadOptions,
    champion: &Model,
    failures: &mut Failures,
    global: &Global,
) -> Result<Corpus> {
    let known = champion.tagger.taxonomy();
    let taxonomy = args.labels.taxonomy(cases, global)?.unwrap_or_else(|| known.clone());
    // The same trends in another order are no change.
    let taxonomy = taxonomy.clone().in_order_of(known).unwrap_or(taxonomy);
    let mut corpus = args
        .labels
        .corpus(cases, options.clone(), Some(taxonomy), failures, global)
        .with_context(|| cases.display().to_string())?;
    args.labels.add_examples(cases, &mut corpus, failures, global)?;
    Ok(corpus)
}

/// Returns the training data of the champion. Examples that are named replace those
/// stored with it.
fn with_examples(mut known: Corpus, args: &Arguments, failures: &mut Failures) -> Result<Corpus> {
    known.examples = args.labels.kept_examples(&known);
    if let Some(path) = args.labels.examples() {
        known.examples = failures.keep(open_examples(path, &known.taxonomy)?);
    }
    Ok(known)
}

/// Adds the built-in model as the first version.
fn start(
    registry: &Registry,
    champion: &Model,
    gold: &Corpus,
    compared: &Compared,
    args: &Arguments,
) -> Result<()> {
    let origins = LabelOrigin::of_all(gold);
    let mut record = VersionRecord::new(champion, gold, &origins);
    record.quality = quality(&compared.champion_outcomes, gold, champion, args)?;
    let mut act = args.act.act();
    act.reason = Some("the built-in model, as the first version".to_owned());
    registry.add(champion, gold, &origins, &record, &act)?;
    registry.promote(&champion.version, Some(&None), &act)?;
    Ok(())
}

/// Adds the challenger, and promotes it if it passed or is forced. Returns the code of
/// the verdict and a sentence about what was done.
fn keep_or_promote(
    registry: &Registry,
    champion: &Model,
    found: &Challenger,
    compared: &Compared,
    args: &Arguments,
) -> Result<(&'static str, String)> {
    let mut record = VersionRecord::new(&found.model, &found.corpus, &found.origins);
    record.quality = quality(&compared.challenger_outcomes, &found.corpus, &found.model, args)?;
    record.verdict = Some(compared.verdict.clone());
    let act = args.act.act();
    registry.add(&found.model, &found.corpus, &found.origins, &record, &act)?;
    let version = &found.model.version;
    if compared.verdict.passes() || args.force {
        let expected = Some(champion.version.clone());
        registry.promote(version, Some(&expected), &act)?;
        let words = format!("promoted: {version} replaces {}", champion.version);
        return Ok(("promoted", words));
    }
    registry.note_kept(&record, &act)?;
    let champion = &champion.version;
    Ok(("kept", format!("kept as a candidate: {version}; the champion is still {champion}")))
}

/// Returns the measurements; `None` if there was too little data to compare on.
fn quality(
    outcomes: &[Vec<Outcome>],
    corpus: &Corpus,
    model: &Model,
    args: &Arguments,
) -> Result<Option<Quality>> {
    if outcomes.is_empty() {
        return Ok(None);
    }
    let protocol = format!(
        "{}-fold cross-validation, {} repeats, seed {}, params chosen beforehand on all cases; \
         scored on gold and on decisions of the blind check",
        args.folds, args.repeats, args.seed
    );
    let quality = Quality::of(outcomes, &corpus.taxonomy, protocol)?;
    Ok(Some(quality.in_parts(outcomes, corpus, &model.tagger.decision().triage)?))
}

fn said(found: &Challenger, compared: &Compared, champion: &Model) -> String {
    let verdict = &compared.verdict;
    let mut out = format!(
        "champion {}, challenger {} (learned from {} cases, {} of them decisions)\n\n{}\n",
        champion.version,
        found.model.version,
        found.corpus.cases.len(),
        found.origins.iter().filter(|origin| **origin == LabelOrigin::Decision).count(),
        verdict.in_words(&found.corpus.taxonomy)
    );
    for warning in &verdict.warnings {
        out.push_str(&format!("warning: {warning}\n"));
    }
    if !verdict.look_at.is_empty() {
        out.push_str(&format!("look at first: {}\n", verdict.look_at.join(", ")));
    }
    match verdict.reasons.as_slice() {
        [] => out.push_str("verdict: good enough to replace the champion\n"),
        reasons => {
            out.push_str("verdict: not good enough to replace the champion\n");
            reasons.iter().for_each(|reason| out.push_str(&format!("- {reason}\n")));
        }
    }
    out
}
