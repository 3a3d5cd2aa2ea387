//! The web page, at `/` and wherever no address of the contract is.

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::HeaderMap;

pub(crate) async fn root(headers: HeaderMap) -> Response {
    web_page::root(&headers).map(Body::from)
}

/// What the page has at the request's path.
pub fn page(request: &Request) -> Option<Response> {
    let answer = web_page::at(request.method(), request.uri().path(), request.headers())?;
    Some(answer.map(Body::from))
}
