//! `trendtag review import`: labels that were given elsewhere, as answers.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use trendtag::review::{ImportParams, ImportSource, ImportedLabels};

use super::DatabaseArgs;
use crate::cli::inputs::{InputArgs, LabelColumnArgs, ModelArgs, one_of};
use crate::cli::outputs::Failures;
use crate::cli::{End, Global};

/// Take labels that were given elsewhere as answers
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag review import labelled.csv --db reviews.db\n  trendtag review import tasks.json --from label-studio --db reviews.db\n\nA label belongs to the case that has the same text. A label whose id belongs to a case with\nanother text is refused and listed. What `review export` wrote comes back with its reviewers,\nnotes and times."
)]
pub(super) struct Arguments {
    /// The file with the labels
    #[arg(value_name = "FILE")]
    input: PathBuf,
    #[command(flatten)]
    db: DatabaseArgs,
    /// Where the labels come from: a table with texts and labels (any format that cases
    /// have), or an export of Label Studio, doccano, Argilla or Prodigy
    #[arg(long, value_name = "SOURCE", default_value = "table", value_parser = one_of::<ImportSource>(["table", "label-studio", "doccano", "argilla", "prodigy"]))]
    from: ImportSource,
    /// Reviewer name for labels that have none [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    reviewer: Option<String>,
    /// Name of the batch that new cases belong to, unless the file names it [default: the name
    /// of the file]
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
    /// Control of Label Studio, or question of Argilla, whose choices are the labels
    /// [default: the one whose choices are all trends]
    #[arg(long, value_name = "NAME")]
    control: Option<String>,
    /// Let ids alone tell which case a label is meant for, whatever the texts are
    #[arg(long)]
    by_id: bool,
    /// Replace answers that the same reviewer gave before
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
        global.note(&format!("{} cases told by their ids alone", done.by_id));
    }
    failures.end()
}
