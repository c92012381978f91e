//! Suggestions for texts that are not in the database.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::app::App;
use super::body::Body;
use super::caller::Caller;
use super::chunks::Chunks;
use super::problem::Problem;
use super::turns::Work;
use crate::review::Refusal;
use crate::review::db::suggestion::explain;
use crate::review::strict::{object, whole_or_null};
use crate::tagger::{Model, Scratch, Suggestion};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuggestRequest {
    texts: Vec<Given>,
    #[serde(default, deserialize_with = "whole_or_null")]
    evidence: Option<i64>,
}

/// One text, or texts by the names of the model's fields.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    #[serde(deserialize_with = "object")]
    Fields(GivenFields),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenFields {
    id: Option<String>,
    fields: BTreeMap<String, String>,
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

/// Maximum number of texts in one request.
const MOST_TEXTS: usize = 500;

/// Default and maximum number of evidence terms per trend.
const EVIDENCE: (usize, usize) = (8, 100);

/// Maximum number of texts with more evidence than the default.
const MOST_EXPLAINED: usize = 40;

/// Maximum number of term places in one response.
const MOST_SPANS: usize = 50_000;

pub(super) async fn suggest(caller: Caller, request: Request) -> Result<Response, Problem> {
    // Taken before the body is read, to limit the number of bodies in memory.
    let seat = caller.seat().await;
    let Body(request): Body<SuggestRequest> = Body::from_request(request, &()).await?;
    // Serialised on the tagging thread, because the response may be long.
    let work = move |app: &App| {
        let answer = suggestions(app, request).map_err(Problem::from)?;
        let json = serde_json::to_vec(&answer);
        json.map(|json| (json, seat)).map_err(|error| Problem::internal(error.to_string()))
    };
    let (json, seat) = caller.run(Work::Suggest, None, work).await?;
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let body = axum::body::Body::new(Chunks::of_bytes(json, seat));
    Ok((kind, body).into_response())
}

fn suggestions(app: &App, request: SuggestRequest) -> Result<Suggestions, Refusal> {
    if request.texts.is_empty() || request.texts.len() > MOST_TEXTS {
        let reason = format!("give 1 to {MOST_TEXTS} texts");
        return Err(Refusal::Invalid { field: "texts", reason });
    }
    let most = request.evidence.map_or(Ok(EVIDENCE.0), usize::try_from).unwrap_or(usize::MAX);
    if most > EVIDENCE.1 || most > EVIDENCE.0 && request.texts.len() > MOST_EXPLAINED {
        let reason = format!(
            "ask for 0 to {} pieces, and for more than {} only for at most {MOST_EXPLAINED} texts",
            EVIDENCE.1, EVIDENCE.0
        );
        return Err(Refusal::Invalid { field: "evidence", reason });
    }
    let model = app.model();
    let placed: Vec<(Option<String>, Vec<String>)> =
        request.texts.into_iter().map(|text| text.placed(&model)).collect::<Result<_, _>>()?;
    app.store.refuse_hidden(placed.iter().map(|(_, texts)| texts.as_slice()))?;
    let (mut scratch, mut spans) = (Scratch::default(), MOST_SPANS);
    let suggestion = |(id, texts): (Option<String>, Vec<String>)| {
        let tagged = model.tagger.tag(&texts, 0, &mut scratch);
        let mut suggestion = Suggestion::with_thresholds(&model, &tagged);
        explain(&mut suggestion, &model, &texts, most);
        for piece in suggestion.trends.iter_mut().flat_map(|t| t.evidence.iter_mut().flatten()) {
            piece.spans.truncate(spans);
            spans -= piece.spans.len();
        }
        WithId { id, suggestion }
    };
    let suggestions: Vec<WithId> = placed.into_iter().map(suggestion).collect();
    Ok(Suggestions { model: model.version.clone(), suggestions })
}

impl Given {
    /// Returns the texts of the model's fields, in order.
    fn placed(self, model: &Model) -> Result<(Option<String>, Vec<String>), Refusal> {
        let fields = &model.tagger.params().fields;
        match self {
            Self::Text(text) => {
                let mut texts = vec![String::new(); fields.len().saturating_sub(1)];
                texts.push(text);
                Ok((None, texts))
            }
            Self::Fields(GivenFields { id, fields: mut given }) => {
                let texts = fields.iter().map(|f| given.remove(&f.column).unwrap_or_default());
                let texts = texts.collect();
                match given.into_keys().next() {
                    None => Ok((id, texts)),
                    Some(name) => {
                        Err(Refusal::Unknown { field: "texts", what: "field of the model", name })
                    }
                }
            }
        }
    }
}
