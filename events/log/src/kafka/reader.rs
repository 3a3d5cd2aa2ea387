//! Reads from a position: a few consumers, kept for the next read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{Partition, SharedRecord};
use parking_lot::Mutex;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::options::Telling;
use super::reading::Shared;
use super::record;
use crate::port::{ReadError, ReadLimit};

/// So many consumers are kept; more reads at once make their own.
const KEPT_MAX: usize = 4;
/// Records that are known to be there come within this, or the log is unavailable.
const READ_MAX: Duration = Duration::from_secs(5);
/// A consumer that turns to another partition waits out the fetch that it has begun: so it is short.
const FETCH_WAIT: Duration = Duration::from_millis(5);

pub(super) struct Readers {
    shared: Arc<Shared>,
    kept: Mutex<Vec<Reader>>,
}

struct Reader {
    consumer: BaseConsumer<Telling>,
    /// Where the consumer stands, while it is assigned.
    at: Option<(Partition, u64)>,
    /// Taken from the consumer beyond the last read's limit: the record at `at`.
    held: Option<SharedRecord>,
}

impl Readers {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, kept: Mutex::default() }
    }

    /// Records from `from` on, which lies below `end`, the partition's end or an earlier one. `None` if
    /// `from` is no longer kept. Blocks for the broker.
    pub(super) fn read(
        &self,
        partition: Partition,
        from: u64,
        end: u64,
        limit: ReadLimit,
    ) -> Result<Option<Vec<SharedRecord>>, ReadError> {
        let mut reader = self.take(partition, from)?;
        let records = reader.read(&self.shared, (partition, from), end, limit)?;
        let mut kept = self.kept.lock();
        if kept.len() < KEPT_MAX {
            kept.push(reader);
        }
        Ok(records)
    }

    /// The consumer that stands there, or any.
    fn take(&self, partition: Partition, from: u64) -> Result<Reader, ReadError> {
        let mut kept = self.kept.lock();
        let there = kept.iter().position(|reader| reader.at == Some((partition, from)));
        if let Some(index) = there.or(kept.len().checked_sub(1)) {
            return Ok(kept.swap_remove(index));
        }
        drop(kept);
        let config = self.shared.options.consumer(FETCH_WAIT);
        let consumer = BaseConsumer::from_config_and_context(&config, Telling);
        Ok(Reader { consumer: consumer.map_err(unavailable)?, at: None, held: None })
    }
}

impl Reader {
    fn read(
        &mut self,
        shared: &Shared,
        from: (Partition, u64),
        end: u64,
        limit: ReadLimit,
    ) -> Result<Option<Vec<SharedRecord>>, ReadError> {
        if self.at != Some(from) {
            self.turn_to(shared, from)?;
        }
        let (partition, mut next) = from;
        let mut batch = Batch::new(limit);
        while next < end {
            let Some(record) = self.next(partition, next)? else {
                self.leave()?;
                return Ok(None);
            };
            if !batch.push(&record) {
                self.held = Some(record);
                break;
            }
            next += 1;
        }
        self.at = Some((partition, next));
        if next >= end {
            // Nothing is fetched for nobody.
            self.leave()?;
        }
        Ok(Some(batch.records))
    }

    fn turn_to(&mut self, shared: &Shared, from: (Partition, u64)) -> Result<(), ReadError> {
        self.held = None;
        self.at = Some(from);
        let (Partition { topic, index }, offset) = from;
        let list = position(shared.names.of(topic), index, offset).map_err(unavailable)?;
        self.consumer.assign(&list).map_err(unavailable)
    }

    fn leave(&mut self) -> Result<(), ReadError> {
        self.at = None;
        self.held = None;
        self.consumer.unassign().map_err(unavailable)
    }

    /// The record at `offset`; `None` if it is no longer kept.
    fn next(
        &mut self,
        partition: Partition,
        offset: u64,
    ) -> Result<Option<SharedRecord>, ReadError> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        let until = Instant::now() + READ_MAX;
        loop {
            match self.consumer.poll(until.saturating_duration_since(Instant::now())) {
                Some(Ok(message)) if message.offset().unsigned_abs() == offset => {
                    return record::record(partition, &message).map(Some);
                }
                Some(Ok(message)) => return Err(gap(partition, offset, message.offset())),
                Some(Err(error)) if is_out_of_range(&error) => return Ok(None),
                Some(Err(error)) if !is_passing(&error) => return Err(unavailable(error)),
                Some(Err(_)) | None if Instant::now() < until => {}
                Some(Err(_)) | None => {
                    let reason = format!("no broker sent {partition} {offset} in time");
                    return Err(ReadError::Unavailable(reason));
                }
            }
        }
    }
}

/// Records up to a limit, but one at least.
struct Batch {
    records: Vec<SharedRecord>,
    bytes: usize,
    limit: ReadLimit,
}

impl Batch {
    fn new(limit: ReadLimit) -> Self {
        Self { records: Vec::new(), bytes: 0, limit }
    }

    /// Adds the record if there is room.
    fn push(&mut self, record: &SharedRecord) -> bool {
        let headers: usize = record.headers.iter().map(|(name, v)| name.len() + v.len()).sum();
        self.bytes += 16 + headers + record.body.len();
        let full =
            self.records.len() >= self.limit.records_max || self.bytes > self.limit.bytes_max;
        if full && !self.records.is_empty() {
            return false;
        }
        self.records.push(SharedRecord::clone(record));
        true
    }
}

fn position(topic: &str, index: u16, offset: u64) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(1);
    list.add_partition_offset(topic, i32::from(index), raw(offset))?;
    Ok(list)
}

pub(super) fn raw(offset: u64) -> Offset {
    Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX))
}

/// Offsets are contiguous but for what only transactions and compaction do, which a log must not see.
pub(super) fn gap(partition: Partition, expected: u64, found: i64) -> ReadError {
    let reason = format!("offset {found} stands where {expected} is expected");
    ReadError::Damaged { partition, offset: expected, reason }
}

/// The position does not exist, and nothing more will come.
pub(super) fn is_out_of_range(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AutoOffsetReset, OffsetOutOfRange};
    matches!(error.rdkafka_error_code(), Some(AutoOffsetReset | OffsetOutOfRange))
}

/// The client gets over it by itself.
pub(super) fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{
        AllBrokersDown, BrokerTransportFailure, CoordinatorLoadInProgress, CoordinatorNotAvailable,
        LeaderNotAvailable, NetworkException, NotCoordinator, NotLeaderForPartition,
        OperationTimedOut, PartitionEOF, RequestTimedOut, Resolve,
    };
    matches!(
        error.rdkafka_error_code(),
        Some(
            AllBrokersDown
                | BrokerTransportFailure
                | CoordinatorLoadInProgress
                | CoordinatorNotAvailable
                | LeaderNotAvailable
                | NetworkException
                | NotCoordinator
                | NotLeaderForPartition
                | OperationTimedOut
                | PartitionEOF
                | RequestTimedOut
                | Resolve
        )
    )
}

pub(super) fn unavailable(error: KafkaError) -> ReadError {
    ReadError::Unavailable(error.to_string())
}
