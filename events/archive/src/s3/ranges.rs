//! Parts of an object.

use std::io;
use std::ops::Range;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream as Body;
use futures::stream::{self, StreamExt};

use super::S3Store;
use super::errors::{Failure, object, status};
use crate::key::ObjectKey;
use crate::port::{ByteStream, ObjectBody, StoreError};

/// How S3 answers a range that begins at the end or beyond it.
const NOT_SATISFIABLE: u16 = 416;

impl S3Store {
    pub(super) async fn read_range(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
    ) -> Result<Option<ObjectBody>, StoreError> {
        // HTTP has no empty range.
        if range.is_empty() {
            return self.read_nothing(key, range.start).await;
        }
        let request = self.client.get_object().bucket(&self.bucket).key(self.name(key));
        match request.range(header(&range)).send().await {
            Ok(part) => body(key, part).map(Some),
            Err(failure) if failure.is_missing_object() => Ok(None),
            Err(failure) if status(&failure) == Some(NOT_SATISFIABLE) => {
                self.read_nothing(key, range.start).await
            }
            Err(failure) => Err(failure.of("read", key)),
        }
    }

    /// No bytes at `start`, which may be the object's end.
    async fn read_nothing(
        &self,
        key: &ObjectKey,
        start: u64,
    ) -> Result<Option<ObjectBody>, StoreError> {
        let Some(size) = self.examine(key).await? else { return Ok(None) };
        if start > size {
            return Err(StoreError::BeyondEnd { key: key.clone(), start, size });
        }
        let bytes = stream::empty().boxed();
        Ok(Some(ObjectBody { size, range: start..start, bytes }))
    }
}

/// The header of a range that is not empty. S3 knows no number beyond `i64::MAX`.
fn header(range: &Range<u64>) -> String {
    let last = range.end - 1;
    if i64::try_from(last).is_ok() {
        format!("bytes={}-{last}", range.start)
    } else {
        format!("bytes={}-", range.start)
    }
}

fn body(key: &ObjectKey, part: GetObjectOutput) -> Result<ObjectBody, StoreError> {
    let place = match part.content_range() {
        Some(text) => content_range(text),
        // A store that ignores ranges answers with all of it: not what was asked for.
        None => None,
    };
    let unclear = || io::Error::other("the answer does not say which bytes it holds");
    let (range, size) = place.ok_or_else(|| object("read", key, unclear()))?;
    Ok(ObjectBody { size, range, bytes: pieces(part.body) })
}

/// Range and size of `bytes 7-9/10`.
fn content_range(text: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    Some((first..last.checked_add(1)?, size.parse().ok()?))
}

fn pieces(body: Body) -> ByteStream<'static> {
    let next = |mut body: Body| async move {
        let piece = body.try_next().await?;
        Ok(piece.map(|piece| (piece, body)))
    };
    stream::try_unfold(body, next).boxed()
}

/// A length that a store states.
pub(super) fn length(stated: Option<i64>) -> u64 {
    stated.and_then(|length| u64::try_from(length).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_understood_or_refused() {
        assert_eq!(content_range("bytes 7-9/10"), Some((7..10, 10)));
        for text in ["", "bytes */10", "bytes 7-9/*", "7-9/10", "bytes 7/10"] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }

    #[test]
    fn a_range_without_end_is_asked_for_openly() {
        assert_eq!(header(&(7..10)), "bytes=7-9");
        assert_eq!(header(&(7..u64::MAX)), "bytes=7-");
    }
}
