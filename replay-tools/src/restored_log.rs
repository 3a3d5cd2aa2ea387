//! The log that a restore makes: the archive's records, and behind them the event that opens the epoch.

use std::fmt;
use std::sync::Arc;

use event_archive::segments::OpenedEpoch;
use event_log::{LogReader, ReadError, ReadLimit, Tail};
use events::directory::EpochOpened;
use events::{Actor, EventId, Id, Meta, Partition, Record, SharedRecord};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::archive_log::ArchiveLog;

/// The same each time that it is read, so that a restore which was cut short goes on.
pub(crate) struct RestoredLog {
    archived: ArchiveLog,
    epoch: OpenedEpoch,
    cell: String,
}

impl fmt::Debug for RestoredLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoredLog").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl RestoredLog {
    pub(crate) fn new(archived: ArchiveLog, epoch: &OpenedEpoch, cell: String) -> Self {
        Self { archived, epoch: epoch.clone(), cell }
    }

    fn opening(&self, partition: Partition) -> SharedRecord {
        let OpenedEpoch { epoch, opened_ms, .. } = self.epoch;
        let offset = self.epoch.begins_at(partition);
        let event = events::of_log(partition.topic, EpochOpened { epoch });
        let id = EventId::of_log(event.event_type(), partition, epoch);
        let mut meta = Meta::new(id, Id::default(), opened_ms, offset, Actor::System);
        meta.epoch = epoch;
        let events::NewRecord { key, headers, body } = events::encode(&self.cell, &meta, &event);
        Arc::new(Record { partition, offset, appended_ms: opened_ms, key, headers, body })
    }

    async fn page(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> Result<Vec<SharedRecord>, ReadError> {
        let opened_at = self.epoch.begins_at(partition);
        if from < opened_at {
            return self.archived.read(partition, from, limit).await;
        }
        let opening = (from == opened_at).then(|| self.opening(partition));
        Ok(opening.into_iter().collect())
    }
}

impl LogReader for RestoredLog {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        self.page(partition, from, limit).boxed()
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        let end = |partition: &Partition| self.epoch.begins_at(*partition) + 1;
        std::future::ready(Ok(partitions.iter().map(end).collect())).boxed()
    }

    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        self.archived.tail(from)
    }
}
