//! How far the events have been pushed, for whoever must know that an end of access has bitten.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use events::{Partition, Position};
use tokio::sync::Notify;

#[derive(Debug)]
pub struct Progress {
    next: HashMap<Partition, AtomicU64>,
    moved: Notify,
}

impl Progress {
    /// Everything below `next` of each durable partition has been pushed.
    pub fn new(next: impl Fn(Partition) -> u64) -> Self {
        let next = Partition::durable().map(|p| (p, AtomicU64::new(next(p)))).collect();
        Self { next, moved: Notify::new() }
    }

    /// Everything below `next` has been pushed. Who waits is woken by [`Self::announce`].
    pub fn advance(&self, partition: Partition, next: u64) {
        if let Some(held) = self.next.get(&partition) {
            held.fetch_max(next, Ordering::Release);
        }
    }

    pub fn next(&self, partition: Partition) -> u64 {
        self.next.get(&partition).map_or(0, |held| held.load(Ordering::Acquire))
    }

    pub fn announce(&self) {
        self.moved.notify_waiters();
    }

    /// Resolves once the event at `position` has been pushed. Ephemeral ones are not waited for.
    pub async fn passed(&self, position: Position) {
        let Some(next) = self.next.get(&position.partition) else { return };
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            // Registered before looking, so that no move is missed.
            moved.as_mut().enable();
            if next.load(Ordering::Acquire) > position.offset {
                return;
            }
            moved.await;
        }
    }
}
