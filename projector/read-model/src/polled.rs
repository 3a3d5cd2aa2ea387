//! How far the rows are, asked of the database by whoever does not write them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use events::Partition;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use crate::Reader;

/// Between two polls while somebody waits.
const PAUSE: Duration = Duration::from_millis(2);
/// Between two polls while the database does not answer.
const RETRY: Duration = Duration::from_millis(100);

/// Asks the database: one poll for all who wait, and none while nobody does.
#[derive(Debug)]
pub struct PolledRows {
    polling: Arc<Polling>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Polling {
    /// What the newest finished poll saw. It replaces what an earlier one saw: positions go back when
    /// a database does.
    seen: watch::Sender<Seen>,
    begun: AtomicU64,
    waiting: AtomicUsize,
    asked: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    /// Which poll it was.
    poll: u64,
    positions: BTreeMap<Partition, u64>,
}

impl PolledRows {
    pub fn new(reader: Reader) -> Self {
        let polling = Arc::new(Polling {
            seen: watch::Sender::default(),
            begun: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            asked: Notify::new(),
        });
        let task = tokio::spawn(poll(reader, Arc::clone(&polling))).abort_handle();
        Self { polling, task }
    }
}

impl Drop for PolledRows {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl PolledRows {
    /// Resolves once the rows hold everything below these offsets; never, if that never happens.
    /// Partitions that have no rows count as passed.
    pub async fn passed(&self, ends: &[(Partition, u64)]) {
        // A poll that began before now may have seen what is gone since.
        let begun = self.polling.begun.load(Ordering::Acquire);
        let _waiting = Waiting::join(&self.polling);
        let mut seen = self.polling.seen.subscribe();
        let holds = |seen: &Seen| seen.poll > begun && seen.holds(ends);
        let passed = seen.wait_for(holds).await.is_ok();
        if !passed {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the newest poll saw them hold that: since then only a database that went back has less.
    pub fn passed_before(&self, ends: &[(Partition, u64)]) -> bool {
        let seen = self.polling.seen.borrow();
        seen.poll > 0 && seen.holds(ends)
    }
}

impl Seen {
    fn holds(&self, ends: &[(Partition, u64)]) -> bool {
        ends.iter().all(|(p, end)| self.positions.get(p).is_none_or(|next| next >= end))
    }
}

struct Waiting<'p>(&'p Polling);

impl<'p> Waiting<'p> {
    fn join(polling: &'p Polling) -> Self {
        polling.waiting.fetch_add(1, Ordering::AcqRel);
        polling.asked.notify_one();
        Self(polling)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn poll(reader: Reader, polling: Arc<Polling>) {
    loop {
        polling.asked.notified().await;
        while polling.waiting.load(Ordering::Acquire) > 0 {
            let poll = polling.begun.fetch_add(1, Ordering::AcqRel) + 1;
            match reader.positions().await {
                Ok(positions) => {
                    polling.seen.send_replace(Seen { poll, positions });
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to ask how far the rows are; trying again");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}
