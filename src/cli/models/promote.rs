//! `trendtag models promote`: makes a version the champion.

use anyhow::{Result, ensure};
use clap::Args;
use trendtag::versions::registry::Record;

use crate::cli::End;
use crate::cli::outputs::print;
use crate::cli::versions::{ActArgs, RegistryArgs};

/// Make a version the champion; one that was not good enough needs --reason
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag models promote 1a2b --model mine --reason 'better on this year'"
)]
pub(super) struct Arguments {
    /// The version, or the characters it begins with
    #[arg(value_name = "VERSION")]
    version: String,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    act: ActArgs,
}

pub(super) fn run(args: &Arguments) -> Result<End> {
    let registry = args.registry.existing()?;
    let version = registry.version(&args.version)?;
    let forced = is_forced(&registry.record(&version)?, &args.act)?;
    print(&match registry.promote(&version, None, &args.act.act(forced))? {
        Some(before) if before == version => format!("{version} is the champion already\n"),
        Some(before) => format!("{version} takes the place of {before}\n"),
        None => format!("{version} is the champion\n"),
    })?;
    Ok(End::Done)
}

/// Whether a version is promoted against the verdict, which needs a reason.
fn is_forced(record: &Record, act: &ActArgs) -> Result<bool> {
    let Some(verdict) = record.verdict.as_ref().filter(|verdict| !verdict.passes()) else {
        return Ok(false);
    };
    ensure!(
        act.reason.is_some(),
        "{} was not good enough to take the champion's place: {}; say why it should with --reason",
        record.version,
        verdict.reasons.join("; ")
    );
    Ok(true)
}
