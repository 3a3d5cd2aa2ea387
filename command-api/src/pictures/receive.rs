//! A form with one picture in it.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use platform::http::ApiError;

use super::Refusals;

/// Bytes of a field that is no file, and fields of a form.
const FIELD_BYTES_MAX: usize = 4_096;
const FIELDS_MAX: usize = 10;
/// How long is waited for the end of a form that is refused.
const PATIENCE: Duration = Duration::from_secs(1);
/// What a form may hold besides its picture.
const FORM_BYTES_MAX: usize = 64 << 10;

/// What a form brought.
#[derive(Default)]
pub(crate) struct Received {
    pub texts: BTreeMap<String, String>,
    pub image: Vec<u8>,
}

/// Reads a form whose field `image` is a file of at most `bytes_max` bytes.
///
/// # Errors
/// A 4xx: it is no form, or too large, or lacks the file.
pub(crate) async fn receive(
    request: Request,
    bytes_max: usize,
    refusals: &Refusals,
) -> Result<Received, ApiError> {
    let malformed = || ApiError::invalid_body("the form");
    // A form without an end of its first line would be held whole.
    let limited = |body| Body::new(Limited::new(body, bytes_max + FORM_BYTES_MAX));
    let multipart = Multipart::from_request(request.map(limited), &()).await;
    let mut multipart = multipart.map_err(|_| refusals.no_file())?;
    let mut received = Received::default();
    for _ in 0..FIELDS_MAX {
        let failed = |error| if is_too_large(&error) { refusals.too_large() } else { malformed() };
        let Some(field) = multipart.next_field().await.map_err(failed)? else { break };
        let name = field.name().unwrap_or_default().to_owned();
        if name == "image" {
            let bytes = bytes(field, bytes_max).await?;
            received.image = bytes.ok_or_else(|| refusals.too_large())?;
        } else {
            let bytes = bytes(field, FIELD_BYTES_MAX).await?.ok_or_else(malformed)?;
            received.texts.insert(name, String::from_utf8(bytes).map_err(|_| malformed())?);
        }
    }
    if received.image.is_empty() { Err(refusals.no_file()) } else { Ok(received) }
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
    let rest = Limited::new(request.into_body(), FORM_BYTES_MAX).collect();
    // Whatever came of it, the answer is the same.
    let _ = tokio::time::timeout(PATIENCE, rest).await;
    Err(refusal)
}

/// The field's bytes; none if they are more than `max`.
async fn bytes(mut field: Field<'_>, max: usize) -> Result<Option<Vec<u8>>, ApiError> {
    let mut bytes = Vec::new();
    loop {
        match field.chunk().await {
            Ok(None) => return Ok(Some(bytes)),
            Ok(Some(piece)) if bytes.len() + piece.len() <= max => bytes.extend_from_slice(&piece),
            Ok(Some(_)) => return Ok(None),
            Err(error) if is_too_large(&error) => return Ok(None),
            Err(_) => return Err(ApiError::invalid_body("the form")),
        }
    }
}

/// The whole form is longer than it may be.
fn is_too_large(error: &MultipartError) -> bool {
    error.status() == StatusCode::PAYLOAD_TOO_LARGE
}
