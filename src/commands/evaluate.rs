//! `trendtag evaluate`: how good a model is, or how good training on a corpus
//! would make one.

use anyhow::{Result, bail};
use trendtag::Taxonomy;
use trendtag::case::{Columns, Corpus, ReadOptions};
use trendtag::evaluation::Outcome;
use trendtag::evaluation::metrics::{Metrics, MetricsParams};
use trendtag::evaluation::table;
use trendtag::protocol;
use trendtag::tagger::TrainingSet;

use super::{Failures, print, progress, say, threads, write_file};
use crate::End;
use crate::cli::{EvaluateArgs, Global};

const BAR: &str = "{bar:30} {pos}/{len} folds, {eta} left";

pub(crate) fn run(args: &EvaluateArgs, global: &Global) -> Result<End> {
    threads(global)?;
    let mut failures = Failures::new(None);
    let (outcomes, taxonomy) = match args.cross_validate {
        Some(folds) => cross_validate(args, folds, global, &mut failures)?,
        None => on_file(args, &mut failures)?,
    };
    let metrics = Metrics::of(&outcomes, &taxonomy, &MetricsParams::default())?;
    if let Some(path) = &args.per_trend {
        write_file(path, table::per_trend_tsv(&metrics).as_bytes(), true)?;
    }
    if args.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&metrics)?))?;
    } else {
        print(&table::render(&metrics, &[]))?;
    }
    failures.end()
}

/// What the model says of the labelled cases of a file.
fn on_file(args: &EvaluateArgs, failures: &mut Failures) -> Result<(Vec<Outcome>, Taxonomy)> {
    let model = args.model.open()?;
    let taxonomy = model.tagger.taxonomy().clone();
    let options = args.input.options(&model.tagger.params().fields);
    let corpus = match &args.gold {
        None => args.labels.corpus(&args.cases, options, Some(taxonomy.clone()), failures)?,
        Some(_) => with_gold(args, options, taxonomy.clone(), failures)?,
    };
    let outcomes = protocol::on_corpus(&model.tagger, &corpus)?;
    say(&format!("model {} on {}", model.version, args.cases.display()));
    Ok((outcomes, taxonomy))
}

/// The cases of one file with the gold of another, joined by id.
fn with_gold(
    args: &EvaluateArgs,
    options: ReadOptions,
    taxonomy: Taxonomy,
    failures: &mut Failures,
) -> Result<Corpus> {
    let Some(gold_path) = &args.gold else { bail!("no file with gold") };
    // The labels stand in the other file: here any column that is there will do.
    let trends = options.columns.id.clone();
    let columns = Columns { trends, ..options.columns.clone() };
    let (mut corpus, _) =
        Corpus::open(&args.cases, &ReadOptions { columns, ..options.clone() }, None)?;
    corpus.taxonomy = taxonomy.clone();
    let text = vec![options.columns.id.clone()];
    let gold_options = ReadOptions { columns: Columns { text, ..options.columns }, ..options };
    let gold = args.labels.corpus(gold_path, gold_options, Some(taxonomy), failures)?;
    let of_id: std::collections::BTreeMap<_, _> =
        gold.cases.into_iter().map(|c| (c.id, c.gold)).collect();
    for case in &mut corpus.cases {
        case.gold = of_id.get(&case.id).cloned().flatten();
    }
    Ok(corpus)
}

fn cross_validate(
    args: &EvaluateArgs,
    folds: usize,
    global: &Global,
    failures: &mut Failures,
) -> Result<(Vec<Outcome>, Taxonomy)> {
    let params = args.params.params(&args.input);
    let search = args.params.search();
    let taxonomy = args.labels.taxonomy(&args.cases)?;
    let options = args.input.options(&params.fields);
    let corpus = args.labels.corpus(&args.cases, options, taxonomy, failures)?;
    let set = TrainingSet::new(&corpus, &params, search.as_ref())?;
    let splits = protocol::cross_validation(&set, folds, params.seed)?;
    let bar = progress(global, splits.len() as u64, BAR);
    let outcomes = protocol::run(&set, &splits, &params, search.as_ref(), &|| bar.inc(1))?;
    bar.finish_and_clear();
    Ok((outcomes, corpus.taxonomy.clone()))
}
