//! `trendtag models verify`: whether versions are intact and answer as before.

use std::fmt::Write;

use anyhow::{Result, ensure};
use clap::Args;

use crate::cli::outputs::{print, say};
use crate::cli::versions::RegistryArgs;
use crate::cli::{End, Global, remedies};

/// Verify versions: format, checksum, record, cases, and a stored sample tagged again
#[derive(Args)]
#[command(after_help = "Example:\n  trendtag models verify --model mine")]
pub(super) struct Arguments {
    /// One version [default: all]
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let registry = args.registry.existing()?;
    let versions = match &args.version {
        Some(start) => vec![registry.version(start)?],
        None => registry.versions()?,
    };
    let champion = registry.champion()?;
    ensure!(
        !versions.is_empty() || champion.is_some(),
        "{}: there are no versions; make some with `trendtag train --into NAME`",
        registry.folder().display()
    );
    let mut broken = 0;
    let mut out = String::new();
    for version in &versions {
        match registry.verify(version) {
            Ok(()) => writeln!(out, "{version}: verified (files intact, answers unchanged)")?,
            Err(error) => {
                broken += 1;
                say(&format!("broken: {}", remedies::in_words(&error)));
            }
        }
    }
    if args.version.is_none() && champion.is_some_and(|c| !versions.contains(&c)) {
        broken += 1;
        say(&format!("broken: {}: the champion is missing", registry.folder().display()));
    }
    if !global.quiet {
        print(&out)?;
    }
    Ok(if broken == 0 { End::Done } else { End::SomeRowsFailed })
}
