//! What is found in batches that a command has added: looked at once, in the background.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// The name of a batch, and the version of the model.
pub(super) type Key = (String, String);

/// The cases of a batch at one time: with others it is looked at again.
pub(super) type State = [i64; 2];

/// What was found; `None` while a batch is being looked at.
#[derive(Default)]
pub(super) struct LookedAt(Mutex<HashMap<Key, (State, Option<Value>)>>);

impl LookedAt {
    /// Returns what was found in a batch, `Some(None)` while it is being looked at. `None`
    /// asks the caller to look, and counts as looking from then on.
    pub(super) fn found(&self, key: &Key, state: State) -> Option<Option<Value>> {
        let mut known = self.lock();
        if let Some((_, found)) = known.get(key).filter(|(known, _)| *known == state) {
            return Some(found.clone());
        }
        known.insert(key.clone(), (state, None));
        None
    }

    /// Keeps what was found.
    pub(super) fn keep(&self, key: Key, state: State, found: Value) {
        self.lock().insert(key, (state, Some(found)));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (State, Option<Value>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
