//! The page and what it loads, embedded in the program.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, media type and content of every file.
const FILES: [(&str, &str, &str); 46] = [
    ("/", HTML, include_str!("../assets/page.html")),
    ("/openapi.json", "application/json", include_str!("../assets/openapi.json")),
    ("/assets/icon.svg", SVG, include_str!("../assets/icon.svg")),
    ("/assets/page.css", CSS, include_str!("../assets/page.css")),
    ("/assets/card.css", CSS, include_str!("../assets/card.css")),
    ("/assets/files.css", CSS, include_str!("../assets/files.css")),
    ("/assets/parts.css", CSS, include_str!("../assets/parts.css")),
    ("/assets/answers.js", SCRIPT, include_str!("../assets/answers.js")),
    ("/assets/api.js", SCRIPT, include_str!("../assets/api.js")),
    ("/assets/ask.js", SCRIPT, include_str!("../assets/ask.js")),
    ("/assets/batch_overview.js", SCRIPT, include_str!("../assets/batch_overview.js")),
    ("/assets/batches.js", SCRIPT, include_str!("../assets/batches.js")),
    ("/assets/bulk.js", SCRIPT, include_str!("../assets/bulk.js")),
    ("/assets/case_card.js", SCRIPT, include_str!("../assets/case_card.js")),
    ("/assets/case_text.js", SCRIPT, include_str!("../assets/case_text.js")),
    ("/assets/codebook.js", SCRIPT, include_str!("../assets/codebook.js")),
    ("/assets/contested.js", SCRIPT, include_str!("../assets/contested.js")),
    ("/assets/decide.js", SCRIPT, include_str!("../assets/decide.js")),
    ("/assets/dom.js", SCRIPT, include_str!("../assets/dom.js")),
    ("/assets/download.js", SCRIPT, include_str!("../assets/download.js")),
    ("/assets/drafts.js", SCRIPT, include_str!("../assets/drafts.js")),
    ("/assets/evidence.js", SCRIPT, include_str!("../assets/evidence.js")),
    ("/assets/file_preview.js", SCRIPT, include_str!("../assets/file_preview.js")),
    ("/assets/files.js", SCRIPT, include_str!("../assets/files.js")),
    ("/assets/filters.js", SCRIPT, include_str!("../assets/filters.js")),
    ("/assets/guidance.js", SCRIPT, include_str!("../assets/guidance.js")),
    ("/assets/header.js", SCRIPT, include_str!("../assets/header.js")),
    ("/assets/help.js", SCRIPT, include_str!("../assets/help.js")),
    ("/assets/history.js", SCRIPT, include_str!("../assets/history.js")),
    ("/assets/keys.js", SCRIPT, include_str!("../assets/keys.js")),
    ("/assets/list.js", SCRIPT, include_str!("../assets/list.js")),
    ("/assets/message.js", SCRIPT, include_str!("../assets/message.js")),
    ("/assets/outbox.js", SCRIPT, include_str!("../assets/outbox.js")),
    ("/assets/outdated.js", SCRIPT, include_str!("../assets/outdated.js")),
    ("/assets/page.js", SCRIPT, include_str!("../assets/page.js")),
    ("/assets/reading.js", SCRIPT, include_str!("../assets/reading.js")),
    ("/assets/remedies.js", SCRIPT, include_str!("../assets/remedies.js")),
    ("/assets/review.js", SCRIPT, include_str!("../assets/review.js")),
    ("/assets/sign_in.js", SCRIPT, include_str!("../assets/sign_in.js")),
    ("/assets/similar.js", SCRIPT, include_str!("../assets/similar.js")),
    ("/assets/state.js", SCRIPT, include_str!("../assets/state.js")),
    ("/assets/statistics.js", SCRIPT, include_str!("../assets/statistics.js")),
    ("/assets/suggestion.js", SCRIPT, include_str!("../assets/suggestion.js")),
    ("/assets/trail.js", SCRIPT, include_str!("../assets/trail.js")),
    ("/assets/trends.js", SCRIPT, include_str!("../assets/trends.js")),
    ("/assets/words.js", SCRIPT, include_str!("../assets/words.js")),
];

/// Routes to the files.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = |router: Router<S>,
                (path, kind, content): (&'static str, &'static str, &'static str)| {
        let answer =
            move || async move { ([(header::CONTENT_TYPE, kind)], content).into_response() };
        router.route(path, get(answer))
    };
    FILES.into_iter().fold(Router::new(), file)
}
