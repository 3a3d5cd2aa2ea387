//! Pictures that lie in the object store, as they are shown: PNG, JPEG or GIF, made by this installation.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use event_archive::ObjectKey;
use futures::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue};
use platform::http::ApiError;
use sealing::FileKey;

use crate::app::App;

/// Nothing that was uploaded may run as if it came from this server.
pub(crate) fn confine(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    );
}

/// The picture in `object`; none if it is not there.
///
/// # Errors
/// The objects cannot be had.
pub(crate) async fn picture(
    app: &App,
    object: &str,
    key: &FileKey,
) -> Result<Option<Response>, ApiError> {
    let object = ObjectKey::parse(object).map_err(ApiError::internal)?;
    let sealed = app.objects.size(&object).await.map_err(ApiError::unavailable)?;
    let size = sealed.map_or(0, FileKey::opened_size);
    if size == 0 {
        return Ok(None);
    }
    let range = FileKey::sealed_range(&(0..size), size);
    let found = app.objects.get_range(&object, range).await.map_err(ApiError::unavailable)?;
    let Some(found) = found else { return Ok(None) };
    let mut plain = key.open(found.bytes, 0..size, size);
    let first = plain.next().await.transpose().map_err(ApiError::unavailable)?.unwrap_or_default();
    let content_type = HeaderValue::from_static(kind(&first));
    let mut response = Response::new(Body::from_stream(stream::iter([Ok(first)]).chain(plain)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    confine(headers);
    Ok(Some(response))
}

fn kind(begins: &Bytes) -> &'static str {
    match begins.get(..3) {
        Some(b"\x89PN") => "image/png",
        Some(b"GIF") => "image/gif",
        Some(b"\xff\xd8\xff") => "image/jpeg",
        _ => "application/octet-stream",
    }
}
