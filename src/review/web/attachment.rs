//! Files that a browser saves.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::chunks::Chunks;

/// Returns a body that a browser saves under this name.
pub(super) fn attachment(body: Chunks, kind: &str, name: &str) -> Response {
    let headers =
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition(name))];
    (headers, axum::body::Body::new(body)).into_response()
}

/// Returns the header that names a file (RFC 6266), in ASCII and in UTF-8 (RFC 8187).
fn disposition(name: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_. ".contains(*c);
    let ascii: String = name.chars().map(|c| if is_plain(&c) { c } else { '_' }).collect();
    let whole: String = name
        .chars()
        .filter(|c| !c.is_control() && !"/\\".contains(*c))
        .flat_map(|c| c.to_string().into_bytes())
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    match ascii == name {
        true => format!("attachment; filename=\"{ascii}\""),
        false => format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_header_cannot_end_it() {
        let header = disposition("Appel \"2025\"\r\nX: é/..\\a.csv");
        assert_eq!(
            header,
            "attachment; filename=\"Appel _2025___X_ __.._a.csv\"; \
             filename*=UTF-8''Appel%20%222025%22X%3A%20%C3%A9..a.csv"
        );
        assert!(axum::http::HeaderValue::from_str(&header).is_ok());
        assert_eq!(disposition("finished.csv"), "attachment; filename=\"finished.csv\"");
    }
}
