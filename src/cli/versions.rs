//! The versions that a command works on, and the name and reason for the journal.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use trendtag::versions::registry::{Act, Lock, Registry, Work};

use super::Global;
use super::config::{Config, FILE};
use super::outputs::say;

/// The name of the versions that can start with the built-in model.
pub(super) const NAME: &str = "five-trends";

/// The versions to work on.
#[derive(Args)]
pub(super) struct RegistryArgs {
    /// Versioned model
    ///
    /// A name below models/, or a folder. The default is that of trendtag.toml, else
    /// five-trends.
    #[arg(long, help_heading = "Versions", short, value_name = "NAME")]
    model: Option<PathBuf>,
}

impl RegistryArgs {
    /// Returns the folder of the versions without reading it.
    pub(super) fn open(&self, global: &Global) -> Registry {
        let configured = global.config.model.as_ref();
        if self.model.is_none()
            && let Some(name) = configured
        {
            global.note(&format!("versions of {} (in {FILE})", name.display()));
        }
        let name = Config::or(self.model.as_deref(), configured);
        Registry::at(name.unwrap_or(Path::new(NAME)))
    }

    /// Opens the registry, which must exist, because the name may be mistyped.
    pub(super) fn existing(&self, global: &Global) -> Result<Registry> {
        let registry = self.open(global);
        registry.must_exist()?;
        Ok(registry)
    }

    /// Opens the registry. If no name was given, it may be missing, and the built-in
    /// model is used.
    pub(super) fn or_built_in(&self, global: &Global) -> Result<Registry> {
        let registry = self.open(global);
        if self.model.is_some() || global.config.model.is_some() {
            registry.must_exist()?;
        }
        Ok(registry)
    }
}

/// The name and the reason for the journal.
#[derive(Args, Default)]
pub(super) struct ActArgs {
    /// Name to record in the journal [default: the name of the user]
    #[arg(hide_short_help = true, long, help_heading = "Versions", value_name = "NAME")]
    by: Option<String>,
    /// Reason to record in the journal
    #[arg(long, help_heading = "Versions", value_name = "WORDS")]
    pub(super) reason: Option<String>,
}

impl ActArgs {
    pub(super) fn act(&self) -> Act {
        let user = || ["USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        Act {
            who: self.by.clone().or_else(user).unwrap_or_else(|| "unknown".to_owned()),
            when: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
            reason: self.reason.clone(),
        }
    }
}

/// The licence of a new version.
#[derive(Args)]
pub(super) struct LicenseArgs {
    /// Licence of the model, for its card
    ///
    /// An SPDX identifier such as CC-BY-4.0. The default is that of trendtag.toml, else that of
    /// the champion.
    #[arg(hide_short_help = true, long, help_heading = "Versions", value_name = "SPDX")]
    license: Option<String>,
}

impl LicenseArgs {
    pub(super) fn is_given(&self) -> bool {
        self.license.is_some()
    }

    /// Returns the licence; `known` is that of the champion.
    pub(super) fn or(&self, known: Option<String>, global: &Global) -> Option<String> {
        self.license.clone().or_else(|| global.config.license.clone()).or(known)
    }
}

/// Returns the licence of the champion, if one is stated.
pub(super) fn known_license(registry: &Registry) -> Option<String> {
    let champion = registry.champion().ok().flatten()?;
    registry.record(&champion).ok()?.license
}

/// Locks the versions against other runs that change them, waiting if necessary.
pub(super) fn lock(registry: &Registry) -> Result<Lock> {
    if let Some(lock) = Lock::attempt(registry, Work::Retrain)? {
        return Ok(lock);
    }
    say(&format!("another run is retraining {}; waiting for it", registry.folder().display()));
    Ok(Lock::wait(registry, Work::Retrain)?)
}
