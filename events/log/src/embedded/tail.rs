//! Following partitions: from memory while up to date, from the store while behind.

use std::sync::Arc;

use events::{Partition, SharedRecord};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;

use super::hub::{Look, Mark};
use super::{Inner, read_blocking};
use crate::partitions::{COUNT, is_durable, ordinal, partition};
use crate::port::{ReadError, ReadLimit, Tail};

/// Stands in for the next offset of a partition that is not followed.
const NOT_FOLLOWED: u64 = u64::MAX;

pub(super) struct EmbeddedTail {
    inner: Arc<Inner>,
    changed: watch::Receiver<()>,
    /// By partition number: the offset of the next record to return.
    next: Vec<u64>,
    place: Place,
}

enum Place {
    /// Everything published before the number was returned.
    Live(u64),
    /// What stood in the partitions at a past moment comes from the store first.
    Behind(Mark),
}

impl EmbeddedTail {
    pub(super) fn new(inner: &Arc<Inner>, from: &[(Partition, u64)]) -> Result<Self, ReadError> {
        let mut next = vec![NOT_FOLLOWED; COUNT];
        for (partition, offset) in from {
            inner.hub.check_start(*partition, *offset)?;
            next[usize::from(ordinal(*partition))] = *offset;
        }
        let changed = inner.hub.subscribe();
        let place = Place::Behind(inner.hub.mark());
        Ok(Self { inner: Arc::clone(inner), changed, next, place })
    }

    async fn records(&mut self) -> Result<Vec<SharedRecord>, ReadError> {
        loop {
            // Before looking, so that whatever comes after the look wakes.
            self.changed.mark_unchanged();
            if self.inner.hub.is_closed() {
                return Err(ReadError::Unavailable("the log is closed".into()));
            }
            let records = match &mut self.place {
                Place::Behind(_) => self.read_behind().await?,
                Place::Live(cursor) => {
                    match self.inner.hub.look(cursor, &mut self.next, ReadLimit::default()) {
                        Look::Found(records) => records,
                        Look::Passed => continue,
                        Look::Behind => {
                            self.place = Place::Behind(self.inner.hub.mark());
                            continue;
                        }
                        Look::AtEnd => {
                            // Cannot fail: the sender lives in `inner`.
                            let _ = self.changed.changed().await;
                            continue;
                        }
                    }
                }
            };
            if !records.is_empty() {
                return Ok(records);
            }
        }
    }

    /// Reads on towards the mark; nothing is left to read when it returns nothing. Positions move only
    /// after the read, so nothing is lost if it is dropped halfway.
    async fn read_behind(&mut self) -> Result<Vec<SharedRecord>, ReadError> {
        let Place::Behind(mark) = &self.place else { return Ok(Vec::new()) };
        let spans = self.spans(&mark.ends);
        let Some(&(partition, from, to)) = spans.first() else {
            self.place = Place::Live(mark.cursor);
            return Ok(Vec::new());
        };
        let limit = ReadLimit::default();
        let records = if is_durable(partition) {
            let durable = spans.into_iter().take_while(|(one, ..)| is_durable(*one)).collect();
            read_blocking(&self.inner, durable, limit).await?
        } else {
            self.inner.hub.read_presence(partition, from, to, limit)?
        };
        for record in &records {
            self.next[usize::from(ordinal(record.partition))] = record.offset + 1;
        }
        Ok(records)
    }

    /// What is missing up to `ends`, ephemeral partitions last.
    fn spans(&self, ends: &[u64]) -> Vec<(Partition, u64, u64)> {
        (0u16..)
            .zip(self.next.iter().zip(ends))
            .filter(|(_, (next, end))| next < end)
            .map(|(number, (next, end))| (partition(number), *next, *end))
            .collect()
    }
}

impl Tail for EmbeddedTail {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        self.records().boxed()
    }
}
