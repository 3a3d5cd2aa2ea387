//! `GET /openapi.json`: this API described, for anybody.

use std::sync::LazyLock;

use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;

use crate::render::Rendered;

const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

static RENDERED: LazyLock<Rendered> =
    LazyLock::new(|| Rendered::new(Bytes::from_static(DOCUMENT.as_bytes())));

pub(crate) async fn get(headers: HeaderMap) -> Response {
    RENDERED.answer(&headers)
}
