//! What a write waits for after its verdict: that the rows show it, or that what it ended has ended.

use std::collections::HashSet;

use events::{Partition, Position, Topic};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use parking_lot::Mutex;
use platform::http::ApiError;
use read_model::PolledRows;

use crate::executor::CommandApi;

/// Knows how far the rows are.
pub trait Projection: Send + Sync + 'static {
    /// Resolves once the rows hold everything of the partition below this offset; never, if that
    /// never happens. Positions may go back: a database does.
    fn passed(&self, partition: Partition, next: u64) -> BoxFuture<'_, ()>;
}

impl Projection for PolledRows {
    fn passed(&self, partition: Partition, next: u64) -> BoxFuture<'_, ()> {
        async move { self.passed(&[(partition, next)]).await }.boxed()
    }
}

/// Partitions whose rows were awaited for the whole bound in vain. Until they have got there, nobody
/// else waits for them.
#[derive(Debug, Default)]
pub(crate) struct Lagging(Mutex<HashSet<Partition>>);

impl Lagging {
    fn holds(&self, partition: Partition) -> bool {
        self.0.lock().contains(&partition)
    }

    /// Whether that is news.
    fn begins(&self, partition: Partition) -> bool {
        self.0.lock().insert(partition)
    }

    fn ends(&self, partition: Partition) {
        self.0.lock().remove(&partition);
    }
}

impl CommandApi {
    /// Waits until the rows show what stands at these positions, so that whoever wrote it reads it
    /// back. Bounded: it is on the log, and an answer that comes late helps nobody.
    pub(crate) async fn visible(&self, positions: &[Position]) {
        match positions {
            [] => {}
            [one] => self.visible_at(*one).await,
            many => drop(join_all(many.iter().map(|one| self.visible_at(*one))).await),
        }
    }

    async fn visible_at(&self, position: Position) {
        let Position { partition, offset, .. } = position;
        if self.lagging.holds(partition) {
            return;
        }
        let passed = self.projection.passed(partition, offset + 1);
        let in_time = tokio::time::timeout(self.settings.visible_wait, passed).await.is_ok();
        if in_time || !self.lagging.begins(partition) {
            return;
        }
        tracing::warn!(%partition, offset, "the rows lag; writes no longer wait for them");
        let api = self.clone();
        tokio::spawn(async move {
            api.projection.passed(partition, offset + 1).await;
            api.lagging.ends(partition);
            tracing::info!(%partition, "the rows have caught up; writes wait for them again");
        });
    }

    /// Waits until nothing is served any more that rests on rights from before these positions: the
    /// rows and everyone who keeps answers open have passed them. Fails closed.
    ///
    /// # Errors
    /// A 503 at the deadline: access may still be open somewhere.
    pub(crate) async fn access_ended(&self, positions: &[Position]) -> Result<(), ApiError> {
        let everyone = positions.iter().flat_map(|position| {
            let rows = self.projection.passed(position.partition, position.offset + 1);
            // Nobody's rights rest on what was read and drafted, and not every service follows it.
            let decides = position.partition.topic != Topic::Readstate;
            let access = self.access.iter().filter(move |_| decides);
            std::iter::once(rows).chain(access.map(|access| access.passed(*position)))
        });
        let ended = tokio::time::timeout(self.settings.deadline, join_all(everyone)).await;
        ended.map(drop).map_err(|_| ApiError::unknown_outcome())
    }
}
