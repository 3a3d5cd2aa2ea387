//! What readers see: ends, the newest records, ephemeral partitions; and what wakes them.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use events::{NewRecord, PARTITIONS, Partition, SharedRecord, Topic};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::EmbeddedOptions;
use super::presence::{PresenceBounds, PresenceQueue};
use super::scan::size_bytes;
use crate::partitions::ordinal;
use crate::port::{AppendError, Appended, ReadError, ReadLimit};

/// How many records one look may pass over, so that the lock is never held for long.
const LOOK_RECORDS_MAX: usize = 4_096;

pub(super) struct Hub {
    state: Mutex<State>,
    /// Changes after each publication; tails wait on it.
    changed: watch::Sender<()>,
    presence_bounds: PresenceBounds,
    /// Why no append is taken any more.
    failed: OnceLock<String>,
    closed: OnceLock<()>,
}

struct State {
    ends: Vec<u64>,
    recent: Recent,
    presence: Vec<PresenceQueue>,
}

/// The newest records of all partitions in the order of publication, numbered from `first`.
struct Recent {
    first: u64,
    bytes: usize,
    records: VecDeque<SharedRecord>,
    records_max: usize,
    bytes_max: usize,
}

impl Recent {
    fn end(&self) -> u64 {
        self.first + self.records.len() as u64
    }

    fn push(&mut self, record: SharedRecord) {
        self.bytes += size_bytes(&record);
        self.records.push_back(record);
        while self.records.len() > self.records_max || self.bytes > self.bytes_max {
            let Some(gone) = self.records.pop_front() else { return };
            self.bytes -= size_bytes(&gone);
            self.first += 1;
        }
    }
}

/// A moment of the log: the ends of all partitions, and the number of the next record published.
pub(super) struct Mark {
    pub(super) ends: Vec<u64>,
    pub(super) cursor: u64,
}

/// What a look at the newest records found.
pub(super) enum Look {
    /// These are next; at least one.
    Found(Vec<SharedRecord>),
    /// None of what was looked at is for this reader, but there is more.
    Passed,
    /// There is nothing for this reader now.
    AtEnd,
    /// The records at the cursor are no longer kept in memory.
    Behind,
}

impl Hub {
    pub(super) fn new(ends: Vec<u64>, options: &EmbeddedOptions) -> Self {
        let recent = Recent {
            first: 0,
            bytes: 0,
            records: VecDeque::new(),
            records_max: options.recent_records_max,
            bytes_max: options.recent_bytes_max,
        };
        let presence = (0..PARTITIONS).map(|_| PresenceQueue::default()).collect();
        Self {
            state: Mutex::new(State { ends, recent, presence }),
            changed: watch::Sender::new(()),
            presence_bounds: PresenceBounds::new(options),
            failed: OnceLock::new(),
            closed: OnceLock::new(),
        }
    }

    pub(super) fn end(&self, partition: Partition) -> u64 {
        self.state.lock().ends[usize::from(ordinal(partition))]
    }

    pub(super) fn ends(&self, partitions: &[Partition]) -> Vec<u64> {
        let state = self.state.lock();
        partitions.iter().map(|one| state.ends[usize::from(ordinal(*one))]).collect()
    }

    pub(super) fn mark(&self) -> Mark {
        let state = self.state.lock();
        Mark { ends: state.ends.clone(), cursor: state.recent.end() }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Makes durable records visible and wakes the tails.
    pub(super) fn publish(&self, records: impl Iterator<Item = SharedRecord>) {
        let mut state = self.state.lock();
        for record in records {
            state.ends[usize::from(ordinal(record.partition))] = record.offset + 1;
            state.recent.push(record);
        }
        drop(state);
        self.changed.send_replace(());
    }

    /// The records at the cursor that stand at `next` of their partition; both move on. A partition that
    /// is not followed has `u64::MAX` there.
    pub(super) fn look(&self, cursor: &mut u64, next: &mut [u64], limit: ReadLimit) -> Look {
        let state = self.state.lock();
        let recent = &state.recent;
        if *cursor < recent.first {
            return Look::Behind;
        }
        let skipped = (*cursor - recent.first) as usize;
        let (mut found, mut bytes) = (Vec::new(), 0);
        for record in recent.records.iter().skip(skipped).take(LOOK_RECORDS_MAX) {
            let at = &mut next[usize::from(ordinal(record.partition))];
            if *at == record.offset {
                bytes += size_bytes(record);
                if !found.is_empty() && bytes > limit.bytes_max {
                    break;
                }
                *at += 1;
                found.push(SharedRecord::clone(record));
            }
            *cursor += 1;
        }
        match found.is_empty() {
            false => Look::Found(found),
            true if *cursor < recent.end() => Look::Passed,
            true => Look::AtEnd,
        }
    }

    pub(super) fn append_presence(
        &self,
        partition: Partition,
        record: NewRecord,
    ) -> Result<Appended, AppendError> {
        self.check_taking()?;
        let appended_ms = now_ms();
        let mut state = self.state.lock();
        let queue = &mut state.presence[usize::from(partition.index)];
        let record = queue.push(partition, record, appended_ms, self.presence_bounds);
        let offset = record.offset;
        state.ends[usize::from(ordinal(partition))] = offset + 1;
        state.recent.push(record);
        drop(state);
        self.changed.send_replace(());
        metrics::counter!("nottermost_log_appended_records_total", "topic" => "presence")
            .increment(1);
        Ok(Appended { partition, offset, appended_ms })
    }

    pub(super) fn read_presence(
        &self,
        partition: Partition,
        from: u64,
        to: u64,
        limit: ReadLimit,
    ) -> Result<Vec<SharedRecord>, ReadError> {
        let state = self.state.lock();
        let queue = &state.presence[usize::from(partition.index)];
        queue.check(partition, from)?;
        Ok(queue.read(from, to, limit))
    }

    /// Whether a partition holds `from` or ends there.
    pub(super) fn check_start(&self, partition: Partition, from: u64) -> Result<(), ReadError> {
        let state = self.state.lock();
        if partition.topic == Topic::Presence {
            return state.presence[usize::from(partition.index)].check(partition, from);
        }
        let end = state.ends[usize::from(ordinal(partition))];
        if from > end {
            return Err(ReadError::OutOfRange { partition, from, first: 0, end });
        }
        Ok(())
    }

    /// Takes no append from now on: what stands on the disk is no longer known.
    pub(super) fn fail(&self, reason: &str) {
        tracing::error!(reason, "the log takes no more appends until it is opened again");
        // A second failure changes nothing.
        let _ = self.failed.set(reason.to_owned());
    }

    pub(super) fn check_taking(&self) -> Result<(), AppendError> {
        match self.failed.get() {
            Some(reason) => Err(AppendError::Unavailable(format!(
                "an earlier write failed ({reason}), so the log must be opened again"
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn close(&self) {
        // Closed once, by the drop of the log.
        let _ = self.closed.set(());
        self.changed.send_replace(());
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.get().is_some()
    }
}

/// The wall clock, Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "the log is what assigns append times")]
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
