//! Suggestions for texts that are not in the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use super::app::{App, Work, run};
use super::body::Body;
use super::problem::Problem;
use crate::review::Refusal;
use crate::review::db::suggestion::explain;
use crate::tagger::{Model, Scratch, Suggestion};

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
struct Suggestions {
    model: String,
    suggestions: Vec<WithId>,
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

/// The most pieces of evidence a trend over all texts: they bound the answer.
const MOST_EVIDENCE: usize = MOST_TEXTS * EVIDENCE.0;

pub(super) async fn suggest(
    State(app): State<Arc<App>>,
    Body(request): Body<SuggestRequest>,
) -> Result<impl IntoResponse, Problem> {
    // Written out on the thread that tags: the answer may be long.
    let json = run(app, Work::Suggest, move |app| {
        let answer = suggestions(app, request).map_err(Problem::from)?;
        serde_json::to_vec(&answer).map_err(|error| Problem::internal(error.to_string()))
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], json.await?))
}

fn suggestions(app: &App, request: SuggestRequest) -> Result<Suggestions, Refusal> {
    if request.texts.is_empty() || request.texts.len() > MOST_TEXTS {
        let reason = format!("give 1 to {MOST_TEXTS} texts");
        return Err(Refusal::Invalid { field: "texts", reason });
    }
    let most = request.evidence.unwrap_or(EVIDENCE.0);
    if most > EVIDENCE.1 || most * request.texts.len() > MOST_EVIDENCE {
        let reason = format!(
            "ask for at most {} pieces, and for at most {MOST_EVIDENCE} over all texts",
            EVIDENCE.1
        );
        return Err(Refusal::Invalid { field: "evidence", reason });
    }
    let model = app.model();
    let placed: Vec<(Option<String>, Vec<String>)> =
        request.texts.into_iter().map(|text| text.placed(&model)).collect::<Result<_, _>>()?;
    app.store.refuse_hidden(placed.iter().map(|(_, texts)| texts.as_slice()))?;
    let mut scratch = Scratch::default();
    let suggestion = |(id, texts): (Option<String>, Vec<String>)| {
        let tagged = model.tagger.tag(&texts, 0, &mut scratch);
        let mut suggestion = Suggestion::with_thresholds(&model, &tagged);
        explain(&mut suggestion, &model, &texts, most);
        WithId { id, suggestion }
    };
    let suggestions: Vec<WithId> = placed.into_iter().map(suggestion).collect();
    Ok(Suggestions { model: model.version.clone(), suggestions })
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
