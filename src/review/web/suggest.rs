//! Suggestions for texts that are not in the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::app::{App, run};
use super::body::Body;
use super::problem::Problem;
use crate::review::{Refusal, Suggestion};
use crate::tagger::Model;
use crate::tagger::Scratch;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuggestRequest {
    texts: Vec<Given>,
    evidence: Option<usize>,
}

/// One text, or texts by the names of the model's fields.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    Fields { id: Option<String>, fields: BTreeMap<String, String> },
}

#[derive(Serialize)]
struct WithId {
    id: Option<String>,
    #[serde(flatten)]
    suggestion: Suggestion,
}

/// The most texts in one request.
const MOST_TEXTS: usize = 500;

/// Pieces of evidence a trend, if nothing is said, and at most.
const EVIDENCE: (usize, usize) = (8, 100);

pub(super) async fn suggest(
    State(app): State<Arc<App>>,
    Body(request): Body<SuggestRequest>,
) -> Result<Json<Value>, Problem> {
    run(app, move |app| suggestions(app, request)).await.map(Json)
}

fn suggestions(app: &App, request: SuggestRequest) -> Result<Value, Refusal> {
    if request.texts.is_empty() || request.texts.len() > MOST_TEXTS {
        let reason = format!("give 1 to {MOST_TEXTS} texts");
        return Err(Refusal::Invalid { field: "texts", reason });
    }
    let model = app.model();
    let placed: Vec<(Option<String>, Vec<String>)> =
        request.texts.into_iter().map(|text| text.placed(&model)).collect::<Result<_, _>>()?;
    app.store.refuse_hidden(placed.iter().map(|(_, texts)| texts.as_slice()))?;
    let most = request.evidence.unwrap_or(EVIDENCE.0).min(EVIDENCE.1);
    let mut scratch = Scratch::default();
    let suggestion = |(id, texts): (Option<String>, Vec<String>)| {
        let tagged = model.tagger.tag(&texts, 0, &mut scratch);
        WithId { id, suggestion: Suggestion::of(&model, &texts, &tagged, most) }
    };
    let suggestions: Vec<WithId> = placed.into_iter().map(suggestion).collect();
    Ok(json!({ "model": model.version, "suggestions": suggestions }))
}

impl Given {
    /// The texts of the model's fields, in order.
    fn placed(self, model: &Model) -> Result<(Option<String>, Vec<String>), Refusal> {
        let fields = &model.tagger.params().fields;
        match self {
            Self::Text(text) => {
                let mut texts = vec![String::new(); fields.len().saturating_sub(1)];
                texts.push(text);
                Ok((None, texts))
            }
            Self::Fields { id, fields: mut given } => {
                let texts = fields.iter().map(|f| given.remove(&f.column).unwrap_or_default());
                let texts = texts.collect();
                match given.into_keys().next() {
                    None => Ok((id, texts)),
                    Some(name) => {
                        let reason = format!("the model has no field \"{name}\"");
                        Err(Refusal::Invalid { field: "texts", reason })
                    }
                }
            }
        }
    }
}
