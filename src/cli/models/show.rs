//! `trendtag models show`: the card of a version.

use anyhow::Result;
use clap::Args;

use crate::cli::End;
use crate::cli::outputs::print_found;
use crate::cli::versions::RegistryArgs;

/// Show the card of a version
#[derive(Args)]
#[command(after_help = "Example:\n  trendtag models show --model mine")]
pub(super) struct Arguments {
    /// The version, or the characters it begins with [default: the champion]
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    /// Print its record as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(args: &Arguments) -> Result<End> {
    let registry = args.registry.existing()?;
    let version = match &args.version {
        Some(start) => registry.version(start)?,
        None => registry.champion_model()?.version,
    };
    print_found(&registry.record(&version)?, args.json, || Ok(registry.card(&version)?))?;
    Ok(End::Done)
}
