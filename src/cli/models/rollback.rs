//! `trendtag models rollback`: goes back to the champion before.

use anyhow::Result;
use clap::Args;

use crate::cli::End;
use crate::cli::outputs::print;
use crate::cli::versions::{ActArgs, RegistryArgs};

/// Go back to the champion before the last promotion
#[derive(Args)]
#[command(after_help = "Example:\n  trendtag models rollback --model mine")]
pub(super) struct Arguments {
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) fn run(args: &Arguments) -> Result<End> {
    let (before, now) = args.registry.existing()?.rollback(&args.act.act(false))?;
    print(&format!("back from {before} to {now}\n"))?;
    Ok(End::Done)
}
