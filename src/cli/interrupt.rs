//! Ctrl-C during a run whose finished rows can be kept: the first asks it to end, the
//! second ends it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// A flag that the first Ctrl-C sets.
pub(super) fn interrupted() -> Result<Arc<AtomicBool>> {
    let asked = Arc::new(AtomicBool::new(false));
    // In this order: the first one sees what was set by earlier signals.
    flag::register_conditional_default(SIGINT, Arc::clone(&asked)).context("Ctrl-C")?;
    flag::register(SIGINT, Arc::clone(&asked)).context("Ctrl-C")?;
    Ok(asked)
}
