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
    after_help = "Examples:\n  trendtag review backup --db reviews.db -o reviews-backup.db\n  trendtag review backup --db reviews.db -o reviews-backup.db --force\n\nThe copy contains every answer that was saved before it started, and is checked before it gets its\nname. Do not copy the file itself while the page is served: the last answers are in a file beside\nit. Withdrawn batches are in the copy one last time, and then leave the database."
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
