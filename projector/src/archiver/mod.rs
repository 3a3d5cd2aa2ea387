//! The archiver: copies the log into the archive, record by record, with the verdicts on them.
//!
//! A reactor: it causes something outside the read models, once, so it is a type apart from the
//! projector's and nothing that makes rows anew can run it. It follows the log as it is stored, what is
//! personal still sealed, and folds for itself (ADR 8): a verdict and a state hash belong to its own
//! position. It never writes a snapshot: its names are sealed, too.

mod chains;
mod digests;
mod failure;
mod hours;
mod session;
mod telemetry;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use event_archive::segments::{Archive, RollerOptions, Signer};
use event_log::LogReader;
use fold::snapshots::Snapshots;

pub use chains::{Chains, ChainsError, Segment, Taken};
pub use hours::Hours;

use crate::positions::PositionsWatch;
use crate::running::{Running, Stopped};
use worker::Worker;

/// What the archiver works with.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The log as it is stored: what is personal stays sealed.
    pub log: Arc<dyn LogReader>,
    pub archive: Archive,
    /// Whose the digests are.
    pub signer: Arc<Signer>,
    /// Where the projector's snapshots of the fold are.
    pub snapshots: Snapshots,
}

/// Says what time it is, Unix ms.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

#[derive(Clone)]
pub struct Options {
    /// Where segments are cut.
    pub roller: RollerOptions,
    /// Bytes that are held of all partitions together; beyond that the longest segment is cut.
    pub held_bytes_max: usize,
    /// Between two looks at what has come of age, and at the hour.
    pub look_every: Duration,
    /// How long to wait before starting over; doubled up to the second while it fails.
    pub retry_after: (Duration, Duration),
    pub clock: Clock,
}

impl Default for Options {
    /// Everything is archived within a minute.
    fn default() -> Self {
        Self {
            roller: RollerOptions { age_max_ms: 50_000, ..RollerOptions::default() },
            held_bytes_max: 64 << 20,
            look_every: Duration::from_secs(5),
            retry_after: (Duration::from_millis(250), Duration::from_secs(30)),
            clock: Arc::new(platform::clock::now_ms),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("roller", &self.roller)
            .field("held_bytes_max", &self.held_bytes_max)
            .field("look_every", &self.look_every)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}

/// A running archiver.
#[derive(Debug)]
pub struct Archiver {
    positions: PositionsWatch,
    running: Running,
}

impl Archiver {
    /// Starts to follow the log from the archive's end; what fails is tried again, for ever.
    pub fn start(deps: Deps, options: Options) -> Self {
        let positions = PositionsWatch::new();
        let lag = telemetry::report_lag(Arc::clone(&deps.log), positions.clone());
        let archived = positions.clone();
        let running = Running::start("archiver", lag, |stopping| {
            Worker::new(deps, options, archived, stopping).run()
        });
        Self { positions, running }
    }

    /// How far the archive has come: all below is there.
    pub fn positions(&self) -> PositionsWatch {
        self.positions.clone()
    }

    /// Resolves when the archiver had to stop: the process must end.
    pub async fn stopped(&self) -> Stopped {
        self.running.stopped().await
    }

    /// Ends once all that the log holds now is archived. Dropped before, it leaves the rest to the next
    /// start.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}
