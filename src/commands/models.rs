//! `trendtag models`: the versions of a model, and which of them is in use.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use trendtag::artifact::Model;
use trendtag::case::{Corpus, ReadOptions};
use trendtag::evaluation::Outcome;
use trendtag::evaluation::interval::BootstrapParams;
use trendtag::evaluation::metrics::Figure;
use trendtag::evaluation::paired::differences;
use trendtag::evaluation::table::number;
use trendtag::protocol::on_corpus;
use trendtag::registry::{Act, Record, Registry};
use trendtag::retrain::LabelOrigin;

use super::evaluate::difference_table;
use super::retrain::lock;
use super::{Failures, in_json, print, say};
use crate::End;
use crate::cli::{ActArgs, Global, ModelsArgs, ModelsCommand, RegistryArgs};

pub(crate) fn run(args: &ModelsArgs, global: &Global) -> Result<End> {
    let mut failures = Failures::new(None, false)?;
    let said = match &args.command {
        ModelsCommand::List { json, registry } => return list(&registry.existing()?, *json),
        ModelsCommand::Show { version, json, registry } => {
            let registry = registry.existing()?;
            let version = match version {
                Some(start) => registry.version(start)?,
                None => registry.champion_model()?.version,
            };
            if *json { in_json(&registry.record(&version)?)? } else { registry.card(&version)? }
        }
        ModelsCommand::Compare { a, b, on, trends_column, registry } => {
            let registry = registry.existing()?;
            let models =
                [a, b].map(|start| registry.version(start).and_then(|v| registry.model(&v)));
            let [a, b] = models;
            let (a, b) = (a?, b?);
            match on {
                None => recorded(&registry, &a, &b)?,
                Some(cases) => measured(&a, &b, cases, trends_column.as_deref(), &mut failures)?,
            }
        }
        ModelsCommand::Promote { version, registry, act } => {
            let registry = registry.existing()?;
            let version = registry.version(version)?;
            let forced = is_forced(&registry.record(&version)?, act)?;
            match registry.promote(&version, None, &act.act(forced))? {
                Some(before) if before == version => format!("{version} is the champion already\n"),
                Some(before) => format!("{version} takes the place of {before}\n"),
                None => format!("{version} is the champion\n"),
            }
        }
        ModelsCommand::Rollback { registry, act } => {
            let (before, now) = registry.existing()?.rollback(&act.act(false))?;
            format!("back from {before} to {now}\n")
        }
        ModelsCommand::Verify { version, registry } => {
            return verify(&registry.existing()?, version.as_deref(), global);
        }
        ModelsCommand::Prune { keep, dry_run, registry, act } => {
            let registry = registry.existing()?;
            let _lock = (!dry_run).then(|| lock(&registry)).transpose()?;
            let pruned = registry.prune(*keep, *dry_run, &act.act(false))?;
            let verb = if *dry_run { "would remove" } else { "removed" };
            let versions = pruned.versions.into_iter();
            let leftovers = pruned.leftovers.into_iter().map(|path| path.display().to_string());
            versions.chain(leftovers).map(|what| format!("{verb} {what}\n")).collect()
        }
    };
    print(&said)?;
    failures.end()
}

impl RegistryArgs {
    pub(crate) fn open(&self) -> Registry {
        Registry::at(&self.model)
    }

    /// Refuses a mistyped name.
    fn existing(&self) -> Result<Registry> {
        let registry = self.open();
        registry.must_exist()?;
        Ok(registry)
    }
}

impl ActArgs {
    pub(crate) fn act(&self, forced: bool) -> Act {
        let user = || ["USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        Act {
            who: self.by.clone().or_else(user).unwrap_or_else(|| "unknown".to_owned()),
            when: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
            reason: self.reason.clone(),
            forced,
        }
    }
}

/// Whether a version is promoted against the verdict, for which a reason is due.
fn is_forced(record: &Record, act: &ActArgs) -> Result<bool> {
    let Some(verdict) = record.verdict.as_ref().filter(|verdict| !verdict.passes()) else {
        return Ok(false);
    };
    anyhow::ensure!(
        act.reason.is_some(),
        "{} was not good enough to take the champion's place: {}; say why it should with --reason",
        record.version,
        verdict.reasons.join("; ")
    );
    Ok(true)
}

/// Lists what can be read; what cannot is said, and keeps nothing from the list.
fn list(registry: &Registry, json: bool) -> Result<End> {
    let mut end = End::Done;
    let mut broken = |error| {
        say(&format!("broken: {error}"));
        end = End::SomeRowsFailed;
    };
    let mut records = Vec::new();
    let mut unreadable = Vec::new();
    for version in registry.versions()? {
        match registry.record(&version) {
            Ok(record) => records.push(record),
            Err(error) => {
                broken(error);
                unreadable.push(version);
            }
        }
    }
    if json {
        print(&in_json(&records)?)?;
        return Ok(end);
    }
    let champion = registry.champion().unwrap_or_else(|error| {
        broken(error);
        None
    });
    print(&table(registry, &records, &unreadable, champion.as_deref())?)?;
    Ok(end)
}

fn table(
    registry: &Registry,
    records: &[Record],
    unreadable: &[String],
    champion: Option<&str>,
) -> Result<String> {
    let star = |version: &str| if champion == Some(version) { '*' } else { ' ' };
    let journal = registry.journal()?;
    let mut out = format!(
        "  {:<12}  {:>6}  {:>9}  {:>8}  {:<20}  {}\n",
        "version", "cases", "decisions", "macro F1", "last", "by"
    );
    for record in records {
        let last = journal.iter().rev().find(|entry| entry.version == record.version);
        writeln!(
            out,
            "{} {:<12}  {:>6}  {:>9}  {:>8}  {:<20}  {}",
            star(&record.version),
            record.version,
            record.data.cases,
            decisions(record),
            number(record.macro_f1()),
            last.map_or("", |entry| entry.time.as_str()),
            last.map_or("", |entry| entry.who.as_str()),
        )?;
    }
    for version in unreadable {
        writeln!(out, "{} {version:<12}  broken", star(version))?;
    }
    Ok(out)
}

fn decisions(record: &Record) -> usize {
    record.data.by_origin.get(&LabelOrigin::Decision).copied().unwrap_or_default()
}

/// The recorded figures side by side, and the params that differ.
fn recorded(registry: &Registry, a: &Model, b: &Model) -> Result<String> {
    let records = [registry.record(&a.version)?, registry.record(&b.version)?];
    let of_both = |of: &dyn Fn(&Record) -> String| [of(&records[0]), of(&records[1])];
    let quality = |record: &Record| record.quality.as_ref().map(|q| q.metrics.overall.clone());
    let mut rows = vec![
        ("cases".to_owned(), of_both(&|r| r.data.cases.to_string())),
        ("of them decisions".to_owned(), of_both(&|r| decisions(r).to_string())),
        ("macro F1".to_owned(), of_both(&|r| number(r.macro_f1()))),
        (
            "mean average precision".to_owned(),
            of_both(&|r| number(quality(r).and_then(|q| q.average_precision.macro_average))),
        ),
        (
            "calibration error".to_owned(),
            of_both(&|r| number(quality(r).and_then(|q| q.calibration_error.macro_average))),
        ),
        ("terms".to_owned(), [a, b].map(|m| m.tagger.features().len().to_string())),
    ];
    // The models may know other trends, or the same in another order.
    let keys = |model: &Model| model.tagger.taxonomy().iter().map(|(_, t)| t.key.clone()).collect();
    let (mut all, others): (Vec<String>, Vec<String>) = (keys(a), keys(b));
    all.extend(others.into_iter().filter(|key| a.tagger.taxonomy().id(key).is_none()));
    for key in all {
        let threshold = |model: &Model| {
            let id = model.tagger.taxonomy().id(&key);
            number(id.map(|id| model.tagger.decision().thresholds[id.index()]))
        };
        rows.push((format!("threshold of {key}"), [a, b].map(threshold)));
    }
    let params = |model: &Model| serde_json::to_value(model.tagger.params());
    different("", &params(a)?, &params(b)?, &mut rows);
    let mut out = format!("{:<40} {:>14} {:>14}\n", "", a.version, b.version);
    for (name, [a, b]) in rows {
        writeln!(out, "{name:<40} {a:>14} {b:>14}")?;
    }
    out.push_str(
        "\nFigures are those recorded with each version, on its own folds. --on CASES compares both \
         on the same cases.\n",
    );
    Ok(out)
}

/// The params in which two models differ.
fn different(
    name: &str,
    a: &serde_json::Value,
    b: &serde_json::Value,
    rows: &mut Vec<(String, [String; 2])>,
) {
    match (a.as_object(), b.as_object()) {
        (Some(first), Some(_)) => {
            for key in first.keys() {
                let path = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                different(&path, &a[key], &b[key], rows);
            }
        }
        _ if a != b => rows.push((name.to_owned(), [a.to_string(), b.to_string()])),
        _ => {}
    }
}

/// What both say of labelled cases, as paired differences.
fn measured(
    a: &Model,
    b: &Model,
    cases: &Path,
    trends_column: Option<&str>,
    failures: &mut Failures,
) -> Result<String> {
    let columns = |model: &Model| model.tagger.params().text_columns();
    let read = |model: &Model| {
        let mut options = ReadOptions::default();
        options.columns.text = columns(model);
        if let Some(trends) = trends_column {
            options.columns.trends = trends.to_owned();
        }
        Corpus::open(cases, &options, Some(model.tagger.taxonomy().clone()))
    };
    let outcomes = |model: &Model, corpus: &Corpus| -> Result<Vec<Outcome>> {
        let tested = on_corpus(&model.tagger, corpus, 0)?;
        Ok(tested.cases.into_iter().map(|tested| tested.outcome).collect())
    };
    let taxonomy = a.tagger.taxonomy();
    anyhow::ensure!(
        taxonomy.trends == b.tagger.taxonomy().trends,
        "{} and {} know different trends",
        a.version,
        b.version
    );
    let (corpus, errors) = read(a)?;
    errors.into_iter().for_each(|error| failures.add(error));
    // The same rows fail for both.
    let other = (columns(a) != columns(b)).then(|| read(b)).transpose()?.map(|(other, _)| other);
    let figures = Figure::headline_and_trends(taxonomy);
    let found = differences(
        &[outcomes(b, other.as_ref().unwrap_or(&corpus))?],
        &[outcomes(a, &corpus)?],
        taxonomy.len(),
        &figures,
        &BootstrapParams::default(),
    )?;
    let mut out = String::new();
    let head = [cases.display().to_string(), a.version.clone(), b.version.clone()];
    difference_table(&mut out, [&head[0], &head[1], &head[2]], &found, taxonomy)?;
    Ok(out)
}

fn verify(registry: &Registry, version: Option<&str>, global: &Global) -> Result<End> {
    let versions = match version {
        Some(start) => vec![registry.version(start)?],
        None => registry.versions()?,
    };
    let champion = registry.champion()?;
    anyhow::ensure!(
        !versions.is_empty() || champion.is_some(),
        "{}: there are no versions; make some with `trendtag train --into NAME`",
        registry.folder().display()
    );
    let mut broken = 0;
    let mut out = String::new();
    for version in &versions {
        match registry.verify(version) {
            Ok(()) => writeln!(out, "{version} is whole and says what it said")?,
            Err(error) => {
                broken += 1;
                say(&format!("broken: {error}"));
            }
        }
    }
    if version.is_none() && champion.is_some_and(|c| !versions.contains(&c)) {
        broken += 1;
        say(&format!("broken: {}: the champion is not there", registry.folder().display()));
    }
    if !global.quiet {
        print(&out)?;
    }
    Ok(if broken == 0 { End::Done } else { End::SomeRowsFailed })
}
