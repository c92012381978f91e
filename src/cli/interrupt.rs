//! Handles Ctrl-C in runs that can be resumed. The first one asks the run to stop, the
//! second one ends the process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// Returns a flag that the first Ctrl-C sets.
pub(super) fn interrupted() -> Result<Arc<AtomicBool>> {
    let asked = Arc::new(AtomicBool::new(false));
    // The order matters: the first handler reads the flag that earlier signals set.
    flag::register_conditional_default(SIGINT, Arc::clone(&asked)).context("Ctrl-C")?;
    flag::register(SIGINT, Arc::clone(&asked)).context("Ctrl-C")?;
    Ok(asked)
}
