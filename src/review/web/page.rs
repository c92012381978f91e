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
const FILES: [(&str, &str, &str); 29] = [
    ("/", HTML, include_str!("../page/page.html")),
    ("/openapi.json", "application/json", include_str!("../openapi.json")),
    ("/assets/icon.svg", SVG, include_str!("../page/icon.svg")),
    ("/assets/page.css", CSS, include_str!("../page/page.css")),
    ("/assets/parts.css", CSS, include_str!("../page/parts.css")),
    ("/assets/answers.js", SCRIPT, include_str!("../page/answers.js")),
    ("/assets/api.js", SCRIPT, include_str!("../page/api.js")),
    ("/assets/case_card.js", SCRIPT, include_str!("../page/case_card.js")),
    ("/assets/case_text.js", SCRIPT, include_str!("../page/case_text.js")),
    ("/assets/decide.js", SCRIPT, include_str!("../page/decide.js")),
    ("/assets/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/assets/drafts.js", SCRIPT, include_str!("../page/drafts.js")),
    ("/assets/evidence.js", SCRIPT, include_str!("../page/evidence.js")),
    ("/assets/filters.js", SCRIPT, include_str!("../page/filters.js")),
    ("/assets/header.js", SCRIPT, include_str!("../page/header.js")),
    ("/assets/help.js", SCRIPT, include_str!("../page/help.js")),
    ("/assets/history.js", SCRIPT, include_str!("../page/history.js")),
    ("/assets/keys.js", SCRIPT, include_str!("../page/keys.js")),
    ("/assets/list.js", SCRIPT, include_str!("../page/list.js")),
    ("/assets/message.js", SCRIPT, include_str!("../page/message.js")),
    ("/assets/outbox.js", SCRIPT, include_str!("../page/outbox.js")),
    ("/assets/outdated.js", SCRIPT, include_str!("../page/outdated.js")),
    ("/assets/page.js", SCRIPT, include_str!("../page/page.js")),
    ("/assets/review.js", SCRIPT, include_str!("../page/review.js")),
    ("/assets/sign_in.js", SCRIPT, include_str!("../page/sign_in.js")),
    ("/assets/state.js", SCRIPT, include_str!("../page/state.js")),
    ("/assets/statistics.js", SCRIPT, include_str!("../page/statistics.js")),
    ("/assets/trends.js", SCRIPT, include_str!("../page/trends.js")),
    ("/assets/words.js", SCRIPT, include_str!("../page/words.js")),
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
