//! From one start to a failure or the end: the fold, and the records that are no segment yet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_archive::StoreError;
use event_archive::segments::{
    AppendOutcome, Archive, ArchiveEnd, ArchiveError, Archived, Head, Roller,
};
use event_log::{LogReader, ReadLimit};
use events::{Partition, SharedRecord};
use fold::digests::Digests;
use fold::{FoldSet, verdicts};
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::watch;

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
    set: FoldSet,
    chains: BTreeMap<Partition, Chain>,
    /// Bytes that are held of all partitions.
    held_bytes: usize,
    written: u64,
    /// The store takes no segments, and that was said.
    refused: AtomicBool,
}

/// One partition.
struct Chain {
    end: ArchiveEnd,
    /// What the archive says of the fold at that end, until the fold has come there.
    state_hash: Option<String>,
    roller: Roller,
}

impl Session {
    /// Starts from the archive's end, with the newest snapshots at or before it.
    pub(super) async fn open(
        deps: &Deps,
        options: &Options,
        positions: PositionsWatch,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, Failure> {
        let chains = chains(&deps.archive, options).await?;
        // Read after the archive's: a log is never behind its archive.
        has_all(&*deps.log, &chains).await?;
        let set = FoldSet::new();
        let end = |p: Partition| chains.get(&p).map_or(0, |chain| chain.end.next_offset);
        deps.snapshots.restore(&set, end).await?;
        for (partition, chain) in &chains {
            positions.publish(*partition, chain.end.next_offset);
        }
        let mut session = Self {
            log: Arc::clone(&deps.log),
            archive: deps.archive.clone(),
            digests: deps.snapshots.digests(),
            positions,
            options: options.clone(),
            stopping,
            set,
            chains,
            held_bytes: 0,
            written: 0,
            refused: AtomicBool::new(false),
        };
        Partition::durable().try_for_each(|partition| session.compare_at_end(partition))?;
        Ok(session)
    }

    /// Where the log is to be read on.
    pub(super) fn next_offsets(&self) -> Vec<(Partition, u64)> {
        Partition::durable().map(|partition| (partition, self.set.next(partition))).collect()
    }

    /// Everything of the partition below this offset is archived.
    pub(super) fn archived(&self, partition: Partition) -> u64 {
        self.chains.get(&partition).map_or(0, |chain| chain.end.next_offset)
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
        let partition = record.partition;
        // Before it is folded: the hash is the one behind the last record held.
        if self.chain(partition).roller.closes(record.appended_ms) {
            self.cut(vec![partition]).await?;
        }
        let folded = self.set.apply(record)?;
        if let Some(next) = Digests::due(&folded) {
            let next = self.set.position(partition, next);
            self.digests.agree(next, self.set.hash(partition)).await?;
        }
        let chain = self.chain(partition);
        if folded.record.offset < chain.end.next_offset {
            return self.compare_at_end(partition);
        }
        let verdict = verdicts::encode(&folded.verdict);
        let archived = Archived { record: folded.record, verdict };
        let bytes = archived.size_bytes();
        chain.roller.push(archived);
        let full = chain.roller.is_full();
        self.held_bytes += bytes;
        if full {
            self.cut(vec![partition]).await?;
        }
        self.cut_if_too_much().await
    }

    async fn cut_if_too_much(&mut self) -> Result<(), Failure> {
        if self.held_bytes <= self.options.held_bytes_max {
            return Ok(());
        }
        let largest = self.chains.iter().max_by_key(|(_, chain)| chain.roller.bytes());
        let largest = largest.map(|(partition, _)| *partition);
        self.cut(largest.into_iter().collect()).await
    }

    /// Whether there is anything more to come.
    pub(super) async fn goes_on(&self) -> Result<(), Failure> {
        let over = fold::is_over(&*self.log, &self.set).await?;
        if over { Err(Failure::Sealed) } else { Ok(()) }
    }

    /// Cuts what has come of age.
    pub(super) async fn cut_due(&mut self, now_ms: i64) -> Result<(), Failure> {
        self.cut_where(|roller| roller.is_due(now_ms)).await
    }

    /// Takes all that the log holds now, and cuts it.
    pub(super) async fn finish(&mut self) -> Result<(), Failure> {
        let partitions: Vec<Partition> = Partition::durable().collect();
        let ends = self.log.ends(&partitions).await?;
        for (partition, end) in partitions.into_iter().zip(ends) {
            while self.set.next(partition) < end {
                let next = self.set.next(partition);
                let records = self.log.read(partition, next, ReadLimit::default()).await?;
                self.take(records).await?;
            }
        }
        self.cut_where(|roller| !roller.held().is_empty()).await
    }

    async fn cut_where(&mut self, due: impl Fn(&Roller) -> bool) -> Result<(), Failure> {
        let due = self.chains.iter().filter(|(_, chain)| due(&chain.roller));
        let due = due.map(|(partition, _)| *partition).collect();
        self.cut(due).await
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
        let chain = self.chains.get(&partition).expect("there is one of every durable partition");
        let state_hash = verdicts::state_hash(self.set.hash(partition));
        let held = chain.roller.held();
        let (mut wait, longest) = self.options.retry_after;
        loop {
            match self.archive.append(partition, &chain.end, held, Some(&state_hash)).await {
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
        let chain = self.chain(partition);
        chain.end = match outcome {
            AppendOutcome::Written(end) => {
                telemetry::written(chain.roller.bytes());
                end
            }
            AppendOutcome::Ours(end) => end,
            AppendOutcome::Behind(end) => {
                telemetry::overtaken();
                end
            }
        };
        let next_offset = chain.end.next_offset;
        let before = chain.roller.bytes();
        chain.roller.forget_below(next_offset);
        let freed = before - chain.roller.bytes();
        self.held_bytes -= freed;
        self.positions.publish(partition, next_offset);
    }

    fn chain(&mut self, partition: Partition) -> &mut Chain {
        self.chains.get_mut(&partition).expect("there is one of every durable partition")
    }

    /// Where the fold has come to the end that it found, the archive must say the same of it.
    fn compare_at_end(&mut self, partition: Partition) -> Result<(), Failure> {
        let next = self.set.next(partition);
        let ours = verdicts::state_hash(self.set.hash(partition));
        let chain = self.chain(partition);
        if next != chain.end.next_offset {
            return Ok(());
        }
        match chain.state_hash.take().filter(|theirs| *theirs != ours) {
            Some(theirs) => Err(Failure::Parted { partition, next, ours, theirs }),
            None => Ok(()),
        }
    }
}

async fn chains(
    archive: &Archive,
    options: &Options,
) -> Result<BTreeMap<Partition, Chain>, Failure> {
    let last = |partition| async move { Ok((partition, archive.last(partition).await?)) };
    let lasts = stream::iter(Partition::durable().map(last)).buffer_unordered(AT_ONCE);
    lasts.map_ok(|(partition, head)| (partition, Chain::behind(head, options))).try_collect().await
}

impl Chain {
    fn behind(last: Option<Head>, options: &Options) -> Self {
        let end = last.as_ref().map(Head::end).unwrap_or_default();
        let state_hash = last.and_then(|head| head.manifest.state_hash);
        Self { end, state_hash, roller: Roller::new(options.roller) }
    }
}

/// Whether the log has all that is archived.
async fn has_all(log: &dyn LogReader, chains: &BTreeMap<Partition, Chain>) -> Result<(), Failure> {
    let partitions: Vec<Partition> = chains.keys().copied().collect();
    let ends = log.ends(&partitions).await?;
    for ((partition, chain), end) in chains.iter().zip(ends) {
        let archived = chain.end.next_offset;
        if end < archived {
            return Err(Failure::Ahead { partition: *partition, archived, end });
        }
    }
    Ok(())
}
