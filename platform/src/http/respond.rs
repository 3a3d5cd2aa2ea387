//! Responses with exactly the headers that clients compare.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use events::Position;
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::{ApiError, context};

/// No charset: official clients compare the whole string and take anything else for text.
pub const CONTENT_TYPE_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Where a write's event stands in the log.
pub const POSITION_HEADER: HeaderName = HeaderName::from_static("x-nottermost-position");
/// A read waits until what it reads has passed this position.
pub const MIN_POSITION_HEADER: HeaderName = HeaderName::from_static("x-nottermost-min-position");

/// `value` as a JSON response.
pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => raw_json(status, Bytes::from(body)),
        Err(error) => ApiError::internal(error).into_response(),
    }
}

/// JSON that was rendered before.
pub fn raw_json(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, CONTENT_TYPE_JSON);
    response
}

/// The success of what has no object to show: `{"status":"OK"}`.
pub fn ok_status() -> Response {
    raw_json(StatusCode::OK, Bytes::from_static(br#"{"status":"OK"}"#))
}

/// Adds the position of the write's event, and notes it for the access log.
pub fn with_position(mut response: Response, position: Position) -> Response {
    context::note_position(position);
    if let Ok(value) = HeaderValue::try_from(position.to_string()) {
        response.headers_mut().insert(POSITION_HEADER, value);
    }
    response
}

/// Whether the client has the representation with this ETag. Compared literally: the contract's
/// ETags have no quotes.
pub fn if_none_match(headers: &HeaderMap, etag: &str) -> bool {
    headers.get(IF_NONE_MATCH).is_some_and(|held| !held.is_empty() && held == etag)
}

/// The answer to a client that has what it asks for.
pub fn not_modified(etag: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    insert_etag(response, etag)
}

/// JSON that was rendered before, with its ETag; 304 if the client has it already.
pub fn json_with_etag(request: &HeaderMap, etag: &str, body: Bytes) -> Response {
    if if_none_match(request, etag) {
        return not_modified(etag);
    }
    insert_etag(raw_json(StatusCode::OK, body), etag)
}

fn insert_etag(mut response: Response, etag: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(etag) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_if_none_match_matches_nothing() {
        let mut request = HeaderMap::new();
        request.insert(IF_NONE_MATCH, HeaderValue::from_static(""));
        assert_eq!(json_with_etag(&request, "7", Bytes::new()).status(), StatusCode::OK);
        request.insert(IF_NONE_MATCH, HeaderValue::from_static("7"));
        let response = json_with_etag(&request, "7", Bytes::new());
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers()[ETAG], "7");
    }

    #[test]
    fn json_has_no_charset() {
        assert_eq!(ok_status().headers()[CONTENT_TYPE], "application/json");
    }
}
