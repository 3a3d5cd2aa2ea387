//! The projector: the worker that keeps the version of rows and index that serves, and the keeper of the one
//! beside it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use event_log::LogReader;
use fold::snapshots::Snapshots;
use read_model::Database;
use search_index::WriterOptions;
use tokio::sync::{oneshot, watch};

use crate::beside::{Keeper, Versions};
use crate::positions::PositionsWatch;
use crate::running::{Running, Stopped};
use crate::standing::Orders;
use crate::telemetry;
use crate::worker::{Role, Worker};

/// What the projector works with.
#[derive(Debug, Clone)]
pub struct Deps {
    pub log: Arc<dyn LogReader>,
    /// Brought up to date already ([`Database::migrate`]).
    pub database: Database,
    /// Where the index is; absent: this installation has none.
    pub index: Option<PathBuf>,
    /// Where snapshots of the fold go.
    pub snapshots: Snapshots,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub index_writer: WriterOptions,
    /// Records of a partition between two of its snapshots.
    pub snapshot_every_records: u64,
    /// How long to wait before starting over; doubled up to the second while it fails.
    pub retry_after: (Duration, Duration),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            index_writer: WriterOptions::default(),
            snapshot_every_records: 20_000,
            retry_after: (Duration::from_millis(50), Duration::from_secs(5)),
        }
    }
}

/// A running projector.
#[derive(Debug)]
pub struct Projector {
    positions: PositionsWatch,
    commits: watch::Receiver<u64>,
    running: Running,
    keeper: Running,
}

impl Projector {
    /// Starts to follow the log; what fails is tried again, for ever.
    pub fn start(deps: Deps, options: Options) -> Self {
        let positions = PositionsWatch::new();
        let (commits, committed) = watch::channel(0);
        let lag = telemetry::report_lag(
            "nottermost_projection_lag_records",
            Arc::clone(&deps.log),
            positions.clone(),
        );
        let (orders, incoming) = Orders::channel();
        let (found, beside) = oneshot::channel();
        let versions = Versions::new(deps.database.clone(), deps.index.clone());
        let (kept, of_kept, rows) = (deps.clone(), options.clone(), positions.clone());
        let keeper = Running::start("keeper of versions", std::future::pending(), |stopping| {
            Keeper::new(kept, of_kept, (orders, rows), stopping).run(beside)
        });
        let rows = positions.clone();
        let running = Running::start("projector", lag, |stopping| async move {
            versions.recover(stopping.clone()).await;
            // Whoever waits for it has ended only if the process ends.
            let _ = found.send(());
            let told = (incoming, stopping);
            Worker::new(deps, options, Role::Serving, (rows, commits), told).run().await
        });
        Self { positions, commits: committed, running, keeper }
    }

    /// How far the rows have come.
    pub fn positions(&self) -> PositionsWatch {
        self.positions.clone()
    }

    /// Changes with every commit of the index, and when it is opened: a searcher may look again.
    pub fn index_commits(&self) -> watch::Receiver<u64> {
        self.commits.clone()
    }

    /// Resolves when the projector had to stop: the process must end.
    pub async fn stopped(&self) -> Stopped {
        self.running.stopped().await
    }

    /// Ends after the batch at hand: commits the index, keeps snapshots.
    pub async fn stop(self) {
        tokio::join!(self.keeper.stop(), self.running.stop());
    }
}
