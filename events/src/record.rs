//! What the log stores: a key, headers and a body, all opaque to it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use crate::Partition;

/// A header's name and value, as on a Kafka record. Names that are known beforehand are borrowed, so
/// that reading a record back allocates nothing for them.
pub type Header = (Cow<'static, str>, Bytes);

/// A record before it has a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// The topic key: an id's 16 bytes.
    pub key: [u8; 16],
    pub headers: Vec<Header>,
    pub body: Bytes,
}

impl NewRecord {
    /// Bytes that the record occupies on the log, near enough to compare with a limit.
    pub fn size_bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(n, v)| n.len() + v.len() + 8).sum();
        16 + headers + self.body.len()
    }
}

/// A record at its place in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub partition: Partition,
    pub offset: u64,
    /// When the log took the record, Unix milliseconds; assigned by the log, stored with the record.
    pub appended_ms: i64,
    pub key: [u8; 16],
    pub headers: Vec<Header>,
    pub body: Bytes,
}

impl Record {
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }
}

/// A record shared between all consumers of a process.
pub type SharedRecord = Arc<Record>;
