//! What the SDK says went wrong, as the port says it.

use std::error::Error;
use std::io::{self, ErrorKind};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::key::ObjectKey;
use crate::port::StoreError;

const NOT_FOUND: u16 = 404;
/// A 404 whose body says this, or a HEAD's, which has none, means the object; any other the bucket.
const NO_SUCH_OBJECT: [&str; 2] = ["NoSuchKey", "NotFound"];

/// An error of one operation of the SDK.
pub(super) trait Described: ProvideErrorMetadata + Error + Send + Sync + 'static {}

impl<E: ProvideErrorMetadata + Error + Send + Sync + 'static> Described for E {}

pub(super) trait Failure: Sized {
    fn into_io(self) -> io::Error;

    /// Whether the answer was that there is no such object.
    fn is_missing_object(&self) -> bool;

    fn of(self, action: &'static str, key: &ObjectKey) -> StoreError {
        object(action, key, self.into_io())
    }
}

impl<E: Described> Failure for SdkError<E> {
    fn into_io(self) -> io::Error {
        let kind = kind(&self);
        let text = match (&self, self.code()) {
            (Self::ServiceError(_), Some(code)) => {
                format!("{code}: {}", self.message().unwrap_or("no reason given"))
            }
            _ => causes(&self),
        };
        io::Error::new(kind, text)
    }

    fn is_missing_object(&self) -> bool {
        let named = self.code().is_none_or(|code| NO_SUCH_OBJECT.contains(&code));
        status(self) == Some(NOT_FOUND) && named
    }
}

pub(super) fn object(action: &'static str, key: &ObjectKey, source: io::Error) -> StoreError {
    StoreError::Object { action, key: key.clone(), source }
}

/// The status of the answer, if there was one.
pub(super) fn status<E>(failure: &SdkError<E>) -> Option<u16> {
    failure.raw_response().map(|response| response.status().as_u16())
}

/// An error and its causes in one line: the SDK's own texts say only where it was.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn kind<E>(failure: &SdkError<E>) -> ErrorKind {
    match (failure, status(failure)) {
        (SdkError::TimeoutError(_), _) => ErrorKind::TimedOut,
        (_, Some(401 | 403)) => ErrorKind::PermissionDenied,
        (_, Some(NOT_FOUND)) => ErrorKind::NotFound,
        _ => ErrorKind::Other,
    }
}
