//! Runs the folds over a log: tails it, wakes who waits, hands verdicts on.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::FoldError;
use event_log::{LogReader, ReadError, Tail};
use events::{EventId, Partition, SharedRecord, Topic};
use parking_lot::Mutex;
use tokio::sync::{broadcast, mpsc, watch};

use crate::digests::{DigestError, Digests};
use crate::ends::EndLookup;
use crate::lease::Lease;
use crate::set::{FoldSet, Folded};
use crate::uses::Uses;

/// Batches that a slow subscriber may lag behind before it has to resynchronise.
const SUBSCRIPTION_BATCHES_MAX: usize = 16_384;

/// How often the ends are read to confirm that an idle partition is current.
const CONFIRM_EVERY: Duration = Duration::from_secs(1);

/// How long the log may fail before it is asked again.
const RETRY_EVERY: Duration = Duration::from_millis(200);

/// The fail-closed time that all processes of an installation agree on.
pub(crate) const FAIL_CLOSED_AFTER: Duration = Duration::from_secs(15);

/// Why the fold stopped for good.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the fold has to stop: {0}")]
pub struct Stopped(Arc<str>);

/// A wait that ended without what it waited for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaitError {
    #[error("the fold did not get there in time")]
    TimedOut,
    #[error("the fold has stopped")]
    Stopped,
}

/// The subscriber fell too far behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionError {
    /// It missed batches and must start over from the fold's present state.
    #[error("{0} batches were missed")]
    Lagged(u64),
    #[error("the fold has stopped")]
    Stopped,
}

/// Records with their verdicts, in order within each partition.
pub type Batch = Arc<[Arc<Folded>]>;

/// How the runner behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is followed: durable topics.
    pub topics: &'static [Topic],
    /// A partition whose newest confirmed tail is older than this serves nothing.
    pub fail_closed_after: Duration,
    /// Where digests are compared with other consumers'; absent: nowhere.
    pub digests: Option<Digests>,
    /// Whether others still count on this process, where they have to; absent: they need not.
    pub lease: Option<Arc<Lease>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            topics: &Topic::DURABLE,
            fail_closed_after: FAIL_CLOSED_AFTER,
            digests: None,
            lease: None,
        }
    }
}

/// A running fold. Clones share it; it runs until the last is dropped.
#[derive(Debug, Clone)]
pub struct Fold(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    set: Arc<FoldSet>,
    shared: Arc<Shared>,
    log: Arc<dyn LogReader>,
    ends: EndLookup,
    uses: Uses,
    options: Options,
    tasks: Vec<tokio::task::AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::AbortHandle::abort);
    }
}

type Watchers = HashMap<EventId, Vec<(u64, mpsc::UnboundedSender<Arc<Folded>>)>>;

#[derive(Debug)]
struct Shared {
    partitions: Vec<Partition>,
    next: HashMap<Partition, watch::Sender<u64>>,
    confirmed: HashMap<Partition, Mutex<Instant>>,
    watchers: Mutex<Watchers>,
    watch_ids: std::sync::atomic::AtomicU64,
    batches: broadcast::Sender<Batch>,
    stopped: watch::Sender<Option<Stopped>>,
    digests: Option<Digests>,
}

impl Deref for Fold {
    type Target = FoldSet;

    fn deref(&self) -> &FoldSet {
        &self.0.set
    }
}

impl Fold {
    /// Follows `log` from where `set` stands.
    ///
    /// # Errors
    /// [`ReadError`] if the log does not hold what comes next.
    pub async fn start(
        log: Arc<dyn LogReader>,
        set: FoldSet,
        options: Options,
    ) -> Result<Self, ReadError> {
        let set = Arc::new(set);
        let shared = Arc::new(Shared::new(&set, &options));
        let tail = log.tail(shared.from(&set)).await?;
        let follow =
            tokio::spawn(follow(tail, Arc::clone(&log), Arc::clone(&set), Arc::clone(&shared)));
        let confirm =
            tokio::spawn(confirm(Arc::clone(&log), Arc::clone(&set), Arc::clone(&shared)));
        let (ends, lookups) = EndLookup::start(Arc::clone(&log));
        let tasks = [follow.abort_handle(), confirm.abort_handle(), lookups];
        let uses = Uses::default();
        Ok(Self(Arc::new(Inner { set, shared, log, ends, uses, options, tasks: tasks.into() })))
    }

    pub fn set(&self) -> &FoldSet {
        &self.0.set
    }

    pub fn log(&self) -> &Arc<dyn LogReader> {
        &self.0.log
    }

    /// The sessions that are in use in this process.
    pub fn uses(&self) -> &Uses {
        &self.0.uses
    }

    /// What this process follows; of anything else it knows nothing and waits for nothing.
    pub fn partitions(&self) -> &[Partition] {
        &self.0.shared.partitions
    }

    /// Everything that is folded from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.0.shared.batches.subscribe())
    }

    /// Every record with this id that the fold passes from now on. Register before looking the id up.
    pub fn watch(&self, id: EventId) -> Watch {
        let (sender, records) = mpsc::unbounded_channel();
        let shared = Arc::clone(&self.0.shared);
        let key = shared.watch_ids.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        shared.watchers.lock().entry(id).or_default().push((key, sender));
        Watch { id, key, records, shared }
    }

    /// Waits until all below `offset` is folded.
    ///
    /// # Errors
    /// [`WaitError`] at the deadline, or when the fold has stopped.
    pub async fn wait_for(
        &self,
        partition: Partition,
        offset: u64,
        deadline: Instant,
    ) -> Result<(), WaitError> {
        let Some(next) = self.0.shared.next.get(&partition) else { return Ok(()) };
        let mut next = next.subscribe();
        let mut stopped = self.0.shared.stopped.subscribe();
        tokio::select! {
            biased;
            reached = next.wait_for(|next| *next >= offset) => {
                reached.map(drop).map_err(|_| WaitError::Stopped)
            }
            _ = stopped.wait_for(Option::is_some) => Err(WaitError::Stopped),
            () = tokio::time::sleep_until(deadline.into()) => Err(WaitError::TimedOut),
        }
    }

    /// Reads the ends of the partitions, in one look-up for all who wait, and folds up to them: no
    /// answer from behind. Returns the ends.
    ///
    /// # Errors
    /// [`ReadError`] if the log cannot tell its ends, or the fold does not get there by `deadline`.
    pub async fn catch_up(
        &self,
        partitions: &[Partition],
        deadline: Instant,
    ) -> Result<Vec<u64>, ReadError> {
        let ends = self.0.ends.read(partitions).await?;
        for (partition, end) in partitions.iter().zip(&ends) {
            self.wait_for(*partition, *end, deadline)
                .await
                .map_err(|error| ReadError::Unavailable(error.to_string()))?;
        }
        Ok(ends)
    }

    /// Whether the newest confirmed tail of `partition` is young enough to serve from.
    pub fn is_current(&self, partition: Partition) -> bool {
        let Options { fail_closed_after, lease, .. } = &self.0.options;
        let confirmed = self.0.shared.confirmed.get(&partition);
        confirmed.is_none_or(|at| at.lock().elapsed() < *fail_closed_after)
            && lease.as_ref().is_none_or(|lease| lease.holds(*fail_closed_after))
    }

    /// Resolves when the fold had to stop: the process must end.
    pub async fn stopped(&self) -> Stopped {
        let mut stopped = self.0.shared.stopped.subscribe();
        match stopped.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().expect("the wait was for a reason"),
            Err(_) => Stopped("its task has ended".into()),
        }
    }
}

impl Shared {
    fn new(set: &FoldSet, options: &Options) -> Self {
        let partitions = options.topics.iter().flat_map(|topic| topic.partitions());
        let partitions: Vec<Partition> = partitions.collect();
        let each = || partitions.iter().copied();
        Self {
            digests: options.digests.clone(),
            next: each().map(|p| (p, watch::Sender::new(set.next(p)))).collect(),
            confirmed: each().map(|p| (p, Mutex::new(Instant::now()))).collect(),
            partitions,
            watchers: Mutex::default(),
            watch_ids: std::sync::atomic::AtomicU64::default(),
            batches: broadcast::Sender::new(SUBSCRIPTION_BATCHES_MAX),
            stopped: watch::Sender::new(None),
        }
    }

    /// Where its tail goes on.
    fn from(&self, set: &FoldSet) -> Vec<(Partition, u64)> {
        self.partitions.iter().map(|p| (*p, set.next(*p))).collect()
    }

    /// Compares the digest behind `folded`, beside the work; folds that part stop.
    fn compare(self: &Arc<Self>, set: &FoldSet, folded: &Folded) {
        let (Some(digests), Some(next)) = (self.digests.clone(), Digests::due(folded)) else {
            return;
        };
        let partition = folded.record.partition;
        let (next, digest) = (set.position(partition, next), set.hash(partition));
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            match digests.agree(next, digest).await {
                Ok(()) => {}
                Err(parted @ DigestError::Parted { .. }) => {
                    tracing::error!(error = %parted, "the fold stops");
                    shared.stopped.send_replace(Some(Stopped(parted.to_string().into())));
                }
                Err(error) => tracing::warn!(error = %error, "a digest was not compared"),
            }
        });
    }

    /// Hands on what a batch of records became: first to who watches an id, then to who waits for a
    /// position, then to the subscribers.
    fn publish(&self, folded: Vec<Arc<Folded>>) {
        {
            let watchers = self.watchers.lock();
            if !watchers.is_empty() {
                for folded in &folded {
                    let watching = folded.id().and_then(|id| watchers.get(&id));
                    for (_, watcher) in watching.into_iter().flatten() {
                        // A watcher that is gone is taken out by its own drop.
                        let _ = watcher.send(Arc::clone(folded));
                    }
                }
            }
        }
        let now = Instant::now();
        let mut last = HashMap::new();
        for folded in &folded {
            last.insert(folded.record.partition, folded.record.offset + 1);
        }
        for (partition, next) in last {
            self.next[&partition].send_replace(next);
            *self.confirmed[&partition].lock() = now;
        }
        // Without a subscriber there is nobody to tell.
        let _ = self.batches.send(folded.into());
    }
}

async fn follow(
    mut tail: Box<dyn Tail>,
    log: Arc<dyn LogReader>,
    set: Arc<FoldSet>,
    shared: Arc<Shared>,
) {
    loop {
        match tail.next().await {
            Ok(records) => {
                if let Err(error) = fold_batch(&set, &shared, records) {
                    tracing::error!(error = %error, "the fold stops");
                    shared.stopped.send_replace(Some(Stopped(error.to_string().into())));
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "failed to follow the log; trying again");
                tail = reopened(&log, &shared.from(&set)).await;
            }
        }
    }
}

fn fold_batch(
    set: &FoldSet,
    shared: &Arc<Shared>,
    records: Vec<SharedRecord>,
) -> Result<(), FoldError> {
    let mut folded = Vec::with_capacity(records.len());
    for record in records {
        match set.apply(record) {
            Ok(done) => {
                crate::telemetry::count(&done);
                shared.compare(set, &done);
                folded.push(Arc::new(done));
            }
            Err(error) => {
                shared.publish(folded);
                return Err(error);
            }
        }
    }
    shared.publish(folded);
    Ok(())
}

async fn reopened(log: &Arc<dyn LogReader>, from: &[(Partition, u64)]) -> Box<dyn Tail> {
    loop {
        tokio::time::sleep(RETRY_EVERY).await;
        match log.tail(from.to_vec()).await {
            Ok(tail) => return tail,
            Err(error) => tracing::warn!(error = %error, "failed to follow the log; trying again"),
        }
    }
}

/// Confirms idle partitions: what has no record beyond the fold is as current as a tail can be.
async fn confirm(log: Arc<dyn LogReader>, set: Arc<FoldSet>, shared: Arc<Shared>) {
    let partitions = &shared.partitions;
    let mut ticks = tokio::time::interval(CONFIRM_EVERY);
    loop {
        ticks.tick().await;
        let asked = Instant::now();
        let Ok(ends) = log.ends(partitions).await else { continue };
        for (partition, end) in partitions.iter().zip(ends) {
            if set.next(*partition) >= end {
                *shared.confirmed[partition].lock() = asked;
            }
        }
        crate::telemetry::report(&set);
        if is_over(&*log, &set).await.unwrap_or(false) {
            let reason = "the log is sealed: another goes on in its place, in a newer epoch";
            tracing::error!(reason, "the fold stops");
            shared.stopped.send_replace(Some(Stopped(reason.into())));
            return;
        }
    }
}

/// Whether the log is sealed and nothing comes behind that: a sealed log that is restored goes on there.
///
/// # Errors
/// [`ReadError`] if the log cannot tell its end.
pub async fn is_over(log: &dyn LogReader, set: &FoldSet) -> Result<bool, ReadError> {
    if !set.is_sealed(Partition::DIRECTORY) {
        return Ok(false);
    }
    let ends = log.ends(&[Partition::DIRECTORY]).await?;
    Ok(ends.iter().all(|end| set.next(Partition::DIRECTORY) >= *end))
}

/// The stream of batches.
#[derive(Debug)]
pub struct Subscription(broadcast::Receiver<Batch>);

impl Subscription {
    /// The next batch.
    ///
    /// # Errors
    /// [`SubscriptionError`].
    pub async fn next(&mut self) -> Result<Batch, SubscriptionError> {
        self.0.recv().await.map_err(|error| match error {
            broadcast::error::RecvError::Lagged(missed) => SubscriptionError::Lagged(missed),
            broadcast::error::RecvError::Closed => SubscriptionError::Stopped,
        })
    }
}

/// What the fold says of one id. Ends its registration when dropped.
#[derive(Debug)]
pub struct Watch {
    id: EventId,
    key: u64,
    records: mpsc::UnboundedReceiver<Arc<Folded>>,
    shared: Arc<Shared>,
}

impl Watch {
    /// The next record with the id; never resolves if there is none.
    pub async fn next(&mut self) -> Arc<Folded> {
        match self.records.recv().await {
            Some(folded) => folded,
            None => std::future::pending().await,
        }
    }

    /// What was passed already, without waiting.
    pub fn try_next(&mut self) -> Option<Arc<Folded>> {
        self.records.try_recv().ok()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watchers = self.shared.watchers.lock();
        if let Some(registered) = watchers.get_mut(&self.id) {
            registered.retain(|(key, _)| *key != self.key);
            if registered.is_empty() {
                watchers.remove(&self.id);
            }
        }
    }
}
