//! `trendtag review add`: tags submissions and puts them into the queue.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use trendtag::review::{AddParams, Added, FIRST_ANSWERS_NEEDED};
use trendtag::tables::{Fields, Rows};

use super::DatabaseArgs;
use crate::cli::inputs::{InputArgs, ModelArgs, expand};
use crate::cli::outputs::{Failures, say};
use crate::cli::recipe::with_default;
use crate::cli::{End, Global};

/// Tag submissions and put them into the queue
#[derive(Args)]
#[command(
    next_help_heading = "Review",
    after_help = "Example:\n  trendtag review add submissions.csv --db reviews.db\n\nSee all flags and examples with: trendtag review add --help",
    after_long_help = "Examples:\n  trendtag review add submissions.csv --db reviews.db\n  trendtag review add submissions.csv --db reviews.db --overlap 0.2\n\nRows that were added before are not added again."
)]
pub(super) struct Arguments {
    /// Files with submissions, or patterns such as '*.csv'; - means standard input
    #[arg(required = true, value_name = "SUBMISSIONS")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    db: DatabaseArgs,
    /// Name of the batch that the new cases belong to [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
    #[arg(long, alias = "audit", value_name = "SHARE", help = with_default("Share of the cases for the blind check: random cases that are answered without seeing the suggestion, and measure it", AddParams::default().blind_check))]
    blind_check: Option<f64>,
    #[arg(long, value_name = "SHARE", help = with_default("Share of the other cases that two reviewers answer", AddParams::default().overlap))]
    overlap: Option<f64>,
    #[arg(long, hide_short_help = true, value_name = "N", help = format!("Seed of both random choices [default: {}]", AddParams::default().seed))]
    seed: Option<u64>,
    /// Update existing cases; their answers are kept
    ///
    /// The texts and columns of the file replace those in the database.
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    input: InputArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let model = args.model.open(global)?;
    global.start_threads()?;
    let options = args.input.options(&model.tagger.params().fields, global)?;
    let mut params = AddParams { columns: options.columns.clone(), ..AddParams::default() };
    params.blind_check = args.blind_check.unwrap_or(params.blind_check);
    params.overlap = args.overlap.unwrap_or(params.overlap);
    params.seed = args.seed.unwrap_or(params.seed);
    params.update = args.update;
    params.batch = args.batch.clone().or_else(|| named_after(&args.inputs)).unwrap_or(params.batch);
    let files = expand(&args.inputs)?;
    let inputs = files.iter().map(|path| Rows::open(path, &options));
    let inputs = inputs.collect::<trendtag::Result<Vec<_>>>()?;
    inputs.iter().for_each(|rows| global.notes(rows.notes()));
    // A file that cannot be added leaves no database.
    inputs.iter().try_for_each(|rows| Fields::of(rows, &params.columns).map(drop))?;
    let store = args.db.create()?;
    let mut failures = Failures::new(None, false)?;
    let mut total = Added::default();
    for rows in inputs {
        total.add(store.add(&model, rows, &params, &mut |error| failures.add(error))?);
    }
    global.note(&format!(
        "{} cases added ({} for the blind check, {} for two reviewers), {} were there already",
        total.added, total.blind_check, total.overlap, total.known
    ));
    if total.elsewhere > 0 {
        global
            .note(&format!("{} of them belong to another batch, and stay in it", total.elsewhere));
    }
    for case in &total.updated {
        let answered = if case.answered { "; its answers are kept" } else { "" };
        say(&format!("{}: {} changed{answered}", case.id, case.columns.join(", ")));
    }
    if !total.updated.is_empty() {
        global.note(&format!("{} cases brought up to date", total.updated.len()));
    }
    if total.blind_check_in_all < FIRST_ANSWERS_NEEDED {
        global.note(&format!(
            "The blind check has {} cases: its figures need {FIRST_ANSWERS_NEEDED}. Use a larger \
             --blind-check for the next cases, or a new database.",
            total.blind_check_in_all
        ));
    }
    failures.end()
}

/// Returns the name of the first file, if it can be that of a batch.
fn named_after(inputs: &[PathBuf]) -> Option<String> {
    let stem = inputs.first()?.file_stem()?.to_str()?.trim();
    let is_pattern = stem.contains(['*', '?', '[', '{']);
    let length = stem.chars().count();
    (stem != "-" && !is_pattern && (1..=80).contains(&length)).then(|| stem.to_owned())
}
