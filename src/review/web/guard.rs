//! Checks for every request, and security headers for every response.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::access::Holder;
use super::app::App;
use super::connections::{BODY, Seen};
use super::problem::Problem;
use super::{export, files, results};

/// Maximum time for a response, including reading the body.
const LONGEST: Duration = Duration::from_secs(60);

/// Maximum time until a file is received, or its download starts.
const LONGEST_FILE: Duration = Duration::from_secs(600);

/// Paths that send or receive files.
const LONG: [&str; 4] = [export::PATH, files::PATH, results::TAGGED, results::REPORT];

const SAID: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Accepts a request from the page or a script, to an allowed host name, with the token
/// if required.
pub(super) async fn guard(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let checked = check(&app, &request);
    if let Ok(Some(holder)) = checked {
        if let Some(seen) = request.extensions().get::<Seen>() {
            seen.know(holder);
        }
        request.extensions_mut().insert(holder);
    }
    let is_long = LONG.contains(&request.uri().path());
    let longest = if is_long { LONGEST_FILE } else { LONGEST };
    let refused = request.extensions().get::<Seen>().cloned();
    let sends_body = request.headers().contains_key(header::CONTENT_LENGTH);
    let mut response = match checked {
        Ok(_) => match tokio::time::timeout(longest, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                let title = "It took too long";
                Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", title).into_response()
            }
        },
        Err(problem) => {
            if let Some(seen) = refused.filter(|_| sends_body) {
                seen.refuse_body();
            }
            problem.into_response()
        }
    };
    for (name, value) in SAID {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Returns the sender of an authorised request; `None` for public paths.
fn check(app: &App, request: &Request) -> Result<Option<Holder>, Problem> {
    let headers = request.headers();
    if headers.get_all(header::HOST).iter().count() > 1 {
        return Err(Problem::bad_request("send one Host header"));
    }
    let length = text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let is_file = request.uri().path() == files::PATH;
    let (what, most) =
        if is_file { ("file", app.uploads.largest()) } else { ("body", BODY as u64) };
    if length.is_some_and(|length: u64| length > most) {
        let title = format!("The {what} is larger than {}", megabytes(most));
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", &title));
    }
    let host = text(headers, &header::HOST).unwrap_or_default();
    if !is_ours(host, &app.hosts) {
        // Another host name that points to this server: DNS rebinding.
        let title = "Unknown host name in the request";
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign-host", title).with(
            "detail",
            "use the address that the server printed, or have it started with this host name",
        ));
    }
    let changes = ![Method::GET, Method::HEAD].contains(request.method());
    if changes && is_cross_site(headers, host) {
        let title = "The request comes from another site";
        return Err(Problem::new(StatusCode::FORBIDDEN, "cross-site", title));
    }
    let path = request.uri().path();
    let closed = path.starts_with("/api/") && path != "/api/session";
    let holder = app.access.holder(headers);
    if closed && holder.is_none() {
        let title = "A token is needed";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", title)
            .with("detail", "open the address with the token that the server printed"));
    }
    Ok(holder)
}

/// Writes a number of bytes for people.
fn megabytes(bytes: u64) -> String {
    format!("{} MB", (bytes >> 20).max(1))
}

/// Returns whether a `Host` is an address, `localhost`, or an allowed name.
fn is_ours(host: &str, hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    address.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Returns whether a browser reports that another site sent the request. Scripts send no
/// such header, and pages cannot make them send requests.
fn is_cross_site(headers: &HeaderMap, host: &str) -> bool {
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    let site = site.is_some_and(|site| site != "same-origin" && site != "none");
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let origin = origin.is_some_and(|origin| {
        let name = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        name != Some(host)
    });
    site || origin
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_localhost_and_given_names_are_ours() {
        let hosts = ["review.example".to_owned()];
        for ours in ["127.0.0.1:8080", "localhost:1", "[::1]:80", "10.0.0.7", "Review.example:9"] {
            assert!(is_ours(ours, &hosts), "{ours}");
        }
        for foreign in ["evil.example:8080", "", "localhost.evil.example", "127.0.0.1.nip.io"] {
            assert!(!is_ours(foreign, &hosts), "{foreign}");
        }
    }

    #[test]
    fn what_another_site_sends_is_told_by_its_headers() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let pair = |(name, value): &(&'static str, &str)| {
                (HeaderName::from_static(name), value.parse().unwrap())
            };
            pairs.iter().map(pair).collect::<HeaderMap>()
        };
        let cross =
            |pairs: &[(&'static str, &str)]| is_cross_site(&headers(pairs), "localhost:8080");
        assert!(!cross(&[]));
        assert!(!cross(&[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(cross(&[("origin", "http://evil.example")]));
        assert!(cross(&[("origin", "null")]));
        assert!(cross(&[("origin", "http://localhost:9090")]));
        assert!(cross(&[("sec-fetch-site", "cross-site")]));
        assert!(cross(&[("sec-fetch-site", "same-site")]));
    }
}
