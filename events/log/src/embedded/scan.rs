//! Records read from the store, checked to be contiguous.

use std::sync::Arc;

use events::codec::decode;
use events::{Partition, Record, SharedRecord};

use super::Inner;
use super::store::Store;
use crate::codec::store_key_offset;
use crate::port::{ReadError, ReadLimit};

/// The durable records of one partition, up to the end that it had when the scan began.
pub struct Scan {
    rows: Rows,
    // Keeps the store open.
    _inner: Arc<Inner>,
}

impl Scan {
    pub(super) fn new(inner: Arc<Inner>, partition: Partition, from: u64, end: u64) -> Self {
        Self { rows: Rows::new(&inner.store, partition, from, end), _inner: inner }
    }
}

impl Iterator for Scan {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next()
    }
}

/// Records of several spans (partition, from, to), as many as `limit` allows.
pub(super) fn read_spans(
    store: &Store,
    spans: &[(Partition, u64, u64)],
    limit: ReadLimit,
) -> Result<Vec<SharedRecord>, ReadError> {
    let mut records = Vec::new();
    let mut bytes = 0;
    for &(partition, from, to) in spans {
        for record in Rows::new(store, partition, from, to) {
            let record = record?;
            bytes += size_bytes(&record);
            if !records.is_empty() && bytes > limit.bytes_max {
                return Ok(records);
            }
            records.push(Arc::new(record));
            if records.len() >= limit.records_max {
                return Ok(records);
            }
        }
    }
    Ok(records)
}

/// Bytes that a record takes in memory, near enough to compare with a bound.
pub(super) fn size_bytes(record: &Record) -> usize {
    let headers: usize = record.headers.iter().map(|(n, v)| n.len() + v.len() + 64).sum();
    headers + record.body.len() + 128
}

struct Rows {
    rows: fjall::Iter,
    partition: Partition,
    next: u64,
    to: u64,
}

impl Rows {
    fn new(store: &Store, partition: Partition, from: u64, to: u64) -> Self {
        Self { rows: store.rows(partition, from, to), partition, next: from, to }
    }

    fn record(&mut self) -> Result<Record, ReadError> {
        let (partition, offset) = (self.partition, self.next);
        let damaged = |reason: String| ReadError::Damaged { partition, offset, reason };
        let row = self.rows.next().ok_or_else(|| damaged("the record is missing".into()))?;
        let (key, value) = row.into_inner().map_err(read_error)?;
        if store_key_offset(&key) != Some(offset) {
            return Err(damaged("the record is missing".into()));
        }
        decode(partition, offset, &value.into()).map_err(|reason| damaged(reason.to_string()))
    }
}

impl Iterator for Rows {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.to {
            return None;
        }
        let record = self.record();
        // After an error nothing more: what follows would not be contiguous.
        self.next = if record.is_ok() { self.next + 1 } else { self.to };
        Some(record)
    }
}

fn read_error(source: fjall::Error) -> ReadError {
    ReadError::Unavailable(source.to_string())
}
