//! Following partitions: for each topic a thread with a consumer of its own, a batch ahead of who reads.
//!
//! A fetch names every partition that its consumer follows, for librdkafka keeps no fetch sessions
//! (KIP-227). With one consumer for all topics each post would have the broker look at the quiet ones.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use events::{Partition, SharedRecord, Topic};
use futures::FutureExt;
use futures::future::BoxFuture;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::TopicPartitionList;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::options::Telling;
use super::reader::{gap, is_out_of_range, is_passing, raw, unavailable};
use super::reading::Shared;
use super::record;
use crate::partitions::{COUNT, ordinal, partition};
use crate::port::{ReadError, ReadLimit, Tail};

/// How long a broker holds a fetch while there is nothing. What arrives ends it at once.
const FETCH_WAIT: Duration = Duration::from_millis(500);
/// While nothing arrives, the thread looks this often whether anybody still reads.
const DROP_NOTICED_WITHIN: Duration = Duration::from_millis(100);
/// Batches of all topics that wait for the reader: with the one it has and the clients' own queues, enough
/// to never run dry.
const BATCHES_AHEAD: usize = 2;
/// Stands in for the next offset of a partition that is not followed.
const NOT_FOLLOWED: u64 = u64::MAX;

pub(super) struct KafkaTail {
    shared: Arc<Shared>,
    batches: Receiver<Result<Vec<SharedRecord>, Stopped>>,
}

/// Why a tail's thread ended.
enum Stopped {
    /// One of these positions is not kept.
    OutOfRange(Vec<(Partition, u64)>),
    Failed(ReadError),
}

impl KafkaTail {
    pub(super) fn start(
        shared: &Arc<Shared>,
        from: &[(Partition, u64)],
    ) -> Result<Self, ReadError> {
        let mut topics = BTreeMap::<Topic, Vec<u64>>::new();
        for (partition, offset) in from {
            let next = topics.entry(partition.topic).or_insert_with(|| vec![NOT_FOLLOWED; COUNT]);
            next[usize::from(ordinal(*partition))] = *offset;
        }
        let (batches, received) = channel(BATCHES_AHEAD);
        for (topic, next) in topics {
            let shared = Arc::clone(shared);
            let follower = Follower { shared, topic, next, batches: batches.clone() };
            std::thread::Builder::new()
                .name(format!("tail-{}", topic.name()))
                .spawn(move || follower.run())
                .map_err(|error| ReadError::Unavailable(error.to_string()))?;
        }
        Ok(Self { shared: Arc::clone(shared), batches: received })
    }

    async fn records(&mut self) -> Result<Vec<SharedRecord>, ReadError> {
        match self.batches.recv().await {
            Some(Ok(records)) => Ok(records),
            Some(Err(Stopped::Failed(error))) => Err(error),
            Some(Err(Stopped::OutOfRange(positions))) => {
                self.shared.check_starts(&positions).await?;
                // Deleted and back within a moment: following again will tell.
                Err(ReadError::Unavailable("a position was not to be had".into()))
            }
            None => Err(ReadError::Unavailable("the tail has ended".into())),
        }
    }
}

impl Tail for KafkaTail {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        self.records().boxed()
    }
}

struct Follower {
    shared: Arc<Shared>,
    topic: Topic,
    /// By partition number: the offset of the next record.
    next: Vec<u64>,
    batches: Sender<Result<Vec<SharedRecord>, Stopped>>,
}

impl Follower {
    /// Runs until the tail is dropped or can go no further.
    fn run(mut self) {
        // The other topics' threads would keep the tail open without this one.
        let followed = catch_unwind(AssertUnwindSafe(|| self.follow()));
        let followed = followed.unwrap_or_else(|_| {
            Err(Stopped::Failed(ReadError::Unavailable("a thread of the tail has panicked".into())))
        });
        let Err(stopped) = followed else { return };
        // Who reads may have gone away.
        let _ = self.batches.blocking_send(Err(stopped));
    }

    fn follow(&mut self) -> Result<(), Stopped> {
        let config = self.shared.options.consumer(FETCH_WAIT);
        let consumer = BaseConsumer::from_config_and_context(&config, Telling);
        let consumer = consumer.map_err(|error| Stopped::Failed(unavailable(error)))?;
        let list = self.positions().map_err(|error| Stopped::Failed(unavailable(error)))?;
        consumer.assign(&list).map_err(|error| Stopped::Failed(unavailable(error)))?;
        while !self.batches.is_closed() {
            let records = self.batch(&consumer)?;
            if !records.is_empty() && self.batches.blocking_send(Ok(records)).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn positions(&self) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(COUNT);
        let name = self.shared.names.of(self.topic);
        for (Partition { index, .. }, offset) in self.followed() {
            list.add_partition_offset(name, i32::from(index), raw(offset))?;
        }
        Ok(list)
    }

    fn followed(&self) -> impl Iterator<Item = (Partition, u64)> {
        let all = (0u16..).zip(&self.next).map(|(number, next)| (partition(number), *next));
        all.filter(|(_, next)| *next != NOT_FOLLOWED)
    }

    /// What is there now; waits a moment if there is nothing.
    fn batch(&mut self, consumer: &BaseConsumer<Telling>) -> Result<Vec<SharedRecord>, Stopped> {
        let ReadLimit { records_max, bytes_max } = ReadLimit::default();
        let mut records = Vec::new();
        let mut wait = DROP_NOTICED_WITHIN;
        let mut bytes = 0;
        while records.len() < records_max && bytes < bytes_max {
            match consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    bytes += message.payload_len();
                    records.push(self.record(&message).map_err(Stopped::Failed)?);
                }
                Some(Err(error)) if is_out_of_range(&error) => {
                    return Err(Stopped::OutOfRange(self.followed().collect()));
                }
                Some(Err(error)) if is_passing(&error) => {}
                Some(Err(error)) => return Err(Stopped::Failed(unavailable(error))),
            }
            wait = Duration::ZERO;
        }
        Ok(records)
    }

    fn record(&mut self, message: &BorrowedMessage<'_>) -> Result<SharedRecord, ReadError> {
        let index = message.partition().unsigned_abs() as u16;
        let partition = Partition { topic: self.topic, index };
        let next = &mut self.next[usize::from(ordinal(partition))];
        if message.offset().unsigned_abs() != *next {
            return Err(gap(partition, *next, message.offset()));
        }
        *next += 1;
        record::record(partition, message)
    }
}
