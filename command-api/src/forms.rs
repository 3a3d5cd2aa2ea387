//! Forms that are never longer than they may be, and requests that are refused before they are read.

use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Multipart, Request};
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use platform::http::ApiError;

/// How long is waited for the end of a request that is refused, and bytes that are read of it.
const PATIENCE: Duration = Duration::from_secs(1);
const REST_BYTES_MAX: usize = 64 << 10;

/// The form in a request of at most `max` bytes. Without that bound, a form whose first line does not end
/// would be held whole.
///
/// # Errors
/// It is no form.
pub(crate) async fn limited(request: Request, max: usize) -> Result<Multipart, MultipartRejection> {
    let limited = |body| Body::new(Limited::new(body, max));
    Multipart::from_request(request.map(limited), &()).await
}

/// Whether the whole form is longer than it may be.
pub(crate) fn is_too_large(error: &MultipartError) -> bool {
    error.status() == StatusCode::PAYLOAD_TOO_LARGE
}

/// The field's bytes; none if they are more than `max`.
///
/// # Errors
/// The form is broken or too long.
pub(crate) async fn bytes(
    mut field: Field<'_>,
    max: usize,
) -> Result<Option<Vec<u8>>, MultipartError> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await? {
        if bytes.len() + piece.len() > max {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}

/// The request, unless it is refused. Then what is still coming of it is read, where it is short: who is
/// still writing would hear of a broken connection, and not of the refusal.
///
/// # Errors
/// The refusal.
pub(crate) async fn heard_out(
    request: Request,
    allowed: Result<(), ApiError>,
) -> Result<Request, ApiError> {
    let Err(refusal) = allowed else { return Ok(request) };
    let rest = Limited::new(request.into_body(), REST_BYTES_MAX).collect();
    // Whatever came of it, the answer is the same.
    let _ = tokio::time::timeout(PATIENCE, rest).await;
    Err(refusal)
}
