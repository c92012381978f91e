//! `trendtag review import`: imports labels from other tools as answers.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use trendtag::review::{ImportParams, ImportSource, ImportedLabels};

use super::DatabaseArgs;
use crate::cli::inputs::{InputArgs, LabelColumnArgs, ModelArgs, one_of};
use crate::cli::outputs::Failures;
use crate::cli::{End, Global};

/// Import labels from a table or another labelling tool as answers
#[derive(Args)]
#[command(
    next_help_heading = "Review",
    after_help = "Example:\n  trendtag review import labelled.csv --db reviews.db\n\nSee all flags and examples with: trendtag review import --help",
    after_long_help = "Examples:\n  trendtag review import labelled.csv --db reviews.db\n  trendtag review import tasks.json --from label-studio --db reviews.db\n\nA label belongs to the case with the same text. A label is refused and listed if its id belongs to\na case with another text. Exports of `review export` keep their reviewers, notes and times."
)]
pub(super) struct Arguments {
    /// The file with the labels
    #[arg(value_name = "FILE")]
    input: PathBuf,
    #[command(flatten)]
    db: DatabaseArgs,
    /// Source of the labels
    ///
    /// A table with texts and labels in any input format, or an export of Label Studio,
    /// doccano, Argilla or Prodigy.
    #[arg(long, value_name = "SOURCE", default_value = "table", value_parser = one_of::<ImportSource>(["table", "label-studio", "doccano", "argilla", "prodigy"]))]
    from: ImportSource,
    /// Reviewer name for labels that have none [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    reviewer: Option<String>,
    /// Name of the batch that new cases belong to, unless the file names it [default: the name
    /// of the file]
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
    /// Control (Label Studio) or question (Argilla) with the labels [default: the one
    /// that offers only trends]
    #[arg(long, value_name = "NAME")]
    control: Option<String>,
    /// Match labels with cases by id alone, without comparing texts
    #[arg(long)]
    by_id: bool,
    /// Replace earlier answers of the same reviewer
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    labels: LabelColumnArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    columns: InputArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let model = args.model.open(global)?;
    global.start_threads()?;
    let mut options = args.columns.options(&model.tagger.params().fields, global)?;
    args.labels.name(&mut options.columns);
    let (control, taxonomy) = (args.control.as_deref(), model.tagger.taxonomy());
    let labels = ImportedLabels::open(&args.input, args.from, &options, control, taxonomy)?;
    let store = args.db.create()?;
    let mut failures = Failures::new(None, false)?;
    let labels = failures.keep(labels);
    let mut params = ImportParams::of_file(&args.input);
    params.reviewer = args.reviewer.clone().unwrap_or(params.reviewer);
    params.batch = args.batch.clone().unwrap_or(params.batch);
    (params.by_id, params.replace) = (args.by_id, args.replace);
    let done = store.import(&model, labels, &params, &mut |error| failures.add(error))?;
    global.note(&format!(
        "{} answers saved, {} were there already, {} cases added, {} cases without a label",
        done.saved, done.known, done.added, done.unlabelled
    ));
    if done.by_id > 0 {
        global.note(&format!("{} cases matched by their ids alone", done.by_id));
    }
    failures.end()
}
