//! `trendtag models promote`: makes a version the champion.

use anyhow::Result;
use clap::Args;

use crate::cli::outputs::print;
use crate::cli::versions::{ActArgs, RegistryArgs};
use crate::cli::{End, Global};

/// Make a version the champion; --reason is required unless it has passed a comparison
/// with the champion
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag models promote 1a2b --model mine --reason 'better on this year'\n  trendtag models promote 1a2b --model mine"
)]
pub(super) struct Arguments {
    /// The version, or its first characters
    #[arg(value_name = "VERSION")]
    version: String,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let registry = args.registry.existing(global)?;
    let version = registry.version(&args.version)?;
    let objections = registry.objections(&version).unwrap_or_default();
    let before = registry.promote(&version, None, &args.act.act())?;
    let mut out = match before {
        Some(before) if before == version => format!("{version} is the champion already\n"),
        Some(before) => format!("{version} replaces {before}\n"),
        None => format!("{version} is the champion\n"),
    };
    for objection in objections {
        out.push_str(&format!("although {objection}\n"));
    }
    print(&out)?;
    Ok(End::Done)
}
