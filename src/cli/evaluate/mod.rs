//! `trendtag evaluate`: measures a model, or the recipe that trains one.

mod against;
mod json;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use trendtag::evaluate::protocol::Protocol;
use trendtag::evaluate::{Evaluation, EvaluationParams, Learned, Step, predictions, table};
use trendtag::pages;
use trendtag::tagger::{Corpus, Model};

use super::inputs::{InputArgs, LabelArgs, ModelArgs, named_column};
use super::outputs::{Failures, FiguresArgs, PageArgs, WantedFile, print, say};
use super::recipe::ParamArgs;
use super::{End, Global};
use against::Against;
pub(in crate::cli) use json::Printed;
use json::as_json;
use words::{compared, in_words};

/// Measure how good a model is on labelled cases it has not seen
#[derive(Args)]
#[command(
    next_help_heading = "Output",
    after_help = "Example:\n  trendtag evaluate labelled.csv --model mine.safetensors\n\nSee all flags and examples with: trendtag evaluate --help",
    after_long_help = "Examples:\n  trendtag evaluate labelled.csv --model mine.safetensors\n  trendtag evaluate data/cases.csv --cross-validate 5\n\nWithout CASES, data/cases.csv is cross-validated in 5 folds, because a model cannot be measured on\nthe cases that it learned from."
)]
pub(crate) struct Arguments {
    /// Labelled cases to compare with [default: data/cases.csv]
    #[arg(value_name = "CASES")]
    cases: Option<PathBuf>,
    /// Cross-validate: train on K-1 parts and test on the other, K times
    #[arg(long, help_heading = "Protocol", value_name = "K", conflicts_with = "model")]
    cross_validate: Option<usize>,
    /// Repeat the cross-validation on other folds
    #[arg(hide_short_help = true, long, help_heading = "Protocol", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..), requires = "cross_validate")]
    repeats: u16,
    /// Keep cases with the same value in this column in one fold
    ///
    /// Cases that share a value are never split between training and test.
    #[arg(
        hide_short_help = true,
        long,
        help_heading = "Protocol",
        value_name = "COLUMN",
        requires = "cross_validate"
    )]
    group_by: Option<String>,
    /// Train on earlier values of this column and test on the next one
    ///
    /// The column is usually a year.
    #[arg(hide_short_help = true, long, help_heading = "Protocol", value_name = "COLUMN", conflicts_with_all = ["cross_validate", "model"])]
    split_by: Option<String>,
    /// Separate file with the reference labels (columns id and trends)
    #[arg(hide_short_help = true, long, help_heading = "Protocol", value_name = "FILE", conflicts_with_all = ["cross_validate", "split_by"])]
    gold: Option<PathBuf>,
    /// Leave out cases that the model has learned from
    #[arg(hide_short_help = true, long, help_heading = "Protocol", conflicts_with_all = ["cross_validate", "split_by"])]
    only_new_cases: bool,
    /// Write a page with tables, charts and the worst mistakes (HTML)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    figures: FiguresArgs,
    #[command(flatten)]
    page: PageArgs,
    /// Write the predictions for every tested case to this file (CSV)
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    predictions: Option<PathBuf>,
    /// Compare with the predictions of another model on the same cases
    ///
    /// The file was written by --predictions, or it is a file that the other model tagged.
    /// Cases are matched by id.
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    /// Replace existing files
    #[arg(long)]
    force: bool,
    /// Write the figures of each trend to this file (TSV)
    #[arg(long, hide_short_help = true, value_name = "FILE")]
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

/// The default file of labelled cases.
const CASES: &str = "data/cases.csv";

/// The default number of folds.
const FOLDS: usize = 5;

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
    let [per_trend, report, predicted] = [&args.per_trend, &args.report, &args.predictions]
        .map(|path| WantedFile::start(path.as_deref(), args.force));
    let (per_trend, report, predicted) = (per_trend?, report?, predicted?);
    let mut failures = Failures::new(None, false)?;
    args.figures.check(args.force)?;
    let params = match args.report.is_some() || args.figures.are_wanted() {
        true => EvaluationParams::default(),
        false => EvaluationParams::figures_only(),
    };
    let cases = args.cases.as_deref().unwrap_or(Path::new(CASES));
    let protocol = args.protocol();
    let model = match &protocol {
        Some(_) => None,
        None => Some(args.model(global)?),
    };
    let corpus = match &model {
        Some(model) => args.corpus_of_model(cases, model, global, &mut failures)?,
        None => args.corpus_of_recipe(cases, global, &mut failures)?,
    };
    // Predictions that cannot be compared are reported before the long work.
    let against = match &args.against {
        Some(path) => Some(args.against(path, &corpus, global, &mut failures)?),
        None => None,
    };
    let file = cases.display().to_string();
    let evaluation = match (&model, &protocol) {
        (Some(model), _) => Evaluation::of_model(model, &corpus, &file, &params)?,
        (None, Some(protocol)) => of_recipe(args, &corpus, &file, protocol, &params, global)?,
        (None, None) => anyhow::bail!("{file}: neither a model nor a protocol to measure"),
    };
    let taxonomy = &evaluation.taxonomy;
    per_trend.write(|| Ok(table::per_trend_tsv(&evaluation.findings.metrics)))?;
    predicted.write(|| Ok(predictions::render(&evaluation.by_split(), taxonomy)?))?;
    report.write(|| Ok(pages::evaluation::render(&evaluation, &args.page.cover())?))?;
    args.figures.write(|| Ok(pages::evaluation::figures(&evaluation)?))?;
    if args.json {
        evaluation.caution.iter().for_each(|caution| say(caution));
    }
    print(&if args.json { as_json(&evaluation)? } else { in_words(&evaluation)? })?;
    if let Some(against) = against {
        let matched = against.matched(&evaluation)?;
        let mut out = String::new();
        for caution in against.cautions(&corpus, model.as_ref()) {
            out.push_str(&format!("\n{caution}\n"));
        }
        out.push_str(&compared(&matched.ours, &matched.theirs, taxonomy)?);
        print(&out)?;
    }
    failures.end()
}

impl Arguments {
    /// Returns how to test a recipe, or `None` if a model is tested.
    fn protocol(&self) -> Option<Protocol> {
        if let Some(column) = self.split_by.clone() {
            return Some(Protocol::Forward { column });
        }
        let nothing_named = self.cases.is_none() && self.model.model.is_none();
        let folds = self.cross_validate.or((nothing_named && self.gold.is_none()).then_some(FOLDS));
        let (repeats, group_by) = (self.repeats, self.group_by.clone());
        folds.map(|folds| Protocol::CrossValidation { folds, repeats, group_by })
    }

    /// Returns the model to be measured.
    fn model(&self, global: &Global) -> Result<Model> {
        ensure!(
            self.params == ParamArgs::default(),
            "params belong to training: give them together with --cross-validate or --split-by"
        );
        if let Some(flag) = self.labels.of_training() {
            anyhow::bail!(
                "{flag} belongs to training, and a model has its own: give it together with \
                 --cross-validate or --split-by"
            );
        }
        self.model.open(global)
    }

    /// Reads the labelled cases to measure a model on.
    fn corpus_of_model(
        &self,
        cases: &Path,
        model: &Model,
        global: &Global,
        failures: &mut Failures,
    ) -> Result<Corpus> {
        let taxonomy = model.tagger.taxonomy().clone();
        let mut options = self.input.options(&model.tagger.params().fields, global)?;
        self.labels.name_trends(&mut options.columns);
        let mut corpus = match &self.gold {
            None => self.labels.corpus(cases, options, Some(taxonomy), failures, global)?,
            Some(gold) => {
                let found = Corpus::open_with_gold(cases, gold, &options, taxonomy)?;
                let corpus = failures.keep(found);
                global.notes(&corpus.notes);
                corpus
            }
        };
        if self.only_new_cases {
            let learned = Learned::of(&model.tagger, &corpus);
            learned.leave_out(&mut corpus);
            let count = learned.same + learned.near;
            global.note(&format!("Left out {count} cases that the model has learned from."));
            ensure!(
                !corpus.cases.is_empty(),
                "{}: the model has learned from all of these cases",
                cases.display()
            );
        }
        Ok(corpus)
    }

    /// Reads the labelled cases to train and test models on.
    fn corpus_of_recipe(
        &self,
        cases: &Path,
        global: &Global,
        failures: &mut Failures,
    ) -> Result<Corpus> {
        let recipe = self.params.recipe(&self.input, global)?;
        let taxonomy = self.labels.taxonomy(cases, global)?;
        let options = self.input.options(&recipe.params().fields, global)?;
        let mut corpus = self.labels.corpus(cases, options, taxonomy, failures, global)?;
        self.labels.add_examples(cases, &mut corpus, failures, global)?;
        Ok(corpus)
    }

    /// Returns the predictions to compare with.
    fn against(
        &self,
        path: &Path,
        corpus: &Corpus,
        global: &Global,
        failures: &mut Failures,
    ) -> Result<Against> {
        let id = self.input.options(&self.input.params(global).fields, global)?.columns.id;
        Against::read(path, &corpus.taxonomy, &id, failures)
    }
}

/// Tests models that are trained on parts of a corpus on the other parts.
fn of_recipe(
    args: &Arguments,
    corpus: &Corpus,
    file: &str,
    protocol: &Protocol,
    params: &EvaluationParams,
    global: &Global,
) -> Result<Evaluation> {
    let recipe = args.params.recipe(&args.input, global)?;
    let name = |name: String| named_column(&corpus.columns, &name, Path::new(file));
    let protocol = &match protocol.clone() {
        Protocol::Forward { column } => Protocol::Forward { column: name(column)? },
        Protocol::CrossValidation { folds, repeats, group_by } => {
            let group_by = group_by.map(name).transpose()?;
            Protocol::CrossValidation { folds, repeats, group_by }
        }
    };
    let bar = global.progress(0, BAR);
    let watch = |step| match step {
        Step::Planned(splits) => bar.set_length(splits as u64),
        Step::Tested => bar.inc(1),
    };
    let evaluation = Evaluation::of_recipe(corpus, file, recipe, protocol, params, &watch)?;
    bar.finish_and_clear();
    Ok(evaluation)
}
