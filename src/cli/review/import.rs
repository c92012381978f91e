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
    after_help = "Example:\n  trendtag review import labelled.csv --db reviews.db\n  trendtag review import tasks.json --from label-studio --db reviews.db"
)]
pub(super) struct Arguments {
    /// The file with the labels
    #[arg(value_name = "FILE")]
    input: PathBuf,
    #[command(flatten)]
    db: DatabaseArgs,
    /// Where the labels come from: a table with ids and labels (any format that
    /// cases have), Label Studio (JSON) or doccano (JSONL)
    #[arg(long, value_name = "SOURCE", default_value = "table", value_parser = one_of::<ImportSource>(["table", "label-studio", "doccano"]))]
    from: ImportSource,
    /// Reviewer name for labels that have none
    #[arg(long, value_name = "NAME", default_value = "import")]
    reviewer: String,
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
    let labels = ImportedLabels::open(&args.input, args.from, &options, model.tagger.taxonomy())?;
    let store = args.db.create()?;
    let mut failures = Failures::new(None, false)?;
    let labels = failures.keep(labels);
    let params = ImportParams { reviewer: args.reviewer.clone() };
    let done = store.import(&model, labels, &params, &mut |error| failures.add(error))?;
    global.note(&format!(
        "{} answers saved, {} were there already, {} cases added, {} cases without a label",
        done.saved, done.known, done.added, done.unlabelled
    ));
    failures.end()
}
