//! Copying a whole log into another adapter: every record at its offset, with its time.
//!
//! For the operators' tools alone: a time that is brought along is what the append of the port must never
//! take. A target is closed to servers from its first record on, until all are there and were read back.

mod run;

use events::{NewRecord, Partition, Record, SharedRecord};
use futures::future::BoxFuture;

use crate::port::{LogReader, ReadError};

pub use run::{Copied, Progress, copy, require_fits, require_records};

/// What a log is copied into: another log, or the beginning of one.
pub trait CopyTarget: Send + Sync {
    /// Reads what it holds.
    fn reader(&self) -> &dyn LogReader;

    /// Closes it to servers.
    fn begin(&self) -> BoxFuture<'_, Result<(), CopyError>>;

    /// Writes records of one durable partition that stand in a row, the first of them where the partition
    /// ends; resolves when all are durable.
    fn put(&self, records: Vec<SharedRecord>) -> BoxFuture<'_, Result<(), CopyError>>;

    /// Opens it to servers: it is a log.
    fn finish(&self) -> BoxFuture<'_, Result<(), CopyError>>;
}

/// Why a log was not copied. What the target holds is a log's beginning still, unless the text says
/// otherwise.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("the source holds no records")]
    Empty,
    #[error("failed to read the source")]
    Source(#[source] ReadError),
    #[error("failed to read the target")]
    Read(#[source] ReadError),
    #[error("the {log} has lost its beginning: {partition} begins at {first}")]
    BeginningGone { log: &'static str, partition: Partition, first: u64 },
    #[error(
        "the target is ahead of the source: its {partition} ends at {target}, the source's at {source_end}"
    )]
    Ahead { partition: Partition, target: u64, source_end: u64 },
    #[error(
        "the target holds another record than the source at {partition} {offset}: it can be copied into once it is deleted"
    )]
    Differs { partition: Partition, offset: u64 },
    #[error(
        "{partition} of the {log} has grown meanwhile: end whatever writes to it, then copy again"
    )]
    Grown { log: &'static str, partition: Partition },
    #[error("failed to write to the target: {0}")]
    Target(String),
    #[error("what became of a record of {partition} is unknown ({reason}): copy again")]
    Unknown { partition: Partition, reason: String },
    #[error(
        "the record {partition} {expected} came to stand at {found}, something else writes there: delete the target, then copy again"
    )]
    Misplaced { partition: Partition, expected: u64, found: u64 },
    #[error(
        "the record {partition} {offset} was given another time: delete the target, then copy again"
    )]
    Retimed { partition: Partition, offset: u64 },
}

/// The record as it was before it had a place.
pub(crate) fn again(record: &Record) -> NewRecord {
    let Record { key, headers, body, .. } = record;
    NewRecord { key: *key, headers: headers.clone(), body: body.clone() }
}

pub(crate) fn check_place(record: &Record, found: u64) -> Result<(), CopyError> {
    let (partition, expected) = (record.partition, record.offset);
    if found == expected {
        return Ok(());
    }
    Err(CopyError::Misplaced { partition, expected, found })
}
