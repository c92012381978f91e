//! `trendtag models verify`: checks that versions are intact and give the same answers as
//! before.

use anyhow::{Result, ensure};
use clap::Args;
use trendtag::versions::registry::BUILT_IN;

use crate::cli::outputs::{print, say};
use crate::cli::versions::RegistryArgs;
use crate::cli::{End, Global, remedies};

/// Check that versions are intact and that a stored sample still gets the same answers
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag models verify --model mine\n  trendtag models verify 1a2b --model mine"
)]
pub(super) struct Arguments {
    /// One version, a model file, or built-in [default: all versions]
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let registry = args.registry.or_built_in(global)?;
    let versions = match &args.version {
        Some(name) => vec![name.clone()],
        None if registry.folder().is_dir() => registry.versions()?,
        None => vec![BUILT_IN.to_owned()],
    };
    ensure!(
        !versions.is_empty() || registry.champion()?.is_some(),
        "{}: there are no versions; create one with `trendtag train --into NAME`",
        registry.folder().display()
    );
    let mut broken = 0;
    let mut out = String::new();
    let mut verified = |what: &str, found: trendtag::Result<String>| match found {
        Ok(words) => out.push_str(&format!("{what}: verified ({words})\n")),
        Err(error) => {
            broken += 1;
            say(&format!("broken: {}", remedies::in_words(&error)));
        }
    };
    for name in &versions {
        if registry.is_version(name)? {
            let version = registry.version(name)?;
            let words = || "files intact, answers unchanged".to_owned();
            verified(&version, registry.verify(&version).map(|()| words()));
        } else {
            let model = registry.named(name).map(|(model, _)| model);
            verified(name, model.map(|model| format!("version {}, checksum right", model.version)));
        }
    }
    if args.version.is_none() && registry.folder().is_dir() {
        let words = |()| "files intact".to_owned();
        verified("journal", registry.verify_journal().map(words));
        let words = |()| "the one that the journal names".to_owned();
        verified("champion", registry.verify_champion().map(words));
    }
    if !global.quiet {
        print(&out)?;
    }
    Ok(if broken == 0 { End::Done } else { End::SomeRowsFailed })
}
