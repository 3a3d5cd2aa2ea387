//! Between our records and Kafka's: key, headers and body stand as they are.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use events::{NewRecord, Partition, Record, SharedRecord};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};

use crate::port::ReadError;

/// Header names of our envelope: reading them allocates nothing. Any other name works as well.
const NAMES: [&str; 16] = [
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_typeversion",
    "ce_subject",
    "ce_time",
    "ce_readat",
    "ce_actor",
    "ce_epoch",
    "ce_cause",
    "ce_appended",
    "ce_requestid",
    "ce_connectionid",
    "traceparent",
    "tracestate",
];

/// Room for what the envelope usually takes.
const HEADER_BYTES_USUAL: usize = 384;

pub(super) fn headers(record: &NewRecord) -> OwnedHeaders {
    let empty = OwnedHeaders::new_with_capacity(record.headers.len());
    record.headers.iter().fold(empty, |headers, (name, value)| {
        headers.insert(Header { key: name, value: Some(&value[..]) })
    })
}

/// The record in a message from `partition`.
///
/// # Errors
/// [`ReadError::Damaged`] if it is none of ours: another key, no time.
pub(super) fn record(
    partition: Partition,
    message: &BorrowedMessage<'_>,
) -> Result<SharedRecord, ReadError> {
    let offset = message.offset().unsigned_abs();
    let damaged = |reason: &str| ReadError::Damaged { partition, offset, reason: reason.into() };
    let key = message.key().and_then(|key| key.try_into().ok());
    let key = key.ok_or_else(|| damaged("the key is not 16 bytes long"))?;
    let appended_ms = message.timestamp().to_millis().ok_or_else(|| damaged("it has no time"))?;
    let (headers, body) = contents(message);
    Ok(Arc::new(Record { partition, offset, appended_ms, key, headers, body }))
}

/// Headers and body, copied out as slices of one buffer.
fn contents(message: &BorrowedMessage<'_>) -> (Vec<events::Header>, Bytes) {
    let body = message.payload().unwrap_or_default();
    let Some(all) = message.headers() else { return (Vec::new(), Bytes::copy_from_slice(body)) };
    let mut buffer = BytesMut::with_capacity(HEADER_BYTES_USUAL + body.len());
    let mut ends = Vec::with_capacity(NAMES.len());
    for Header { key, value } in all.iter() {
        buffer.put_slice(value.unwrap_or_default());
        ends.push((known(key), buffer.len()));
    }
    let headers_len = buffer.len();
    buffer.put_slice(body);
    let whole = buffer.freeze();
    let mut start = 0;
    let slice = |(name, end)| (name, whole.slice(std::mem::replace(&mut start, end)..end));
    (ends.into_iter().map(slice).collect(), whole.slice(headers_len..))
}

fn known(name: &str) -> Cow<'static, str> {
    match NAMES.iter().find(|known| **known == name) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(name.to_owned()),
    }
}
