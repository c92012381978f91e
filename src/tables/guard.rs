//! Keeps a panic of a decoder from ending the program, and from being printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder; `None` if it panics. The decoders check what they read, but not
/// everywhere: a damaged file may end them in a panic, which then ends this file only.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    let before = IS_GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    IS_GUARDED.set(before);
    result.ok()
}

/// Whether a panic of this thread would be caught and told as an error of its file, so
/// that a panic hook need not print it.
pub fn is_guarded() -> bool {
    IS_GUARDED.get()
}
