//! The JSON API: each handler parses a request, calls the store, and responds.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::app::App;
use super::body::{Asked, Body, within};
use super::caller::Caller;
use super::export::export;
use super::problem::Problem;
use super::suggest::suggest;
use super::turns::Work;
use super::{files, results};
use crate::review::db::reviewer::check_reviewer;
use crate::review::strict::SAFE;
use crate::review::{
    AcceptAlone, AcceptedAlone, Alone, AloneRequest, Batches, BulkRequest, BulkSaved, CaseList,
    CaseView, DecisionRequest, Filter, Finished, Flag, ListRequest, Moved, Next, NextRequest,
    Queue, Queues, Reading, Refusal, Saved, Similar, Sort, Statistics, StatusFilter, UndoRequest,
    Undone,
};
use crate::tagger::{Example, Model, ReviewReason};

type Shared = State<Arc<App>>;
type Answered<T> = Result<Json<T>, Problem>;

/// Routes of the API.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/session", get(session).post(open_session))
        .route("/api/model", get(model))
        .route("/api/model/reload", post(reload))
        .route("/api/reviewers", get(reviewers))
        .route("/api/batches", get(batches))
        .route("/api/batches/withdraw", post(withdraw))
        .route("/api/batches/restore", post(restore))
        .route("/api/queues", get(queues))
        .route("/api/next", post(next))
        .route("/api/cases", get(list))
        .route("/api/cases/{id}", get(case))
        .route("/api/cases/{id}/similar", get(similar))
        .route("/api/columns", get(columns))
        .route("/api/reading", get(reading))
        .route("/api/alone", post(alone))
        .route("/api/alone/accept", post(accept_alone))
        .route("/api/claims", post(hold).delete(release))
        .route("/api/decisions", get(decisions).post(decide))
        .route("/api/decisions/bulk", post(accept))
        .route("/api/undo", post(undo))
        .route("/api/stats", get(stats))
        .route(super::export::PATH, get(export))
        .route("/api/finished", get(finished))
        .route("/api/suggest", post(suggest))
        .route("/api/overview", get(results::overview))
        .route(results::TAGGED, get(results::tagged))
        .route(results::REPORT, get(results::report))
        .route(files::PATH, get(files::all).post(files::send))
        .route("/api/files/{file}", delete(files::discard))
        .route("/api/files/{file}/preview", post(files::look))
        .route("/api/files/{file}/tag", post(files::tag))
        .fallback(|| async {
            Problem::new(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address")
        })
        .method_not_allowed_fallback(|| async {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            Problem::new(status, "method-not-allowed", "This path does not support the method")
        })
}

/// A body without content.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    reviewer: String,
}

/// Who asks, and of which batch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Narrowed {
    reviewer: String,
    batch: Option<String>,
}

#[derive(Deserialize)]
struct OfBatch {
    batch: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moving {
    reviewer: String,
    batch: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    reviewer: String,
    case: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    reviewer: String,
    limit: Option<u32>,
    before: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    reviewer: String,
    queue: Option<Queue>,
    batch: Option<String>,
    q: Option<String>,
    status: Option<StatusFilter>,
    suggested: Option<String>,
    trend: Option<String>,
    blind_check: Option<bool>,
    reason: Option<ReviewReason>,
    unsure: Option<String>,
    alone: Option<bool>,
    answered_by: Option<String>,
    changed: Option<bool>,
    bulk: Option<bool>,
    note: Option<bool>,
    flag: Option<Flag>,
    column: Option<String>,
    value: Option<String>,
    sort: Option<Sort>,
    descending: Option<bool>,
    offset: Option<u32>,
    limit: Option<u32>,
}

/// Maximum number of entries on a page.
const MOST: u32 = 200;

async fn session(State(app): Shared, headers: HeaderMap) -> Json<Value> {
    let needed = app.access.token().is_some();
    let authorised = app.access.holder(&headers).is_some();
    Json(json!({ "token_needed": needed, "authorised": authorised }))
}

async fn open_session(State(app): Shared, Body(given): Body<Token>) -> Result<Response, Problem> {
    if app.access.token().is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let cookie = app.access.exchange(&given.token).ok_or_else(|| {
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", "That is not the token")
    })?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

async fn model(caller: Caller) -> Answered<Value> {
    let work = |app: &App| Ok::<_, Refusal>(described(&app.model(), app.newer(), &app.examples));
    caller.run(Work::Read, None, work).await.map(Json)
}

async fn reload(caller: Caller, Body(Empty {}): Body<Empty>) -> Answered<Value> {
    let work = |app: &App| {
        app.reload()?;
        Ok::<_, Refusal>(described(&app.model(), app.newer(), &app.examples))
    };
    caller.run(Work::Reload, None, work).await.map(Json)
}

/// Maximum number of examples per trend.
const MOST_EXAMPLES: usize = 5;

fn described(model: &Model, newer: Option<String>, examples: &[Example]) -> Value {
    let (tagger, decision) = (&model.tagger, model.tagger.decision());
    let (taxonomy, triage) = (tagger.taxonomy(), &decision.triage);
    let trends = taxonomy.iter().zip(&decision.thresholds).map(|((id, trend), threshold)| {
        let shows = examples.iter().filter(|example| example.trends.contains(id));
        let texts: Vec<&str> = shows.map(|e| e.text.as_str()).take(MOST_EXAMPLES).collect();
        json!({
            "examples": texts,
            "key": trend.key, "name": taxonomy.label(id), "definition": trend.definition,
            "includes": trend.includes, "excludes": trend.excludes, "threshold": threshold,
        })
    });
    let fields = tagger.params().fields.iter().map(|field| field.column.as_str());
    let reasons = ReviewReason::ALL.map(|reason| (reason.code().to_owned(), reason.words().into()));
    json!({
        "version": model.version,
        "trendtag": env!("CARGO_PKG_VERSION"),
        "taxonomy": {
            "name": taxonomy.name, "version": taxonomy.version, "source": taxonomy.source,
        },
        "trends": trends.collect::<Vec<_>>(),
        "triage": {
            "accept": triage.accept, "reject": triage.reject,
            "most_accepts": triage.params.most_accepts, "confidence": triage.params.confidence,
            "accept_precision": triage.params.accept_precision,
            "miss_rate": triage.params.miss_rate,
        },
        "fields": fields.collect::<Vec<_>>(),
        "review_reasons": Map::from_iter(reasons),
        "training_cases": tagger.training().cases,
        "newer": newer.map(|version| json!({ "version": version })),
    })
}

async fn reviewers(caller: Caller) -> Answered<Value> {
    let names = caller.run(Work::Read, None, |app| app.store.reviewers()).await?;
    Ok(Json(json!({ "reviewers": names })))
}

async fn batches(caller: Caller) -> Answered<Batches> {
    caller.run(Work::Read, None, |app| app.store.batches()).await.map(Json)
}

async fn withdraw(caller: Caller, Body(asked): Body<Moving>) -> Answered<Moved> {
    let name = asked.reviewer.clone();
    let work = move |app: &App| app.store.withdraw(&asked.batch, Some(&asked.reviewer));
    caller.run(Work::Save, Some(&name), work).await.map(Json)
}

async fn restore(caller: Caller, Body(asked): Body<Moving>) -> Answered<Moved> {
    let name = asked.reviewer.clone();
    let work = move |app: &App| {
        let moved = app.store.restore(&asked.batch, Some(&asked.reviewer))?;
        // Another model may have taken over meanwhile.
        app.store.use_model(&app.model())?;
        Ok::<_, Refusal>(moved)
    };
    caller.run(Work::Save, Some(&name), work).await.map(Json)
}

async fn queues(caller: Caller, Asked(asked): Asked<Narrowed>) -> Answered<Queues> {
    let name = asked.reviewer.clone();
    let work = move |app: &App| app.store.queues(&asked.reviewer, asked.batch.as_deref());
    caller.run(Work::Read, Some(&name), work).await.map(Json)
}

async fn next(caller: Caller, Body(request): Body<NextRequest>) -> Answered<Next> {
    let filtered = request.filter != request.filter.of_batch();
    let work = if filtered { Work::Search } else { Work::Read };
    let name = request.reviewer.clone();
    caller
        .run(work, Some(&name), move |app| app.store.next(&request, Some(&app.model())))
        .await
        .map(Json)
}

async fn list(caller: Caller, Asked(asked): Asked<Listed>) -> Answered<CaseList> {
    let request = ListRequest {
        reviewer: asked.reviewer.clone(),
        queue: asked.queue,
        filter: Filter {
            batch: asked.batch,
            q: asked.q,
            status: asked.status,
            suggested: asked.suggested,
            trend: asked.trend,
            blind_check: asked.blind_check,
            reason: asked.reason,
            unsure: asked.unsure,
            alone: asked.alone,
            reviewer: asked.answered_by,
            changed: asked.changed,
            bulk: asked.bulk,
            note: asked.note,
            flag: asked.flag,
            column: asked.column,
            value: asked.value,
        },
        sort: asked.sort,
        descending: asked.descending.unwrap_or(false),
        offset: asked.offset.unwrap_or(0),
        limit: within("limit", asked.limit.unwrap_or(50), 1..=MOST)?,
    };
    let name = asked.reviewer;
    caller.run(Work::Search, Some(&name), move |app| app.store.list(&request)).await.map(Json)
}

async fn case(
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Asked(Who { reviewer }): Asked<Who>,
) -> Answered<CaseView> {
    let Path(id) = id.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let name = reviewer.clone();
    let work = move |app: &App| app.store.case(&id, &reviewer, Some(&app.model()));
    caller.run(Work::Read, Some(&name), work).await.map(Json)
}

async fn similar(
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Asked(Who { reviewer }): Asked<Who>,
) -> Answered<Similar> {
    let Path(id) = id.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let name = reviewer.clone();
    let work = move |app: &App| app.store.similar(&id, &reviewer, &app.model());
    caller.run(Work::Search, Some(&name), work).await.map(Json)
}

async fn columns(caller: Caller, Asked(OfBatch { batch }): Asked<OfBatch>) -> Answered<Value> {
    let work = move |app: &App| app.store.metadata_columns(batch.as_deref());
    let columns = caller.run(Work::Search, None, work).await?;
    Ok(Json(json!({ "columns": columns })))
}

async fn reading(caller: Caller, Asked(OfBatch { batch }): Asked<OfBatch>) -> Answered<Reading> {
    let work = move |app: &App| app.store.reading(&app.model(), batch.as_deref());
    caller.run(Work::Search, None, work).await.map(Json)
}

async fn alone(caller: Caller, Body(request): Body<AloneRequest>) -> Answered<Alone> {
    let name = request.reviewer.clone();
    let work = move |app: &App| app.store.alone(&request);
    caller.run(Work::Search, Some(&name), work).await.map(Json)
}

async fn accept_alone(
    caller: Caller,
    Body(request): Body<AcceptAlone>,
) -> Result<(StatusCode, Json<AcceptedAlone>), Problem> {
    let name = request.reviewer.clone();
    let work = move |app: &App| app.store.accept_alone(&request);
    let saved = caller.run(Work::Save, Some(&name), work).await?;
    Ok((made(saved.repeated), Json(saved)))
}

async fn hold(caller: Caller, Body(claim): Body<Claim>) -> Answered<Value> {
    let name = claim.reviewer.clone();
    let work = move |app: &App| {
        let until = app.store.hold(&claim.case, &claim.reviewer)?;
        Ok::<_, Refusal>(json!({ "case": claim.case, "reviewer": claim.reviewer, "until": until }))
    };
    caller.run(Work::Read, Some(&name), work).await.map(Json)
}

async fn release(caller: Caller, Body(claim): Body<Claim>) -> Result<StatusCode, Problem> {
    let name = claim.reviewer.clone();
    let work = move |app: &App| app.store.release(&claim.case, &claim.reviewer);
    caller.run(Work::Read, Some(&name), work).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn decide(
    caller: Caller,
    Body(request): Body<DecisionRequest>,
) -> Result<(StatusCode, Json<Saved>), Problem> {
    let name = request.reviewer.clone();
    let work = move |app: &App| match app.store.decide(&request) {
        Err(Refusal::Outdated) => Err(outdated(app, &request)?),
        other => Ok(other?),
    };
    let saved = caller.run(Work::Save, Some(&name), work).await?;
    Ok((made(saved.repeated), Json(saved)))
}

/// Returns the problem for a decision on a case that was decided in the meantime, with
/// both versions.
fn outdated(app: &App, request: &DecisionRequest) -> Result<Problem, Refusal> {
    let found = app.store.outdated(&request.case, &request.reviewer, Some(&app.model()))?;
    Ok(Problem::from(Refusal::Outdated)
        .with("mine", json!(request.unsaved(&found.model)))
        .with("current", json!(found.current))
        .with("case", json!(found.case)))
}

async fn accept(
    caller: Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<BulkSaved>), Problem> {
    let name = request.reviewer.clone();
    let work = move |app: &App| app.store.accept(&request);
    let saved = caller.run(Work::Save, Some(&name), work).await?;
    Ok((made(saved.repeated), Json(saved)))
}

/// The undone decisions, and the case to show again if there is only one.
#[derive(Serialize)]
struct UndoneAnswer {
    #[serde(flatten)]
    undone: Undone,
    case: Option<CaseView>,
}

async fn undo(
    caller: Caller,
    Body(request): Body<UndoRequest>,
) -> Result<(StatusCode, Json<UndoneAnswer>), Problem> {
    let name = request.reviewer.clone();
    let work = move |app: &App| {
        let undone = app.store.undo(&request)?;
        let case = match &undone.undone[..] {
            [only] => {
                // It is shown even while another reviewer holds it.
                _ = app.store.hold(&only.case, &request.reviewer);
                Some(app.store.case(&only.case, &request.reviewer, Some(&app.model()))?)
            }
            _ => None,
        };
        Ok::<_, Refusal>(UndoneAnswer { undone, case })
    };
    let answer = caller.run(Work::Save, Some(&name), work).await?;
    Ok((made(answer.undone.repeated), Json(answer)))
}

fn made(repeated: bool) -> StatusCode {
    if repeated { StatusCode::OK } else { StatusCode::CREATED }
}

async fn decisions(caller: Caller, Asked(asked): Asked<Last>) -> Answered<Value> {
    let limit = within("limit", asked.limit.unwrap_or(10), 1..=MOST)?;
    let before = asked.before.map(|number| within("before", number, SAFE)).transpose()?;
    let name = asked.reviewer.clone();
    let work = move |app: &App| app.store.last_decisions(&asked.reviewer, limit, before);
    let decisions = caller.run(Work::Read, Some(&name), work).await?;
    Ok(Json(json!({ "decisions": decisions })))
}

async fn finished(caller: Caller, Asked(asked): Asked<Narrowed>) -> Answered<Finished> {
    let name = asked.reviewer.clone();
    let work = move |app: &App| {
        check_reviewer(&asked.reviewer)?;
        app.store.finished(asked.batch.as_deref())
    };
    caller.run(Work::Search, Some(&name), work).await.map(Json)
}

async fn stats(caller: Caller, Asked(asked): Asked<Narrowed>) -> Answered<Statistics> {
    let name = asked.reviewer.clone();
    let work = move |app: &App| app.store.statistics(&asked.reviewer, asked.batch.as_deref());
    caller.run(Work::Search, Some(&name), work).await.map(Json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::{CaseStatus, NextState};

    /// Returns the values that the description allows at a place.
    fn described(pointer: &str) -> Vec<Value> {
        let text = include_str!("../assets/openapi.json");
        let description: Value = serde_json::from_str(text).unwrap();
        let schema = description.pointer(&format!("/components/schemas/{pointer}/enum"));
        schema.unwrap().as_array().unwrap().clone()
    }

    #[test]
    fn the_description_allows_the_values_that_the_program_has() {
        assert_eq!(described("QueueName"), Queue::ALL.map(|queue| json!(queue)));
        let reasons = described("Suggestion/properties/review_reasons/items");
        assert_eq!(reasons, ReviewReason::ALL.map(|reason| json!(reason)));
        use CaseStatus::{Conflict, Decided, Open};
        let statuses = [Open, Decided, Conflict].map(|status| json!(status));
        assert_eq!(described("Case/properties/status"), statuses);
        use NextState::{Case, Empty, End, Held, NoMatch};
        let states = [Case, Empty, NoMatch, Held, End].map(|state| json!(state));
        assert_eq!(described("Next/properties/state"), states);
        for sort in described("Sort") {
            serde_json::from_value::<Sort>(sort).unwrap();
        }
        assert_eq!(described("Sort").len(), 6);
        assert_eq!(described("Flag"), [Flag::Unusable, Flag::AskColleague].map(|f| json!(f)));
        for status in described("StatusFilter") {
            serde_json::from_value::<StatusFilter>(status).unwrap();
        }
    }
}
