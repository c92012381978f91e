//! The page and what it loads, embedded in the program.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Path, media type and content of every file.
const FILES: [(&str, &str, &str); 4] = [
    ("/", "text/html; charset=utf-8", include_str!("../page/page.html")),
    ("/assets/page.css", "text/css; charset=utf-8", include_str!("../page/page.css")),
    ("/assets/page.js", "text/javascript; charset=utf-8", include_str!("../page/page.js")),
    ("/openapi.json", "application/json", include_str!("../openapi.json")),
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
