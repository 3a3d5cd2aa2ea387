//! From one start to a failure or the end: reads the log and puts what [`Chains`] makes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_archive::StoreError;
use event_archive::segments::{AppendOutcome, Archive, ArchiveError, Head};
use event_log::{LogReader, ReadLimit};
use events::{Partition, SharedRecord};
use fold::FoldSet;
use fold::digests::Digests;
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::watch;

use super::chains::Chains;
use super::failure::Failure;
use super::{Deps, Options, telemetry};
use crate::positions::PositionsWatch;

/// Partitions whose ends are looked up, or whose segments are written, at once.
const AT_ONCE: usize = 8;
/// Records that are folded before others on this thread have their turn.
const TURN: usize = 256;

pub(super) struct Session {
    log: Arc<dyn LogReader>,
    archive: Archive,
    digests: Digests,
    positions: PositionsWatch,
    options: Options,
    stopping: watch::Receiver<bool>,
    chains: Chains,
    written: u64,
    /// The store takes no segments, and that was said.
    refused: AtomicBool,
}

impl Session {
    /// Starts from the archive's end, with the newest snapshots at or before it.
    pub(super) async fn open(
        deps: &Deps,
        options: &Options,
        positions: PositionsWatch,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, Failure> {
        let lasts = lasts(&deps.archive).await?;
        // Read after the archive's: a log is never behind its archive.
        has_all(&*deps.log, &lasts).await?;
        let set = FoldSet::new();
        let end = |p: Partition| lasts.get(&p).map_or(0, end_of);
        deps.snapshots.restore(&set, end).await?;
        let chains = Chains::behind(lasts, set, options.roller, options.held_bytes_max)?;
        Partition::durable().for_each(|p| positions.publish(p, chains.archived(p)));
        Ok(Self {
            log: Arc::clone(&deps.log),
            archive: deps.archive.clone(),
            digests: deps.snapshots.digests(),
            positions,
            options: options.clone(),
            stopping,
            chains,
            written: 0,
            refused: AtomicBool::new(false),
        })
    }

    /// Where the log is to be read on.
    pub(super) fn next_offsets(&self) -> Vec<(Partition, u64)> {
        Partition::durable().map(|partition| (partition, self.chains.next(partition))).collect()
    }

    /// Everything of the partition below this offset is archived.
    pub(super) fn archived(&self, partition: Partition) -> u64 {
        self.chains.archived(partition)
    }

    pub(super) fn has_written(&self) -> bool {
        self.written > 0
    }

    /// Takes the next records of some partitions.
    pub(super) async fn take(&mut self, records: Vec<SharedRecord>) -> Result<(), Failure> {
        for (n, record) in records.into_iter().enumerate() {
            if n % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            self.take_one(record).await?;
        }
        Ok(())
    }

    async fn take_one(&mut self, record: SharedRecord) -> Result<(), Failure> {
        if self.chains.closes(&record) {
            self.cut(vec![record.partition]).await?;
        }
        let taken = self.chains.take(record)?;
        if let Some((next, digest)) = taken.digest {
            self.digests.agree(next, digest).await?;
        }
        match taken.cut {
            Some(partition) => self.cut(vec![partition]).await,
            None => Ok(()),
        }
    }

    /// Whether there is anything more to come.
    pub(super) async fn goes_on(&self) -> Result<(), Failure> {
        let over = fold::is_over(&*self.log, self.chains.fold()).await?;
        if over { Err(Failure::Sealed) } else { Ok(()) }
    }

    /// Cuts what has come of age.
    pub(super) async fn cut_due(&mut self, now_ms: i64) -> Result<(), Failure> {
        self.cut(self.chains.due(now_ms)).await
    }

    /// Takes all that the log holds now, and cuts it.
    pub(super) async fn finish(&mut self) -> Result<(), Failure> {
        let partitions: Vec<Partition> = Partition::durable().collect();
        let ends = self.log.ends(&partitions).await?;
        for (partition, end) in partitions.into_iter().zip(ends) {
            while self.chains.next(partition) < end {
                let next = self.chains.next(partition);
                let records = self.log.read(partition, next, ReadLimit::default()).await?;
                self.take(records).await?;
            }
        }
        self.cut(self.chains.held()).await
    }

    /// Makes a segment of what is held of each of these partitions.
    async fn cut(&mut self, partitions: Vec<Partition>) -> Result<(), Failure> {
        let session = &*self;
        let appends = partitions.into_iter().map(|partition| session.append(partition));
        let outcomes: Vec<_> =
            stream::iter(appends).buffer_unordered(AT_ONCE).try_collect().await?;
        for (partition, outcome) in outcomes {
            self.absorb(partition, outcome);
        }
        Ok(())
    }

    /// While the store fails, nothing is folded on and nothing is forgotten: the same append again tells
    /// what became of the one before.
    async fn append(&self, partition: Partition) -> Result<(Partition, AppendOutcome), Failure> {
        let segment = self.chains.segment(partition);
        let state_hash = Some(segment.state_hash.as_str());
        let (mut wait, longest) = self.options.retry_after;
        loop {
            match self.archive.append(partition, segment.end, segment.records, state_hash).await {
                Err(ArchiveError::Store(error)) if !*self.stopping.borrow() => {
                    self.store_failed(&error);
                }
                outcome => return Ok((partition, outcome?)),
            }
            let mut stopping = self.stopping.clone();
            // Whoever gives the word is gone only when the process ends.
            let _ = tokio::time::timeout(wait, stopping.wait_for(|stop| *stop)).await;
            wait = (wait * 2).min(longest);
        }
    }

    fn store_failed(&self, error: &StoreError) {
        telemetry::failed("store");
        if !self.refused.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "failed to write to the archive; trying again until it can be done");
        }
    }

    fn absorb(&mut self, partition: Partition, outcome: AppendOutcome) {
        self.written += 1;
        if std::mem::take(self.refused.get_mut()) {
            tracing::info!("the archive takes segments again");
        }
        match outcome {
            AppendOutcome::Written(_) => telemetry::written(self.chains.bytes(partition)),
            AppendOutcome::Ours(_) => {}
            AppendOutcome::Behind(_) => telemetry::overtaken(),
        }
        self.chains.absorb(partition, outcome);
        self.positions.publish(partition, self.chains.archived(partition));
    }
}

/// The last segment of each durable partition.
async fn lasts(archive: &Archive) -> Result<BTreeMap<Partition, Option<Head>>, ArchiveError> {
    let last = |partition| async move { Ok((partition, archive.last(partition).await?)) };
    stream::iter(Partition::durable().map(last)).buffer_unordered(AT_ONCE).try_collect().await
}

fn end_of(last: &Option<Head>) -> u64 {
    last.as_ref().map_or(0, |head| head.end().next_offset)
}

/// Whether the log has all that is archived.
async fn has_all(
    log: &dyn LogReader,
    lasts: &BTreeMap<Partition, Option<Head>>,
) -> Result<(), Failure> {
    let partitions: Vec<Partition> = lasts.keys().copied().collect();
    let ends = log.ends(&partitions).await?;
    for ((partition, last), end) in lasts.iter().zip(ends) {
        let archived = end_of(last);
        if end < archived {
            return Err(Failure::Ahead { partition: *partition, archived, end });
        }
    }
    Ok(())
}
