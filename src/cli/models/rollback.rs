//! `trendtag models rollback`: restores the previous champion.

use anyhow::Result;
use clap::Args;

use crate::cli::outputs::print;
use crate::cli::versions::{ActArgs, RegistryArgs};
use crate::cli::{End, Global};

/// Restore the champion from before the last promotion
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag models rollback --model mine\n  trendtag models rollback --model mine --reason 'worse on this year'"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let (before, now) = args.registry.existing(global)?.rollback(&args.act.act())?;
    print(&format!("back from {before} to {now}\n"))?;
    Ok(End::Done)
}
