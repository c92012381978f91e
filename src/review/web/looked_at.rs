//! What was found in batches that a command has added.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// The cases of a batch at one time: with others it is looked at again.
pub(super) type State = [i64; 2];

/// The name of a batch, and the version of the model.
pub(super) type Key = (String, String);

/// What was found in each batch.
#[derive(Default)]
pub(super) struct LookedAt(Mutex<HashMap<Key, (State, Option<Value>)>>);

/// Whether something was found in a batch.
pub(super) enum Looked {
    Found(Value),
    /// It is being looked at.
    Begun,
    /// It has to be looked at; from now on it is begun.
    Not,
}

impl LookedAt {
    /// Returns what was found in a batch.
    pub(super) fn find(&self, key: &Key, state: State) -> Looked {
        let mut all = self.lock();
        match all.get(key).filter(|(known, _)| *known == state) {
            Some((_, Some(found))) => Looked::Found(found.clone()),
            Some((_, None)) => Looked::Begun,
            None => {
                all.insert(key.clone(), (state, None));
                Looked::Not
            }
        }
    }

    /// Keeps what was found in a batch.
    pub(super) fn keep(&self, key: Key, state: State, found: Value) {
        self.lock().insert(key, (state, Some(found)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, (State, Option<Value>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
