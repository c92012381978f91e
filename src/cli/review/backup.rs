//! `trendtag review backup`: copies the database of a review.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use trendtag::review::Store;

use super::DatabaseArgs;
use crate::cli::{End, Global};

/// Copy the database; this works while the page is served
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag review backup --db reviews.db -o reviews-backup.db\n\nThe copy has every answer that was saved when it began, and is checked before it appears. Copying\nthe file itself while the page is served may miss the last answers, which are in a file beside it.\nBatches that were withdrawn are in the copy one last time, and then leave the database."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgs,
    /// File to write the copy to
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Replace the copy if it exists
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    Store::backup(&args.db.db, &args.output, args.force)?;
    global.note(&format!("{} is a copy of {}", args.output.display(), args.db.db.display()));
    Ok(End::Done)
}
