//! Follows the log: folds what is there, writes it in one transaction, feeds the index.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::FoldError;
use event_log::{LogReader, ReadError, Tail};
use events::{Partition, SharedRecord};
use fold::FoldSet;
use fold::digests::{DigestError, Digests};
use fold::snapshots::Snapshots;
use read_model::Database;
use search_index::WriterOptions;
use tokio::sync::watch;

use crate::changes::RowChanges;
use crate::index_feed::IndexFeed;
use crate::index_thread::IndexThread;
use crate::positions::PositionsWatch;
use crate::running::{Running, Stopped};
use crate::snapshots::SnapshotPlan;
use crate::sql::{RowWriter, WriteError};
use crate::{analyze, telemetry};

/// Records in one transaction at most.
const BATCH_RECORDS_MAX: usize = 4_000;

/// How often an idle projector looks whether its database is still there.
const CHECK_EVERY: Duration = Duration::from_millis(500);

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
        let rows = positions.clone();
        let running = Running::start("projector", lag, |stopping| {
            Worker { deps, options, positions: rows, commits, stopping, index: None }.run()
        });
        Self { positions, commits: committed, running }
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
        self.running.stop().await;
    }
}

/// Why following ended.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Rows(#[from] WriteError),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error("failed to open the search index")]
    IndexOpen(#[from] search_index::WriterError),
    #[error(transparent)]
    Index(#[from] crate::index_thread::IndexFailed),
    #[error("failed to read a snapshot of the fold")]
    Snapshot(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl Failure {
    fn name(&self) -> &'static str {
        match self {
            Self::Rows(WriteError::PositionsMoved(_)) => "positions_moved",
            Self::Rows(WriteError::Database(_)) => "database",
            Self::Log(_) => "log",
            Self::IndexOpen(_) | Self::Index(_) => "index",
            Self::Snapshot(_) => "snapshot",
            Self::Fold(_) => "fold",
            Self::Digest(_) => "digest",
        }
    }
}

struct Worker {
    deps: Deps,
    options: Options,
    positions: PositionsWatch,
    commits: watch::Sender<u64>,
    stopping: watch::Receiver<bool>,
    index: Option<IndexThread>,
}

/// Everything that is forgotten when something fails.
struct Session {
    set: Arc<FoldSet>,
    tail: Box<dyn Tail>,
    writer: RowWriter,
    /// What rows and index have already: records below are only folded.
    rows: BTreeMap<Partition, u64>,
    indexed: BTreeMap<Partition, u64>,
    snapshots: SnapshotPlan,
    analyze: analyze::Schedule,
}

impl Session {
    /// What is there; nothing once the word to stop came. Meanwhile looks after the database: what a
    /// crash took from it is to be written again, even if nothing new ever comes.
    async fn next(
        &mut self,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<Option<Vec<SharedRecord>>, Failure> {
        let mut next = self.tail.next();
        loop {
            tokio::select! {
                records = &mut next => return Ok(Some(records?)),
                _ = stopping.wait_for(|stop| *stop) => return Ok(None),
                () = tokio::time::sleep(CHECK_EVERY) => {}
            }
            self.writer.check().await?;
        }
    }
}

impl Worker {
    /// Runs until it is told to stop.
    async fn run(mut self) -> Result<(), Failure> {
        let (mut wait, longest) = self.options.retry_after;
        while !*self.stopping.borrow() {
            let began = Instant::now();
            let Err(failure) = self.follow().await else { return Ok(()) };
            if matches!(failure, Failure::Fold(_) | Failure::Digest(DigestError::Parted { .. })) {
                return Err(failure);
            }
            if matches!(failure, Failure::Index(_) | Failure::IndexOpen(_)) {
                self.index = None;
            }
            report(&failure);
            if began.elapsed() > longest {
                wait = self.options.retry_after.0;
            }
            let mut stopping = self.stopping.clone();
            // Whoever gives the word is gone only when the process ends.
            let _ = tokio::time::timeout(wait, stopping.wait_for(|stop| *stop)).await;
            wait = (wait * 2).min(longest);
        }
        Ok(())
    }

    async fn follow(&mut self) -> Result<(), Failure> {
        let mut session = self.open().await?;
        let mut stopping = self.stopping.clone();
        loop {
            let Some(records) = session.next(&mut stopping).await? else { break };
            for batch in records.chunks(BATCH_RECORDS_MAX) {
                self.project(&mut session, batch).await?;
            }
        }
        if let Some(index) = &self.index {
            index.commit().await?;
        }
        session.snapshots.write_all(&session.set).await;
        Ok(())
    }

    /// Starts from the lower of rows and index, with the newest snapshots at or before it.
    async fn open(&mut self) -> Result<Session, Failure> {
        let mut writer = RowWriter::connect(&self.deps.database).await?;
        let rows = writer.positions().await?;
        let indexed = self.open_index().await?;
        let start = |partition: Partition| {
            let of = |positions: &BTreeMap<Partition, u64>| {
                positions.get(&partition).copied().unwrap_or(0)
            };
            if self.deps.index.is_some() { of(&rows).min(of(&indexed)) } else { of(&rows) }
        };
        let set = FoldSet::new();
        self.deps
            .snapshots
            .restore(&set, start)
            .await
            .map_err(|error| Failure::Snapshot(error.into()))?;
        self.forget_names(&set).await?;
        let from = Partition::durable().map(|p| (p, set.next(p))).collect();
        let tail = self.deps.log.tail(from).await?;
        for (partition, next) in &rows {
            self.positions.publish(*partition, *next);
        }
        let snapshots =
            SnapshotPlan::new(self.deps.snapshots.clone(), self.options.snapshot_every_records);
        let analyze = analyze::Schedule::new(self.deps.database.clone());
        Ok(Session { set: Arc::new(set), tail, writer, rows, indexed, snapshots, analyze })
    }

    /// Snapshots of before an erasure go as soon as there is a later one, also if a stop came in between.
    async fn forget_names(&self, set: &FoldSet) -> Result<(), Failure> {
        let erased = {
            let directory = set.directory();
            directory.state().accounts().filter_map(|(_, account)| account.erased).max()
        };
        let Some(erased) = erased else { return Ok(()) };
        let forgotten = self.deps.snapshots.forget(Partition::DIRECTORY, erased).await;
        forgotten.map_err(|error| Failure::Snapshot(error.into()))
    }

    async fn open_index(&mut self) -> Result<BTreeMap<Partition, u64>, Failure> {
        let Some(directory) = &self.deps.index else { return Ok(BTreeMap::new()) };
        if self.index.is_none() {
            let options = self.options.index_writer;
            let thread = IndexThread::start(directory.clone(), options, self.commits.clone());
            self.index = Some(thread.await?);
        }
        let Some(index) = &self.index else { return Ok(BTreeMap::new()) };
        let committed = index.commit().await?;
        Ok(committed.iter().map(|last| (last.partition, last.offset + 1)).collect())
    }

    async fn project(
        &mut self,
        session: &mut Session,
        records: &[SharedRecord],
    ) -> Result<(), Failure> {
        let mut changes = RowChanges::default();
        let mut feed = IndexFeed::default();
        let mut spans = Vec::new();
        for record in records {
            let (partition, offset) = (record.partition, record.offset);
            let folded = session.set.apply(Arc::clone(record))?;
            if let Some(next) = Digests::due(&folded) {
                let digests = self.deps.snapshots.digests();
                digests.agree(partition, next, session.set.hash(partition)).await?;
            }
            session.snapshots.folded(&folded);
            if !has(&session.rows, partition, offset) {
                changes.absorb(&folded);
                spans.extend(telemetry::span_of(&folded));
            }
            if self.index.is_some() && !has(&session.indexed, partition, offset) {
                feed.absorb(&folded);
            }
        }
        self.write(session, &changes).await?;
        drop(spans);
        self.feed_index(session, feed).await?;
        session.snapshots.purge(&session.set).await;
        session.snapshots.write_due(&session.set);
        session.analyze.written(&changes);
        Ok(())
    }

    async fn write(&self, session: &mut Session, changes: &RowChanges) -> Result<(), Failure> {
        if changes.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let statements = session.writer.statements();
        session.writer.write(changes).await?;
        let statements = session.writer.statements() - statements;
        for (partition, advance) in &changes.positions {
            session.rows.insert(*partition, advance.to);
            self.positions.publish(*partition, advance.to);
        }
        telemetry::batch_written(changes.records(), statements, began.elapsed());
        Ok(())
    }

    async fn feed_index(&self, session: &mut Session, feed: IndexFeed) -> Result<(), Failure> {
        let Some(index) = self.index.as_ref().filter(|_| !feed.is_empty()) else { return Ok(()) };
        let unplaced = feed.unplaced();
        let places = if unplaced.is_empty() {
            BTreeMap::new()
        } else {
            session.writer.places(&unplaced).await?
        };
        let (changes, positions, records) = feed.finish(places);
        Ok(index.feed(changes, positions, records).await?)
    }
}

fn report(failure: &Failure) {
    telemetry::started_over(failure.name());
    let error: &dyn std::error::Error = failure;
    tracing::warn!(error, "the projector starts over");
}

fn has(positions: &BTreeMap<Partition, u64>, partition: Partition, offset: u64) -> bool {
    positions.get(&partition).is_some_and(|next| offset < *next)
}
