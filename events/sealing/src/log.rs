//! A log whose readers see personal halves opened, where they still can be.
//!
//! What is read from the log below stays sealed: archives and copies read that. What is appended is
//! passed on as it is: who appends has sealed it ([`Keys::sealer`](crate::Keys::sealer)).

use std::sync::Arc;

use bytes::Bytes;
use event_log::{AppendError, Appended, EventLog, LogReader, ReadError, ReadLimit, Tail};
use events::directory::UserKeyDestroyed;
use events::retention::ChannelKeyAdvanced;
use events::{ChannelId, Fact, NewRecord, Partition, Record, SharedRecord, Topic};
use futures::future::BoxFuture;
use serde_json::value::RawValue;

use crate::blob::{Blob, Of};
use crate::keys::{HalfKeys, Keys};
use crate::telemetry;

/// Over what is only read it is a reader, too.
#[derive(Debug)]
pub struct OpenedLog<L: ?Sized = dyn EventLog> {
    log: Arc<L>,
    keys: Keys,
}

impl<L: ?Sized> OpenedLog<L> {
    pub fn new(log: Arc<L>, keys: Keys) -> Self {
        Self { log, keys }
    }
}

impl<L: LogReader + ?Sized> LogReader for OpenedLog<L> {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        Box::pin(
            async move { self.keys.opened(self.log.read(partition, from, limit).await?).await },
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

impl<L: EventLog + ?Sized> EventLog for OpenedLog<L> {
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
            let opened = self.keys.opened(self.sealed.clone()).await?;
            self.sealed.clear();
            Ok(opened)
        })
    }
}

impl Keys {
    /// Records as they are stored, with what is personal in them opened where it still can be: for
    /// those who read more of a log than they open.
    ///
    /// # Errors
    /// A key that cannot be had now: that is no erasure.
    pub async fn opened(&self, records: Vec<SharedRecord>) -> Result<Vec<SharedRecord>, ReadError> {
        let mut halves = Vec::with_capacity(records.len());
        for record in &records {
            forget_destroyed(self, record);
            halves.push(events::sealed(&record.body).map(Blob::parse));
        }
        let wanted = halves.iter().flatten().flatten().map(|blob| blob.under);
        let held =
            self.of(wanted).await.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let opened = records.into_iter().zip(&halves).map(|(record, half)| match half {
            None => record,
            Some(half) => open(&held, &record, half.as_ref()),
        });
        Ok(opened.collect())
    }
}

/// Behind the event that destroys a key everyone has forgotten it.
fn forget_destroyed(keys: &Keys, record: &Record) {
    let is = |name: &str| record.header("ce_type").is_some_and(|held| held == name.as_bytes());
    match record.partition.topic {
        Topic::Directory if is(UserKeyDestroyed::TYPE) => keys.forget(),
        Topic::Channels if is(ChannelKeyAdvanced::TYPE) => {
            keys.forget_channel(ChannelId::from_bytes(record.key));
        }
        _ => {}
    }
}

/// The record with its half opened, or without it. No writer seals a half without a key's name, or into
/// a record without an id; the clear half counts all the same.
fn open(held: &HalfKeys, record: &Record, half: Option<&Blob>) -> SharedRecord {
    let half = half.zip(of(record)).and_then(|(blob, of)| {
        let key = held.get(&blob.under)?.as_ref()?;
        let half = key.open(of, blob);
        if half.is_none() {
            tracing::error!(event.id = %of.event, "a sealed half is damaged; it counts as erased");
            telemetry::damaged();
        }
        half.filter(|half| is_json(half))
    });
    telemetry::opened(half.is_some());
    let body = events::opened(&record.body, half.as_deref());
    Arc::new(with_body(record, body))
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
