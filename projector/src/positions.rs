//! How far the rows, or the archive, have come, for those who wait in this process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use events::Partition;
use tokio::sync::watch;

/// The rows did not get there in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the read model did not get there in time")]
pub struct NotProjected;

/// Positions of the rows (or of the archive: then read "archive" for "rows" below). Clones share them.
/// They follow the database, so they can go back.
#[derive(Debug, Clone)]
pub struct PositionsWatch(Arc<BTreeMap<Partition, watch::Sender<u64>>>);

impl PositionsWatch {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Partition::durable().map(|p| (p, watch::Sender::new(0))).collect()))
    }

    /// The rows now contain everything below `next`; replaces what was said before.
    pub(crate) fn publish(&self, partition: Partition, next: u64) {
        if let Some(sender) = self.0.get(&partition) {
            sender.send_replace(next);
        }
    }

    /// The rows contain everything of the partition below this offset.
    pub fn next(&self, partition: Partition) -> u64 {
        self.0.get(&partition).map_or(0, |sender| *sender.borrow())
    }

    /// Waits until the rows contain the record at `offset`.
    ///
    /// # Errors
    /// [`NotProjected`] at the deadline.
    pub async fn wait_for(
        &self,
        partition: Partition,
        offset: u64,
        deadline: Instant,
    ) -> Result<(), NotProjected> {
        let sender = self.0.get(&partition).ok_or(NotProjected)?;
        if *sender.borrow() > offset {
            return Ok(());
        }
        let mut receiver = sender.subscribe();
        let passed = receiver.wait_for(|next| *next > offset);
        match tokio::time::timeout_at(deadline.into(), passed).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(NotProjected),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_waiter_is_woken_by_the_position_it_waits_for() {
        let positions = PositionsWatch::new();
        let waiting = positions.clone();
        let deadline = Instant::now() + Duration::from_secs(30);
        let waiter =
            tokio::spawn(async move { waiting.wait_for(Partition::DIRECTORY, 4, deadline).await });
        positions.publish(Partition::DIRECTORY, 4);
        positions.publish(Partition::DIRECTORY, 5);
        assert_eq!(waiter.await.unwrap(), Ok(()));
        assert_eq!(positions.next(Partition::DIRECTORY), 5);
    }

    #[tokio::test]
    async fn positions_follow_a_database_that_goes_back() {
        let positions = PositionsWatch::new();
        positions.publish(Partition::DIRECTORY, 9);
        positions.publish(Partition::DIRECTORY, 2);
        let waited = positions.wait_for(Partition::DIRECTORY, 5, Instant::now()).await;
        assert_eq!(waited, Err(NotProjected));
    }
}
