//! The log of the simulation, behind the same port as the real ones. It answers at once, and loses,
//! delays, doubles and misreports appends as its random numbers say.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_log::{AppendError, Appended, EventLog, LogReader, ReadError, ReadLimit, Tail};
use events::directory::{EpochOpened, EpochSealed};
use events::{
    Actor, Event, EventId, FIRST_EPOCH, Id, Meta, NewRecord, Partition, Record, SharedRecord,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::profile::Faults;

/// The log's clock at its beginning: ten seconds before an hour is over.
pub const BEGINNING_MS: i64 = 1_700_002_790_000;

#[derive(Debug, Clone)]
struct State {
    rng: SmallRng,
    now_ms: i64,
    faults: Faults,
    partitions: BTreeMap<Partition, Vec<SharedRecord>>,
    /// The epochs after the first.
    epochs: BTreeMap<Partition, u32>,
    /// Appends that were reported as timed out and may land later.
    late: Vec<(Partition, NewRecord)>,
}

/// Shared by all nodes.
#[derive(Debug, Clone)]
pub struct SimLog(Arc<Mutex<State>>);

impl SimLog {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            rng: SmallRng::seed_from_u64(seed),
            now_ms: BEGINNING_MS,
            faults: Faults::NONE,
            partitions: BTreeMap::new(),
            epochs: BTreeMap::new(),
            late: Vec::new(),
        })))
    }

    /// A log that goes on from here by itself.
    pub fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.0.lock().clone())))
    }

    pub fn now_ms(&self) -> i64 {
        self.0.lock().now_ms
    }

    pub fn advance(&self, ms: i64) {
        self.0.lock().now_ms += ms;
    }

    /// How appends go wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.0.lock().faults = faults;
    }

    /// One of the late appends lands, if there is one.
    pub fn land_one(&self) {
        let mut state = self.0.lock();
        if state.late.is_empty() {
            return;
        }
        let count = state.late.len();
        let at = state.rng.random_range(0..count);
        let (partition, record) = state.late.swap_remove(at);
        state.write(partition, record);
    }

    /// Opens the next epoch of a partition.
    pub fn open_epoch(&self, partition: Partition) {
        let mut state = self.0.lock();
        let epoch = state.epochs.entry(partition).or_insert(FIRST_EPOCH);
        *epoch += 1;
        let epoch = *epoch;
        state.write_control(
            partition,
            epoch,
            events::of_log(partition.topic, EpochOpened { epoch }),
        );
    }

    pub fn epoch_of(&self, partition: Partition) -> u32 {
        self.0.lock().epochs.get(&partition).copied().unwrap_or(FIRST_EPOCH)
    }

    /// Ends the present epoch of a partition.
    pub fn seal_epoch(&self, partition: Partition) {
        let mut state = self.0.lock();
        let epoch = state.epochs.get(&partition).copied().unwrap_or(FIRST_EPOCH);
        state.write_control(
            partition,
            epoch,
            events::of_log(partition.topic, EpochSealed { epoch }),
        );
    }

    pub fn late_count(&self) -> usize {
        self.0.lock().late.len()
    }

    /// Partitions that hold something, in order.
    pub fn partitions(&self) -> Vec<Partition> {
        self.0.lock().partitions.keys().copied().collect()
    }

    pub fn end_of(&self, partition: Partition) -> u64 {
        self.0.lock().partitions.get(&partition).map_or(0, |records| records.len() as u64)
    }

    pub fn record(&self, partition: Partition, offset: u64) -> Option<SharedRecord> {
        let state = self.0.lock();
        state.partitions.get(&partition)?.get(usize::try_from(offset).ok()?).cloned()
    }
}

impl State {
    fn write_control(&mut self, partition: Partition, epoch: u32, event: Event) {
        let end = self.partitions.get(&partition).map_or(0, |records| records.len() as u64);
        let (id, now_ms) = (EventId(Id(self.rng.random())), self.now_ms);
        let mut meta = Meta::new(id, Id::default(), now_ms, end, Actor::System);
        meta.epoch = epoch;
        self.write(partition, events::encode("simulation", &meta, &event));
    }

    fn write(&mut self, partition: Partition, new: NewRecord) -> Appended {
        // Append times are the broker's: they need not be in order.
        let appended_ms = self.now_ms + self.rng.random_range(-20..=20);
        let records = self.partitions.entry(partition).or_default();
        let offset = records.len() as u64;
        records.push(Arc::new(Record {
            partition,
            offset,
            appended_ms,
            key: new.key,
            headers: new.headers,
            body: new.body,
        }));
        Appended { partition, offset, appended_ms }
    }

    fn append(&mut self, partition: Partition, new: NewRecord) -> Result<Appended, AppendError> {
        let timed_out = Err(AppendError::Indeterminate("no answer in time".to_owned()));
        let mut left = self.rng.random_range(0..100_u32);
        // One fault at most: each takes its percents off what was drawn.
        let mut falls = |percent: u32| {
            let hit = left < percent;
            left = if hit { u32::MAX } else { left - percent };
            hit
        };
        let faults = self.faults;
        if falls(faults.lost) {
            return timed_out;
        }
        if falls(faults.late) {
            self.late.push((partition, new));
            return timed_out;
        }
        if falls(faults.unreported) {
            self.write(partition, new);
            return timed_out;
        }
        if falls(faults.doubled) {
            let first = self.write(partition, new.clone());
            self.write(partition, new);
            return Ok(first);
        }
        if falls(faults.repeated) {
            self.late.push((partition, new.clone()));
        } else if falls(faults.unavailable) {
            return Err(AppendError::Unavailable("the leader is moving".to_owned()));
        }
        Ok(self.write(partition, new))
    }
}

impl EventLog for SimLog {
    fn append(
        &self,
        partition: Partition,
        record: NewRecord,
    ) -> BoxFuture<'_, Result<Appended, AppendError>> {
        let result = self.0.lock().append(partition, record);
        futures::future::ready(result).boxed()
    }
}

impl LogReader for SimLog {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        let end = self.end_of(partition);
        let result = if from > end {
            Err(ReadError::OutOfRange { partition, from, first: 0, end })
        } else {
            Ok((from..end)
                .take(limit.records_max)
                .filter_map(|offset| self.record(partition, offset))
                .collect())
        };
        futures::future::ready(result).boxed()
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        let ends = partitions.iter().map(|partition| self.end_of(*partition)).collect();
        futures::future::ready(Ok(ends)).boxed()
    }

    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        let tail: Box<dyn Tail> = Box::new(SimTail { log: self.clone(), from });
        futures::future::ready(Ok(tail)).boxed()
    }
}

/// Hands out what is there; with nothing there it never resolves, for nobody could wake it.
struct SimTail {
    log: SimLog,
    from: Vec<(Partition, u64)>,
}

impl Tail for SimTail {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        let mut records = Vec::new();
        for (partition, next) in &mut self.from {
            while let Some(record) = self.log.record(*partition, *next) {
                *next += 1;
                records.push(record);
            }
        }
        if records.is_empty() {
            return futures::future::pending().boxed();
        }
        futures::future::ready(Ok(records)).boxed()
    }
}
