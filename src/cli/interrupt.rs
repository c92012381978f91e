//! Handles Ctrl-C in runs that can be resumed. The first one asks the run to stop, the
//! second one ends the process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};

/// Returns a flag that the first Ctrl-C sets.
#[cfg(unix)]
pub(super) fn interrupted() -> Result<Arc<AtomicBool>> {
    use signal_hook::consts::SIGINT;
    use signal_hook::flag;

    let asked = Arc::new(AtomicBool::new(false));
    // The order matters: the first handler reads the flag that earlier signals set.
    flag::register_conditional_default(SIGINT, Arc::clone(&asked)).context("Ctrl-C")?;
    flag::register(SIGINT, Arc::clone(&asked)).context("Ctrl-C")?;
    Ok(asked)
}

/// Returns a flag that the first Ctrl-C sets. Windows reports it to the console's handlers,
/// of which only tokio's is at hand.
#[cfg(windows)]
pub(super) fn interrupted() -> Result<Arc<AtomicBool>> {
    use std::sync::atomic::Ordering;

    let asked = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&asked);
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("Ctrl-C")?;
    let mut pressed = {
        let _entered = runtime.enter();
        tokio::signal::windows::ctrl_c().context("Ctrl-C")?
    };
    // When the thread has ended, nobody listens any more, and Ctrl-C ends the program.
    std::thread::spawn(move || {
        if runtime.block_on(pressed.recv()).is_some() {
            flag.store(true, Ordering::Relaxed);
        }
    });
    Ok(asked)
}
