//! Handles Ctrl-C in runs that can be resumed. The first one asks the run to stop, the
//! second one ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use signal_hook::consts::SIGINT;
use signal_hook::low_level;

use super::outputs::say;

/// How often a run that may wait for input looks whether it was interrupted, and how long it
/// has then to end by itself.
const LOOK: Duration = Duration::from_millis(100);
const END_WITHIN: Duration = Duration::from_secs(1);

/// Returns a flag that the first Ctrl-C sets.
#[cfg(unix)]
pub(super) fn interrupted() -> Result<Arc<AtomicBool>> {
    use signal_hook::flag;

    let asked = Arc::new(AtomicBool::new(false));
    // The order matters: the first handler reads the flag that earlier signals set.
    flag::register_conditional_default(SIGINT, Arc::clone(&asked)).context("Ctrl-C")?;
    flag::register(SIGINT, Arc::clone(&asked)).context("Ctrl-C")?;
    Ok(asked)
}

/// Returns a flag that the first Ctrl-C sets. Windows reports it to the handlers of
/// the console, and the one of tokio is available here.
#[cfg(windows)]
pub(super) fn interrupted() -> Result<Arc<AtomicBool>> {
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

/// Does the same for a run that may wait for input, which Ctrl-C does not end: if it goes on
/// waiting, says the `words` and ends the process.
pub(super) fn interrupted_while_waiting(
    words: impl Fn() -> String + Send + 'static,
) -> Result<Arc<AtomicBool>> {
    let asked = interrupted()?;
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        while !seen.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
        }
        std::thread::sleep(END_WITHIN);
        say(&words());
        // As if nothing had handled the signal, so that the exit code is 130.
        _ = low_level::emulate_default_handler(SIGINT);
    });
    Ok(asked)
}
