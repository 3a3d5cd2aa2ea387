//! A log in memory: no threads, no clock, and appends that go wrong on request.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use events::{NewRecord, Partition, Record, SharedRecord};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use crate::partitions::{COUNT, ordinal, partition};
use crate::port::{
    AppendError, Appended, EventLog, LogReader, RECORD_BYTES_MAX, ReadError, ReadLimit, Tail,
};

/// What happens to one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written, and the caller is told so: `Unavailable`.
    Refused,
    /// Nothing is written, but the caller cannot know: `Indeterminate`.
    Lost,
    /// The record is written, but the caller cannot know: `Indeterminate`.
    WrittenUnknown,
    /// The append waits, unwritten, until [`MemoryLog::held`] hands it out and it is released. The
    /// record is written then even if the caller has given up.
    Held,
}

/// An [`EventLog`] that lives as long as its last clone. Append times count up from what
/// [`MemoryLog::set_clock`] says, one millisecond each.
#[derive(Clone)]
pub struct MemoryLog {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

struct State {
    records: Vec<Vec<SharedRecord>>,
    faults: VecDeque<Fault>,
    held: VecDeque<Waiting>,
    clock_ms: i64,
}

struct Waiting {
    partition: Partition,
    record: NewRecord,
    done: oneshot::Sender<Result<Appended, AppendError>>,
}

/// An append that waits; dropping it unreleased loses the record.
pub struct Held {
    inner: Arc<Inner>,
    waiting: Waiting,
}

impl Held {
    pub fn partition(&self) -> Partition {
        self.waiting.partition
    }

    pub fn record(&self) -> &NewRecord {
        &self.waiting.record
    }

    /// Writes the record and acknowledges it.
    pub fn release(self) -> Appended {
        let Waiting { partition, record, done } = self.waiting;
        let appended = self.inner.write(partition, record);
        // The caller may have given up.
        let _ = done.send(Ok(appended));
        appended
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryLog {
    pub fn new() -> Self {
        let state = State {
            records: vec![Vec::new(); COUNT],
            faults: VecDeque::new(),
            held: VecDeque::new(),
            clock_ms: 1_700_000_000_000,
        };
        let changed = watch::Sender::new(());
        Self { inner: Arc::new(Inner { state: Mutex::new(state), changed }) }
    }

    /// The next append goes wrong in this way; several queue up, one append each.
    pub fn fail_next(&self, fault: Fault) {
        self.inner.state.lock().faults.push_back(fault);
    }

    /// The oldest append that waits because of [`Fault::Held`].
    pub fn held(&self) -> Option<Held> {
        let waiting = self.inner.state.lock().held.pop_front()?;
        Some(Held { inner: Arc::clone(&self.inner), waiting })
    }

    /// The append time of the next record, Unix milliseconds.
    pub fn set_clock(&self, at_ms: i64) {
        self.inner.state.lock().clock_ms = at_ms;
    }

    /// All records of a partition.
    pub fn records(&self, partition: Partition) -> Vec<SharedRecord> {
        self.inner.state.lock().records[usize::from(ordinal(partition))].clone()
    }
}

impl Inner {
    fn write(&self, partition: Partition, record: NewRecord) -> Appended {
        let mut state = self.state.lock();
        let appended_ms = state.clock_ms;
        state.clock_ms += 1;
        let records = &mut state.records[usize::from(ordinal(partition))];
        let offset = records.len() as u64;
        let NewRecord { key, headers, body } = record;
        records.push(Arc::new(Record { partition, offset, appended_ms, key, headers, body }));
        drop(state);
        self.changed.send_replace(());
        Appended { partition, offset, appended_ms }
    }

    fn hold(&self, partition: Partition, record: NewRecord) -> Outcome<'static> {
        let (done, outcome) = oneshot::channel();
        self.state.lock().held.push_back(Waiting { partition, record, done });
        let lost = |_| Err(AppendError::Indeterminate("the held append was dropped".into()));
        outcome.map(move |outcome| outcome.unwrap_or_else(lost)).boxed()
    }

    fn check(&self, partition: Partition, from: u64) -> Result<(), ReadError> {
        let end = self.state.lock().records[usize::from(ordinal(partition))].len() as u64;
        if from > end {
            return Err(ReadError::OutOfRange { partition, from, first: 0, end });
        }
        Ok(())
    }

    fn read(&self, partition: Partition, from: u64, limit: ReadLimit) -> Vec<SharedRecord> {
        let mut bytes = 0;
        self.state.lock().records[usize::from(ordinal(partition))]
            .iter()
            .skip(from as usize)
            .take(limit.records_max.max(1))
            .take_while(|record| {
                let first = bytes == 0;
                bytes += record.body.len() + 64;
                first || bytes <= limit.bytes_max
            })
            .cloned()
            .collect()
    }
}

type Outcome<'a> = BoxFuture<'a, Result<Appended, AppendError>>;

impl EventLog for MemoryLog {
    fn append(&self, partition: Partition, record: NewRecord) -> Outcome<'_> {
        let len = record.size_bytes();
        if len > RECORD_BYTES_MAX {
            return ready(Err(AppendError::TooLarge { len, max: RECORD_BYTES_MAX })).boxed();
        }
        let fault = self.inner.state.lock().faults.pop_front();
        let unknown = || AppendError::Indeterminate("a fault was asked for".into());
        let outcome = match fault {
            None => Ok(self.inner.write(partition, record)),
            Some(Fault::Refused) => Err(AppendError::Unavailable("a fault was asked for".into())),
            Some(Fault::Lost) => Err(unknown()),
            Some(Fault::WrittenUnknown) => {
                self.inner.write(partition, record);
                Err(unknown())
            }
            Some(Fault::Held) => return self.inner.hold(partition, record),
        };
        ready(outcome).boxed()
    }
}

impl LogReader for MemoryLog {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        let checked = self.inner.check(partition, from);
        ready(checked.map(|()| self.inner.read(partition, from, limit))).boxed()
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        let state = self.inner.state.lock();
        let end = |one: &Partition| state.records[usize::from(ordinal(*one))].len() as u64;
        ready(Ok(partitions.iter().map(end).collect())).boxed()
    }

    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        let mut next = vec![None; COUNT];
        for (partition, offset) in from {
            if let Err(refused) = self.inner.check(partition, offset) {
                return ready(Err(refused)).boxed();
            }
            next[usize::from(ordinal(partition))] = Some(offset);
        }
        let changed = self.inner.changed.subscribe();
        let tail = MemoryTail { inner: Arc::clone(&self.inner), changed, next };
        ready(Ok(Box::new(tail) as Box<dyn Tail>)).boxed()
    }
}

struct MemoryTail {
    inner: Arc<Inner>,
    changed: watch::Receiver<()>,
    /// By partition number; none for partitions that are not followed.
    next: Vec<Option<u64>>,
}

impl MemoryTail {
    fn look(&mut self) -> Vec<SharedRecord> {
        let mut found = Vec::new();
        for (number, next) in (0u16..).zip(&mut self.next) {
            let Some(from) = *next else { continue };
            let records_max = ReadLimit::default().records_max - found.len();
            if records_max == 0 {
                break;
            }
            let limit = ReadLimit { records_max, ..ReadLimit::default() };
            let records = self.inner.read(partition(number), from, limit);
            *next = Some(from + records.len() as u64);
            found.extend(records);
        }
        found
    }
}

impl Tail for MemoryTail {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        async move {
            loop {
                // Before looking, so that whatever comes after the look wakes.
                self.changed.mark_unchanged();
                let found = self.look();
                if !found.is_empty() {
                    return Ok(found);
                }
                // Cannot fail: the sender lives in `inner`.
                let _ = self.changed.changed().await;
            }
        }
        .boxed()
    }
}

impl fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records: usize = self.inner.state.lock().records.iter().map(Vec::len).sum();
        f.debug_struct("MemoryLog").field("records", &records).finish_non_exhaustive()
    }
}
