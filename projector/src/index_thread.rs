//! The one thread that writes the search index: changes come in order, commits about once a second.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use events::Position;
use search_index::{
    CommitCadence, IndexChange, Positions, SearchWriter, WriterError, WriterOptions,
};
use tokio::sync::{mpsc, oneshot, watch};

/// Batches that may wait for the index before the projector waits for it.
const BATCHES_WAITING_MAX: usize = 256;

/// Records without a change of the index after which their positions are committed all the same.
const QUIET_RECORDS_MAX: u64 = 20_000;

/// The index cannot be written any more; it is to be opened again.
#[derive(Debug, thiserror::Error)]
#[error("the search index cannot be written")]
pub(crate) struct IndexFailed;

enum Order {
    Feed {
        changes: Vec<IndexChange>,
        positions: Vec<Position>,
        records: u64,
    },
    Commit(oneshot::Sender<Positions>),
    /// Wait for merges, and go on without.
    Quiet(oneshot::Sender<()>),
    /// Merge again.
    Merge,
}

/// The index that a thread writes.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub directory: PathBuf,
    pub options: WriterOptions,
    /// Its commits are measured: it is the one that serves.
    pub serves: bool,
}

/// The thread, from outside. Dropping it ends the thread; what was not committed is fed again.
#[derive(Debug)]
pub(crate) struct IndexThread {
    orders: mpsc::Sender<Order>,
    /// Its other half goes when the thread has let go of the index.
    ended: oneshot::Receiver<()>,
}

impl IndexThread {
    /// Opens the index at `place` and starts its thread. `commits` counts the commits and openings;
    /// `rewrite`: what holds deletions is written anew.
    pub(crate) async fn start(
        place: Place,
        commits: watch::Sender<u64>,
        rewrite: bool,
    ) -> Result<Self, WriterError> {
        let Place { directory, options, .. } = place.clone();
        let open = move || SearchWriter::open(&directory, options);
        let mut writer =
            tokio::task::spawn_blocking(open).await.expect("opening does not panic")?;
        if rewrite {
            writer.rewrite();
        }
        let (orders, incoming) = mpsc::channel(BATCHES_WAITING_MAX);
        let (end, ended) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Handle::current();
        let serve = move || {
            let _end = end;
            let worker = Worker::new(writer, place, commits);
            if let Err(error) = worker.run(incoming, &runtime) {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "the search index cannot be written; it is opened again");
            }
        };
        std::thread::Builder::new()
            .name("search-index".to_owned())
            .spawn(serve)
            .map_err(WriterError::Directory)?;
        Ok(Self { orders, ended })
    }

    pub(crate) async fn feed(
        &self,
        changes: Vec<IndexChange>,
        positions: Vec<Position>,
        records: u64,
    ) -> Result<(), IndexFailed> {
        let order = Order::Feed { changes, positions, records };
        self.orders.send(order).await.map_err(|_| IndexFailed)
    }

    /// Commits what was fed and tells where the index stands.
    pub(crate) async fn commit(&self) -> Result<Positions, IndexFailed> {
        let (answer, committed) = oneshot::channel();
        self.orders.send(Order::Commit(answer)).await.map_err(|_| IndexFailed)?;
        committed.await.map_err(|_| IndexFailed)
    }

    /// Has it wait for merges and start none from then on; `done` is told.
    pub(crate) async fn quiet(&self, done: oneshot::Sender<()>) -> Result<(), IndexFailed> {
        self.orders.send(Order::Quiet(done)).await.map_err(|_| IndexFailed)
    }

    /// Has it merge again.
    pub(crate) async fn merge(&self) -> Result<(), IndexFailed> {
        self.orders.send(Order::Merge).await.map_err(|_| IndexFailed)
    }

    /// Commits what was fed and lets go of the index.
    pub(crate) async fn close(self) -> Result<(), IndexFailed> {
        self.commit().await?;
        drop(self.orders);
        // Nothing is ever sent: it resolves when the thread has ended.
        let _ = self.ended.await;
        Ok(())
    }
}

struct Worker {
    writer: SearchWriter,
    place: Place,
    positions: Positions,
    cadence: CommitCadence,
    quiet_records: u64,
    started: Instant,
    commits: watch::Sender<u64>,
}

impl Worker {
    fn new(writer: SearchWriter, place: Place, commits: watch::Sender<u64>) -> Self {
        // Opening counts too: from now on there is an index to look at.
        commits.send_modify(|commits| *commits += 1);
        Self {
            positions: writer.positions().clone(),
            writer,
            place,
            cadence: CommitCadence::default(),
            quiet_records: 0,
            started: Instant::now(),
            commits,
        }
    }

    fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        runtime: &tokio::runtime::Handle,
    ) -> Result<(), WriterError> {
        loop {
            let order = match self.cadence.due_at_ms() {
                None => orders.blocking_recv(),
                Some(due) => {
                    let wait = u64::try_from(due - self.now_ms()).unwrap_or(0);
                    let wait = Duration::from_millis(wait);
                    let next = runtime.block_on(async {
                        // Made inside the runtime whose clock it uses.
                        tokio::time::timeout(wait, orders.recv()).await
                    });
                    match next {
                        Ok(order) => order,
                        Err(_) => {
                            self.commit()?;
                            continue;
                        }
                    }
                }
            };
            match order {
                None => return Ok(()),
                Some(Order::Feed { changes, positions, records }) => {
                    self.take(&changes, positions, records)?;
                }
                Some(Order::Commit(answer)) => {
                    if self.cadence.due_at_ms().is_some() || self.quiet_records > 0 {
                        self.commit()?;
                    }
                    // Nobody waits any more: nothing to tell.
                    let _ = answer.send(self.writer.positions().clone());
                }
                Some(Order::Quiet(done)) => {
                    self.commit()?;
                    let Place { directory, options, .. } = &self.place;
                    self.writer = self.writer.without_merges(directory, *options)?;
                    // Nobody waits any more: nothing to tell.
                    let _ = done.send(());
                }
                Some(Order::Merge) => self.writer.merge(),
            }
        }
    }

    fn take(
        &mut self,
        changes: &[IndexChange],
        positions: Vec<Position>,
        records: u64,
    ) -> Result<(), WriterError> {
        self.writer.apply(changes)?;
        positions.into_iter().for_each(|position| self.positions.advance(position));
        self.quiet_records += records;
        let now_ms = self.now_ms();
        if !changes.is_empty() {
            self.cadence.applied(now_ms);
        }
        if self.cadence.is_due(now_ms) || self.quiet_records >= QUIET_RECORDS_MAX {
            self.commit()?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), WriterError> {
        let began = Instant::now();
        self.writer.commit(&self.positions)?;
        self.cadence.committed();
        self.quiet_records = 0;
        self.commits.send_modify(|commits| *commits += 1);
        if self.place.serves {
            metrics::histogram!("nottermost_index_commit_seconds")
                .record(began.elapsed().as_secs_f64());
        }
        Ok(())
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}
