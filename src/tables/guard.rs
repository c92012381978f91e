//! Catches panics of decoders, so that they neither end the program nor get printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder; `None` if it panics. Decoders check most of what they read, but a
/// damaged file can still make them panic. The panic then affects this file only.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    let before = IS_GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    IS_GUARDED.set(before);
    result.ok()
}

/// Returns whether a panic of this thread would be caught and reported as an error of its
/// file, so that a panic hook need not print it.
pub fn is_guarded() -> bool {
    IS_GUARDED.get()
}
