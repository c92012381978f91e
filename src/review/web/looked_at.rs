//! What is found in batches that a command has added: looked at once, in the background.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::app::App;
use super::turns::{Client, Work};
use crate::review::intake::preview::Said;
use crate::review::intake::tagging::Tagging;

/// What was found, by the name of the batch and the version of the model; `None` while it is
/// being looked at.
#[derive(Default)]
pub(super) struct LookedAt(Mutex<HashMap<(String, String), (State, Option<Value>)>>);

/// The cases of a batch at one time: with others it is looked at again.
type State = [i64; 2];

/// Returns what is found in a batch; `None` while it is being looked at.
pub(super) fn looked_at(
    app: &Arc<App>,
    client: Client,
    batch: &str,
    state: State,
) -> Option<Value> {
    let key = (batch.to_owned(), app.model().version.clone());
    let mut known = app.looked_at.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, found)) = known.get(&key).filter(|(known, _)| *known == state) {
        return found.clone();
    }
    known.insert(key.clone(), (state, None));
    drop(known);
    let app = app.clone();
    tokio::spawn(async move {
        let turn = app.turns.turn(Work::Tag, client).await;
        let work = move || {
            let _turn = turn;
            let found = look(&app, &key.0);
            let mut known = app.looked_at.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(key, (state, Some(found)));
        };
        _ = tokio::task::spawn_blocking(work).await;
    });
    None
}

fn look(app: &App, batch: &str) -> Value {
    let (model, learned_from) = (app.model(), app.learned_from());
    let tagging = Tagging {
        store: &app.store,
        model: &model,
        learned_from: learned_from.as_deref(),
        max_expanded: app.max_expanded(),
        stop: &app.stopping,
    };
    let found = tagging.look_at(batch);
    found.unwrap_or_else(|refusal| json!({ "no_drift": Said::of_refusal(&refusal).words }))
}
