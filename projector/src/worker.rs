//! One version of rows and index, made to follow the log: folds what is there, writes it in one transaction,
//! feeds the index.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::FoldError;
use event_log::{ReadError, Tail};
use events::retention::ChannelPostsExpired;
use events::{Fact, Partition, SharedRecord};
use fold::FoldSet;
use fold::digests::{DigestError, Digests};
use tokio::sync::{mpsc, oneshot, watch};

use crate::analyze;
use crate::changes::RowChanges;
use crate::index_feed::IndexFeed;
use crate::index_thread::{IndexThread, Place};
use crate::positions::PositionsWatch;
use crate::run::{Deps, Options};
use crate::same_log::{self, OtherLog};
use crate::snapshots::SnapshotPlan;
use crate::sql::{PositionsMoved, RowWriter, WriteError};
use crate::standing::{Goal, Order, Resume, Stand, Standing};
use crate::telemetry;

/// Records in one transaction at most.
const BATCH_RECORDS_MAX: usize = 4_000;

/// How often an idle worker looks whether its database is still there.
const CHECK_EVERY: Duration = Duration::from_millis(500);

/// Why following ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
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
    #[error(transparent)]
    OtherLog(#[from] OtherLog),
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
            Self::OtherLog(_) => "other_log",
        }
    }

    /// Whether trying again would not help.
    fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Fold(_)
                | Self::Digest(DigestError::Parted { .. })
                | Self::OtherLog(OtherLog::Other { .. })
        )
    }
}

/// What a worker is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It keeps the version that serves, and what goes with the log: the fold's snapshots and digests.
    Serving,
    /// It keeps a version beside that one, and nothing else: nobody hears of it.
    Beside,
}

pub(crate) struct Worker {
    pub deps: Deps,
    pub options: Options,
    pub role: Role,
    pub positions: PositionsWatch,
    pub commits: watch::Sender<u64>,
    pub orders: mpsc::Receiver<Order>,
    pub stopping: watch::Receiver<bool>,
    state: State,
}

/// What outlives a failure.
#[derive(Default)]
struct State {
    index: Option<IndexThread>,
    /// Where to stand still, until that has happened.
    stand: Option<Stand>,
    /// The index was let go of while it served: what an erasure deletes may still be in its files.
    rewrite: bool,
}

/// Everything that is forgotten when something fails.
struct Session {
    set: Arc<FoldSet>,
    tail: Box<dyn Tail>,
    /// Read, but beyond where it is to stand still.
    kept: Vec<SharedRecord>,
    writer: RowWriter,
    /// What rows and index have already: records below are only folded.
    rows: BTreeMap<Partition, u64>,
    indexed: BTreeMap<Partition, u64>,
    snapshots: SnapshotPlan,
    analyze: analyze::Schedule,
}

/// What there is to do.
enum Next {
    Records(Vec<SharedRecord>),
    Order(Order),
    Stop,
}

impl Session {
    /// What is there, or was ordered. Meanwhile looks after the database: what a crash took from it is to
    /// be written again, even if nothing new ever comes.
    async fn next(
        &mut self,
        orders: &mut mpsc::Receiver<Order>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<Next, Failure> {
        // Nothing is lost with it: a tail moves on only with what it returns.
        let mut next = self.tail.next();
        loop {
            tokio::select! {
                biased;
                _ = stopping.wait_for(|stop| *stop) => return Ok(Next::Stop),
                Some(order) = orders.recv() => return Ok(Next::Order(order)),
                records = &mut next => return Ok(Next::Records(records?)),
                () = tokio::time::sleep(CHECK_EVERY) => {}
            }
            self.writer.check().await?;
        }
    }

    /// How far it has folded, if rows and index are level there.
    fn level(&self) -> Option<BTreeMap<Partition, u64>> {
        let folded: BTreeMap<_, _> =
            Partition::durable().map(|partition| (partition, self.set.next(partition))).collect();
        let below = |positions: &BTreeMap<Partition, u64>| {
            positions
                .iter()
                .all(|(partition, next)| folded.get(partition).is_none_or(|f| next <= f))
        };
        (below(&self.rows) && below(&self.indexed)).then_some(folded)
    }
}

impl Worker {
    pub(crate) fn new(
        deps: Deps,
        options: Options,
        role: Role,
        (positions, commits): (PositionsWatch, watch::Sender<u64>),
        (orders, stopping): (mpsc::Receiver<Order>, watch::Receiver<bool>),
    ) -> Self {
        let state = State::default();
        Self { deps, options, role, positions, commits, orders, stopping, state }
    }

    /// Runs until it is told to stop.
    pub(crate) async fn run(mut self) -> Result<(), Failure> {
        let (mut wait, longest) = self.options.retry_after;
        while !*self.stopping.borrow() {
            let began = Instant::now();
            let Err(failure) = self.follow().await else { return Ok(()) };
            if failure.is_fatal() {
                return Err(failure);
            }
            if matches!(failure, Failure::Index(_) | Failure::IndexOpen(_)) {
                self.state.index = None;
            }
            self.report(&failure);
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

    fn report(&self, failure: &Failure) {
        let error: &dyn std::error::Error = failure;
        match self.role {
            Role::Serving => {
                telemetry::started_over(failure.name());
                tracing::warn!(error, "the projector starts over");
            }
            Role::Beside => tracing::warn!(error, "the version beside starts over"),
        }
    }

    async fn follow(&mut self) -> Result<(), Failure> {
        let mut session = self.open().await?;
        let mut stopping = self.stopping.clone();
        loop {
            if self.is_where_to_stand(&session) && !self.stand(&mut session).await? {
                break;
            }
            let next = if self.state.stand.is_none() && !session.kept.is_empty() {
                Next::Records(std::mem::take(&mut session.kept))
            } else {
                session.next(&mut self.orders, &mut stopping).await?
            };
            match next {
                Next::Stop => break,
                Next::Order(order) => self.take(order).await?,
                Next::Records(records) => self.project_all(&mut session, records).await?,
            }
        }
        if let Some(index) = self.state.index.take() {
            index.close().await?;
        }
        if self.role == Role::Serving {
            session.snapshots.write_all(&session.set).await;
        }
        Ok(())
    }

    async fn take(&mut self, order: Order) -> Result<(), Failure> {
        match (order, &self.state.index) {
            (Order::Stand(stand), _) => self.state.stand = Some(stand),
            (Order::Quiet(done), Some(index)) => index.quiet(done).await?,
            // Nobody waits any more: nothing to tell.
            (Order::Quiet(done), None) => drop(done.send(())),
            (Order::Merge, Some(index)) => index.merge().await?,
            (Order::Merge, None) => {}
        }
        Ok(())
    }

    fn is_where_to_stand(&mut self, session: &Session) -> bool {
        // Whoever ordered it may have given it up.
        self.state.stand = self.state.stand.take().filter(|stand| !stand.reached.is_closed());
        let Some(stand) = &self.state.stand else { return false };
        session.level().is_some_and(|positions| stand.goal.is_reached(&positions))
    }

    /// Stands still until it may go on; says false if it is told to stop instead.
    async fn stand(&mut self, session: &mut Session) -> Result<bool, Failure> {
        let (Some(stand), Some(positions)) = (self.state.stand.take(), session.level()) else {
            return Ok(true);
        };
        match self.state.index.take() {
            Some(index) if stand.close => {
                self.state.rewrite = true;
                index.close().await?;
            }
            Some(index) => {
                index.commit().await?;
                self.state.index = Some(index);
            }
            None => {}
        }
        let (resume, resumed) = oneshot::channel();
        // One that is not taken resumes at once.
        drop(stand.reached.send(Standing { positions, resume }));
        let moved = tokio::select! {
            moved = resumed => moved,
            _ = self.stopping.wait_for(|stop| *stop) => return Ok(false),
        };
        if let Ok(Resume { database, index }) = moved {
            self.deps.database = database;
            self.deps.index = index;
            session.writer = RowWriter::connect(&self.deps.database).await?;
        }
        if stand.close {
            self.reopened(session).await?;
        }
        Ok(true)
    }

    /// Rows and index must stand where it stood: they may be others than before.
    async fn reopened(&mut self, session: &mut Session) -> Result<(), Failure> {
        let rows = session.writer.positions().await?;
        session.indexed = self.open_index().await?;
        let stand = |positions: &BTreeMap<Partition, u64>| {
            let next = |partition| positions.get(&partition).copied().unwrap_or(0);
            Partition::durable().all(|partition| session.set.next(partition) == next(partition))
        };
        if stand(&rows) && (self.deps.index.is_none() || stand(&session.indexed)) {
            return Ok(());
        }
        Err(WriteError::from(PositionsMoved).into())
    }

    /// Writes what may be written before it stands still, and keeps the rest.
    async fn project_all(
        &mut self,
        session: &mut Session,
        records: Vec<SharedRecord>,
    ) -> Result<(), Failure> {
        let goal = self.state.stand.as_ref().map(|stand| &stand.goal);
        let takes = |record: &SharedRecord| {
            goal.is_none_or(|goal: &Goal| goal.takes(record.partition, record.offset))
        };
        let (now, later): (Vec<_>, Vec<_>) = records.into_iter().partition(takes);
        session.kept.extend(later);
        for batch in batches(&now) {
            self.project(session, batch).await?;
        }
        Ok(())
    }

    /// Starts from the lower of rows and index, with the newest snapshots at or before it.
    async fn open(&mut self) -> Result<Session, Failure> {
        let mut writer = RowWriter::connect(&self.deps.database).await?;
        let rows = writer.positions().await?;
        same_log::require_rows(&*self.deps.log, writer.last_events().await?).await?;
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
        if self.role == Role::Serving {
            self.forget_names(&set).await?;
        }
        let from = Partition::durable().map(|p| (p, set.next(p))).collect();
        let tail = self.deps.log.tail(from).await?;
        for (partition, next) in &rows {
            self.positions.publish(*partition, *next);
        }
        let snapshots =
            SnapshotPlan::new(self.deps.snapshots.clone(), self.options.snapshot_every_records);
        let analyze = analyze::Schedule::new(self.deps.database.clone());
        let (set, kept) = (Arc::new(set), Vec::new());
        Ok(Session { set, tail, kept, writer, rows, indexed, snapshots, analyze })
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
        if self.state.index.is_none() {
            let place = Place {
                directory: directory.clone(),
                options: self.options.index_writer,
                serves: self.role == Role::Serving,
            };
            let thread =
                IndexThread::start(place, self.commits.clone(), self.state.rewrite).await?;
            self.state.index = Some(thread);
            self.state.rewrite = false;
        }
        let Some(index) = &self.state.index else { return Ok(BTreeMap::new()) };
        let committed = index.commit().await?;
        same_log::require_index(&*self.deps.log, committed.iter()).await?;
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
            if let Some(next) = Digests::due(&folded)
                && self.role == Role::Serving
            {
                let digests = self.deps.snapshots.digests();
                let next = session.set.position(partition, next);
                digests.agree(next, session.set.hash(partition)).await?;
            }
            session.snapshots.folded(&folded);
            if !has(&session.rows, partition, offset) {
                changes.absorb(&folded);
                if self.role == Role::Serving {
                    spans.extend(telemetry::span_of(&folded));
                }
            }
            if self.state.index.is_some() && !has(&session.indexed, partition, offset) {
                feed.absorb(&folded);
            }
        }
        self.write(session, &changes).await?;
        drop(spans);
        self.feed_index(session, feed).await?;
        if self.role == Role::Serving {
            session.snapshots.purge(&session.set).await;
            session.snapshots.write_due(&session.set);
            session.analyze.written(&changes);
        }
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
        if self.role == Role::Serving {
            telemetry::batch_written(changes.records(), statements, began.elapsed());
        }
        Ok(())
    }

    async fn feed_index(&self, session: &mut Session, feed: IndexFeed) -> Result<(), Failure> {
        let Some(index) = self.state.index.as_ref().filter(|_| !feed.is_empty()) else {
            return Ok(());
        };
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

fn has(positions: &BTreeMap<Partition, u64>, partition: Partition, offset: u64) -> bool {
    positions.get(&partition).is_some_and(|next| offset < *next)
}

/// What goes into one transaction each. Posts that are past their time take as long to go as thousands of
/// records to come: they go by themselves, so that what was said before them shows meanwhile.
fn batches(records: &[SharedRecord]) -> impl Iterator<Item = &[SharedRecord]> {
    let expires = |record: &SharedRecord| {
        record.header("ce_type").is_some_and(|name| name == ChannelPostsExpired::TYPE.as_bytes())
    };
    records
        .chunk_by(move |one, next| !expires(one) && !expires(next))
        .flat_map(|records| records.chunks(BATCH_RECORDS_MAX))
}
