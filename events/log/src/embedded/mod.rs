//! The log on a local disk, in the `fjall` store.
//!
//! One thread writes: it drains the queue of appends, writes what it found as one batch with one fsync,
//! makes the records visible to readers and acknowledges them. There is no waiting window: what arrives
//! during an fsync is the next group. `presence` partitions live in memory only and begin at 0 with each
//! start.

mod copy;
mod directory;
mod hub;
mod instruments;
mod journal;
mod presence;
mod scan;
mod store;
mod tail;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use events::{NewRecord, Partition, SharedRecord, codec};
use fjall::PersistMode;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use tokio::sync::oneshot;

pub use copy::EmbeddedCopy;
pub use directory::OpenError;
pub use scan::Scan;

use crate::partitions::is_durable;
use crate::port::{
    AppendError, Appended, EventLog, LogReader, RECORD_BYTES_MAX, ReadError, ReadLimit, Tail,
};
use directory::Marker;
use hub::Hub;
use store::Store;
use tail::EmbeddedTail;
use writer::{Backlog, Pending, Writer};

/// Bounds of an embedded log.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Records that wait to be written take at most this; an append beyond it is refused.
    pub queue_bytes_max: usize,
    /// The newest records, kept decoded for tails: at most so many, of so many bytes together.
    pub recent_records_max: usize,
    pub recent_bytes_max: usize,
    /// What is kept of each `presence` partition.
    pub presence_records_max: usize,
    pub presence_bytes_max: usize,
    pub presence_age_max_ms: i64,
    /// With less free disk than this nothing is written: the store needs room to sort what it has.
    pub free_bytes_min: u64,
    /// The store's cache of blocks read.
    pub cache_bytes: u64,
    /// Acknowledges before the disk has it, so that the test of durability can be shown to fail.
    #[cfg(feature = "testing")]
    pub buffered: bool,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            queue_bytes_max: 256 << 20,
            recent_records_max: 65_536,
            recent_bytes_max: 32 << 20,
            presence_records_max: 65_536,
            presence_bytes_max: 4 << 20,
            presence_age_max_ms: 3_600_000,
            free_bytes_min: 256 << 20,
            cache_bytes: 32 << 20,
            #[cfg(feature = "testing")]
            buffered: false,
        }
    }
}

impl EmbeddedOptions {
    fn persist_mode(&self) -> PersistMode {
        #[cfg(feature = "testing")]
        if self.buffered {
            return PersistMode::Buffer;
        }
        PersistMode::SyncAll
    }
}

/// The embedded log. The directory is free for another only when the log, its tails and its scans are
/// dropped.
pub struct EmbeddedLog {
    inner: Arc<Inner>,
    queue: Option<mpsc::Sender<Pending>>,
    writer: Option<JoinHandle<()>>,
}

/// What the log shares with its writer, tails and scans.
pub(crate) struct Inner {
    hub: Hub,
    store: Store,
    backlog: Backlog,
}

impl EmbeddedLog {
    /// Opens the log in `dir`, which is created if need be. Blocks for disk work.
    pub fn open(dir: impl AsRef<Path>, options: EmbeddedOptions) -> Result<Self, OpenError> {
        Self::open_as(Marker::Log, dir.as_ref(), options)
    }

    fn open_as(new: Marker, dir: &Path, options: EmbeddedOptions) -> Result<Self, OpenError> {
        let (store, ends) = Store::open(dir, new, &options)?;
        let inner = Arc::new(Inner {
            hub: Hub::new(ends.clone(), &options),
            store,
            backlog: Backlog::new(options.queue_bytes_max),
        });
        let (queue, receiver) = mpsc::channel();
        let writer = Writer::new(Arc::clone(&inner), receiver, ends);
        let writer = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || writer.run())
            .map_err(|source| OpenError::io(dir, "start the writer for", source))?;
        Ok(Self { inner, queue: Some(queue), writer: Some(writer) })
    }

    /// The durable records of a partition from `from` up to its present end, in order, on the calling
    /// thread: for start-up and rebuilds. `presence` has none.
    pub fn scan(&self, partition: Partition, from: u64) -> Result<Scan, ReadError> {
        let end = self.inner.hub.end(partition);
        if !is_durable(partition) || from > end {
            return Err(ReadError::OutOfRange { partition, from, first: 0, end });
        }
        Ok(Scan::new(Arc::clone(&self.inner), partition, from, end))
    }

    /// Where the log stands on disk.
    pub fn dir(&self) -> PathBuf {
        self.inner.store.dir().to_owned()
    }

    /// Lets the disk seem full (with a number that no disk has) or not.
    #[cfg(feature = "testing")]
    pub fn set_free_bytes_min(&self, bytes: u64) {
        self.inner.store.set_free_bytes_min(bytes);
    }

    fn enqueue(
        &self,
        partition: Partition,
        record: NewRecord,
        appended_ms: Option<i64>,
    ) -> Result<oneshot::Receiver<Result<Appended, AppendError>>, AppendError> {
        let value = codec::encode(&record);
        let (done, outcome) = oneshot::channel();
        self.inner.backlog.enter(value.len())?;
        let pending = Pending { partition, record, appended_ms, value, done };
        let queue = self.queue.as_ref().expect("taken only by drop");
        if let Err(mpsc::SendError(pending)) = queue.send(pending) {
            self.inner.backlog.leave(pending.value.len());
            return Err(AppendError::Unavailable("the writer has stopped".into()));
        }
        Ok(outcome)
    }
}

impl EventLog for EmbeddedLog {
    /// The record is in the queue when this returns; dropping the future does not take it back.
    fn append(
        &self,
        partition: Partition,
        record: NewRecord,
    ) -> BoxFuture<'_, Result<Appended, AppendError>> {
        let len = record.size_bytes();
        if len > RECORD_BYTES_MAX {
            return ready(Err(AppendError::TooLarge { len, max: RECORD_BYTES_MAX })).boxed();
        }
        if !is_durable(partition) {
            return ready(self.inner.hub.append_presence(partition, record)).boxed();
        }
        match self.enqueue(partition, record, None) {
            Err(refused) => ready(Err(refused)).boxed(),
            Ok(outcome) => outcome
                .map(|outcome| {
                    outcome.unwrap_or_else(|_| {
                        Err(AppendError::Indeterminate("the writer has stopped".into()))
                    })
                })
                .boxed(),
        }
    }
}

impl LogReader for EmbeddedLog {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        async move {
            if !is_durable(partition) {
                return self.inner.hub.read_presence(partition, from, u64::MAX, limit);
            }
            let end = self.inner.hub.end(partition);
            if from > end {
                return Err(ReadError::OutOfRange { partition, from, first: 0, end });
            }
            if from == end {
                return Ok(Vec::new());
            }
            read_blocking(&self.inner, vec![(partition, from, end)], limit).await
        }
        .boxed()
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        ready(Ok(self.inner.hub.ends(partitions))).boxed()
    }

    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        let tail = EmbeddedTail::new(&self.inner, &from);
        ready(tail.map(|tail| Box::new(tail) as Box<dyn Tail>)).boxed()
    }
}

/// Reads spans of durable partitions off the async runtime: a page may have to come from the disk, and
/// decoding a full one takes milliseconds.
async fn read_blocking(
    inner: &Arc<Inner>,
    spans: Vec<(Partition, u64, u64)>,
    limit: ReadLimit,
) -> Result<Vec<SharedRecord>, ReadError> {
    let inner = Arc::clone(inner);
    tokio::task::spawn_blocking(move || scan::read_spans(&inner.store, &spans, limit))
        .await
        .unwrap_or_else(|stopped| Err(ReadError::Unavailable(stopped.to_string())))
}

impl Drop for EmbeddedLog {
    /// Writes what is queued, then stops the writer and ends all tails.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the log's writer panicked");
        }
        self.inner.hub.close();
    }
}

impl fmt::Debug for EmbeddedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedLog").field("dir", &self.inner.store.dir()).finish_non_exhaustive()
    }
}
