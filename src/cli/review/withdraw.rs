//! `trendtag review withdraw`: takes a batch out of a review, or brings it back.

use anyhow::Result;
use clap::Args;

use super::{DatabaseArgs, refused};
use crate::cli::{End, Global};

/// Take a batch that was added by mistake out of a review
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag review withdraw \"Call 2025\" --db reviews.db\n  trendtag review withdraw \"Call 2025\" --undo --db reviews.db\n\nIts cases and their answers are in no queue, figure or export any more. The database keeps them\nuntil the next `trendtag review backup`, whose copy has them too. The journal names the batch."
)]
pub(super) struct Arguments {
    /// Name of the batch
    #[arg(value_name = "BATCH")]
    batch: String,
    #[command(flatten)]
    db: DatabaseArgs,
    /// Bring a batch back that was withdrawn since the last backup
    #[arg(long)]
    undo: bool,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let store = args.db.open()?;
    let (moved, what) = if args.undo {
        (store.restore(&args.batch, None), "brought back")
    } else {
        (store.withdraw(&args.batch, None), "withdrawn")
    };
    let moved = moved.map_err(refused)?;
    global.note(&format!(
        "{}: {what}, with {} cases and {} answers",
        moved.batch, moved.cases, moved.answers
    ));
    Ok(End::Done)
}
