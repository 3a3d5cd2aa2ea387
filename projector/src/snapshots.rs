//! When the fold's snapshots are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{DirectoryEvent, Event, Partition};
use fold::snapshots::Snapshots;
use fold::{FoldSet, Folded};
use tokio::task::JoinHandle;

/// At a stop, partitions that folded fewer records since their last snapshot keep none.
const WORTH_A_SNAPSHOT: u64 = 200;

/// Counts records and writes a partition's snapshot when enough came together.
#[derive(Debug)]
pub(crate) struct SnapshotPlan {
    snapshots: Snapshots,
    every_records: u64,
    since_last: BTreeMap<Partition, u64>,
    writing: Option<JoinHandle<()>>,
    /// The snapshots of the directory hold the names of somebody who is erased.
    erased: bool,
}

impl SnapshotPlan {
    pub(crate) fn new(snapshots: Snapshots, every_records: u64) -> Self {
        let since_last = BTreeMap::new();
        Self { snapshots, every_records, since_last, writing: None, erased: false }
    }

    pub(crate) fn folded(&mut self, folded: &Folded) {
        *self.since_last.entry(folded.record.partition).or_default() += 1;
        if let Some((_, Event::Directory(DirectoryEvent::UserErased(_)), _)) = folded.applied() {
            self.erased = true;
        }
    }

    /// Replaces the snapshots that hold the names of somebody who is erased. What fails is tried again
    /// with the next batch.
    pub(crate) async fn purge(&mut self, set: &FoldSet) {
        if !self.erased {
            return;
        }
        if let Some(writing) = self.writing.take() {
            // One that failed has said so; whatever it wrote goes now.
            let _ = writing.await;
        }
        match self.snapshots.write_alone(set, Partition::DIRECTORY).await {
            Ok(()) => self.erased = false,
            Err(error) => tracing::warn!(error = %error, "failed to purge snapshots; trying again"),
        }
    }

    /// Writes the snapshot of the partition that needs it most, one at a time and beside the work.
    pub(crate) fn write_due(&mut self, set: &Arc<FoldSet>) {
        if self.writing.as_ref().is_some_and(|writing| !writing.is_finished()) {
            return;
        }
        let most = self.since_last.iter().max_by_key(|(_, records)| **records);
        let Some((partition, records)) = most.map(|(partition, records)| (*partition, *records))
        else {
            return;
        };
        if records < self.every_records {
            return;
        }
        self.since_last.remove(&partition);
        let (snapshots, set) = (self.snapshots.clone(), Arc::clone(set));
        let runtime = tokio::runtime::Handle::current();
        // Encoding and compressing take a core for tens of milliseconds, which nobody else may wait for.
        self.writing = Some(tokio::task::spawn_blocking(move || {
            runtime.block_on(write(&snapshots, &set, partition));
        }));
    }

    /// Writes what is worth it, before the end.
    pub(crate) async fn write_all(&mut self, set: &FoldSet) {
        if let Some(writing) = self.writing.take() {
            // One that failed has said so; the log serves in its place.
            let _ = writing.await;
        }
        for (partition, records) in std::mem::take(&mut self.since_last) {
            if records >= WORTH_A_SNAPSHOT {
                write(&self.snapshots, set, partition).await;
            }
        }
    }
}

async fn write(snapshots: &Snapshots, set: &FoldSet, partition: Partition) {
    if let Err(error) = snapshots.write(set, partition).await {
        tracing::warn!(%partition, error = %error, "failed to write a snapshot; the log serves");
    }
}
