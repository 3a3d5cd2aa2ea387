//! A log whose readers see personal halves opened, where they still can be.
//!
//! What is read from the log below stays sealed: archives and copies read that. What is appended is
//! passed on as it is: who appends has sealed it ([`Keys::sealer`](crate::Keys::sealer)).

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use event_log::{AppendError, Appended, EventLog, LogReader, ReadError, ReadLimit, Tail};
use events::{NewRecord, Partition, Record, SharedRecord, Topic};
use futures::future::BoxFuture;
use serde_json::value::RawValue;

use crate::blob::{Blob, Of, Under};
use crate::keys::{Half, Keys};
use crate::telemetry;

/// The event behind which everyone has forgotten a key.
const KEY_DESTROYED: &[u8] = b"user.key_destroyed";

#[derive(Debug, Clone)]
pub struct OpenedLog {
    log: Arc<dyn EventLog>,
    keys: Keys,
}

impl OpenedLog {
    pub fn new(log: Arc<dyn EventLog>, keys: Keys) -> Self {
        Self { log, keys }
    }
}

impl LogReader for OpenedLog {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        Box::pin(
            async move { opened(&self.keys, self.log.read(partition, from, limit).await?).await },
        )
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        self.log.ends(partitions)
    }

    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        Box::pin(async move {
            let tail = self.log.tail(from).await?;
            let opened: Box<dyn Tail> =
                Box::new(OpenedTail { tail, keys: self.keys.clone(), sealed: Vec::new() });
            Ok(opened)
        })
    }
}

impl EventLog for OpenedLog {
    fn append(
        &self,
        partition: Partition,
        record: NewRecord,
    ) -> BoxFuture<'_, Result<Appended, AppendError>> {
        self.log.append(partition, record)
    }
}

struct OpenedTail {
    tail: Box<dyn Tail>,
    keys: Keys,
    /// Read, and not opened yet: a call that was dropped, or failed for a key, loses nothing.
    sealed: Vec<SharedRecord>,
}

impl Tail for OpenedTail {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        Box::pin(async move {
            if self.sealed.is_empty() {
                self.sealed = self.tail.next().await?;
            }
            let opened = opened(&self.keys, self.sealed.clone()).await?;
            self.sealed.clear();
            Ok(opened)
        })
    }
}

/// Opens what can be opened; a key that cannot be had now is an error, not an erasure.
async fn opened(keys: &Keys, records: Vec<SharedRecord>) -> Result<Vec<SharedRecord>, ReadError> {
    let mut halves = Vec::with_capacity(records.len());
    for record in &records {
        if record.partition.topic == Topic::Directory && destroys_a_key(record) {
            keys.forget();
        }
        halves.push(events::sealed(&record.body).map(Blob::parse));
    }
    loop {
        let (mut done, mut lacking) = (Vec::with_capacity(records.len()), HashSet::new());
        for (record, half) in records.iter().zip(&halves) {
            match half {
                None => done.push(Arc::clone(record)),
                Some(half) => done.extend(open(keys, record, half.as_ref(), &mut lacking)),
            }
        }
        if lacking.is_empty() {
            return Ok(done);
        }
        keys.fetch(lacking.into_iter().collect()).await?;
    }
}

fn destroys_a_key(record: &Record) -> bool {
    record.header("ce_type").is_some_and(|name| name == KEY_DESTROYED)
}

/// The record with its half opened, or without it; nothing where the key is not at hand.
fn open(
    keys: &Keys,
    record: &SharedRecord,
    half: Option<&Blob>,
    lacking: &mut HashSet<Under>,
) -> Option<SharedRecord> {
    let half = match (half, of(record)) {
        (Some(blob), Some(of)) => match keys.open(of, blob) {
            Half::Open(half) if is_json(&half) => Some(half),
            Half::NotAtHand => {
                lacking.insert(blob.under);
                return None;
            }
            Half::Open(_) | Half::Erased => None,
        },
        // No writer seals like that; the clear half counts all the same.
        _ => None,
    };
    telemetry::opened(half.is_some());
    let body = events::opened(&record.body, half.as_deref());
    Some(Arc::new(with_body(record, body)))
}

/// A verdict must be the same whether a half can be opened or not: what would make the body invalid
/// counts as erased.
fn is_json(half: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(half).is_ok()
}

fn of(record: &Record) -> Option<Of<'_>> {
    let event = events::event_id(record).ok()?;
    let event_type = std::str::from_utf8(record.header("ce_type")?).ok()?;
    Some(Of { event, event_type })
}

fn with_body(record: &Record, body: Bytes) -> Record {
    Record {
        partition: record.partition,
        offset: record.offset,
        appended_ms: record.appended_ms,
        key: record.key,
        headers: record.headers.clone(),
        body,
    }
}
