//! The thread that writes: drain the queue, one batch, one fsync, publish, acknowledge.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use events::codec::stamp;
use events::{NewRecord, Partition, Record, SharedRecord};
use tokio::sync::oneshot;

use super::Inner;
use super::hub::now_ms;
use super::instruments::Instruments;
use crate::codec::store_key;
use crate::partitions::ordinal;
use crate::port::{AppendError, Appended};

/// One group is at most so many records of so many bytes, which bounds how long the first of it waits.
const GROUP_RECORDS_MAX: usize = 8_192;
const GROUP_BYTES_MAX: usize = 16 << 20;

/// An append that waits for the disk.
pub(super) struct Pending {
    pub(super) partition: Partition,
    pub(super) record: NewRecord,
    /// The append time of a record that is a copy; any other gets its group's.
    pub(super) appended_ms: Option<i64>,
    /// The record as it is stored, but for the append time.
    pub(super) value: Vec<u8>,
    pub(super) done: oneshot::Sender<Result<Appended, AppendError>>,
}

/// Bytes that wait to be written, bounded.
pub(super) struct Backlog {
    bytes: AtomicUsize,
    bytes_max: usize,
}

impl Backlog {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), bytes_max }
    }

    pub(super) fn enter(&self, bytes: usize) -> Result<(), AppendError> {
        let waiting = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if waiting.saturating_add(bytes) <= self.bytes_max {
            return Ok(());
        }
        self.leave(bytes);
        Err(AppendError::Unavailable(format!("{waiting} bytes wait to be written")))
    }

    pub(super) fn leave(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

pub(super) struct Writer {
    inner: Arc<Inner>,
    queue: Receiver<Pending>,
    /// The next offset by partition number.
    ends: Vec<u64>,
    instruments: Instruments,
}

/// A group that has its offsets and is on its way to the disk.
struct Placed {
    rows: Vec<([u8; 10], Vec<u8>)>,
    records: Vec<SharedRecord>,
    waiting: Vec<oneshot::Sender<Result<Appended, AppendError>>>,
}

impl Writer {
    pub(super) fn new(inner: Arc<Inner>, queue: Receiver<Pending>, ends: Vec<u64>) -> Self {
        Self { inner, queue, ends, instruments: Instruments::new() }
    }

    /// Runs until the log is dropped and the queue is empty.
    pub(super) fn run(mut self) {
        while let Ok(first) = self.queue.recv() {
            let (group, bytes) = self.gather(first);
            self.write(group, bytes);
            self.inner.backlog.leave(bytes);
        }
    }

    fn gather(&self, first: Pending) -> (Vec<Pending>, usize) {
        let mut bytes = first.value.len();
        let mut group = vec![first];
        while group.len() < GROUP_RECORDS_MAX && bytes < GROUP_BYTES_MAX {
            let Ok(next) = self.queue.try_recv() else { break };
            bytes += next.value.len();
            group.push(next);
        }
        (group, bytes)
    }

    fn write(&mut self, group: Vec<Pending>, bytes: usize) {
        let taking = self.inner.hub.check_taking();
        if let Err(AppendError::Unavailable(reason)) = taking {
            return refuse(group, &reason);
        }
        if let Some(reason) = self.inner.store.lacks_room_for(bytes) {
            tracing::error!(reason, "the log refuses appends");
            return refuse(group, &reason);
        }
        let Placed { rows, records, waiting } = self.place(group);
        let started = Instant::now();
        let written = self.inner.store.write(rows.into_iter());
        self.instruments.committed(started.elapsed(), records.len());
        match written {
            Ok(()) => self.acknowledge(records, waiting),
            Err(source) => self.give_up(&source, waiting),
        }
    }

    /// Gives the group its offsets and append time.
    fn place(&mut self, group: Vec<Pending>) -> Placed {
        let now_ms = now_ms();
        let mut placed = Placed {
            rows: Vec::with_capacity(group.len()),
            records: Vec::with_capacity(group.len()),
            waiting: Vec::with_capacity(group.len()),
        };
        for Pending { partition, record, appended_ms, mut value, done } in group {
            let appended_ms = appended_ms.unwrap_or(now_ms);
            let number = ordinal(partition);
            let end = &mut self.ends[usize::from(number)];
            let offset = *end;
            *end += 1;
            stamp(&mut value, appended_ms);
            placed.rows.push((store_key(number, offset), value));
            let NewRecord { key, headers, body } = record;
            let record = Record { partition, offset, appended_ms, key, headers, body };
            placed.records.push(Arc::new(record));
            placed.waiting.push(done);
        }
        placed
    }

    fn acknowledge(
        &self,
        records: Vec<SharedRecord>,
        waiting: Vec<oneshot::Sender<Result<Appended, AppendError>>>,
    ) {
        // Published first: who has an acknowledgement finds the record, and the end behind it.
        self.inner.hub.publish(records.iter().cloned());
        for (record, done) in records.iter().zip(waiting) {
            let &Record { partition, offset, appended_ms, .. } = &**record;
            // Who asked may have gone away.
            let _ = done.send(Ok(Appended { partition, offset, appended_ms }));
        }
        self.instruments.appended(&records);
    }

    /// After a failed write nobody knows what the disk has, and a later fsync may succeed without it: so
    /// nothing is acknowledged any more.
    fn give_up(
        &self,
        source: &fjall::Error,
        waiting: Vec<oneshot::Sender<Result<Appended, AppendError>>>,
    ) {
        let reason = source.to_string();
        self.inner.hub.fail(&reason);
        // The store refuses before it writes when its own background work has failed.
        let untouched = matches!(source, fjall::Error::Poisoned);
        for done in waiting {
            let outcome = if untouched {
                AppendError::Unavailable(reason.clone())
            } else {
                AppendError::Indeterminate(reason.clone())
            };
            let _ = done.send(Err(outcome));
        }
    }
}

fn refuse(group: Vec<Pending>, reason: &str) {
    for pending in group {
        // Who asked may have gone away.
        let _ = pending.done.send(Err(AppendError::Unavailable(reason.to_owned())));
    }
}
