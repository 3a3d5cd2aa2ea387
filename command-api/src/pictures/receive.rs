//! A form with one picture in it.

use std::collections::BTreeMap;

use axum::extract::Request;
use axum::extract::multipart::MultipartError;
use platform::http::ApiError;

use super::Refusals;
use crate::forms::{bytes, is_too_large, limited};

/// Bytes of a field that is no file, and fields of a form.
const FIELD_BYTES_MAX: usize = 4_096;
const FIELDS_MAX: usize = 10;
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
    let failed = |error: MultipartError| {
        if is_too_large(&error) { refusals.too_large() } else { malformed() }
    };
    let multipart = limited(request, bytes_max + FORM_BYTES_MAX).await;
    let mut multipart = multipart.map_err(|_| refusals.no_file())?;
    let mut received = Received::default();
    for _ in 0..FIELDS_MAX {
        let Some(field) = multipart.next_field().await.map_err(failed)? else { break };
        let name = field.name().unwrap_or_default().to_owned();
        if name == "image" {
            let bytes = bytes(field, bytes_max).await.map_err(failed)?;
            received.image = bytes.ok_or_else(|| refusals.too_large())?;
        } else {
            let bytes = bytes(field, FIELD_BYTES_MAX).await.map_err(failed)?;
            let bytes = bytes.ok_or_else(malformed)?;
            received.texts.insert(name, String::from_utf8(bytes).map_err(|_| malformed())?);
        }
    }
    if received.image.is_empty() { Err(refusals.no_file()) } else { Ok(received) }
}
