//! Path parameters, refused the v4 way.

use axum::extract::FromRequestParts;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::ApiError;

/// Like axum's `Path`, but a segment of the wrong form is a v4 error: 404 if it could not be an id
/// or a name at all, else 400.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(failed)) => {
                Err(refusal(failed.into_kind()))
            }
            Err(other) => Err(ApiError::internal(other)),
        }
    }
}

fn refusal(kind: ErrorKind) -> ApiError {
    match kind {
        ErrorKind::DeserializeError { key, value, .. }
        | ErrorKind::ParseErrorAtKey { key, value, .. } => refuse_segment(&key, &value),
        ErrorKind::ParseErrorAtIndex { value, .. } | ErrorKind::ParseError { value, .. } => {
            refuse_segment("segment", &value)
        }
        ErrorKind::InvalidUtf8InPathParam { key } => ApiError::invalid_url(key),
        ErrorKind::Message(_) => ApiError::invalid_url("segment"),
        other => ApiError::internal(other),
    }
}

fn refuse_segment(key: &str, value: &str) -> ApiError {
    if value.bytes().all(|b| b.is_ascii_alphanumeric()) {
        ApiError::invalid_url(key)
    } else {
        ApiError::unknown_route()
    }
}
