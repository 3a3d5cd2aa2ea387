//! The fold of a process that starts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use events::{Partition, Topic};
use fold::snapshots::Snapshots;
use fold::{Fold, FoldSet, Lease};
use futures::FutureExt;

use crate::Storage;

/// The fold reads a million records in seconds; a log that stands still for so long is at fault.
const FOLD_PATIENCE: Duration = Duration::from_secs(600);

/// The fold with all that the log holds now of `topics`. `lease` is for processes that others wait for,
/// `rules` are the newest that this one knows.
///
/// # Errors
/// What kept it from getting there.
pub async fn folded(
    storage: &Storage,
    topics: &'static [Topic],
    lease: Option<Arc<Lease>>,
    rules: u32,
) -> Result<Fold> {
    let partitions: Vec<Partition> = topics.iter().flat_map(|topic| topic.partitions()).collect();
    let ends = storage.log.ends(&partitions).await.context("failed to read the log's ends")?;
    let ends: BTreeMap<Partition, u64> = partitions.iter().copied().zip(ends).collect();
    let set = FoldSet::knowing(rules);
    let snapshots = Snapshots::new(Arc::clone(&storage.objects));
    let end = |partition| ends.get(&partition).copied().unwrap_or(0);
    snapshots.restore(&set, end).await.context("failed to read the fold's snapshots")?;
    let digests = Some(snapshots.digests());
    let options = fold::Options { topics, digests, lease, ..fold::Options::default() };
    let fold =
        Fold::start(storage.reader(), set, options).await.context("failed to follow the log")?;
    let caught_up = fold.catch_up(&partitions, Instant::now() + FOLD_PATIENCE).await;
    if let Err(error) = caught_up {
        // A fold that had to stop says why; that it did not get there follows from it.
        let reason = fold.stopped().now_or_never();
        return Err(reason.map_or_else(|| error.into(), Into::into));
    }
    Ok(fold)
}
