//! The port: append to a partition, read it from a position, follow its tail, report its end.
//! It promises nothing about several records at once.

use std::fmt;
use std::sync::Arc;

use events::{Id, NewRecord, Partition, SharedRecord, Topic};
use futures::future::BoxFuture;

/// Largest record that any adapter takes, in bytes ([`NewRecord::size_bytes`]).
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// A record that the log has made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    pub partition: Partition,
    pub offset: u64,
    /// The append time that the log assigned, Unix milliseconds.
    pub appended_ms: i64,
}

/// Why an append was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing was written, and never will be.
    #[error("a record of {len} bytes is over the limit of {max} bytes")]
    TooLarge { len: usize, max: usize },
    /// Nothing was written: the log takes no records now (closed, read-only, disk full before the write).
    #[error("the log takes no appends: {0}")]
    Unavailable(String),
    /// The record may be in the log or may still get there. Append the same record again, under the
    /// same event id, until one append is acknowledged.
    #[error("the outcome of the append is unknown: {0}")]
    Indeterminate(String),
}

/// Why records could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// `from` lies before the first record kept or beyond the end.
    #[error("{partition} has no offset {from}: it holds {first}..{end}")]
    OutOfRange { partition: Partition, from: u64, first: u64, end: u64 },
    #[error("failed to read the log: {0}")]
    Unavailable(String),
    #[error("{partition} is damaged at offset {offset}: {reason}")]
    Damaged { partition: Partition, offset: u64, reason: String },
}

/// How much one read may return. At least one record is returned where there is one.
#[derive(Debug, Clone, Copy)]
pub struct ReadLimit {
    pub records_max: usize,
    pub bytes_max: usize,
}

impl Default for ReadLimit {
    fn default() -> Self {
        Self { records_max: 4_096, bytes_max: 8 << 20 }
    }
}

/// The reading half of an append-only log of partitions. Offsets are contiguous from 0 within a
/// partition. Who holds only this cannot append.
pub trait LogReader: fmt::Debug + Send + Sync + 'static {
    /// Durable records from `from` on, in order, as many as `limit` allows; empty at the end.
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>>;

    /// The end of each partition: the offset that its next durable record will get, or one above the
    /// last durable one. Not older than the call.
    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>>;

    /// Follows the partitions from the given offsets.
    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>>;
}

/// A log that takes records.
pub trait EventLog: LogReader {
    /// Appends one record; resolves when it is durable. Records appended to one partition by one
    /// caller, each after the acknowledgement of the one before, stand in that order.
    fn append(
        &self,
        partition: Partition,
        record: NewRecord,
    ) -> BoxFuture<'_, Result<Appended, AppendError>>;
}

/// The way into the topic `presence`, and into no other: what services get that must not write.
#[derive(Debug, Clone)]
pub struct PresenceAppender(Arc<dyn EventLog>);

impl PresenceAppender {
    pub fn new(log: Arc<dyn EventLog>) -> Self {
        Self(log)
    }

    /// Appends one record under the key that orders it.
    ///
    /// # Errors
    /// As [`EventLog::append`].
    pub async fn append(&self, key: Id, record: NewRecord) -> Result<Appended, AppendError> {
        self.0.append(Partition::of(Topic::Presence, key.as_bytes()), record).await
    }
}

/// A reader that waits for what comes. Dropping it ends it.
pub trait Tail: Send {
    /// What is there now from all followed partitions, in order within each, at least one record;
    /// waits, woken by the append and without polling, while there is nothing.
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>>;
}
