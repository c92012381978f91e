//! `trendtag retrain`: a challenger from cases and decisions, held against the
//! champion.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use trendtag::artifact::Model;
use trendtag::case::{Corpus, ReadOptions};
use trendtag::evaluation::Outcome;
use trendtag::registry::{Lock, Quality, Record, Registry, Work};
use trendtag::retrain::{
    Champion, Decisions, GateParams, LabelOrigin, RetrainParams, Retraining, retrain,
};
use trendtag::tagger::{SearchSpace, fingerprint};

use super::train::in_words;
use super::{Failures, in_json, leave_out_audit, print, progress, say, threads};
use crate::End;
use crate::cli::{BUILT_IN, Global, RetrainArgs};

const BAR: &str = "{bar:30} {pos}/{len} trainings, {eta} left";

pub(crate) fn run(args: &RetrainArgs, global: &Global) -> Result<End> {
    threads(global)?;
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
    let mut gold = gold(args, &options, &champion, &mut failures)?;
    leave_out_audit(&mut gold, global);
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
            ensure!(path.as_os_str() != "-", "--reviews names a file; it reads no standard input");
            let (decisions, errors) = Decisions::open(path, &options, &gold.taxonomy)?;
            errors.into_iter().for_each(|error| failures.add(error));
            decisions
        }
    };
    // A champion must not change because rows were mistyped.
    if let End::SomeRowsFailed = failures.end()? {
        bail!("rows that cannot be used must be mended or taken out first; nothing has changed");
    }
    let params = RetrainParams {
        gate: GateParams { margin: args.margin, ..GateParams::default() },
        folds: args.folds,
        repeats: args.repeats,
        seed: args.seed,
        search: (!args.no_search).then(SearchSpace::default),
        ..RetrainParams::default()
    };
    let bar = progress(global, (2 * args.folds * args.repeats) as u64, BAR);
    let mut watch = |event| {
        if !global.quiet {
            bar.suspend(|| say(&in_words(&event)));
        }
    };
    let side = Champion { params: champion.tagger.params(), cases: known.as_ref() };
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
    let verdict = if args.json { in_json(&found.verdict)? } else { said(&found, &champion) };
    print(&verdict)?;
    if !global.quiet && !end.is_empty() {
        say(&end);
    }
    Ok(End::Done)
}

pub(super) fn lock(registry: &Registry) -> Result<Lock> {
    if let Some(lock) = Lock::attempt(registry, Work::Retrain)? {
        return Ok(lock);
    }
    say(&format!(
        "another run is retraining {}; waiting for it to end",
        registry.folder().display()
    ));
    Ok(Lock::wait(registry, Work::Retrain)?)
}

/// The labelled cases, whose trends have to be those of the champion.
fn gold(
    args: &RetrainArgs,
    options: &ReadOptions,
    champion: &Model,
    failures: &mut Failures,
) -> Result<Corpus> {
    let known = champion.tagger.taxonomy();
    let taxonomy = args.labels.taxonomy(&args.cases)?.unwrap_or_else(|| known.clone());
    let keys = |taxonomy: &trendtag::Taxonomy| {
        taxonomy.iter().map(|(_, trend)| trend.key.clone()).collect::<Vec<_>>()
    };
    ensure!(
        keys(&taxonomy) == keys(known),
        "the trends {:?} are not those of the champion, {:?}; train a new model with `trendtag train`",
        keys(&taxonomy),
        keys(known)
    );
    let mut corpus = args
        .labels
        .corpus(&args.cases, options.clone(), Some(taxonomy), failures)
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
    args: &RetrainArgs,
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
    args: &RetrainArgs,
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

fn quality(outcomes: &[Vec<Outcome>], corpus: &Corpus, args: &RetrainArgs) -> Result<Quality> {
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
