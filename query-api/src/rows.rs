//! How far the rows are behind the log.

use std::time::Instant;

use events::Partition;
use fold::Fold;
use futures::FutureExt;
use futures::future::BoxFuture;
use read_model::PolledRows;

/// Knows how far the rows are. In the projector's process it can tell by itself, elsewhere it asks.
pub trait Rows: Send + Sync + 'static {
    /// Resolves once the rows hold everything below these offsets; never, if that never happens.
    /// Partitions that have no rows count as passed.
    fn passed<'a>(&'a self, ends: &'a [(Partition, u64)]) -> BoxFuture<'a, ()>;

    /// Whether the rows are known to hold everything of the partition below this offset.
    fn have_passed(&self, partition: Partition, end: u64) -> bool;

    /// Resolves once the rows hold all that a frame can have told of these partitions before now. Gives up
    /// where the log does not tell its ends.
    fn followed<'a>(
        &'a self,
        fold: &'a Fold,
        partitions: &'a [Partition],
        deadline: Instant,
    ) -> BoxFuture<'a, ()>;
}

impl Rows for PolledRows {
    fn passed<'a>(&'a self, ends: &'a [(Partition, u64)]) -> BoxFuture<'a, ()> {
        self.passed(ends).boxed()
    }

    fn have_passed(&self, partition: Partition, end: u64) -> bool {
        self.passed_before(&[(partition, end)])
    }

    /// Frames come from another process, whose fold may be ahead of this one's.
    fn followed<'a>(
        &'a self,
        fold: &'a Fold,
        partitions: &'a [Partition],
        deadline: Instant,
    ) -> BoxFuture<'a, ()> {
        async move {
            let Ok(ends) = fold.catch_up(partitions, deadline).await else { return };
            let ends: Vec<_> = partitions.iter().copied().zip(ends).collect();
            if !self.passed_before(&ends) {
                self.passed(&ends).await;
            }
        }
        .boxed()
    }
}
