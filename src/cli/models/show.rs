//! `trendtag models show`: prints the card of a version.

use anyhow::Result;
use clap::Args;
use trendtag::versions::registry::{BUILT_IN, Registry};

use crate::cli::outputs::print_found;
use crate::cli::versions::RegistryArgs;
use crate::cli::{End, Global};

/// Show the model card of a version
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag models show --model mine\n  trendtag models show 1a2b --model mine"
)]
pub(super) struct Arguments {
    /// The version or its first characters, a model file, or built-in [default: the
    /// champion]
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    /// Print its record as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let registry = args.registry.or_built_in(global)?;
    let name = match &args.version {
        Some(name) => name.clone(),
        None if registry.folder().is_dir() => registry.champion_model()?.version,
        None => BUILT_IN.to_owned(),
    };
    if registry.is_version(&name)? {
        let version = registry.version(&name)?;
        print_found(&registry.record(&version)?, args.json, || Ok(registry.card(&version)?))?;
    } else {
        let (model, record) = registry.named(&name)?;
        print_found(&record, args.json, || Ok(Registry::card_of(&model, &record, &name)?))?;
    }
    Ok(End::Done)
}
