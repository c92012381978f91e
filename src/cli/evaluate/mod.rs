//! `trendtag evaluate`: how good a model is, or how good training on a corpus
//! would make one.

mod words;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use trendtag::evaluate::protocol::{Protocol, outcomes};
use trendtag::evaluate::{Evaluation, EvaluationParams, Step, predictions, table};
use trendtag::pages;
use trendtag::tagger::Corpus;

use super::inputs::{InputArgs, LabelArgs, ModelArgs, named_column};
use super::outputs::{Failures, WantedFile, print, say};
use super::recipe::ParamArgs;
use super::{End, Global};
use words::{as_json, compared, in_words};

/// Measure how good a model is on labelled cases it has not seen
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag evaluate labelled.csv --model mine.safetensors\n  trendtag evaluate data/cases.csv --cross-validate 5"
)]
pub(crate) struct Arguments {
    /// Labelled cases
    #[arg(default_value = "data/cases.csv", value_name = "CASES")]
    cases: PathBuf,
    /// Cross-validate: train on K-1 parts and test on the other, K times
    #[arg(long, value_name = "K", conflicts_with = "model")]
    cross_validate: Option<usize>,
    /// Repeat the cross-validation on other folds
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..), requires = "cross_validate")]
    repeats: u16,
    /// Keep all cases with the same value in this column on one side
    #[arg(long, value_name = "COLUMN", requires = "cross_validate")]
    group_by: Option<String>,
    /// Train on the past and test on the next value of this column (a year)
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["cross_validate", "model"])]
    split_by: Option<String>,
    /// Gold labels in a file of their own (columns id and trends)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cross_validate", "split_by"])]
    gold: Option<PathBuf>,
    /// Write a page with tables, charts and the worst mistakes (HTML)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the predictions for every tested case to this file (CSV)
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
    /// Compare with the predictions of another model on the same cases
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    /// Replace existing files
    #[arg(long)]
    force: bool,
    /// Write the figures of each trend to this file (TSV)
    #[arg(long, value_name = "FILE")]
    per_trend: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    params: ParamArgs,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    input: InputArgs,
}

const BAR: &str = "{bar:30} {pos}/{len} splits, {eta} left";

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
    let [per_trend, report, predicted] = [&args.per_trend, &args.report, &args.predictions]
        .map(|path| WantedFile::start(path.as_deref(), args.force));
    let (per_trend, report, predicted) = (per_trend?, report?, predicted?);
    let mut failures = Failures::new(None, false)?;
    let params = match args.report {
        Some(_) => EvaluationParams::default(),
        None => EvaluationParams::figures_only(),
    };
    let evaluation = match args.protocol() {
        Some(protocol) => of_recipe(args, &protocol, &params, global, &mut failures)?,
        None => of_model(args, &params, global, &mut failures)?,
    };
    let taxonomy = &evaluation.taxonomy;
    per_trend.write(|| Ok(table::per_trend_tsv(&evaluation.findings.metrics)))?;
    predicted.write(|| Ok(predictions::render(&evaluation.by_split(), taxonomy)?))?;
    report.write(|| Ok(pages::evaluation::render(&evaluation)?))?;
    print(&if args.json { as_json(&evaluation)? } else { in_words(&evaluation)? })?;
    if let Some(path) = &args.against {
        let ours = outcomes(&evaluation.repeats, |tested| tested.outcome.clone());
        let theirs = predictions::read(path, taxonomy)?;
        print(&compared(&ours, &theirs, taxonomy)?)?;
        if ours.len() != theirs.len() {
            say("note: the numbers of repeats differ");
        }
    }
    failures.end()
}

impl Arguments {
    /// How a recipe is to be tested; `None` if a model is.
    fn protocol(&self) -> Option<Protocol> {
        if let Some(column) = self.split_by.clone() {
            return Some(Protocol::Forward { column });
        }
        let (repeats, group_by) = (self.repeats, self.group_by.clone());
        self.cross_validate.map(|folds| Protocol::CrossValidation { folds, repeats, group_by })
    }
}

/// Tests a model on the labelled cases of a file.
fn of_model(
    args: &Arguments,
    params: &EvaluationParams,
    global: &Global,
    failures: &mut Failures,
) -> Result<Evaluation> {
    ensure!(
        args.params == ParamArgs::default(),
        "params belong to training: give them together with --cross-validate or --split-by"
    );
    let model = args.model.open()?;
    let taxonomy = model.tagger.taxonomy().clone();
    let mut options = args.input.options(&model.tagger.params().fields)?;
    args.labels.name_trends(&mut options.columns);
    let corpus = match &args.gold {
        None => args.labels.corpus(&args.cases, options, Some(taxonomy), failures, global)?,
        Some(gold) => {
            let found = Corpus::open_with_gold(&args.cases, gold, &options, taxonomy)?;
            let corpus = failures.keep(found);
            global.notes(&corpus.notes);
            corpus
        }
    };
    Ok(Evaluation::of_model(&model, &corpus, &args.cases.display().to_string(), params)?)
}

/// Tests models that are trained on parts of a corpus on the other parts.
fn of_recipe(
    args: &Arguments,
    protocol: &Protocol,
    params: &EvaluationParams,
    global: &Global,
    failures: &mut Failures,
) -> Result<Evaluation> {
    let recipe = args.params.recipe(&args.input)?;
    let taxonomy = args.labels.taxonomy(&args.cases)?;
    let options = args.input.options(&recipe.params().fields)?;
    let mut corpus = args.labels.corpus(&args.cases, options, taxonomy, failures, global)?;
    let protocol = &match protocol.clone() {
        Protocol::Forward { column } => {
            Protocol::Forward { column: named_column(&corpus.columns, &column, &args.cases)? }
        }
        Protocol::CrossValidation { folds, repeats, group_by } => {
            let named = |name: String| named_column(&corpus.columns, &name, &args.cases);
            let group_by = group_by.map(named).transpose()?;
            Protocol::CrossValidation { folds, repeats, group_by }
        }
    };
    args.labels.add_examples(&args.cases, &mut corpus, failures)?;
    let bar = global.progress(0, BAR);
    let evaluation = Evaluation::of_recipe(
        &corpus,
        &args.cases.display().to_string(),
        recipe,
        protocol,
        params,
        &|step| match step {
            Step::Planned(splits) => bar.set_length(splits as u64),
            Step::Tested => bar.inc(1),
        },
    )?;
    bar.finish_and_clear();
    Ok(evaluation)
}
