//! How a worker is made to stand still, and goes on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use events::Partition;
use read_model::Database;
use tokio::sync::{mpsc, oneshot};

/// Orders that may wait for a worker that is busy.
const ORDERS_WAITING_MAX: usize = 4;

/// The next offset of each partition.
pub(crate) type Positions = BTreeMap<Partition, u64>;

/// What a worker is told between two batches.
#[derive(Debug)]
pub(crate) enum Order {
    Stand(Stand),
    /// Have the index wait for merges and start none.
    Quiet(oneshot::Sender<()>),
    /// Have it merge again.
    Merge,
}

/// Where to stand still.
#[derive(Debug)]
pub(crate) enum Goal {
    /// As soon as rows and index are level.
    Here,
    /// The same, but not before these.
    AtLeast(Positions),
    /// Exactly there; nothing beyond is written.
    Exactly(Positions),
}

#[derive(Debug)]
pub(crate) struct Stand {
    pub goal: Goal,
    /// The index is let go of.
    pub close: bool,
    pub reached: oneshot::Sender<Standing>,
}

/// A worker that stands still: its rows and its index are at these positions, committed. It goes on when
/// this is dropped.
#[derive(Debug)]
pub(crate) struct Standing {
    pub positions: Positions,
    pub resume: oneshot::Sender<Resume>,
}

impl Standing {
    /// Has it go on where it was moved to.
    pub(crate) fn go_on(self, database: Database, index: Option<PathBuf>) {
        // One that has ended meanwhile goes on nowhere.
        let _ = self.resume.send(Resume { database, index });
    }
}

/// Where a worker goes on that was moved while it stood.
#[derive(Debug)]
pub(crate) struct Resume {
    pub database: Database,
    pub index: Option<PathBuf>,
}

/// The worker has ended, or does something else for too long.
#[derive(Debug, thiserror::Error)]
#[error("a version of the rows did not stand still in time")]
pub(crate) struct NotStanding;

/// The way to a worker.
#[derive(Debug, Clone)]
pub(crate) struct Orders(mpsc::Sender<Order>);

impl Orders {
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Order>) {
        let (orders, incoming) = mpsc::channel(ORDERS_WAITING_MAX);
        (Self(orders), incoming)
    }

    /// Has the worker stand still; what it comes to is awaited apart from that.
    pub(crate) async fn stand(
        &self,
        goal: Goal,
        close: bool,
    ) -> Result<oneshot::Receiver<Standing>, NotStanding> {
        let (reached, standing) = oneshot::channel();
        let order = Order::Stand(Stand { goal, close, reached });
        self.0.send(order).await.map_err(|_| NotStanding)?;
        Ok(standing)
    }

    /// Has the worker's index wait for merges; resolves when it starts no more.
    pub(crate) async fn quiet(&self) -> Result<(), NotStanding> {
        let (done, quiet) = oneshot::channel();
        self.0.send(Order::Quiet(done)).await.map_err(|_| NotStanding)?;
        quiet.await.map_err(|_| NotStanding)
    }

    /// Takes [`Self::quiet`] back.
    pub(crate) async fn merge(&self) -> Result<(), NotStanding> {
        self.0.send(Order::Merge).await.map_err(|_| NotStanding)
    }
}

impl Goal {
    /// Rows and index are level at `positions`: is that where to stand?
    pub(crate) fn is_reached(&self, positions: &Positions) -> bool {
        let reaches = |goal: &Positions| {
            goal.iter().all(|(partition, next)| positions.get(partition).unwrap_or(&0) >= next)
        };
        match self {
            Self::Here => true,
            Self::AtLeast(goal) | Self::Exactly(goal) => reaches(goal),
        }
    }

    /// Whether a record there may be written before standing still.
    pub(crate) fn takes(&self, partition: Partition, offset: u64) -> bool {
        match self {
            Self::Here | Self::AtLeast(_) => true,
            Self::Exactly(goal) => goal.get(&partition).is_some_and(|next| offset < *next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(next: u64) -> Positions {
        BTreeMap::from([(Partition::DIRECTORY, next)])
    }

    #[test]
    fn a_worker_stands_where_it_was_told_and_writes_nothing_beyond() {
        assert!(Goal::Here.is_reached(&at(0)));
        assert!(!Goal::AtLeast(at(5)).is_reached(&at(4)));
        assert!(Goal::AtLeast(at(5)).is_reached(&at(6)));
        let exactly = Goal::Exactly(at(5));
        assert!(exactly.takes(Partition::DIRECTORY, 4) && !exactly.takes(Partition::DIRECTORY, 5));
        assert!(!exactly.is_reached(&at(4)) && exactly.is_reached(&at(5)));
    }
}
