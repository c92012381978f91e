//! `trendtag models prune`: removes old versions.

use anyhow::Result;
use clap::Args;

use crate::cli::outputs::print;
use crate::cli::versions::{ActArgs, RegistryArgs, lock};
use crate::cli::{End, Global};

/// Remove old versions and what interrupted runs left behind
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag models prune --model mine --keep 3 --dry-run\n  trendtag models prune --model mine --keep 3"
)]
pub(super) struct Arguments {
    /// Number of versions to keep in addition to the champion: first the one that a
    /// rollback would restore, then the most recently used
    #[arg(long, value_name = "N", default_value_t = 5)]
    keep: usize,
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let registry = args.registry.existing(global)?;
    let _lock = (!args.dry_run).then(|| lock(&registry)).transpose()?;
    let pruned = registry.prune(args.keep, args.dry_run, &args.act.act())?;
    let verb = if args.dry_run { "would remove" } else { "removed" };
    let versions = pruned.versions.into_iter();
    let leftovers = pruned.leftovers.into_iter().map(|path| path.display().to_string());
    print(&versions.chain(leftovers).map(|what| format!("{verb} {what}\n")).collect::<String>())?;
    Ok(End::Done)
}
