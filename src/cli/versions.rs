//! Which versions of a model a command works on, and who does it and why.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use trendtag::versions::registry::{Act, Lock, Registry, Work};

use super::outputs::say;

/// The name under which the built-in model may become the first version.
pub(super) const BUILT_IN: &str = "five-trends";

/// Which versions are meant.
#[derive(Args)]
pub(super) struct RegistryArgs {
    /// The versions of a model: a name below models/, or their folder
    #[arg(long, short, value_name = "NAME", default_value = BUILT_IN)]
    pub(super) model: PathBuf,
}

impl RegistryArgs {
    pub(super) fn open(&self) -> Registry {
        Registry::at(&self.model)
    }

    /// The registry, which must exist: the name may be mistyped.
    pub(super) fn existing(&self) -> Result<Registry> {
        let registry = self.open();
        registry.must_exist()?;
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
    pub(super) fn act(&self, forced: bool) -> Act {
        let user = || ["USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        Act {
            who: self.by.clone().or_else(user).unwrap_or_else(|| "unknown".to_owned()),
            when: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
            reason: self.reason.clone(),
            forced,
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
