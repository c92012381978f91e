//! Which versions of a model a command works on, and who does it and why.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use trendtag::versions::registry::{Act, Lock, Registry, Work};

use super::Global;
use super::config::{Config, FILE};
use super::outputs::say;

/// The name under which the built-in model may become the first version.
pub(super) const NAME: &str = "five-trends";

/// Which versions are meant.
#[derive(Args)]
pub(super) struct RegistryArgs {
    /// The versions of a model: a name below models/, or their folder [default: those
    /// of trendtag.toml, else five-trends]
    #[arg(long, short, value_name = "NAME")]
    model: Option<PathBuf>,
}

impl RegistryArgs {
    /// The versions that are meant; nothing is read yet.
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

    /// The registry, which must exist: the name may be mistyped.
    pub(super) fn existing(&self, global: &Global) -> Result<Registry> {
        let registry = self.open(global);
        registry.must_exist()?;
        Ok(registry)
    }

    /// The registry, which need not exist if no name was given: then there is the
    /// built-in model.
    pub(super) fn or_built_in(&self, global: &Global) -> Result<Registry> {
        let registry = self.open(global);
        if self.model.is_some() || global.config.model.is_some() {
            registry.must_exist()?;
        }
        Ok(registry)
    }
}

/// Who acts and why, for the journal.
#[derive(Args, Default)]
pub(super) struct ActArgs {
    /// Who acts, for the journal [default: the name of the user]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why, for the journal
    #[arg(long, value_name = "WORDS")]
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

/// Locks the versions against other runs that change them, waiting if necessary.
pub(super) fn lock(registry: &Registry) -> Result<Lock> {
    if let Some(lock) = Lock::attempt(registry, Work::Retrain)? {
        return Ok(lock);
    }
    say(&format!("another run is retraining {}; waiting for it", registry.folder().display()));
    Ok(Lock::wait(registry, Work::Retrain)?)
}
