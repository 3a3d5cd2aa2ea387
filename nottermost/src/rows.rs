//! How far the rows are, for those who wait: in this process the projector itself tells.

use std::time::{Duration, Instant};

use command_api::Projection;
use events::{Partition, Topic};
use fold::Fold;
use futures::FutureExt;
use futures::future::BoxFuture;
use projector::PositionsWatch;
use query_api::Rows;
use realtime_server::Reach;

/// Whoever waits has a deadline of their own; this one only bounds a single wait.
const A_WHILE: Duration = Duration::from_secs(3600);

/// The rows that the projector of this process writes.
#[derive(Debug, Clone)]
pub(crate) struct Projected(PositionsWatch);

impl Projected {
    pub fn new(positions: PositionsWatch) -> Self {
        Self(positions)
    }

    /// Resolves once the rows hold everything of the partition below `next`.
    pub async fn reach(&self, partition: Partition, next: u64) {
        // Presence has no rows.
        let Some(last) = next.checked_sub(1).filter(|_| partition.topic != Topic::Presence) else {
            return;
        };
        while self.0.wait_for(partition, last, Instant::now() + A_WHILE).await.is_err() {}
    }

    /// As [`Self::reach`] for several partitions.
    pub async fn reach_all(&self, ends: &[(Partition, u64)]) {
        for (partition, end) in ends {
            self.reach(*partition, *end).await;
        }
    }
}

impl Projection for Projected {
    fn passed(&self, partition: Partition, next: u64) -> BoxFuture<'_, ()> {
        self.reach(partition, next).boxed()
    }
}

impl Rows for Projected {
    fn passed<'a>(&'a self, ends: &'a [(Partition, u64)]) -> BoxFuture<'a, ()> {
        self.reach_all(ends).boxed()
    }

    fn have_passed(&self, partition: Partition, end: u64) -> bool {
        self.0.next(partition) >= end
    }

    /// Frames are made of the same fold.
    fn followed<'a>(
        &'a self,
        fold: &'a Fold,
        partitions: &'a [Partition],
        _deadline: Instant,
    ) -> BoxFuture<'a, ()> {
        let next = |partition: &Partition| (*partition, fold.next(*partition));
        let ends: Vec<_> = partitions.iter().map(next).collect();
        async move { self.reach_all(&ends).await }.boxed()
    }
}

impl Reach for Projected {
    fn reach(&self, partition: Partition, next: u64) -> BoxFuture<'_, ()> {
        self.reach(partition, next).boxed()
    }
}
