//! `trendtag evaluate`: how good a model is, or how good training on a corpus
//! would make one.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use trendtag::Taxonomy;
use trendtag::case::{Case, Columns, Corpus, Fields, ReadOptions, Rows};
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
    let mut failures = Failures::new(None, false)?;
    let (outcomes, taxonomy) = match args.cross_validate {
        Some(folds) => cross_validate(args, folds, global, &mut failures)?,
        None => on_file(args, global, &mut failures)?,
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
fn on_file(
    args: &EvaluateArgs,
    global: &Global,
    failures: &mut Failures,
) -> Result<(Vec<Outcome>, Taxonomy)> {
    let model = args.model.open()?;
    let taxonomy = model.tagger.taxonomy().clone();
    let options = args.input.options(&model.tagger.params().fields)?;
    let corpus = match &args.gold {
        None => args.labels.corpus(&args.cases, options, Some(taxonomy.clone()), failures)?,
        Some(gold) => with_gold(args, gold, global, options, taxonomy.clone(), failures)?,
    };
    let outcomes = protocol::on_corpus(&model.tagger, &corpus)?;
    if !global.quiet {
        say(&format!("model {} on {}", model.version, args.cases.display()));
    }
    Ok((outcomes, taxonomy))
}

/// The cases of one file with the gold of another, joined by id.
fn with_gold(
    args: &EvaluateArgs,
    gold_path: &Path,
    global: &Global,
    options: ReadOptions,
    taxonomy: Taxonomy,
    failures: &mut Failures,
) -> Result<Corpus> {
    let mut rows = Rows::open(&args.cases, &options)?;
    let fields = Fields::of(&rows, &options.columns)?;
    let text = vec![options.columns.id.clone()];
    let gold_options = ReadOptions { columns: Columns { text, ..options.columns }, ..options };
    let gold = args.labels.corpus(gold_path, gold_options, Some(taxonomy), failures)?;
    let mut of_id: BTreeMap<_, _> = gold.cases.into_iter().map(|c| (c.id, c.gold)).collect();
    let mut cases = Vec::new();
    for row in &mut rows {
        match row {
            Ok(row) => {
                let id = fields.id(&row).into_owned();
                let gold = of_id.remove(&id).flatten();
                let texts = fields.texts(&row).map(|text| text.into_owned()).collect();
                cases.push(Case { id, texts, gold, row });
            }
            Err(error) if error.is_row() => failures.add(error),
            Err(error) => return Err(error.into()),
        }
    }
    if !of_id.is_empty() && !global.quiet {
        let (count, cases) = (of_id.len(), args.cases.display());
        say(&format!("warning: {count} ids of {} are not in {cases}", gold_path.display()));
    }
    Ok(Corpus { taxonomy: gold.taxonomy, columns: rows.columns().to_vec(), cases })
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
    let options = args.input.options(&params.fields)?;
    let corpus = args.labels.corpus(&args.cases, options, taxonomy, failures)?;
    let set = TrainingSet::new(&corpus, &params, search.as_ref())?;
    let splits = protocol::cross_validation(&set, folds, params.seed)?;
    let bar = progress(global, splits.len() as u64, BAR);
    let outcomes = protocol::run(&set, &splits, &params, search.as_ref(), &|| bar.inc(1))?;
    bar.finish_and_clear();
    Ok((outcomes, corpus.taxonomy.clone()))
}
