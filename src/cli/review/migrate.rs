//! `trendtag review migrate`: gives a review another taxonomy.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use trendtag::Taxonomy;

use super::DatabaseArgs;
use crate::cli::inputs::ModelArgs;
use crate::cli::{End, Global};

/// Give a review another taxonomy, and keep every answer
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag train data/cases.csv --taxonomy new.toml --into mine\n  trendtag review migrate --taxonomy new.toml --model mine --db reviews.db\n\nAnswers move to the keys that `aliases` and `replaces` of the new taxonomy name: a merged trend\napplies if any of its old ones did. Answers from before a trend existed say nothing about it: their\ncases wait in the queue \"New trends\" of the page, which asks about the new trends only. All of it\nis one step, after a copy of the database was made. Start the server again afterwards."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgs,
    /// The new taxonomy
    #[arg(long, value_name = "FILE")]
    taxonomy: PathBuf,
    #[command(flatten)]
    model: ModelArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
    let taxonomy = Taxonomy::open(&args.taxonomy)?;
    let store = args.db.open()?;
    let model = args.model.open(global)?;
    let done = store.migrate(&taxonomy, &model)?;
    global.note(&format!("{} is a copy from before", done.copy.display()));
    for (from, to) in &done.renamed {
        global.note(&format!("{from} is {to} now"));
    }
    for key in &done.new {
        global.note(&format!("{key} is new"));
    }
    global.note(&format!(
        "{} decisions kept; {} decided cases wait to be asked about new trends",
        done.decisions, done.unasked
    ));
    Ok(End::Done)
}
